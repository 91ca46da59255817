"""From where, and with which program, sessions are used: told to the sign-in service.

Clients that never refresh would otherwise be known for ever as they signed in. A session is told of
when it moved, at most once a minute, and every hour in any case. What can't be told now is told
later; nothing waits for it, and nothing is decided by it here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import islice

from vedette.gateway.plan import Head
from vedette.protocol.internal.sightings import MOST, PATH, Sighting, body_of

_EVERY_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0
_AT_MOST_EACH = 60
"""Seconds after which the same session is told of again at the earliest."""
_AT_LEAST_EACH = 3600
"""Seconds after which a session is told of again although it did not move."""
_MOST_REMEMBERED = 100_000


@dataclass(slots=True)
class _Known:
    address: str
    agent: bytes
    told: int


@dataclass(slots=True)
class Sightings:
    """What was seen. `note` is called with every request, on the loop; `watch` tells it on."""

    socket: str
    every: float = _EVERY_SECONDS
    _ticks: int = 0
    """Turns since the beginning: the time, as exactly as it is needed here."""
    _known: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _news: dict[str, Sighting] = field(default_factory=dict)
    _task: asyncio.Task[None] | None = None

    def note(self, session: str, head: Head) -> None:
        """A live session made a request."""
        known, agent = self._known.get(session), head.get(b"user-agent") or b""
        if known is not None:
            since = (self._ticks - known.told) * self.every
            moved = known.address != head.peer.host or known.agent != agent
            if since < (_AT_MOST_EACH if moved else _AT_LEAST_EACH):
                return
        self._known[session] = _Known(head.peer.host, agent, self._ticks)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        if len(self._news) < _MOST_REMEMBERED:
            text = agent.decode("latin-1")
            self._news[session] = Sighting(session=session, address=head.peer.host, agent=text)

    def watch(self) -> None:
        """Begin to tell, until `close`."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def close(self) -> None:
        """Tell no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.every)
            self._ticks += 1
            while self._news and await self.tell():
                pass

    async def tell(self) -> bool:
        """Tell of some; False if they could not be told, and are kept."""
        some = list(islice(self._news.values(), MOST))
        if not await self._posted(body_of(some)):
            return False
        for each in some:
            if self._news.get(each.session) is each:
                del self._news[each.session]
        return True

    async def _posted(self, body: dict[str, object]) -> bool:
        data = json.dumps(body).encode()
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: signin\r\nconnection: close\r\n"
            f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self.socket)
                try:
                    writer.write(head.encode() + data)
                    line = await reader.readline()
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError, ValueError):
            return False
        # What it could not read it will not read next time either.
        return line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 5")
