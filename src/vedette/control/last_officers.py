"""Stands between a list of people and all who use it, so that no slip in the list takes the last officer.

Whom the list calls inactive or a guest is that at once, last officer or not: it says so of that one
person. Whoever is only in their group no more, or on no line, keeps the right to change the settings
where nobody else has it, until a list has somebody again or it is confirmed. All else that the list
says is taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from vedette.admin.lockout import officers, those_left
from vedette.admin.officers import words_of_kept
from vedette.core.directory_state import DirectoryState
from vedette.core.language import Sentence, told
from vedette.core.officers import MOST, Officers, with_right
from vedette.core.people import Directory, Person
from vedette.core.settings.document import CompanyDirectory
from vedette.ports.clock import Clock
from vedette.ports.directory import DirectoryKeeper, Foreseen
from vedette.ports.errors import StalePolicy, Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.policy import Policy

_LOG = logging.getLogger("vedette.control")


class OfficersKept(Protocol):
    """Where it is kept who the officers were, over a restart."""

    def load(self) -> Officers | None:
        """What was kept last; None where nothing was."""

    def write(self, state: Officers) -> None:
        """Keep it. Raises Unavailable."""


@dataclass(slots=True)
class LastOfficers:
    """The PeopleSource that gives the list of another one, the last officers' right kept in it.

    `policy` is the one in force, `loud` tells this host what everybody there must see.
    """

    source: PeopleSource
    memory: OfficersKept
    policy: Callable[[], Policy]
    clock: Clock
    loud: Callable[[str], None]
    _state: Officers | None = None
    _people: Mapping[str, Person] = field(default_factory=dict)
    _looked: tuple[int, Mapping[str, Person] | None] = (0, None)
    """The revision and the list that were looked at last."""
    _confirmed: bool = False
    """Whether somebody said that nobody shall be left."""

    def people(self) -> Mapping[str, Person]:
        """The people of the last good list, with the right that is kept."""
        if self._looked[1] is None:
            self._look(None)
        return self._people

    def known(self) -> bool:
        """Whether there is a list."""
        return self.source.known()

    def faults(self) -> tuple[str, ...]:
        """Why the newest list was not taken, or not whole."""
        kept = self.state().kept
        return (*self.source.faults(), *((words_of_kept(kept),) if kept else ()))

    def poll(self) -> bool:
        """Look for a newer list, and whether it leaves somebody under the rules in force."""
        changed, policy = self.source.poll(), self._policy()
        number = 0 if policy is None else policy.rules.revision
        same = self._looked[0] == number and self._looked[1] is self.source.people()
        if same and not changed and not self._confirmed:
            return False
        before = self._people
        self._look(policy)
        return changed or (self._people is not before and self._people != before)

    def state(self) -> Officers:
        """Who the officers are, as far as it is known."""
        if self._state is None:
            self._state = self.memory.load()
        return self._state or Officers()

    def confirm(self) -> None:
        """No right is kept at the next look: somebody said that nobody shall be left."""
        self._confirmed = True

    def learned(self) -> Officers:
        """Who may change the settings now. It goes over everybody, so it is not for each change.

        Raises:
            StalePolicy: there is no revision yet.
        """
        policy = self.policy()
        found = [user for user, _ in zip(officers(policy), range(MOST), strict=False)]
        return Officers().with_last((str(each), policy.directory.people[each]) for each in found)

    def remember(self, learned: Officers) -> None:
        """Take who may change the settings now, if anybody may in their own right."""
        if learned.last and not self.state().kept:
            self._calm(self.people(), learned)

    async def look_at_everybody(self) -> None:
        """Learn it on a worker thread, and remember it."""
        self.remember(await asyncio.to_thread(self.learned))

    def counted(self) -> int:
        """How many may change the settings in their own right, up to `MOST`."""
        state = self.state()
        return 0 if state.gone or state.kept else len(state.last)

    # ---- the look ------------------------------------------------------------------------------

    def _policy(self) -> Policy | None:
        try:
            return self.policy()
        except StalePolicy:
            return None

    def _look(self, policy: Policy | None) -> None:
        """Take the list as it is now, and give back to the last officers what nobody else has.

        1. Some of those who were officers are still. 2. There never was one, or somebody confirmed
        that there shall be none. 3. Somebody else is one. 4. The right stays with those to whom it
        can be left.
        """
        people, state = self.source.people(), self.state()
        self._looked = (0 if policy is None else policy.rules.revision, people)
        self._people = _with(people, state.kept, state)
        if policy is None:
            return
        now, confirmed, self._confirmed = _under(policy, people), self._confirmed, False
        left = those_left(now, state.users)
        if left:  # (1)
            groups = dict(state.last)
            last = tuple((user, groups[user]) for user in left)
            self._calm(people, replace(state, last=last, kept=(), gone=False, since=0.0))
        elif confirmed or not state.last:  # (2)
            self._people = people
            self._now(Officers(gone=state.gone or bool(state.last), since=state.since))
        elif (somebody := next(officers(now), None)) is not None:  # (3)
            self._calm(people, Officers().with_last([(somebody, people[somebody])]))
        else:
            self._keep_right(policy, people, state)  # (4)

    def _keep_right(self, policy: Policy, people: Mapping[str, Person], state: Officers) -> None:
        """Whoever was called off by name is forgotten: no later list gives them the right back."""
        last = tuple(
            one for one in state.last if with_right(one[1], people.get(one[0])) is not None
        )
        state = replace(state, last=last)
        whole = _with(people, state.users, state)
        kept = tuple(those_left(_under(policy, whole), state.users))
        self._people = _with(people, kept, state)
        new = (kept, not kept) != (state.kept, state.gone)
        since = self.clock.now() if new and not (state.kept or state.gone) else state.since
        self._now(replace(state, kept=kept, gone=not kept, since=since))
        if new:
            self._tell(words_of_kept(kept) if kept else NOBODY_LEFT)

    def _calm(self, people: Mapping[str, Person], state: Officers) -> None:
        """Somebody may change the settings in their own right."""
        if self.state().kept or self.state().gone:
            self._tell(told("somebody may change the settings again"))
        self._people = people
        self._now(state)

    def _now(self, state: Officers) -> None:
        if state != self._state:
            self._state = state
            try:
                self.memory.write(state)
            except Unavailable as fault:
                _LOG.error("%s; a restart would forget who the officers were", fault)

    def _tell(self, words: Sentence) -> None:
        _LOG.warning("%s", words)
        self.loud(words)


@dataclass(frozen=True, slots=True)
class ConfirmedKeeper:
    """The DirectoryKeeper whose confirmed reading may leave nobody who changes the settings."""

    keeper: DirectoryKeeper
    officers: LastOfficers

    def state(self) -> DirectoryState:
        """How the list stands. Never waits."""
        return self.keeper.state()

    def sync(self, *, confirm: bool = False) -> DirectoryState:
        """Read everything now; with `confirm` no right is kept either. Raises Unavailable."""
        done = self.keeper.sync(confirm=confirm)
        if confirm:
            self.officers.confirm()
        return done

    def foresee(self, settings: CompanyDirectory) -> Foreseen:
        """Whom these settings would hold. Raises Unavailable."""
        return self.keeper.foresee(settings)


def _under(policy: Policy, people: Mapping[str, Person]) -> Policy:
    """The same rules over other people."""
    directory = policy.directory
    return Policy(policy.rules, Directory(directory.document, people, directory.today))


def _with(
    people: Mapping[str, Person], kept: Iterable[str], state: Officers
) -> Mapping[str, Person]:
    """The list, in which these have beside their groups those that they had."""
    groups = dict(state.last)
    found = {user: with_right(groups[user], people.get(user)) for user in kept}
    right = {user: person for user, person in found.items() if person is not None}
    return {**people, **right} if right else people


NOBODY_LEFT = told("nobody but the local administrator could change the settings any more")
