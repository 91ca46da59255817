"""The certificates of our own servers: what they say, what becomes of orders, ordering one now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import said_by, told
from vedette.ports.certificate_orders import CertificateOrders
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.server_certificates import Ordering
from vedette.protocol.server_certificate import Shown
from vedette.spine import Permit

_FROM_FILES = told(
    "put a newer one in the place of `[gateway] certificate` and `key`, which are read again by"
    " themselves; or have it ordered: docs/operate/acme.md"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCertificate:
    """One server's certificate. `shown` is None where its file can't be read.

    `host` is the name by which the boot file has the server reached. Where it is ordered, `directory`
    says from whom and `wanted` for which names; `ordering` is None until the gateway told.
    """

    server: str
    file: Path
    host: str
    shown: Shown | None
    directory: str | None = None
    wanted: tuple[str, ...] = ()
    ordering: Ordering | None = None


@dataclass(frozen=True, slots=True)
class ServerCertificatesDesk:
    """What an administrator sees and does about them."""

    door: AdministrationDoor
    look: Callable[[], tuple[ServerCertificate, ...]]
    orders: CertificateOrders

    async def list(self, author: Actor) -> tuple[ServerCertificate, ...]:
        """Every one of them. Raises Rejected."""
        await self.door.permit(Doing(act=Act.ADMINISTRATION_CERTIFICATE_LIST, author=author))
        return self.look()

    async def renew(self, author: Actor, reason: str) -> tuple[Ordering, str]:
        """Have the gateway order a new one now; how it stands then, and the record's id.

        Raises:
            Rejected: the rules refuse it, it is not ordered here, or the gateway is away.
        """
        doing = Doing(
            act=Act.ADMINISTRATION_CERTIFICATE_RENEW, author=author, reason=needs_reason(reason)
        )
        permit = await self.door.permit(doing)
        if self.look()[0].directory is None:
            raise Rejected(
                Code.NOT_FOUND, told("the gateway's certificate comes from files"), _FROM_FILES
            )
        try:
            return await _ordered(permit, self.orders), permit.record
        except Unavailable as outage:
            raise Rejected(
                Code.UNAVAILABLE,
                said_by(outage),
                told("the gateway orders certificates; is it running?"),
            ) from outage


async def _ordered(permit: Permit, orders: CertificateOrders) -> Ordering:
    del permit  # being given one is the point
    return await orders.renew()
