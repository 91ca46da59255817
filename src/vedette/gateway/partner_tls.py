"""TLS towards other servers: whose word is enough that a server is who it says."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from vedette.core.settings.document import Partner
from vedette.ports.discovery import ANY_SERVER, Trust
from vedette.ports.errors import Unavailable

_MOST_KEPT = 1000


def trust_of(partner: Partner | None) -> Trust:
    """What the settings say about how this partner's server proves itself."""
    if partner is None or not (partner.ca or partner.tls):
        return ANY_SERVER
    pins = (pin.removeprefix("pin-sha256=") for pin in partner.tls)
    return Trust(
        tuple(base64.b64decode(each) for each in partner.ca),
        frozenset(base64.b64decode(pin) for pin in pins),
    )


@dataclass(slots=True)
class PartnerTls:
    """Contexts for connections to other servers, one per set of CAs: TLS 1.2 or newer, name verified.

    Pins are compared by whoever connects, once a certificate is valid.
    """

    trusted_ca: Path | None = None
    """A CA that is trusted for every server, besides the machine's own."""
    _strict: dict[tuple[bytes, ...], ssl.SSLContext] = field(default_factory=dict)
    _finding: dict[tuple[bytes, ...], ssl.SSLContext] = field(default_factory=dict)

    def strict(self, trust: Trust) -> ssl.SSLContext:
        """For speaking to the server itself: a partner's own CAs alone, where it has any.

        Raises:
            Unavailable: a certificate of the settings can't be used.
        """
        return self._kept(self._strict, trust.ca, beside=not trust.ca)

    def finding(self, trust: Trust) -> ssl.SSLContext:
        """For `.well-known`, which may lie on a public web server: both sorts of CA.

        What is found by it still has to prove itself by `strict`. Raises Unavailable.
        """
        return self._kept(self._finding, trust.ca, beside=True)

    def _kept(
        self, kept: dict[tuple[bytes, ...], ssl.SSLContext], ca: tuple[bytes, ...], *, beside: bool
    ) -> ssl.SSLContext:
        context = kept.get(ca)
        if context is None:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            context = kept[ca] = self._made(ca, beside=beside)
        return context

    def _made(self, ca: tuple[bytes, ...], *, beside: bool) -> ssl.SSLContext:
        """A context that believes `ca`, and the usual ones `beside` it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies chain and name
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_COMPRESSION
        # A partner may name an intermediate, or the server's own certificate.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_TRUSTED_FIRST
        if beside:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
            if self.trusted_ca is not None:
                context.load_verify_locations(self.trusted_ca)
        for certificate in ca:
            try:
                context.load_verify_locations(cadata=certificate)
            except (ssl.SSLError, ValueError) as fault:
                raise Unavailable("a CA of the partner's entry is no certificate") from fault
        return context
