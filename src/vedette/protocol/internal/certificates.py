"""How the gateway tells the sign-in service which certificate a client showed.

The thumbprint travels in a header of its own. The gateway leaves out any such header of a client's
request, and nobody but the gateway reaches the sign-in service's socket.
"""

from __future__ import annotations

import base64
import hashlib

CERTIFICATE_HEADER = "x-vedette-certificate"


def thumbprint_of(certificate: bytes) -> str:
    """The `x5t#S256` of a certificate in DER (RFC 8705, section 3.1)."""
    digest = hashlib.sha256(certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
