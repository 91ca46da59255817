"""Which revision of the settings returns by itself unless it is confirmed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "trials",
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("back_to", sa.Integer, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Drop the table: a revision on trial stays then."""
    op.drop_table("trials")
