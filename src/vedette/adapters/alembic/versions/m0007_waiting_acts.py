"""Acts of administration that wait for a second person, and who approved them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "waiting_acts",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("act", sa.String(64), nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("over", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("more", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("record", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("said", sa.Text, nullable=False),
    )
    op.create_index("waiting_acts_state", "waiting_acts", ["state"])
    op.create_index("waiting_acts_asked", "waiting_acts", ["asked"])
    op.create_table(
        "act_approvals",
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
    op.drop_table("act_approvals")
    op.drop_table("waiting_acts")
