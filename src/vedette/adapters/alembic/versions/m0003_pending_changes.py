"""Changes of the settings that wait for a second person, and who approved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pending_changes",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("base", sa.Integer, nullable=False),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("starts", sa.BigInteger),
        sa.Column("why", sa.JSON, nullable=False),
        sa.Column("words", sa.JSON, nullable=False),
        sa.Column("commands", sa.JSON, nullable=False),
        sa.Column("widens", sa.JSON, nullable=False),
        sa.Column("signed", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer),
    )
    op.create_table(
        "change_approvals",
        sa.Column("change", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(255), primary_key=True),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("record", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Drop the tables: what waits is lost and has to be asked for again."""
    op.drop_table("change_approvals")
    op.drop_table("pending_changes")
