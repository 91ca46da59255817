"""Addresses of the person's own pages, as far as others lead there."""

from __future__ import annotations

from urllib.parse import urlencode

PROVE = "account/devices/prove"
"""Where a person shows proofs anew for a device that was suspended for want of them."""


def prove_address(issuer: str, device: str) -> str:
    """The page for this device. `issuer` is our public address with a slash at its end."""
    return f"{issuer}{PROVE}?{urlencode({'device_id': device})}"
