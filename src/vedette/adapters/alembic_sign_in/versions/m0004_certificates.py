"""Certificates that were shown, on which sessions stand, that were revoked; and where that is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing was shown before: sessions that are bound stand on no issuer's word."""
    op.create_table(
        "sign_in_certificates",
        sa.Column("thumbprint", sa.Text, primary_key=True),
        sa.Column("der", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("issuer", "serial", "subject")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("localpart", "trouble")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("ends", "shown", "checked")),
    )
    op.create_table(
        "sign_in_certificate_uses",
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("thumbprint", sa.Text, primary_key=True),
    )
    op.create_table(
        "sign_in_revoked",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("serial", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
    )
    op.create_table(
        "sign_in_revocation_sources",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("trouble", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("fetched", "next_update", "revoked", "tried")
        ),
    )
    op.create_index("ix_sign_in_certificates_ends", "sign_in_certificates", ["ends", "thumbprint"])
    op.create_index("ix_sign_in_certificate_uses", "sign_in_certificate_uses", ["thumbprint"])


def downgrade() -> None:
    """What was revoked would be good again."""
    raise NotImplementedError("what was revoked is never forgotten")
