"""The gateway, asked by control over its inside socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import aiohttp

from vedette.ports.errors import Unavailable
from vedette.protocol.internal.partner_checks import PATH, CheckFault, ServerChecked, decode

_TIMEOUT = aiohttp.ClientTimeout(total=90)
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class GatewayInner:
    """The PartnerChecker that asks the gateway."""

    socket: Path

    async def check(self, partner: str) -> tuple[ServerChecked, ...]:
        """Have it try. Raises Unavailable."""
        connector = aiohttp.UnixConnector(str(self.socket))
        url = f"http://gateway{PATH}/{quote(partner, safe='')}/check"
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
                session.post(url) as answer,
            ):
                if answer.status != 200:
                    raise Unavailable(f"the gateway can't try it now (it answers {answer.status})")
                data = await answer.content.read(_LARGEST)
                while more := await answer.content.read(_LARGEST):
                    data += more
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unavailable(f"the gateway does not answer on `{self.socket}`: {fault}") from fault
        try:
            return decode(data)
        except CheckFault as fault:
            raise Unavailable("the gateway answered something else") from fault
