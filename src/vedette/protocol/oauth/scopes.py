"""Scopes as Matrix clients ask for them (Matrix specification v1.15, client-server API, "Scope").

What is granted is always the same thing: the client API on one device. So a scope is read into
which device, and in which spelling the client wants to hear it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vedette.protocol.oauth.console import CONSOLE_SCOPE

API = "urn:matrix:client:api:*"
DEVICE = "urn:matrix:client:device:"
OPENID = "openid"
# MSC2967, before it was merged: clients of 2024 ask for these.
_EARLY_API = "urn:matrix:org.matrix.msc2967.client:api:*"
_EARLY_DEVICE = "urn:matrix:org.matrix.msc2967.client:device:"

KNOWN = (OPENID, API, _EARLY_API)
"""Scopes without a device, for the metadata."""

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 section 3.3
# RFC 3986 unreserved characters, at least ten, as the specification wants of a device id here.
_DEVICE_ID = re.compile(r"[A-Za-z0-9\-._~]{10,255}")
_LONGEST = 1000


class ScopeFault(ValueError):
    """A scope that can't be granted; the message is fit for the client."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope that can be granted: the client API on `device`, and an id token if `openid`.

    `granted` is the scope to tell the client, in its own spelling, without what is unknown here.
    With `console` it is not the client API that was asked for, but the console: no device, and
    always an id token.
    """

    device: str | None
    openid: bool
    granted: str
    console: bool = False

    def on(self, device: str) -> str:
        """The scope to tell the client once the device is chosen."""
        return self.granted if self.device else f"{self.granted} {DEVICE}{device}"


def parse_scope(text: str) -> Scope:
    """Read a scope.

    1. It is made of RFC 6749's tokens. 2. It asks for the client API. 3. It names one device at
    most (the two spellings may both be used, for the same device). 4. Scopes unknown here are
    left out of what is granted (RFC 6749 section 3.3); Synapse's administration is one of them:
    it is never a person's. Apart from that there is the console's own, which names no device.

    Raises:
        ScopeFault: one of the first three does not hold.
    """
    tokens = list(dict.fromkeys(text.split(" "))) if text else []
    if len(text) > _LONGEST or any(_TOKEN.fullmatch(token) is None for token in tokens):
        raise ScopeFault("the scope is not a list of words, each parted from the next by a space")
    if set(tokens) == {OPENID, CONSOLE_SCOPE}:
        return Scope(device=None, openid=True, granted=" ".join(tokens), console=True)
    if API not in tokens and _EARLY_API not in tokens:
        raise ScopeFault(f"the scope must ask for {API}")
    devices = {device for token in tokens if (device := _device(token)) is not None}
    if len(devices) > 1:
        raise ScopeFault("the scope may name one device only")
    granted = [token for token in tokens if token in KNOWN or _device(token) is not None]
    device = devices.pop() if devices else None
    return Scope(device=device, openid=OPENID in tokens, granted=" ".join(granted))


def _device(token: str) -> str | None:
    for prefix in (DEVICE, _EARLY_DEVICE):
        if token.startswith(prefix):
            device = token[len(prefix) :]
            if _DEVICE_ID.fullmatch(device) is None:
                raise ScopeFault(
                    "a device id must have at least ten letters, digits, dots, hyphens,"
                    " underscores or tildes"
                )
            return device
    return None


def scope_of(device: str) -> str:
    """The scope of a session that did not come by OAuth."""
    return f"{API} {DEVICE}{device}"
