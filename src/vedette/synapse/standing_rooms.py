"""Runs the sweep inside Synapse: when the policy changes, when control wishes it, when it is due.

The report is a file beside the door's streams; control reads it. Nothing here waits in the way of a
message: the sweep is a background process, and the report is written by a thread.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from synapse.logging.context import make_deferred_yieldable
from synapse.util.async_helpers import DeferredEvent
from synapse.util.duration import Duration

from vedette.core.explain import sentence_about_rooms
from vedette.core.people import keeper_of
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.standing import RoomReports
from vedette.protocol.internal.standing import Report, RoomEntry, SweepState
from vedette.spine import Spine
from vedette.synapse.departed import AGAIN_SECONDS, ANEW_SECONDS, Departed
from vedette.synapse.internals.keeping import SynapseRooms
from vedette.synapse.invites import Say
from vedette.synapse.sweep import Sweep

if TYPE_CHECKING:
    from synapse.server import HomeServer

_LOG = logging.getLogger("vedette.rooms")
_Found = TypeVar("_Found")
_IN_DOUBT = 5.0
"""Seconds after which a sweep that could not judge is tried again."""
_LONGEST = 3600.0
_SETTLED = 0.5
"""Seconds for which changes are gathered before rooms are judged."""


@dataclass(slots=True)
class StandingRooms:
    """The sweep of one Synapse."""

    hs: HomeServer
    spine: Spine
    say: Say
    reports: RoomReports
    _alarm: DeferredEvent = field(init=False)
    _people: DeferredEvent = field(init=False)
    _departed: Departed = field(init=False)
    _sweep: Sweep = field(init=False)
    _changed: bool = True
    _moved: set[str] = field(default_factory=set)
    _wish: str | None = None

    def __post_init__(self) -> None:
        """Begin with what was found before the last stop."""
        self._alarm = DeferredEvent(self.hs.get_clock())
        self._people = DeferredEvent(self.hs.get_clock())
        rooms = SynapseRooms(self.hs, keeper_of(self.hs.hostname))
        self._departed = Departed(self.spine, rooms, self._pause)
        self._sweep = Sweep(
            self.spine, rooms, self._tell, self._write, self._pause, self._found_before()
        )

    def start(self) -> None:
        """Judge all rooms once, and from then on whenever that is called for."""
        self.hs.run_as_background_process("vedette_rooms", self._run)
        self.hs.run_as_background_process("vedette_departed", self._let_go)

    def wake(self) -> None:
        """The policy has changed. To be called on the reactor's thread."""
        self._changed = True
        self._alarm.set()
        self._people.set()

    def moved(self, room: str) -> None:
        """Somebody elsewhere came into a room: judge it again."""
        self._moved.add(room)
        self._alarm.set()

    def look_for_wish(self, call: Callable[[Callable[[], None]], object]) -> None:
        """Look whether control wishes a sweep; `call` has something done on the reactor's thread."""
        word = self.reports.wished()
        if word is not None:
            self._wish = word
            call(self.wake)

    async def _run(self) -> None:
        while True:
            await self._alarm.wait(self._until_next())
            self._alarm.clear()
            await self._pause(_SETTLED)
            if self._moved and not self._changed and not self._is_due():
                await self._apart(self._look)
                continue
            self._changed, self._moved = False, set()
            report = await self._apart(self._all)
            if report is None or report.state is SweepState.WAITING:
                self._changed = True
                await self._pause(_IN_DOUBT)

    async def _let_go(self) -> None:
        """Let whoever left the organisation leave its rooms, at once; no sweep is waited for."""
        wait = 0.001
        while True:
            await self._people.wait(wait)
            self._people.clear()
            wait = ANEW_SECONDS if await self._apart(self._departed.look) else AGAIN_SECONDS

    async def _look(self) -> Report | None:
        moved, self._moved = frozenset(self._moved), set()
        await self._sweep.look(moved)
        return None

    async def _all(self) -> Report | None:
        return await self._sweep.run(self._wish)

    def _until_next(self) -> float:
        if self._changed:
            return 0.001
        due = self._sweep.due()
        wait = _LONGEST if due is None else due - self.spine.clock.now()
        return min(max(wait, 0.001), _LONGEST)

    def _is_due(self) -> bool:
        due = self._sweep.due()
        return due is not None and due <= self.spine.clock.now()

    async def _apart(self, doing: Callable[[], Awaitable[_Found]]) -> _Found | None:
        """Do one thing in a process of its own: a bug in it is logged and ends only that."""
        found: _Found | None = await make_deferred_yieldable(
            self.hs.run_as_background_process("vedette_sweep", doing)
        )
        return found

    async def _pause(self, seconds: float) -> None:
        await self.hs.get_clock().sleep(Duration(seconds=seconds))

    async def _write(self, report: Report) -> None:
        """Write the report; one that can't be written is logged, and the next one tries again."""
        try:
            await self.hs.get_module_api().defer_to_thread(self.reports.keep, report)
        except Unavailable as fault:
            _LOG.warning("%s", fault)

    def _found_before(self) -> dict[str, RoomEntry]:
        try:
            report = self.reports.last()
        except Unavailable as fault:
            _LOG.warning("%s", fault)
            return {}
        return {} if report is None else {entry.room: entry for entry in report.rooms}

    def _tell(self, policy: Policy, news: list[tuple[RoomEntry, tuple[str, ...]]]) -> None:
        """One notice for each person and value, however many rooms it is about."""
        del policy
        heard: dict[tuple[str, str], list[str]] = defaultdict(list)
        for entry, whom in news:
            for person in whom:
                heard[person, entry.value].append(entry.name or entry.room)
        for (person, value), names in heard.items():
            text = sentence_about_rooms(sorted(names), value)
            self.say(person, text, text)
