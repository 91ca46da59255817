"""Finding other servers, as "Resolving server names" of the server-server API (v1.15) says.

Fixed routes of the boot file come first. Then, by the specification's own numbers: literal
addresses (1), names with a port (2), `.well-known` (3, with SRV records of the delegated name), SRV
records of the name itself (4, and the deprecated ones, 5), and port 8448 (6).

Nothing but a fixed route may lead to a private or loopback address: who controls a name must not
choose which of our own machines is talked to. Addresses are looked up here, looked at here, and
dialled as they were looked at, so that a name can't mean something else a moment later.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from vedette.adapters.well_known import WellKnown, tls_name
from vedette.core.names import InvalidName, ServerName
from vedette.ports.discovery import ANY_SERVER, Destination, Step, Target, Traced, Trust
from vedette.ports.errors import Unavailable
from vedette.ports.names import Names
from vedette.protocol.addresses import literal
from vedette.protocol.matrix.well_known import LONGEST_SECONDS, WellKnownFault
from vedette.protocol.srv import Service, in_order, offered

_PORT = 8448
_LONGEST_SECONDS = 3600.0
_SHORTEST_SECONDS = 60.0
_MISSED_SECONDS = 30.0
"""How long a server that was not found is not looked for again."""
_ABSENT_SECONDS = (300.0, 3600.0)
"""How long a missing `.well-known` is believed, at first and at most: each time twice as long."""
_MOST_REMEMBERED = 10_000
_MOST_TARGETS = 12
_SERVICES = ("_matrix-fed._tcp", "_matrix._tcp")

Contexts = Callable[[Trust], ssl.SSLContext]
"""How `.well-known` is fetched: the machine's CAs, and those of the partner beside them."""


@dataclass(frozen=True, slots=True)
class _Delegated:
    """What `.well-known` said last: `server` is None where there is nothing to be believed."""

    server: ServerName | None
    until: float
    at_latest: float
    """Until when the last good answer stands in for one that fails to come."""
    missed: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """Where a server is, or why it was not found, and until when that is believed."""

    answer: Destination | str
    until: float


@dataclass(slots=True)
class _Search:
    """One search under way: what was stepped through, and how long its result may be believed."""

    trust: Trust
    fresh: bool = False
    steps: list[Step] = field(default_factory=list)
    seconds: float = _LONGEST_SECONDS

    def say(self, words: str, *, led: bool = True) -> None:
        """Note a step."""
        self.steps.append(Step(led, words))

    def believe(self, seconds: float) -> None:
        """Let the result be believed no longer than this."""
        self.seconds = min(self.seconds, seconds)


_Key = tuple[ServerName, tuple[bytes, ...]]


@dataclass(slots=True)
class FederationDiscovery:
    """The Discovery that asks the network. `routes` are fixed by the boot file."""

    routes: Mapping[str, str]
    names: Names
    contexts: Contexts
    well_known: WellKnown
    _found: dict[_Key, _Found] = field(default_factory=dict)
    _delegated: dict[_Key, _Delegated] = field(default_factory=dict)
    _searching: dict[_Key, asyncio.Task[_Found]] = field(default_factory=dict)

    async def find(self, server: ServerName, trust: Trust = ANY_SERVER) -> Destination:
        """Where `server` is. Raises Unavailable."""
        if server in self.routes:
            return self._routed(server)
        key = (server, trust.ca)
        found = self._found.get(key)
        if found is None or found.until <= time.monotonic():
            found = await self._searched_once(key, trust)
        if isinstance(found.answer, str):
            raise Unavailable(found.answer)
        return found.answer

    async def trace(self, server: ServerName, trust: Trust = ANY_SERVER) -> Traced:
        """Look anew, and say each step. Never raises."""
        search = _Search(trust, fresh=True)
        if server in self.routes:
            search.say(f"the boot file has a fixed route: {self.routes[server]}")
            return Traced(tuple(search.steps), self._routed(server))
        try:
            found: Destination | None = await self._look_up(server, search)
        except Unavailable as outage:
            search.say(str(outage), led=False)
            found = None
        return Traced(tuple(search.steps), found)

    def _routed(self, server: ServerName) -> Destination:
        host, _, port = self.routes[server].rpartition(":")
        return Destination((Target(host.strip("[]"), int(port)),), tls_name(server), server)

    async def _searched_once(self, key: _Key, trust: Trust) -> _Found:
        """Search, or wait for the search that is under way; one who leaves stops nobody else."""
        task = self._searching.get(key)
        if task is None:
            task = asyncio.ensure_future(self._searched(key, trust))
            self._searching[key] = task
            task.add_done_callback(lambda _: self._searching.pop(key, None))
        return await asyncio.shield(task)

    async def _searched(self, key: _Key, trust: Trust) -> _Found:
        search = _Search(trust)
        answer: Destination | str
        try:
            answer = await self._look_up(key[0], search)
            seconds = max(search.seconds, _SHORTEST_SECONDS)
        except Unavailable as outage:
            answer, seconds = str(outage), _MISSED_SECONDS
        found = _Found(answer, time.monotonic() + seconds)
        _remember(self._found, key, found)
        return found

    async def _look_up(self, server: ServerName, search: _Search) -> Destination:
        address = literal(server.host)
        if address is not None or server.host.startswith("["):
            search.say("the name is an address itself (1)")
            return await self._at(server, server, search)
        if server.port is not None:
            search.say("the name has a port of its own (2)")
            return await self._at(server, server, search)
        delegated = await self._delegation(server, search)
        if delegated is None:
            return await self._by_service(server, search)
        if delegated.port is not None or literal(delegated.host) is not None:
            return await self._at(delegated, delegated, search)
        return await self._by_service(delegated, search)

    async def _by_service(self, server: ServerName, search: _Search) -> Destination:
        """Steps 3.3 to 3.5, or 4 to 6."""
        for service in _SERVICES:
            name = f"{service}.{server.host}"
            records = await self.names.services(name)
            search.believe(records.seconds)
            if not records.found:
                search.say(f"there is no SRV record `{name}`", led=False)
                continue
            if not offered(records.found):
                raise Unavailable(f"`{name}` says that there is no such service")
            targets = await self._of_services(records.found, search)
            if not targets:
                raise Unavailable(f"none of the hosts of `{name}` is at an outside address")
            return Destination(tuple(targets[:_MOST_TARGETS]), tls_name(server), server)
        search.say(f"port {_PORT} is taken")
        return await self._at(server, server, search)

    async def _of_services(self, found: Iterable[Service], search: _Search) -> list[Target]:
        targets: list[Target] = []
        for each in in_order(found, secrets.randbelow):
            if len(targets) >= _MOST_TARGETS:
                break
            search.say(f"SRV: `{each.target}:{each.port}` ({each.priority}, {each.weight})")
            try:
                outside = await self._outside(each.target, search)
            except Unavailable as outage:
                search.say(str(outage), led=False)
                continue
            targets += [Target(address, each.port) for address in outside]
        return targets

    async def _at(self, server: ServerName, named: ServerName, search: _Search) -> Destination:
        """The addresses of a host, at its own port or 8448."""
        port = server.port if server.port is not None else _PORT
        targets = [Target(each, port) for each in await self._outside(server.host, search)]
        return Destination(tuple(targets[:_MOST_TARGETS]), tls_name(named), named)

    async def _outside(self, host: str, search: _Search) -> list[str]:
        """The outside addresses of a host, at least one. Raises Unavailable."""
        address = literal(host)
        if address is not None:
            found: tuple[str, ...] = (address,)
        elif host.startswith("["):
            raise Unavailable(f"`{host}` is not an address")
        else:
            answer = await self.names.addresses(host)
            search.believe(answer.seconds)
            found = answer.found
        outside = [each for each in found if self.well_known.outside(each)]
        if not found:
            raise Unavailable(f"`{host}` has no address")
        if not outside:
            raise Unavailable(f"`{host}` is at an inside address; give it a route in the boot file")
        search.say(f"`{host}` is at {', '.join(outside)}")
        return outside

    async def _delegation(self, server: ServerName, search: _Search) -> ServerName | None:
        """What `.well-known` says, from memory while that may be believed.

        A document that is gone counts at once; one that only fails to come does not, while the last
        good one is not too old: else whoever can disturb it would lead mail elsewhere.
        """
        key, now = (server, search.trust.ca), time.monotonic()
        last = self._delegated.get(key)
        if last is None or last.until <= now or search.fresh:
            last = await self._asked(server, search, last)
            _remember(self._delegated, key, last)
        elif last.server is not None:
            search.say(f"`.well-known` said `{last.server}` (3)")
        search.believe(last.until - now)
        return last.server

    async def _asked(
        self, server: ServerName, search: _Search, last: _Delegated | None
    ) -> _Delegated:
        now = time.monotonic()
        try:
            host = server.host.rstrip(".")
            found = await self.well_known.fetch(host, self.contexts(search.trust))
        except (WellKnownFault, Unavailable, InvalidName) as fault:
            search.say(f"`.well-known` says nothing: {fault}", led=False)
            missed = min(last.missed + 1 if last else 1, 5)
            until = now + min(_ABSENT_SECONDS[0] * 2 ** (missed - 1), _ABSENT_SECONDS[1])
            if isinstance(fault, Unavailable) and last and last.server and last.at_latest > now:
                search.say(f"so what it said last holds: `{last.server}`")
                return _Delegated(last.server, min(until, last.at_latest), last.at_latest, missed)
            return _Delegated(None, until, now, missed)
        search.say(f"`.well-known` says `{found.server}` (3)")
        return _Delegated(found.server, now + found.seconds, now + LONGEST_SECONDS)


def _remember(memory: dict, key: _Key, value: object) -> None:  # type: ignore[type-arg]
    """Keep one more; what is known longest goes first."""
    memory.pop(key, None)
    if len(memory) >= _MOST_REMEMBERED:
        memory.pop(next(iter(memory)))
    memory[key] = value
