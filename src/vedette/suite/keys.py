"""Keys of an organisation to which the record is sealed."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from vedette.adapters.boot_file import Boot, BootFault


def make_audit_keys(boot: Boot) -> bool:
    """Make the keys by which the record is sealed, unless one of them is there; says whether it did.

    An organisation that was made before there were any has none: until its next start its doors name
    people in their records.

    Raises:
        BootFault: they can't be written.
    """
    private, public = boot.path(boot.control.audit_key), boot.path(boot.audit_key)
    if private.exists() or public.exists():
        return False
    key = X25519PrivateKey.generate()
    try:
        _write(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
        shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write(public, shown, 0o644)
    except OSError as fault:
        raise BootFault(f"the keys of the audit can't be written: {fault}") from fault
    return True


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a new file that nobody could read before its mode was right."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=mode, exist_ok=False)
    path.chmod(mode)
    path.write_bytes(data)
