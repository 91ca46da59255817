"""What the company's device management reports of devices, and which certificates name them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No inventory was ever read."""
    changes = op.create_table(
        "sign_in_device_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(changes, [{"id": 1, "number": 0}])
    op.create_table(
        "sign_in_devices",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("body", "words")),
        sa.Column("reported", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_device_names",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("lost", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sign_in_certificate_names",
        sa.Column("thumbprint", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
    )
    op.create_table(
        "sign_in_device_reports",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sign_in_inventories",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("trouble", sa.Text, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("read", "tried", "devices", "told")
        ),
    )
    op.create_index("ix_sign_in_devices_change", "sign_in_devices", ["change"])
    op.create_index("ix_sign_in_device_names", "sign_in_device_names", ["name"])
    op.create_index("ix_sign_in_certificate_names", "sign_in_certificate_names", ["name"])
    op.create_index("ix_sign_in_device_reports", "sign_in_device_reports", ["at"])


def downgrade() -> None:
    """What was reported can be read again."""
    for name in ("devices", "device_names", "certificate_names", "device_reports", "inventories"):
        op.drop_table(f"sign_in_{name}")
    op.drop_table("sign_in_device_changes")
