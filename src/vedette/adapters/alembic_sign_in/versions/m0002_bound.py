"""The certificate to which a session's tokens are bound, and the version that a client registered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is there already is bound to nothing and named no version."""
    for table, column in _ADDED:
        op.add_column(table, sa.Column(column, sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Sessions that are bound would come loose."""
    raise NotImplementedError("a binding is never dropped")


_ADDED = (("sign_in_sessions", "certificate"), ("sign_in_clients", "software_version"))
