"""Indexes by which lists of people and sessions are read a page at a time."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """In the order of code points, which PostgreSQL has to be told."""
    order = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(
        f"CREATE INDEX ix_sign_in_sessions_state ON sign_in_sessions (state, user_id{order})"
    )
    if order:
        op.execute(f"CREATE INDEX ix_sign_in_accounts_order ON sign_in_accounts (localpart{order})")


def downgrade() -> None:
    """Nothing but the indexes goes."""
    op.execute("DROP INDEX ix_sign_in_sessions_state")
    op.execute("DROP INDEX IF EXISTS ix_sign_in_accounts_order")
