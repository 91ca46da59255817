"""The certificates of our servers as they lie on this host; nothing of their keys is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from vedette.adapters.boot_file import ORDERING, Boot
from vedette.admin.server_certificates import ServerCertificate
from vedette.protocol.internal.server_certificates import Ordering, OrderingFault, decode
from vedette.protocol.server_certificate import CertificateFault, Shown, read_chain


def server_certificates(boot: Boot) -> tuple[ServerCertificate, ...]:
    """Those of the gateway, and of the console and of what others push to, where there are such."""
    return tuple(_all(boot))


def _all(boot: Boot) -> Iterator[ServerCertificate]:
    acme = boot.gateway.acme
    yield ServerCertificate(
        server="gateway",
        file=boot.shown(),
        host=urlsplit(boot.gateway.client_url).hostname or "",
        shown=_shown(boot.shown()),
        directory=None if acme is None else acme.directory,
        wanted=() if acme is None else acme.names,
        ordering=ordering_told(boot),
    )
    for server, own in (("console", boot.control.console), ("inbound", boot.control.inbound)):
        if own is not None:
            yield ServerCertificate(
                server=server,
                file=boot.path(own.certificate),
                host=urlsplit(own.url).hostname or "",
                shown=_shown(boot.path(own.certificate)),
            )


def ordering_told(boot: Boot) -> Ordering | None:
    """What the gateway told last of its orders; None where it orders nothing, or told nothing."""
    if boot.gateway.acme is None:
        return None
    try:
        return decode((boot.path(boot.gateway.acme.folder) / ORDERING).read_bytes())
    except (OSError, OrderingFault):
        return None


def _shown(path: Path) -> Shown | None:
    try:
        return read_chain(path.read_bytes())
    except (OSError, CertificateFault):
        return None
