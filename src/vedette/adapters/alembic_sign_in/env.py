"""Runs the migrations on the connection that `adapters.sign_in.database` hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], version_table="alembic_version_sign_in"
)
with context.begin_transaction():
    context.run_migrations()
