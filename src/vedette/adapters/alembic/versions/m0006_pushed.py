"""People and groups that an identity provider pushes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pushed_users",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("called", sa.Text, unique=True),
        sa.Column("external", sa.Text, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_index("pushed_users_external", "pushed_users", ["external"])
    op.create_index("pushed_users_order", "pushed_users", ["created", "id"])
    op.create_index("pushed_users_newest", "pushed_users", ["modified"])
    op.create_table(
        "pushed_groups",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("called", sa.Text, nullable=False, unique=True),
        sa.Column("external", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_table(
        "pushed_members",
        sa.Column("group", sa.String(32), primary_key=True),
        sa.Column("user", sa.String(32), primary_key=True),
    )
    op.create_index("pushed_members_user", "pushed_members", ["user"])


def downgrade() -> None:
    """Drop the tables: what was pushed is lost, and has to be pushed anew."""
    for name in ("pushed_members", "pushed_groups", "pushed_users"):
        op.drop_table(name)
