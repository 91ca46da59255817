"""When somebody else last made credentials for an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was reset before is not known, and counts as not reset."""
    column = sa.Column("reset_by_other", sa.BigInteger, nullable=True)
    op.add_column("sign_in_accounts", column)


def downgrade() -> None:
    """Without it, nobody waits."""
    op.drop_column("sign_in_accounts", "reset_by_other")
