"""Having a certificate ordered, as control asks for it."""

from __future__ import annotations

from typing import Protocol

from vedette.protocol.internal.server_certificates import Ordering


class CertificateOrders(Protocol):
    """The process that orders certificates."""

    async def renew(self) -> Ordering:
        """Order one now; how it stands then, be it that nothing came of it.

        Raises:
            Unavailable: the gateway does not answer, or can't say how it went.
        """
