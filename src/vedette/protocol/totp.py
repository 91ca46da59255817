"""Time-based one-time passwords (RFC 6238): six digits, SHA-1, thirty seconds, what every app reads.

Pure: the time is passed in, so is chance. A code is good once: the step it belongs to is returned
and must be kept, and no step up to the kept one is taken again (RFC 6238 section 5.2).
"""

from __future__ import annotations

import base64
import hmac

import pyotp

SECRET_BYTES = 20
"""Length of a new secret: 160 bits (RFC 4226 section 4, R6)."""

PERIOD = 30
DIGITS = 6
NEVER = -1
"""The `last_step` of a secret that was never used."""

_WINDOW = (-1, 0, 1)  # RFC 6238 section 5.2: one step for a late answer; one for a fast clock
_LONGEST = 32


def verify(secret: bytes, code: str, at: int, last_step: int) -> int | None:
    """The step whose code this is, within one step of `at` (Unix seconds); None if of none.

    A step up to `last_step` is refused, so that a code that was seen can't be used again. Every
    step of the window is compared in constant time, whichever matches.
    """
    given = _digits(code)
    if given is None:
        return None
    generator = pyotp.HOTP(_base32(secret), digits=DIGITS)
    found: int | None = None
    for offset in _WINDOW:
        step = at // PERIOD + offset
        if step < 0:
            continue
        right = hmac.compare_digest(generator.at(step), given)
        if right and step > last_step and found is None:
            found = step
    return found


def uri(secret: bytes, account: str, issuer: str) -> str:
    """The `otpauth:` address that apps read from a QR code. It holds the secret."""
    return pyotp.TOTP(_base32(secret), digits=DIGITS, interval=PERIOD).provisioning_uri(
        name=account, issuer_name=issuer.replace(":", " ")
    )


def written(secret: bytes) -> str:
    """The secret for typing it into an app: base32 in groups of four."""
    text = _base32(secret)
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _digits(code: str) -> str | None:
    """The digits of what was typed: people type the gap that their app shows."""
    if len(code) > _LONGEST:
        return None
    bare = code.replace(" ", "").replace("-", "").strip()
    return bare if len(bare) == DIGITS and bare.isascii() and bare.isdigit() else None


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")
