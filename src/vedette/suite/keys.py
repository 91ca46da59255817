"""The public key of an organisation's settings."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from vedette.adapters.boot_file import Boot, BootFault


def settings_public_key(boot: Boot) -> Ed25519PublicKey:
    """The key by which every part of a stream is verified. Raises BootFault."""
    path = boot.path(boot.public_key)
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise BootFault(f"`{path}` is not a public key that can be read: {fault}") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise BootFault(f"`{path}` is not an Ed25519 key")
    return key
