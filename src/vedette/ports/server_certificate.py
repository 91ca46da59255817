"""The gateway's certificate as it is kept, and what is told of it."""

from __future__ import annotations

from typing import Protocol

from vedette.protocol.internal.server_certificates import Ordering, Origin


class KeptCertificate(Protocol):
    """Keeps one certificate with its key. What is in use is only ever replaced whole."""

    def chain(self) -> bytes:
        """The chain in use (PEM). Raises Unavailable."""

    def origin(self) -> Origin:
        """Whether that was ordered, or is what the boot file's files hold. Raises Unavailable."""

    def keep(self, key: bytes, chain: bytes) -> None:
        """Put a chain and its key (PEM) in use.

        Raises:
            Unavailable: they can't be used or written; what was in use still is.
        """

    def told(self) -> Ordering | None:
        """What was told last; None where that is nothing, or can't be read."""

    def tell(self, state: Ordering) -> None:
        """Tell control and the doctor how it stands. Raises Unavailable."""
