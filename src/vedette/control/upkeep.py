"""What control does by itself: watch people, renew streams, anchor the audit chains, take them
off this machine, tell people.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass, field

from vedette.admin.doors import DoorState
from vedette.admin.pending import PendingDesk
from vedette.admin.settings import Applied, SettingsDesk
from vedette.admin.trial import TrialDesk
from vedette.control.checkpoints import Anchor
from vedette.control.departures import Departures
from vedette.control.directory import DirectoryPeople
from vedette.control.inventories import Inventories
from vedette.control.last_officers import LastOfficers
from vedette.control.pushed_people import MergedPeople
from vedette.control.retention import Retention
from vedette.control.sessions import SessionStream
from vedette.control.streams import Publisher
from vedette.control.telling import Telling
from vedette.control.vouching import Vouching
from vedette.core.settings.document import Document
from vedette.ports.errors import Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.record_index import RecordIndex

_LOG = logging.getLogger("vedette.control")
_PEOPLE_SECONDS = 0.05
"""How often it is looked whether people changed: whoever lost their account is out that much later."""
_LONGEST_RENEWAL = 3600.0
"""Streams are renewed at half of their lifetime, and at least every hour."""
_ANCHOR_SECONDS = 60.0
_TELL_SECONDS = 0.5
_DEPART_SECONDS = 1.0
_CHANGE_SECONDS = 1.0
_INDEX_SECONDS = 2.0
_INDEXED_AT_ONCE = 10_000
_REMOVE_SECONDS = 600.0
_OFFICERS_SECONDS = 30.0
"""How often it is learnt who may change the settings; whether anybody may is looked at for each list."""


@dataclass(slots=True)
class Upkeep:
    """The running duties of control. `begin` once, then `run` until cancelled."""

    desk: SettingsDesk
    pending: PendingDesk
    trial: TrialDesk
    publisher: Publisher
    people: PeopleSource
    anchor: Anchor
    sessions: SessionStream
    telling: Telling
    vouching: Vouching
    departures: Departures | None = None
    _: KW_ONLY
    index: RecordIndex
    retention: Retention
    inventories: Inventories
    _said: tuple[str, ...] = ()
    _owed: bool = False
    """Whether people changed and the doors were not told yet."""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A list of everybody and changes to it are sent one after the other."""
    _anchoring: asyncio.Lock = field(default_factory=asyncio.Lock)

    def begin(self, first_text: Callable[[], str]) -> int:
        """Take people and the newest revision, and send both. Returns the revision.

        Before there is a list of people, the doors keep the one that they have.

        Sessions are sent by `run`, as soon as their store answers.

        Raises:
            Rejected: the first document has faults.
            Unavailable: revisions or numbers can't be kept.
        """
        self.people.poll()
        self._say_faults()
        revision, document = self.desk.begin(first_text)
        self._begin_officers(document, revision.number)
        self.publisher.settings(revision, document)
        if self.people.known():
            self.publisher.people(self.people.people())
        self.telling.begin()
        return revision.number

    async def run(self) -> None:
        """Do every duty until cancelled."""
        async with asyncio.TaskGroup() as duties:
            duties.create_task(_every(lambda: _PEOPLE_SECONDS, self._watch_people))
            source = self.people
            if isinstance(source, LastOfficers):
                duties.create_task(_every(lambda: _OFFICERS_SECONDS, source.look_at_everybody))
                source = source.source
            if isinstance(source, MergedPeople):
                duties.create_task(source.pushed.run())
                source = source.base
            if isinstance(source, DirectoryPeople):
                duties.create_task(source.run())
            duties.create_task(_every(self._renewal, self._renew))
            duties.create_task(self._keep_anchoring())
            duties.create_task(self.sessions.run())
            duties.create_task(self.inventories.run())
            duties.create_task(_every(lambda: _TELL_SECONDS, self._tell))
            duties.create_task(_every(lambda: _DEPART_SECONDS, self._depart))
            duties.create_task(_every(lambda: _CHANGE_SECONDS, self._keep_changes))
            duties.create_task(_every(lambda: _INDEX_SECONDS, self._index))
            duties.create_task(_every(lambda: _REMOVE_SECONDS, self._remove))

    def _renewal(self) -> float:
        return min(_LONGEST_RENEWAL, max(1.0, self.publisher.lifetime / 2))

    async def _watch_people(self) -> None:
        self._owed |= self.people.poll()
        if self._owed:  # it stays owed where numbers can't be kept just now
            revision, document = self.desk.current()
            self.desk.take(document, revision.number)
            async with self._turn:
                people = self.people.people()
                await asyncio.to_thread(self.publisher.people, people)
                self._owed = people is not self.people.people()
            _LOG.info("people changed: %d are known now", len(people))
        self._say_faults()

    def _begin_officers(self, document: Document, revision: int) -> None:
        """Whether the first list leaves somebody who may change the settings, and who may now."""
        if isinstance(self.people, LastOfficers):
            if self.people.poll():
                self.desk.take(document, revision)
            self.people.remember(self.people.learned())

    async def _renew(self) -> None:
        self.publisher.settings(*self.desk.current())
        if self.people.known():
            async with self._turn:
                await asyncio.to_thread(self.publisher.everybody, self.people.people())
        await self.sessions.renew()

    async def sign_anew(self) -> None:
        """Send everything that is signed once more, by the key that signs now, and anchor by it.

        Doors that are silent take it when they are back. Raises Unavailable.
        """
        revision, document = self.desk.current()
        await self._renew()
        await asyncio.to_thread(self.publisher.no_changes)
        self.telling.renew()
        for answer in await self.publisher.announce(revision, document):
            if answer.state is not DoorState.IN_FORCE:
                _LOG.warning("%s has not taken what was signed anew", answer.door)
        await self._anchor()

    async def _keep_anchoring(self) -> None:
        """Anchor at once: what was cut back while control was down is told at the start."""
        await _once(self._anchor)
        await _every(lambda: _ANCHOR_SECONDS, self._anchor)

    async def _anchor(self) -> None:
        async with self._anchoring:
            line = await asyncio.to_thread(self.anchor.checkpoint)
            await asyncio.to_thread(self.vouching.vouch, line)

    async def _depart(self) -> None:
        if self.departures is not None:
            await asyncio.to_thread(self.departures.look)

    async def _keep_changes(self) -> None:
        returned = await self.trial.keep()
        if returned is not None:
            _LOG.warning("revision %d: %s", returned.number, returned.reason)
        for outcome in await self.pending.keep():
            if isinstance(outcome, Applied):
                made = outcome.revision
                _LOG.info(
                    "revision %d of %s has its hour: %s", made.number, made.author, made.reason
                )

    async def _index(self) -> None:
        while await asyncio.to_thread(self.index.follow, _INDEXED_AT_ONCE):
            pass

    async def _remove(self) -> None:
        await self.retention.look()

    async def _tell(self) -> None:
        await asyncio.to_thread(self.telling.look)

    def _say_faults(self) -> None:
        if self.people.faults() != self._said:
            self._said = self.people.faults()
            for fault in self._said:
                _LOG.error("the list of people was not taken: %s", fault)


async def _every(seconds: Callable[[], float], duty: Callable[[], Awaitable[None]]) -> None:
    """Do a duty again and again. An outage is logged, and the duty is done again in its turn."""
    while True:
        await asyncio.sleep(seconds())
        await _once(duty)


async def _once(duty: Callable[[], Awaitable[None]]) -> None:
    try:
        await duty()
    except Unavailable as outage:
        _LOG.error("%s", outage)  # an outage needs no traceback
