"""The `Negotiate` scheme of HTTP (RFC 4559): one token of the browser, one of ours.

More rounds than that are not held: a browser whose first word is no ticket for us is shown the form.
"""

from __future__ import annotations

import base64
import binascii
import re

SCHEME = "Negotiate"
LARGEST_TOKEN = 64 << 10
"""Bytes of a token. Nothing longer comes through the gateway, which takes heads of 32 KiB."""
_VALUE = re.compile(r"negotiate(?: +(?P<token>[A-Za-z0-9+/]*={0,2}))? *", re.IGNORECASE)
_NTLM = b"NTLMSSP\0"


def token_in(authorization: str) -> bytes | None:
    """The token of an `Authorization` header; None where it is of another scheme, or there is none.

    Empty for one that can't be read or is too long.
    """
    if authorization[: len(SCHEME)].lower() != SCHEME.lower():
        return None
    found = _VALUE.fullmatch(authorization)
    if found is None:
        named = authorization[len(SCHEME) :][:1] in ("", " ")
        return b"" if named else None
    text = found["token"] or ""
    if len(text) > LARGEST_TOKEN * 4 // 3 + 4:
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def is_negotiate(authorization: bytes) -> bool:
    """Whether a header is of this scheme, whatever it holds."""
    return authorization[: len(SCHEME)].lower() == SCHEME.lower().encode()


def is_ntlm(token: bytes) -> bool:
    """Whether a browser answers with NTLM instead of a ticket (MS-NLMP 2.2.1)."""
    return token.startswith(_NTLM)


def answered(token: bytes) -> str:
    """The value of `WWW-Authenticate` that brings our token to the browser (RFC 4559, section 5)."""
    return f"{SCHEME} {base64.b64encode(token).decode()}" if token else SCHEME
