"""The gateway, asked by control over its inside socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp

from vedette.ports.errors import Unavailable
from vedette.protocol.internal.partner_checks import PATH, CheckFault, ServerChecked, decode
from vedette.protocol.internal.server_certificates import PATH as RENEW
from vedette.protocol.internal.server_certificates import Ordering, OrderingFault
from vedette.protocol.internal.server_certificates import decode as decode_ordering

_TIMEOUT = aiohttp.ClientTimeout(total=90)
_ORDER_TIMEOUT = aiohttp.ClientTimeout(total=240)
"""An authority may take minutes."""
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class GatewayInner:
    """The PartnerChecker and the CertificateOrders that ask the gateway."""

    socket: Path

    async def check(self, partner: str) -> tuple[ServerChecked, ...]:
        """Have it try. Raises Unavailable."""
        data = await self._asked(f"{PATH}/{quote(partner, safe='')}/check", _TIMEOUT)
        try:
            return decode(data)
        except CheckFault as fault:
            raise Unavailable("the gateway answered something else") from fault

    async def renew(self) -> Ordering:
        """Have it order. Raises Unavailable."""
        data = await self._asked(RENEW, _ORDER_TIMEOUT)
        try:
            return decode_ordering(data)
        except OrderingFault as fault:
            raise Unavailable("the gateway answered something else") from fault

    async def _asked(self, path: str, timeout: aiohttp.ClientTimeout) -> bytes:  # noqa: ASYNC109
        """The answer to a POST. Raises Unavailable."""
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
                session.post(f"http://gateway{path}") as answer,
            ):
                if answer.status != 200:
                    raise Unavailable(f"the gateway can't do it now (it answers {answer.status})")
                data = await answer.content.read(_LARGEST)
                while more := await answer.content.read(_LARGEST):
                    data += more
                return data
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unavailable(f"the gateway does not answer on `{self.socket}`: {fault}") from fault
