"""The gateway's certificate: ordered before it ends, and never given up for a worse one.

Runs beside the doors and never in their way: everything that waits for the authority or the disk
does so in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from vedette.core.asks import Act, Ask
from vedette.core.facts import Facts
from vedette.core.towards import routine
from vedette.ports.certificate_authority import (
    Advice,
    CertificateAuthority,
    Challenges,
    Declined,
)
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.server_certificate import KeptCertificate
from vedette.protocol.internal.server_certificates import Ordering, Origin
from vedette.protocol.renewal import pause, renew_at
from vedette.protocol.server_certificate import (
    CertificateFault,
    Shown,
    check_new,
    new_request,
    read_chain,
)
from vedette.spine import Permit, Spine

_LOG = logging.getLogger("vedette.gateway")
_ACT = Act.CERTIFICATE_SERVER_ORDER
_WHO = "gateway"
_LOOK_SECONDS = 600.0
"""At least so often it is looked whether it is time: a clock may have been set meanwhile."""
_ASK_SECONDS = 6 * 3600.0
"""When an authority that could not be asked for its advice is asked again."""
_OUT_OF_REACH = "see that this host can reach the authority; it is tried again by itself"
_UNFIT = "see that this machine's clock is right (`timedatectl`); it is tried again by itself"
_UNKEPT = "see that the gateway can write its folder and the disk is not full"

Done = TypeVar("Done")


@dataclass(slots=True, kw_only=True)
class Renewal:
    """Orders a certificate for `names` when it is time.

    `under` stands for everything that the boot file says of orders: when that changes, an order that
    failed before is tried at once. `chance` gives numbers from 0 up to 1.
    """

    names: tuple[str, ...]
    under: str
    authority: CertificateAuthority
    kept: KeptCertificate
    challenges: Challenges
    spine: Spine
    chance: Callable[[], float]
    _state: Ordering | None = None
    _advised: Advice | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _task: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Begin, until `close`."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._run())
        self._task.add_done_callback(self._ended)

    def close(self) -> None:
        """Order no more. An order under way is left alone: what it brings is not used."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A bug in ordering is told, ends no door, and is given another try later."""
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            self.spine.incidents.report(bug, _ACT.value)
            task.get_loop().call_later(_LOOK_SECONDS, self._watch_again)

    def _watch_again(self) -> None:
        if self._task is not None:
            self.watch()

    async def _run(self) -> None:
        while True:
            wait = _LOOK_SECONDS
            try:
                wait = await self.turn()
            except Unavailable as outage:
                _LOG.error("%s", outage)  # an outage needs no traceback
            await asyncio.sleep(wait)

    async def turn(self) -> float:
        """Do what it is time for; returns after how many seconds to look again.

        Raises:
            Unavailable: the certificate in use can't be read, or the state not be told.
        """
        state = await self._begun()
        now = self.spine.clock.now()
        due = state.next_at <= now
        if not due and not state.failures and state.origin is Origin.ACME and self._is_silent(now):
            state = await self._advice()
        if state.next_at <= now:
            state = await self.renew()
        return min(_LOOK_SECONDS, max(1.0, state.next_at - self.spine.clock.now()))

    async def renew(self) -> Ordering:
        """Order a certificate now, whenever the last one was; returns how it stands then.

        Raises:
            Unavailable: as `turn`.
        """
        async with self._turn:
            state = await self._begun()
            settled = self.spine.settle(_ACT, _WHO, self._prepared)
            if not isinstance(settled, Permit):
                failed = _Failed("no order can be recorded now", "see `vedette doctor`", True)
                return await self._failed(state, failed)
            outcome = await self._ordered(settled)
            if isinstance(outcome, _Failed):
                return await self._failed(state, outcome)
            return await self._renewed(outcome)

    def _prepared(self, policy: Policy) -> tuple[Ask, Facts]:
        del policy
        return routine(_ACT, _WHO, ", ".join(self.names)), Facts()

    async def _begun(self) -> Ordering:
        """How it stands; after a start, what was told before it counts as long as it still fits.

        1. What serves is the boot file's certificate, or lacks a name: an order is due. 2. One that
        failed waits for its time, over a restart too, unless the boot file says something else now.
        """
        if self._state is not None:
            return self._state
        shown = read_chain(await _apart(self.kept.chain))
        told, origin = await _apart(self.kept.told), await _apart(self.kept.origin)
        now, fits = self.spine.clock.now(), set(self.names) <= set(shown.names)
        next_at = now  # (1)
        if origin is Origin.ACME and fits:
            next_at = renew_at(shown.begins, shown.ends, None, self.chance())
        state = Ordering(origin=origin, wanted=self.names, under=self.under, next_at=next_at)
        if told is not None and told.failures and told.under == self.under:  # (2)
            state = replace(told, origin=origin, wanted=self.names)
        return await self._told(state)

    def _is_silent(self, now: float) -> bool:
        """Whether the authority is to be asked when it wants its certificate renewed."""
        return self._advised is None or self._advised.ask_again <= now

    async def _advice(self) -> Ordering:
        state, chain = await self._begun(), await _apart(self.kept.chain)
        now = self.spine.clock.now()
        try:
            self._advised = await _apart(lambda: self.authority.advice(chain))
        except Unavailable as outage:
            _LOG.warning("no advice about the certificate: %s", outage)
            self._advised = Advice(None, now + _ASK_SECONDS)
        # Whoever wants to be asked all the time is asked every minute at most.
        soonest = max(self._advised.ask_again, now + 60.0)
        self._advised = replace(self._advised, ask_again=soonest)
        return await self._told(replace(state, next_at=self._time_for(read_chain(chain))))

    def _time_for(self, shown: Shown) -> float:
        advised = self._advised.renew_at if self._advised is not None else None
        return renew_at(shown.begins, shown.ends, advised, self.chance())

    async def _ordered(self, permit: Permit) -> Shown | _Failed:
        """Order, look at what came, and put it in use if it is fit for that."""
        del permit  # being given one is the point
        asked = new_request(self.names)
        try:
            came = await _apart(
                lambda: self.authority.order(self.names, asked.request, self.challenges)
            )
        except Unavailable as outage:
            return _Failed(str(outage), _OUT_OF_REACH, True)
        if isinstance(came, Declined):
            return _Failed(came.words, came.advice, False)
        try:
            shown = check_new(came.chain, asked.key, self.names, self.spine.clock.now())
        except CertificateFault as fault:
            return _Failed(str(fault), _UNFIT, False)
        try:
            await _apart(lambda: self.kept.keep(asked.key, came.chain))
        except Unavailable as outage:
            return _Failed(str(outage), _UNKEPT, False)
        return shown

    async def _renewed(self, shown: Shown) -> Ordering:
        self._advised = None
        now = self.spine.clock.now()
        state = Ordering(
            origin=Origin.ACME,
            wanted=self.names,
            under=self.under,
            next_at=self._time_for(shown),
            tried_at=now,
        )
        _LOG.info("a new certificate is in use; it ends in %d days", (shown.ends - now) // 86_400)
        return await self._told(state)

    async def _failed(self, state: Ordering, failed: _Failed) -> Ordering:
        now, failures = self.spine.clock.now(), state.failures + 1
        wait = pause(failures, outage=failed.outage, chance=self.chance())
        _LOG.warning("no certificate was ordered: %s; %s", failed.words, failed.advice)
        return await self._told(
            replace(
                state,
                next_at=now + wait,
                tried_at=now,
                failures=failures,
                trouble=failed.words,
                advice=failed.advice,
            )
        )

    async def _told(self, state: Ordering) -> Ordering:
        self._state = state
        await _apart(lambda: self.kept.tell(state))
        return state


@dataclass(frozen=True, slots=True)
class _Failed:
    words: str
    advice: str
    outage: bool


async def _apart(doing: Callable[[], Done]) -> Done:
    """Do something that blocks, for minutes if need be, in a thread that keeps no process alive."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    found: list[asyncio.Task[Done]] = []

    async def call() -> Done:
        return doing()

    async def settle() -> None:
        found.append(asyncio.get_running_loop().create_task(call()))
        await asyncio.wait(found)

    def run() -> None:
        asyncio.run(settle())
        with contextlib.suppress(RuntimeError):  # the loop is over, and nobody waits
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=run, name="certificate", daemon=True).start()
    await over.wait()
    return found[0].result()
