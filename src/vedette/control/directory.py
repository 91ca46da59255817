"""Keeps the people of the company's directory: reads them all, follows changes, doubts large removals.

The work is done on a worker thread by `step`, again and again; `poll` and `people` are for the loop.
What the directory does not tell stays as it was told last, on disk too: an outage lifts no ban.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vedette.control.display_names import DisplayNames
from vedette.control.roster import NOBODY, Removal, Roster, is_taken, removal
from vedette.core.directory_state import DirectoryState, Held
from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.clock import Clock
from vedette.ports.directory import (
    ChangesLost,
    CompanyDirectoryReader,
    Following,
    Foreseen,
    KeptPeople,
    Known,
    Touched,
    wishes_of,
)
from vedette.ports.errors import Unavailable

_LOG = logging.getLogger("vedette.control")
_SLICE_SECONDS = 0.25
"""How long one step waits for a change at most: whoever asks for a reading waits no longer."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_BETWEEN_READINGS = 5.0
_WITHOUT_CHANGES = 60.0
"""How often everything is read where a directory tells no changes."""


@dataclass(slots=True)
class _Read:
    """A whole reading that is through, with what follows it."""

    wishes: CompanyDirectory
    roster: Roster
    server: str
    following: Following | None
    why_not: str
    seconds: float


@dataclass(slots=True)
class DirectoryPeople:
    """The PeopleSource of a company's directory.

    `settings` are those in force, `concerned` the user ids of those who are signed in.
    """

    reader: CompanyDirectoryReader
    kept: KeptPeople
    domain: ServerName
    settings: Callable[[], CompanyDirectory]
    concerned: Callable[[], Iterable[str]]
    clock: Clock
    told: Callable[[DirectoryState], None] = lambda _: None
    """Called when something of the state that matters is different."""
    sent: Callable[[], Mapping[str, Person]] = dict
    """The people as the doors were told them last: the list to begin with where none was kept."""
    names: DisplayNames | None = None
    """Who is told what the directory calls people."""
    _people: Mapping[str, Person] = field(default_factory=dict)
    _ready: bool = False
    _known: bool = False
    _list: dict[str, Known] = field(default_factory=dict)
    """The list in force."""
    _ends: list[tuple[int, str]] = field(default_factory=list)
    _before: Mapping[str, Person] = field(default_factory=dict)
    """The list against which a removal is measured: that of the last whole reading."""
    _active_before: int = 0
    _taken: set[str] = field(default_factory=set)
    """Who of it would be taken away by what the directory says now."""
    _waiting: dict[str, Known] | None = None
    """The whole list that is held, if one is."""
    _roster: Roster | None = None
    _wishes: CompanyDirectory | None = None
    _following: Following | None = None
    _reading: Future[_Read] | None = None
    _state: DirectoryState = field(default_factory=DirectoryState)
    _looked: float = 0.0
    _due: float = 0.0
    """When everything is to be read again."""
    _wait: float = 0.0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _one: threading.Lock = field(default_factory=threading.Lock)
    """One whole reading at a time."""

    # ---- for the loop ----------------------------------------------------------------------------

    def people(self) -> Mapping[str, Person]:
        """The people of the last good list."""
        return self._people

    def known(self) -> bool:
        """Whether a list was kept, sent or read by now."""
        return self._known

    def faults(self) -> tuple[str, ...]:
        """Why the newest list was not taken, or that there is none."""
        return self._state.sentences()

    def poll(self) -> bool:
        """True if the list changed since the last poll."""
        ready, self._ready = self._ready, False
        return ready

    def state(self) -> DirectoryState:
        """How it stands."""
        return self._state

    def begin(self) -> None:
        """Take the list that was kept, before anything else."""
        self._list = self._list_before()
        self._people = {user: known.person for user, known in self._list.items()}
        self._known = bool(self._people)
        self._measure_from(self._people)
        self._ends = [(k.ends, user) for user, k in self._list.items() if k.ends is not None]
        heapq.heapify(self._ends)
        self._count()

    def _list_before(self) -> dict[str, Known]:
        """The list that was kept; where there is none, that of the doors, so that no ban is lifted."""
        try:
            kept = self.kept.load()
        except Unavailable as fault:
            _LOG.error("%s; people begin as the doors were told them last", fault)
            kept = {}
        if kept:
            return kept
        found = {user: Known(person) for user, person in self.sent().items()}
        if found:
            self._keep(lambda: self.kept.write(found))
        return found

    async def run(self) -> None:
        """Follow the directory until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except Exception:  # noqa: BLE001  # a bug here must end nothing else of control
                _LOG.exception("incident: a step of following the directory failed")
                await asyncio.to_thread(self._begin_anew)
                await asyncio.sleep(_SLICE_SECONDS)

    # ---- the work --------------------------------------------------------------------------------

    def step(self) -> None:
        """Do what is due, and wait for a change for a moment.

        1. Whose account ends by now is inactive. 2. A whole reading that is through is taken. 3. One
        that is due is begun, beside everything else. 4. Changes are taken as they come, and looked
        for. 5. Accounts are called as the directory calls their people.
        """
        with self._turn:
            self._end_accounts()  # (1)
            if self._reading is not None and self._reading.done():
                self._take_reading()  # (2)
            if self._reading is None and self._reading_is_due():
                self._reading = self._begun()  # (3)
            following = self._following
            if following is not None:
                self._follow(following)  # (4)
            if self.names is not None:
                self.names.look()  # (5)
        if following is None:
            self._pause()

    def sync(self, *, confirm: bool = False) -> DirectoryState:
        """Read everything now; with `confirm` a list that is held is taken, whatever it takes away.

        Raises:
            Unavailable: the directory does not answer.
        """
        try:
            done = self._begun().result()
        except ChangesLost as lost:
            raise Unavailable(f"it changes too much to be read just now: {lost}") from lost
        with self._turn:
            self._take(done, confirm=confirm)
        return self._state

    def foresee(self, settings: CompanyDirectory) -> Foreseen:
        """Whom these settings would hold; nothing of it is taken. Raises Unavailable."""
        listing = self.reader.read(wishes_of(settings))
        roster = Roster.of(listing, self.domain, settings.guests)
        groups = frozenset(each.name for each in listing.groups)
        said = frozenset().union(*(each.says for each in listing.people))
        return Foreseen(roster.everybody(self.clock.now()), groups | said, roster.left_out())

    def _pause(self) -> None:
        reading = self._reading
        if reading is None:
            threading.Event().wait(_SLICE_SECONDS)
            return
        with suppress(TimeoutError, ChangesLost, Unavailable):
            reading.result(_SLICE_SECONDS)

    def _reading_is_due(self) -> bool:
        return self.clock.now() >= self._due or (
            self._wishes is not None and self._wishes != self.settings() and not self._wait
        )

    # ---- whole readings --------------------------------------------------------------------------

    def _begun(self) -> Future[_Read]:
        """A whole reading on a thread of its own, for whose end no shutdown waits."""
        reading: Future[_Read] = Future()

        def work() -> None:
            with self._one:
                try:
                    reading.set_result(self._read())
                except (ChangesLost, Unavailable) as fault:
                    reading.set_exception(fault)
                except BaseException as fault:  # whoever waits for it must not wait for ever
                    reading.set_exception(fault)
                    raise

        threading.Thread(target=work, name="vedette-directory", daemon=True).start()
        return reading

    def _read(self) -> _Read:
        """Everything, and what changed while it was read. Raises Unavailable."""
        begun, asked = self.clock.now(), self.settings()
        wishes = wishes_of(asked)
        listing = self.reader.read(wishes)
        roster = Roster.of(listing, self.domain, asked.guests)
        following, why_not = None, ""
        try:
            following = self.reader.follow(wishes, listing)
        except ChangesLost as lost:
            why_not = str(lost)
        if following is not None:
            _catch_up(roster, following)
        seconds = self.clock.now() - begun
        return _Read(asked, roster, listing.server, following, why_not, seconds)

    def _take_reading(self) -> None:
        reading, self._reading = self._reading, None
        assert reading is not None  # the caller saw it
        try:
            done = reading.result()
            if done.following is not None:
                _catch_up(done.roster, done.following)
        except ChangesLost as lost:
            self._read_soon(lost)
        except Unavailable as outage:
            self._away(outage)
        else:
            self._take(done)

    def _take(self, done: _Read, *, confirm: bool = False) -> None:
        """Have a whole reading be what is followed, and its list in force unless it is doubted."""
        if self._following is not None:
            self._following.close()
        self._roster, self._wishes, self._following = done.roster, done.wishes, done.following
        now = self.clock.now()
        again = (
            done.wishes.reading if done.following else min(done.wishes.reading, _WITHOUT_CHANGES)
        )
        self._due, self._looked, self._wait = now + again, 0.0, 0.0
        everybody = done.roster.everybody(now)
        for user in self._list.keys() - everybody.keys():
            everybody[user] = Known(NOBODY)
        self._taken = {
            user for user in self._before if self._is_doubtful(user, everybody.get(user))
        }
        self._state = replace(
            self._state,
            server=done.server,
            read_at=now,
            read_seconds=done.seconds,
            seen_at=now,
            left_out=done.roster.left_out(),
            follows=done.why_not,
            trouble="",
            trouble_since=None,
        )
        if confirm or not self._is_too_much():
            self._accept(everybody)
        else:
            self._end(self._told_off(everybody))
            self._hold(everybody)

    def _accept(self, everybody: dict[str, Known]) -> None:
        """Have a whole list in force."""
        if everybody != self._list or not self._known:
            self._list = everybody
            self._people = {user: known.person for user, known in everybody.items()}
            self._ends = [(k.ends, user) for user, k in everybody.items() if k.ends is not None]
            heapq.heapify(self._ends)
            self._ready = self._known = True
        self._keep(lambda: self.kept.write(self._list))
        self._measure_from(self._people)
        self._waiting = None
        self._state = replace(self._state, held=None)
        self._count()
        if self.names is not None and self._roster is not None:
            self.names.of_everybody(self._roster.display_name)

    def _hold(self, everybody: dict[str, Known]) -> None:
        found, held = self._removal(), self._state.held
        since = self.clock.now() if held is None else held.since
        self._waiting = everybody
        self._state = replace(self._state, held=Held(found.taken, found.of, found.some, since))
        self._count()

    def _is_doubtful(self, user: str, found: Known | None) -> bool:
        """Whether somebody vanished, or lost every group, without the directory calling them off."""
        assert self._roster is not None  # what is doubted was read
        taken = is_taken(self._before.get(user), None if found is None else found.person)
        return taken and not self._roster.says_off(user, self.clock.now())

    def _told_off(self, found: Mapping[str, Known]) -> dict[str, Known]:
        """Those of whom the directory itself says now that their account is off."""
        assert self._roster is not None  # what is taken was read
        now = self.clock.now()
        return {
            user: known
            for user, known in found.items()
            if not known.person.active
            and known != self._list.get(user)
            and self._roster.says_off(user, now)
        }

    def _removal(self) -> Removal:
        return removal(self._before, self._taken, self._active_before)

    def _is_too_much(self) -> bool:
        return self._removal().beyond(self.settings().largest_removal)

    def _measure_from(self, people: Mapping[str, Person]) -> None:
        self._before, self._taken = people, set()
        self._active_before = sum(each.active for each in people.values())

    # ---- changes ---------------------------------------------------------------------------------

    def _follow(self, following: Following) -> None:
        try:
            touched = following.next(min(_SLICE_SECONDS, self.settings().look))
            if touched is not None:
                self._change(touched)
            due = self.clock.now() - self._looked >= self.settings().look
            if due and self._reading is None:  # whoever reads everything misses nothing
                self._look(following)
        except ChangesLost as lost:
            self._read_soon(lost)
            self._let_go()
        except Unavailable as outage:
            self._let_go()
            self._resume(following, outage)

    def _look(self, following: Following) -> None:
        assert self._roster is not None  # what is followed was read
        self._looked = self.clock.now()
        roster = self._roster
        try:
            touched = following.look(lambda: roster.ids(self.concerned()))
        except ChangesLost as lost:
            # What the directory tells by itself is followed on: reading everybody takes its time.
            self._read_soon(lost)
            return
        self._state = replace(self._state, seen_at=self.clock.now())
        if touched is not None:
            self._change(touched)

    def _read_soon(self, lost: ChangesLost) -> None:
        """Read everything anew, but not all the time where changes are lost again and again."""
        _LOG.info("the directory is read anew: %s", lost)
        self._due = max(self.clock.now(), (self._state.read_at or 0.0) + _BETWEEN_READINGS)

    def _let_go(self) -> None:
        if self._following is not None:
            self._following.close()
        self._following = None

    def _resume(self, following: Following, outage: Unavailable) -> None:
        """After a broken connection go on at the same server, or read everything, perhaps elsewhere."""
        assert self._roster is not None and self._wishes is not None  # noqa: PT018  # it was followed
        listing = self._roster.listing(following.server, following.mark)
        try:
            self._following = self.reader.follow(wishes_of(self._wishes), listing)
        except (ChangesLost, Unavailable):
            _LOG.warning("%s; everything is read anew", outage)
            self._due = 0.0

    def _change(self, touched: Touched) -> None:
        """Take what changed, for those alone whom it concerns."""
        assert self._roster is not None  # what is followed was read
        names = self._roster.change(touched)
        if self.names is not None and self._waiting is None:
            shown = {each.name: self._roster.display_name(each.name) for each in touched.people}
            self.names.of_some({name: text for name, text in shown.items() if text})
        now = self.clock.now()
        self._state = replace(self._state, seen_at=now)
        newest = self._waiting or self._list
        known = {
            user: found or Known(NOBODY)
            for user, found in self._roster.known(names, now)
            if found is not None or user in newest
        }
        off = self._told_off(known)
        rest = {u: found for u, found in known.items() if u not in off and newest.get(u) != found}
        if not off and not rest:
            return
        self._state = replace(self._state, changed_at=now)
        self._end(off)
        if self._waiting is not None:
            self._waiting |= off
        for user, found in rest.items():
            doubtful = self._is_doubtful(user, found)
            (self._taken.add if doubtful else self._taken.discard)(user)
        if rest or self._waiting is not None:
            self._put(rest)

    def _put(self, changed: Mapping[str, Known]) -> None:
        """Have these people in the list, unless all of it is doubted."""
        if self._waiting is None and not self._is_too_much():
            self._put_in_force(changed)
            return
        everybody = {**(self._waiting or self._list), **changed}
        if self._is_too_much():
            self._hold(everybody)
        else:
            self._accept(everybody)

    def _put_in_force(self, changed: Mapping[str, Known]) -> None:
        self._list.update(changed)
        before = [self._people[user] for user in changed if user in self._people]
        people = dict(self._people)
        for user, known in changed.items():
            people[user] = known.person
            if known.ends is not None:
                heapq.heappush(self._ends, (known.ends, user))
        self._people, self._ready = people, True
        self._keep(lambda: self.kept.add(changed))
        self._count_on(before, [known.person for known in changed.values()])

    def _end_accounts(self) -> None:
        """Those whose account ends by now. The directory said so before: nothing is doubted."""
        now = self.clock.now()
        over: dict[str, Known] = {}
        while self._ends and self._ends[0][0] <= now:
            ends, user = heapq.heappop(self._ends)
            known = self._list.get(user)
            if known is not None and known.ends == ends and known.person.active:
                over[user] = replace(known, person=replace(known.person, active=False))
        self._end(over)

    def _end(self, over: Mapping[str, Known]) -> None:
        """Have these be inactive at once: the directory says so of each of them."""
        if over:
            ending = [self._before[user].active for user in over if user in self._before]
            before = dict(self._before)  # of very many people this is the quickest copy
            for user in over:
                before.pop(user, None)
            self._before = before
            self._active_before -= sum(ending)
            self._taken -= over.keys()
            self._put_in_force(over)

    # ---- telling ---------------------------------------------------------------------------------

    def _away(self, outage: Unavailable) -> None:
        """Nobody answers: everything stays, and it is tried again, ever more seldom."""
        self._wait = min(_LONGEST_WAIT, self._wait * 2 or _FIRST_WAIT)
        now = self.clock.now()
        self._due = now + self._wait
        since = self._state.trouble_since or now
        self._state = replace(self._state, trouble=str(outage), trouble_since=since)
        self.told(self._state)

    def _begin_anew(self) -> None:
        """After a bug: what was followed may be half taken, so everything is read again."""
        with self._turn:
            self._let_go()
            self._away(Unavailable("a fault in control, which its log tells; all is read anew"))

    def _keep(self, doing: Callable[[], None]) -> None:
        try:
            doing()
        except Unavailable as fault:
            _LOG.error("%s; a restart while the directory is away would forget it", fault)

    def _count(self) -> None:
        self._counted(_Counts.of(self._people.values()))

    def _count_on(self, before: Collection[Person], now: Collection[Person]) -> None:
        """Count those who changed, and not everybody again: it is done at every change."""
        state, gone, come = self._state, _Counts.of(before), _Counts.of(now)
        self._counted(
            _Counts(
                state.people - gone.people + come.people,
                state.active - gone.active + come.active,
                state.guests - gone.guests + come.guests,
            )
        )

    def _counted(self, counts: _Counts) -> None:
        roster = self._roster
        self._state = replace(
            self._state,
            people=counts.people,
            active=counts.active,
            guests=counts.guests,
            groups=self._state.groups if roster is None else roster.counted[1],
        )
        self.told(self._state)


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many people are listed, how many of them are active, and how many of those are guests."""

    people: int
    active: int
    guests: int

    @classmethod
    def of(cls, people: Collection[Person]) -> _Counts:
        return cls(
            len(people),
            sum(each.active for each in people),
            sum(each.guest and each.active for each in people),
        )


def _catch_up(roster: Roster, following: Following) -> None:
    """Take what was told meanwhile. Raises ChangesLost, Unavailable."""
    while (touched := following.next(0)) is not None:
        roster.change(touched)
