"""Contents on their way to a verdict: each is looked at once, and whoever asks waits for the same.

INVARIANT: a verdict is kept only if the looker and every configured scanner answered. What could
not be judged stays unknown, is tried again a few times, and then waits to be sent anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from vedette.core.files import Content, Digest
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Kept, Limits, Looker, Scanner
from vedette.ports.register import Register

_Told = TypeVar("_Told")
_LOG = logging.getLogger("vedette.inspection")
_PAUSES = (0.0, 1.0, 5.0)
"""Seconds before each try."""
SET_ASIDE_SECONDS = 300.0
"""For so long nobody tries again at what the looking itself broke."""
SOON_SECONDS = 15.0
"""For so long nobody tries again where something outside did not answer."""
_MOST_SET_ASIDE = 10_000
_ARRIVING_SECONDS = 5.0
"""For so long it is waited for bytes that are just arriving and may be those asked for."""


class _Outage(Exception):  # carries an outage, and for how long nothing is tried again
    """Something did not answer."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class Passing(Kept, Protocol):
    """A Kept content that can be let go."""

    def close(self) -> None:
        """Let its bytes go."""


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A content about which nothing can be said now. `again` is in seconds."""

    why: str
    again: int


@dataclass(frozen=True, slots=True)
class BeingLookedAt:
    """A content that is looked at just now."""


Answer = Content | BeingLookedAt | NotJudged | None
"""What is known of a content; None: nobody sent it under the rules in force."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The rules of inspection in force: their name, and the limits."""

    rules: str
    limits: Limits


@dataclass(slots=True)
class Contents:
    """Every content that is being looked at, and what was found in the others."""

    register: Register
    looker: Looker
    scanners: Mapping[str, Scanner]
    in_force: Callable[[], InForce]
    """The rules of inspection now. Raises Unavailable while there are none."""
    side_by_side: int = 2
    _looking: dict[Digest, asyncio.Task[Content | NotJudged]] = field(default_factory=dict)
    _aside: dict[Digest, tuple[float, NotJudged]] = field(default_factory=dict)
    _arriving: set[asyncio.Future[None]] = field(default_factory=set)
    _turns: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(self.side_by_side)

    @property
    def under_way(self) -> int:
        """How many contents are arriving or being looked at."""
        return len(self._arriving) + len(self._looking)

    def arriving(self) -> asyncio.Future[None]:
        """Say that some bytes are arriving; whoever says it marks the future done at their end."""
        arriving: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)
        return arriving

    def take(self, kept: Passing) -> None:
        """Have a content judged that has arrived, unless that is done or being done already.

        It is let go once nobody needs its bytes any more. Raises Unavailable.
        """
        try:
            known = self._known(kept.sha256)
        except Unavailable:
            kept.close()
            raise
        if known is not None:
            kept.close()
            return
        task = asyncio.create_task(self._judge(kept))
        self._looking[kept.sha256] = task
        task.add_done_callback(lambda _: kept.close())

    async def ask(self, sha256: Digest, wait: float) -> Answer:
        """What is known of a content, waiting so many seconds if it is looked at or may be arriving.

        Raises Unavailable.
        """
        begun = asyncio.get_running_loop().time()
        answer = self._known(sha256)
        if answer is None and self._arriving and wait > 0:
            answer = await self._arrive(sha256, min(wait, _ARRIVING_SECONDS))
        if isinstance(answer, BeingLookedAt):
            passed = asyncio.get_running_loop().time() - begun
            return await self._wait(sha256, max(0.0, wait - passed))
        return answer

    async def end(self) -> None:
        """Give up what is being looked at: it stays unknown."""
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def _arrive(self, sha256: Digest, seconds: float) -> Answer:
        """Wait until it is there, or none of what was arriving when it was asked for is left."""
        until = asyncio.get_running_loop().time() + seconds
        waiting = set(self._arriving)
        while waiting:
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                break
            _, waiting = await asyncio.wait(
                waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            answer = self._known(sha256)
            if answer is not None:
                return answer
        return self._known(sha256)

    def _known(self, sha256: Digest) -> Answer:
        found = self.register.verdict(sha256, self.in_force().rules)
        if found is not None:
            return found
        if sha256 in self._looking:
            return BeingLookedAt()
        until, aside = self._aside.get(sha256, (0.0, None))
        left = until - asyncio.get_running_loop().time()
        if aside is None or left <= 0:
            self._aside.pop(sha256, None)
            return None
        return replace(aside, again=int(left) + 1)

    async def _wait(self, sha256: Digest, seconds: float) -> Answer:
        task = self._looking.get(sha256)
        if task is None:
            return self._known(sha256)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result() if done else BeingLookedAt()

    async def _judge(self, kept: Kept) -> Content | NotJudged:
        """Try a few times, each under the rules in force when it begins."""
        outage = _Outage("", 0.0)
        try:
            for pause in _PAUSES:
                await asyncio.sleep(pause)
                try:
                    async with self._turns:
                        return await self._once(kept)
                except _Outage as fault:
                    outage = fault
                    _LOG.warning("content %s was not judged: %s", kept.sha256, outage)
            return self._set_aside(kept.sha256, outage)
        finally:
            self._looking.pop(kept.sha256, None)

    async def _once(self, kept: Kept) -> Content:
        """Look, scan and remember. Raises _Outage."""
        try:
            now = self.in_force()
            scans = [asyncio.create_task(each.scan(kept)) for each in self.scanners.values()]
            looking = asyncio.create_task(self.looker.look(kept, now.limits))
        except Unavailable as fault:
            raise _Outage(str(fault), SOON_SECONDS) from fault
        try:
            await asyncio.gather(looking, *scans, return_exceptions=True)
        finally:
            for task in (looking, *scans):
                task.cancel()
        content = _result(looking, SET_ASIDE_SECONDS)
        found = [_result(scan, SOON_SECONDS).found for scan in scans]
        malware = any(each is not None for each in found) if found else None
        content = replace(content, malware=malware, by=now.rules)
        try:
            await asyncio.to_thread(self.register.keep_verdict, content)
        except Unavailable as fault:
            raise _Outage(str(fault), SOON_SECONDS) from fault
        return content

    def _set_aside(self, sha256: Digest, outage: _Outage) -> NotJudged:
        if len(self._aside) >= _MOST_SET_ASIDE:
            self._aside.pop(next(iter(self._aside)))
        not_judged = NotJudged(str(outage), int(outage.seconds))
        until = asyncio.get_running_loop().time() + outage.seconds
        self._aside[sha256] = (until, not_judged)
        return not_judged


def _result(task: asyncio.Task[_Told], seconds: float) -> _Told:
    """What a task found. Raises _Outage; a bug is raised as it is."""
    try:
        return task.result()
    except Unavailable as fault:
        raise _Outage(str(fault), seconds) from fault
