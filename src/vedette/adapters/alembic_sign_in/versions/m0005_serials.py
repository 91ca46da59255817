"""An index by which a certificate is found that its CA's procedure names."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A push ends the sessions of one certificate, and must not look through all of them."""
    op.create_index("ix_sign_in_certificates_serial", "sign_in_certificates", ["issuer", "serial"])


def downgrade() -> None:
    """Nothing but the index goes."""
    op.drop_index("ix_sign_in_certificates_serial")
