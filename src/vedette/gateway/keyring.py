"""The signing keys of servers that write to us: learnt from them, remembered, asked for rarely.

Whoever forges a request costs us at most one question to the server in whose name he speaks, and
only once in a while. What a server no longer publishes counts for nothing from the next look on.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from vedette.core.names import ServerName
from vedette.ports.clock import Clock
from vedette.ports.discovery import ANY_SERVER, Trust
from vedette.ports.errors import Unavailable
from vedette.ports.key_server import KeyServer
from vedette.protocol.matrix.server_keys import KeysFault, PublishedKeys, VerifyKey, parse_published

_REFETCH_SECONDS = 60.0
"""How often a server is asked at most, whatever is sent in its name."""
_MOST_SERVERS = 10_000
MOST_AT_ONCE = 32
MOST_OF_STRANGERS = 4
"""Of all that are asked at once, how many may be servers that are no partners."""


@dataclass(slots=True)
class _Known:
    """What is known of one server; `keys` are the last that could be believed, `asked` when."""

    keys: PublishedKeys | None = None
    asked: float = float("-inf")
    learnt: float = float("-inf")
    why: str = ""


@dataclass(slots=True)
class Keyring:
    """Answers with keys that may sign requests now."""

    source: KeyServer
    clock: Clock
    _known: OrderedDict[ServerName, _Known] = field(default_factory=OrderedDict)
    _flights: dict[ServerName, asyncio.Task[None]] = field(default_factory=dict)
    _strangers: set[ServerName] = field(default_factory=set)

    def remembered(self, server: ServerName, key_id: str) -> VerifyKey | None:
        """The key, if it is known and valid; nothing is asked."""
        known = self._known.get(server)
        if known is None or known.keys is None:
            return None
        return known.keys.for_requests(key_id, self.clock.now())

    def is_due(self, server: ServerName) -> bool:
        """Whether half of the time is over for which the server's keys may be remembered."""
        known = self._known.get(server)
        if known is None or known.keys is None:
            return False
        now = self.clock.now()
        old = now - known.learnt > (known.keys.valid_until - known.learnt) / 2
        return old and self._may_ask(known, now)

    def renew(self, server: ServerName, partner: Trust | None) -> None:
        """Ask the server again, without anybody waiting for it. `partner` as in `key`."""
        if server not in self._flights and self._has_room(partner):
            self._ask(server, partner)

    async def key(self, server: ServerName, key_id: str, partner: Trust | None) -> VerifyKey | None:
        """The key with this id that `server` signs with now; None if it says it has none.

        `partner` says how a partner's server proves itself; None is a server that is no partner.

        1. A key that is known and valid is not asked for.
        2. A server is asked at most once a minute: until then, nobody knows.
        3. However many wait for a server's keys, it is asked once. Partners never wait for
           strangers.

        Raises:
            Unavailable: nobody knows now; asking again later helps.
        """
        found = self.remembered(server, key_id)
        if found is not None:  # (1)
            return found
        flight = self._flights.get(server)
        if flight is None:
            known = self._known.get(server)
            if known is not None and not self._may_ask(known, self.clock.now()):  # (2)
                raise Unavailable(known.why or f"`{server}` was asked for its keys just now")
            if not self._has_room(partner):  # (3)
                raise Unavailable("too many servers are being asked for their keys")
            flight = self._ask(server, partner)
        await asyncio.shield(flight)  # who waits may leave; the others still wait
        known = self._known.get(server)
        if known is None or known.why:
            raise Unavailable(known.why if known is not None else "too many servers are known")
        return self.remembered(server, key_id)

    def _may_ask(self, known: _Known, now: float) -> bool:
        # A clock that was set back must not silence us for as long as it was wrong.
        return not known.asked <= now < known.asked + _REFETCH_SECONDS

    def _has_room(self, partner: Trust | None) -> bool:
        if partner is not None:
            return len(self._flights) - len(self._strangers) < MOST_AT_ONCE
        return len(self._strangers) < MOST_OF_STRANGERS

    def _ask(self, server: ServerName, partner: Trust | None) -> asyncio.Task[None]:
        known = self._known.setdefault(server, _Known())
        known.asked = self.clock.now()
        if partner is None:
            self._strangers.add(server)
        learning = self._learn(server, known, partner or ANY_SERVER)
        flight = asyncio.get_running_loop().create_task(learning)
        self._flights[server] = flight
        flight.add_done_callback(lambda _: self._landed(server))
        return flight

    def _landed(self, server: ServerName) -> None:
        self._flights.pop(server, None)
        self._strangers.discard(server)
        self._known.move_to_end(server)
        while len(self._known) > _MOST_SERVERS:
            self._known.popitem(last=False)

    async def _learn(self, server: ServerName, known: _Known, trust: Trust) -> None:
        """Ask, and keep what can be believed; what was believed before stays until it expires."""
        try:
            data = await self.source.published(server, trust)
            known.keys = parse_published(data, server, self.clock.now())
            known.learnt, known.why = self.clock.now(), ""
        except (Unavailable, KeysFault) as fault:
            known.why = str(fault)
