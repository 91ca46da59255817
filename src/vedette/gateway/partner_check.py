"""Trying to reach a partner for an administrator, and saying what was found.

The same discovery, certificates, pins and keys as for real traffic, without sending any. Nothing is
remembered, and nothing that is found changes what the doors decide.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.core.names import ServerName
from vedette.core.settings.document import Partner
from vedette.gateway.partner_tls import trust_of
from vedette.ports.clock import Clock
from vedette.ports.discovery import Destination, Discovery, Target, Trust
from vedette.ports.errors import Unavailable
from vedette.ports.partner_probe import Answered, PartnerProbe, Shook
from vedette.protocol.certificates import spell_pin
from vedette.protocol.internal.partner_checks import Finding, Part, ServerChecked, State
from vedette.protocol.matrix.server_keys import (
    KeysFault,
    PublishedKeys,
    VerifyKey,
    parse_published,
    pinned,
)
from vedette.spine import Permit

_KEYS = "/_matrix/key/v2/server"
_VERSION = "/_matrix/federation/v1/version"
_SECONDS = 60.0
_MOST_SERVERS = 8
_SKEW_SECONDS = 60.0
"""From here on a clock is said to be wrong; keys and certificates are judged by it."""
_LONGEST_NAME = 100
_SOON_SECONDS = 14 * 86_400.0


@dataclass(frozen=True, slots=True)
class PartnerCheck:
    """Looks at each server that a partner's entry names in full."""

    discovery: Discovery
    probe: PartnerProbe
    clock: Clock

    async def check(self, permit: Permit, partner: Partner) -> tuple[ServerChecked, ...]:
        """Try every server; what takes too long is said to. Never raises for what a server does."""
        del permit  # being given one is the point
        named = [each for each in partner.domains if not each.startswith("*.")][:_MOST_SERVERS]
        tried = [self._server(ServerName(each), partner) for each in named]
        return tuple(await asyncio.gather(*tried))

    async def _server(self, server: ServerName, partner: Partner) -> ServerChecked:
        findings: list[Finding] = []
        try:
            async with asyncio.timeout(_SECONDS):
                await self._tried(server, partner, findings)
        except TimeoutError:
            findings.append(Finding(Part.FINDING, State.BROKEN, "it took longer than a minute"))
        return ServerChecked(server, tuple(findings))

    async def _tried(self, server: ServerName, partner: Partner, findings: list[Finding]) -> None:
        trust = trust_of(partner)
        traced = await self.discovery.trace(server, trust)
        for step in traced.steps:
            # A missing `.well-known` or SRV record is no fault: the search goes on behind it.
            last = traced.destination is None and step is traced.steps[-1]
            findings.append(Finding(Part.FINDING, State.BROKEN if last else State.GOOD, step.words))
        if traced.destination is None:
            return
        target = await self._reached(traced.destination, trust, findings)
        if target is not None:
            await self._asked(server, partner, _At(traced.destination, target, trust), findings)

    async def _reached(
        self, destination: Destination, trust: Trust, findings: list[Finding]
    ) -> Target | None:
        """The first address that proves to be the server; every one is looked at."""
        found: Target | None = None
        for target in destination.targets:
            where = f"`{target.host}:{target.port}`"
            try:
                shook = await self.probe.handshake(destination, target, trust)
            except Unavailable as outage:
                findings.append(Finding(Part.TLS, State.BROKEN, f"nobody answers: {outage}"))
                continue
            fault = _tls_fault(shook, trust)
            if fault is not None:
                words = f"{where} does not prove to be `{destination.tls_name}`: {fault}"
                findings.append(Finding(Part.TLS, State.BROKEN, words))
                continue
            found = found or target
            findings += self._proven(where, shook, trust)
        if found is not None:  # one that works is enough; the others are still worth a word
            findings[:] = [_weaker(each) for each in findings]
        return found

    def _proven(self, where: str, shook: Shook, trust: Trust) -> Iterator[Finding]:
        pin = spell_pin(shook.pin) if shook.pin else "?"
        words = f"{where} proves to be the server ({shook.version}); its key is `{pin}`"
        yield Finding(Part.TLS, State.GOOD, words)
        if not trust.pins:
            words = "no TLS key is pinned: any CA that is trusted could vouch for somebody else"
            yield Finding(Part.TLS, State.WEAK, words)
        if shook.ends is not None and shook.ends - self.clock.now() < _SOON_SECONDS:
            words = f"its certificate ends on {_day(shook.ends)}"
            yield Finding(Part.TLS, State.WEAK, words)

    async def _asked(
        self, server: ServerName, partner: Partner, at: _At, findings: list[Finding]
    ) -> None:
        keys = await self._get(at, _KEYS, Part.KEYS, findings)
        if keys is not None:
            findings += _key_findings(keys, server, partner, self.clock)
            findings += _clock_findings(keys, self.clock.now())
        version = await self._get(at, _VERSION, Part.VERSION, findings)
        if version is not None:
            findings.append(_version_finding(version))

    async def _get(
        self, at: _At, path: str, part: Part, findings: list[Finding]
    ) -> Answered | None:
        try:
            answer = await self.probe.get(at.destination, at.target, at.trust, path)
        except Unavailable as outage:
            findings.append(Finding(part, State.BROKEN, f"`{path}`: {outage}"))
            return None
        if answer.status != 200:
            words = f"`{path}` is answered with {answer.status}"
            findings.append(Finding(part, State.BROKEN, words))
            return None
        return answer


@dataclass(frozen=True, slots=True)
class _At:
    """Where a server that proved itself is."""

    destination: Destination
    target: Target
    trust: Trust


def _tls_fault(shook: Shook, trust: Trust) -> str | None:
    shown = f"; it shows the key `{spell_pin(shook.pin)}`" if shook.pin else ""
    if shook.fault is not None:
        return shook.fault + shown
    if trust.pins and shook.pin not in trust.pins:
        return f"its key is none of those pinned{shown}"
    return None


def _weaker(found: Finding) -> Finding:
    broken = found.part is Part.TLS and found.state is State.BROKEN
    return Finding(found.part, State.WEAK, found.words) if broken else found


def _key_findings(
    answer: Answered, server: ServerName, partner: Partner, clock: Clock
) -> Iterator[Finding]:
    """What its published keys are worth; by them its requests are verified when they come in."""
    try:
        published = parse_published(answer.body, server, clock.now())
    except KeysFault as fault:
        yield Finding(Part.KEYS, State.BROKEN, str(fault))
        return
    keys = ", ".join(f"`{_spell_key(each)}`" for _, each in sorted(published.current.items()))
    words = f"it publishes {keys}, signed by itself, until {_day(published.valid_until)}"
    yield Finding(Part.KEYS, State.GOOD, words)
    yield _pin_finding(published, partner, clock.today())


def _spell_key(key: VerifyKey) -> str:
    """A key as settings spell it, so that it can be pinned from here."""
    return f"{key.id} {b64encode(key.raw).decode().rstrip('=')}"


def _pin_finding(published: PublishedKeys, partner: Partner, today: int) -> Finding:
    wanted = pinned(partner.keys, today)
    if not wanted:
        words = "no signing key is pinned: whoever takes its DNS speaks in its name"
        return Finding(Part.KEYS, State.WEAK, words)
    shown = {(key.id, key.raw) for key in published.current.values()}
    if any((key.id, key.raw) in shown for key in wanted):
        return Finding(Part.KEYS, State.GOOD, "it signs with a key that is pinned")
    words = "it publishes none of the keys that are pinned: what it signs is not believed here"
    return Finding(Part.KEYS, State.BROKEN, words)


def _version_finding(answer: Answered) -> Finding:
    """What the server calls itself (server-server API, "Server implementation"): a claim."""
    try:
        said = json.loads(answer.body)["server"]
        named = [said[key] for key in ("name", "version") if said.get(key)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        named = []
    if not named or not all(isinstance(each, str) for each in named):
        words = "it answers federation requests and does not say what it is"
        return Finding(Part.VERSION, State.GOOD, words)
    name = ascii(" ".join(named))[1:-1][:_LONGEST_NAME]
    words = f"it answers federation requests and calls itself `{name}`"
    return Finding(Part.VERSION, State.GOOD, words)


def _clock_findings(answer: Answered, now: float) -> Iterator[Finding]:
    if answer.date is None:
        return
    skew = answer.date - now
    if abs(skew) <= _SKEW_SECONDS:
        yield Finding(Part.CLOCK, State.GOOD, "its clock and ours agree")
        return
    way = "ahead of" if skew > 0 else "behind"
    words = f"its clock is {abs(skew):.0f} seconds {way} ours"
    yield Finding(Part.CLOCK, State.WEAK, words)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
