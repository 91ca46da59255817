"""Accounts, factors, sessions, refresh tokens and what may be used only once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table, and the one row that counts the changes."""
    changes = op.create_table(
        "sign_in_changes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        # something sealed with the store key, by which another key is noticed at once
        sa.Column("sealed", sa.LargeBinary),
    )
    op.bulk_insert(changes, [{"id": 1, "number": 0, "sealed": None}])
    _people()
    _sessions()
    _once()
    _keys_and_clients()


def _people() -> None:
    op.create_table(
        "sign_in_accounts",
        sa.Column("localpart", sa.Text, primary_key=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("must_change", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("provisioned", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sign_in_factors",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("localpart", sa.Text, nullable=False, index=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_used", sa.BigInteger, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_table(
        "sign_in_recovery",
        sa.Column("localpart", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_past",
        sa.Column("seq", _COUNTED, primary_key=True),
        sa.Column("localpart", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Index("ix_sign_in_past_person", "localpart", "seq"),
    )


def _sessions() -> None:
    op.create_table(
        "sign_in_sessions",
        sa.Column("seq", _COUNTED, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False, index=True),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("device_name", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False, index=True),
        sa.Column("ended", sa.BigInteger, index=True),
        sa.Column("seen_at", sa.BigInteger),
        sa.Column("seen_address", sa.Text),
        sa.Index("ix_sign_in_sessions_person", "user_id", "seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_in_refresh",
        sa.Column("seq", _COUNTED, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False, unique=True),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Index("ix_sign_in_refresh_family", "session", "generation"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_in_errands",
        sa.Column("id", _COUNTED, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Index("ix_sign_in_errands_device", "user_id", "device"),
        # an errand that was done never gives its number to another one
        sqlite_autoincrement=True,
    )


def _once() -> None:
    op.create_table(
        "sign_in_once",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key_hash", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
        sa.Column("taken", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False, index=True),
    )


def _keys_and_clients() -> None:
    op.create_table(
        "sign_in_token_keys",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("public", sa.LargeBinary, nullable=False),
        sa.Column("private", sa.LargeBinary, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("retired", sa.BigInteger),
    )
    op.create_table(
        "sign_in_clients",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("redirect_uris", sa.JSON, nullable=False),
        sa.Column("grant_types", sa.JSON, nullable=False),
        sa.Column("application_type", sa.Text, nullable=False),
        sa.Column("logo_uri", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False, index=True),
        sa.Column("registered_from", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Accounts are kept for good: there is no way back behind the first migration."""
    raise NotImplementedError("accounts are never dropped")
