"""The devices of a MeshCentral server, by its control channel (`control.ashx`, a WebSocket).

Signed in with a login token, which its owner makes there and can take back. MeshCentral knows
neither compliance nor lost devices, so a device's tags say it: `compliant`, `noncompliant`, `lost`,
`retired`, `name:…` (such as its serial number) and `owner:…`.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import aiohttp

from vedette.adapters.device_management.gathering import Gathering, names_of, text_of
from vedette.adapters.device_management.trouble import (
    Trouble,
    distrusted,
    secret_text,
    silent,
    tls_for,
    tried_by,
)
from vedette.core.language import told
from vedette.core.managed_devices import ManagedDevice, Standing, platform_of
from vedette.ports.clock import Clock
from vedette.ports.device_management import InventoryTold
from vedette.ports.directory import Check

_SECONDS = 60.0
_LARGEST_MESSAGE = 64 << 20
_MOST_PAGES = 5000
_MOST_MESSAGES = 10_000
_OURS = "vedette"
_AGENT = 1
"""The bit of `conn` that says that the agent is connected."""
_WAYS_IN = told(
    "(make a login token in MeshCentral, My Account, Login Tokens; write its name on the first line of "
    "the file, its password on the second)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshCentral:
    """The Inventory of the server at `url` (an origin, `https://…`).

    `token` is the file of a login token: its name on the first line, its password on the second.
    """

    url: str
    token: Path
    clock: Clock
    ca: Path | None = None

    def read(self) -> InventoryTold:
        """Every device that the token's owner sees. Raises Unavailable."""
        head, tls = self._head(), tls_for(self.ca)
        return asyncio.run(self._read(head, tls))

    def tried(self) -> Iterator[Check]:
        """Its files, then all devices."""
        return tried_by(lambda: (self._head(), tls_for(self.ca)), self.read)

    def stamp(self) -> None:
        """Only asking tells."""

    def _head(self) -> dict[str, str]:
        """What proves us: a header, since addresses are logged. Raises Trouble."""
        lines = secret_text(self.token).splitlines()
        if len(lines) != 2 or not all(line.strip() for line in lines):
            raise Trouble(told("`{path}` does not hold two lines", path=self.token), _WAYS_IN)
        name, password = (base64.b64encode(line.strip().encode()).decode() for line in lines)
        return {"x-meshauth": f"{name},{password}"}

    async def _read(self, head: Mapping[str, str], tls: Any) -> InventoryTold:
        watched = aiohttp.TraceConfig()
        watched.on_request_redirect.append(_no_further)  # the token is for this server alone
        gathering = Gathering()
        try:
            async with (
                asyncio.timeout(_SECONDS),
                aiohttp.ClientSession(trace_configs=[watched]) as session,
                session.ws_connect(
                    f"{self.url}/control.ashx",
                    headers=head,
                    ssl=tls,
                    max_msg_size=_LARGEST_MESSAGE,
                ) as channel,
            ):
                await self._all(channel, gathering)
        except aiohttp.ClientConnectorCertificateError as fault:
            raise distrusted(self.url, fault.certificate_error) from fault
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise silent(self.url, fault) from fault
        return gathering.told()

    async def _all(self, channel: aiohttp.ClientWebSocketResponse, gathering: Gathering) -> None:
        """Page by page where the server shows no more at once. Raises Trouble."""
        now, seen = int(self.clock.now()), 0
        for _ in range(_MOST_PAGES):
            await channel.send_json({"action": "nodes", "responseid": _OURS, "skip": seen})
            answer = await _answered(channel)
            rows = _rows(answer)
            for raw in rows:
                if isinstance(raw, dict):
                    gathering.add(raw.get("_id"), partial(device_of, raw, now))
                else:
                    gathering.leave_out("", "it is no object")
            seen, of = seen + len(rows), answer.get("totalcount", 0)
            if not isinstance(of, int) or seen >= of:
                return
            if not rows:
                raise Trouble(told("it told {count} of {of} devices", count=seen, of=of))
        raise Trouble(told("its pages lead round in circles"))


async def _no_further(*_: object) -> NoReturn:
    raise Trouble(told("it sends us on to another address"))


async def _answered(channel: aiohttp.ClientWebSocketResponse) -> Mapping[str, Any]:
    """The answer to what we asked, among everything else that the server tells. Raises Trouble."""
    for _ in range(_MOST_MESSAGES):
        message = await channel.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Trouble(told("it ended the channel before it had told all"))
        try:
            found = json.loads(message.data)
        except (ValueError, RecursionError) as fault:
            raise Trouble(told("it answered something that is no JSON")) from fault
        if not isinstance(found, dict):
            raise Trouble(told("it answered something that is no JSON object"))
        if found.get("action") == "close":
            why = str(found.get("msg"))[:40]
            raise Trouble(told("it does not let us in: {why}", why=why), _WAYS_IN)
        if found.get("action") == "nodes" and found.get("responseid") == _OURS:
            return found
    raise Trouble(told("it answered a page without devices"))


def _rows(answer: Mapping[str, Any]) -> list[Any]:
    """The devices of all groups. Raises Trouble."""
    groups = answer.get("nodes")
    if not isinstance(groups, dict) or not all(isinstance(each, list) for each in groups.values()):
        raise Trouble(told("it answered a page without devices"))
    return [row for rows in groups.values() for row in rows]


def device_of(raw: Mapping[str, Any], now: int) -> ManagedDevice:
    """A device of MeshCentral. Raises ValueError where it can't be one."""
    id_, tags = text_of(raw, "_id"), _tags(raw)
    words = {tag.casefold() for tag in tags}
    named = [value for tag in tags if (value := _after("name:", tag))]
    connected = raw.get("conn")
    here = isinstance(connected, int) and bool(connected & _AGENT)
    return ManagedDevice(
        id=id_,
        names=names_of(id_.rpartition("/")[2], *named),
        label=text_of(raw, "name"),
        owner=next((value for tag in tags if (value := _after("owner:", tag))), ""),
        platform=platform_of(text_of(raw, "osdesc")),
        compliant="compliant" in words and "noncompliant" not in words,
        standing=_standing(words),
        at=now if here else 0,
    )


def _tags(raw: Mapping[str, Any]) -> list[str]:
    tags = raw.get("tags")
    if tags is None:
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("`tags` is no list of texts")
    return [tag.strip() for tag in tags]


def _after(begin: str, tag: str) -> str:
    return tag[len(begin) :].strip() if tag.casefold().startswith(begin) else ""


def _standing(words: set[str]) -> Standing:
    if "lost" in words or "stolen" in words:
        return Standing.LOST
    return Standing.RETIRED if "retired" in words else Standing.ACTIVE
