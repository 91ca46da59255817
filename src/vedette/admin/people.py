"""People as administrators find them: whom the directory knows, and whoever has an account.

A page is read at a time. What an author may not see is left out before it is counted, and what is
shown was asked and recorded, once for each kind of person that the rules can tell apart.
"""

from __future__ import annotations

import asyncio
import heapq
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, foreseen, foreseen_anywhere
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act, PartySet, Someone
from vedette.core.language import told
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.partners import PersonGlance, person_glance
from vedette.core.people import Alike, Directory, Person
from vedette.core.sessions import SessionState
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.ports.sign_in import Account, PastSignIn, SignInStore

LOOKED_AT = 10_000
"""So many people are looked at for one page; whoever wants more goes on from there."""
_AT_ONCE = 200
_NAMES_AT_ONCE = 2_000
_WINDOW = 600
"""Seconds for which an attempt to sign in counts; a test holds it to `vedette.signin.attempts`."""
_PAST = 10
_ACT = Act.ADMINISTRATION_SESSION_LIST


class PersonState(StrEnum):
    """What people are looked for by, beside what they are called and belong to."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    """The directory says that they left, or does not know them."""
    GUEST = "guest"
    LOCKED = "locked"
    """Somebody tried too often; for some minutes nobody gets in from there."""
    SUSPENDED = "suspended"
    """A session of theirs is suspended."""
    WAITING = "waiting"
    """A device of theirs waits to be approved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSought:
    """Whom to list; what is empty matches everybody. `text` is part of a localpart or a name."""

    text: str = ""
    party: str = ""
    group: str = ""
    state: PersonState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One person. `known` is None for an account that the directory does not know."""

    user: UserId
    known: Person | None
    account: Account | None
    parties: tuple[str, ...]
    sessions: Mapping[SessionState, int]
    locked: bool

    @property
    def active(self) -> bool:
        """Whether the directory says that they are here."""
        return self.known is not None and self.known.active


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """Some people by localpart. `next` is the localpart behind which it goes on, if it does."""

    rows: tuple[PersonRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """One person with what is beside them: past sign-ins, and what passes between them and partners."""

    row: PersonRow
    past: tuple[PastSignIn, ...]
    partners: tuple[PersonGlance, ...]


@dataclass(slots=True)
class PeopleDesk:
    """Where people are looked for.

    Every method raises Rejected where the rules refuse it, and Unavailable where the store does not
    answer.
    """

    door: AdministrationDoor
    store: SignInStore
    clock: Clock
    _directory: Directory | None = None
    _names: tuple[tuple[Alike, list[str]], ...] = ()

    async def page(
        self, author: Actor, sought: PeopleSought, after: str = "", most: int = 50
    ) -> PeoplePage:
        """The people behind a localpart whom the author may see."""
        policy = self.door.spine.policy.current()
        await may_look(self.door, author, policy, self.clock)
        locked = await self._locked(policy)
        look = _Look(policy.directory, sought, locked, _sees(policy, author, self.clock))
        found, ended = await asyncio.to_thread(self._found, look, after, most)
        whom = [look.user(name) for name in found[:most]]
        await recorded(self.door, author, (policy.directory.someone(each) for each in whom))
        rows = await asyncio.to_thread(self._rows, policy.directory, whom, locked)
        more = found[most - 1] if len(found) > most else ended
        return PeoplePage(rows=tuple(rows), next=more)

    async def show(self, author: Actor, user: UserId) -> PersonView:
        """One person. Raises Rejected also where nobody here is called so."""
        await self.door.permit(Doing(act=_ACT, author=author, over=user))
        policy = self.door.spine.policy.current()
        locked = await self._locked(policy)
        (row,) = await asyncio.to_thread(self._rows, policy.directory, [user], locked)
        if row.known is None and row.account is None:
            hint = told("look for them in the list of people")
            raise Rejected(Code.NOT_FOUND, told("nobody here is called `{user}`", user=user), hint)
        past = await asyncio.to_thread(self.store.last_sign_ins, user.localpart, _PAST)
        someone = policy.directory.someone(user)
        glances = person_glance(policy.rules, policy.directory, someone)
        return PersonView(row=row, past=past, partners=glances)

    # ---- looking ---------------------------------------------------------------------------------

    def _found(self, look: _Look, after: str, most: int) -> tuple[list[str], str | None]:
        """One more localpart than wanted, if there is; or where looking stopped before the end."""
        found: list[str] = []
        names = iter(self._candidates(look, after))
        for _ in range(LOOKED_AT // _AT_ONCE):
            batch = list(islice(names, _AT_ONCE))
            if not batch:
                return found, None
            for name in batch:
                if look.matches(name):
                    found.append(name)
                    if len(found) > most:
                        return found, None
        return found, batch[-1]

    def _candidates(self, look: _Look, after: str) -> Iterator[str]:
        """Localparts behind `after` in order, once each, that may match."""
        state = look.sought.state
        if state is PersonState.LOCKED:
            yield from self._of_text(look, (n for n in sorted(look.locked) if n > after))
        elif state in (PersonState.SUSPENDED, PersonState.WAITING):
            names = self._with_session(look.directory.domain, SessionState(state.value), after)
            yield from self._of_text(look, names)
        else:
            last = ""
            for name in heapq.merge(*self._known(look, after), self._unknown(look, after)):
                if name != last:
                    yield name
                last = name

    def _of_text(self, look: _Look, names: Iterable[str]) -> Iterator[str]:
        text, rest = look.sought.text.lower(), iter(names)
        while batch := list(islice(rest, _AT_ONCE)):
            accounts = self.store.lists.accounts(batch) if text else {}
            for name in batch:
                shown = accounts[name].display_name if name in accounts else ""
                if text in name.lower() or text in shown.lower():
                    yield name

    def _known(self, look: _Look, after: str) -> Iterator[Iterator[str]]:
        """Localparts of the directory, in order, of each kind of person that may match."""
        text = look.sought.text.lower()
        for alike, names in self._sorted(look.directory):
            if look.fits(alike.person, alike.someone):
                rest = islice(names, bisect_right(names, after), None)
                yield (name for name in rest if text in name.lower()) if text else rest

    def _sorted(self, directory: Directory) -> tuple[tuple[Alike, list[str]], ...]:
        """The localparts of each kind of person, sorted once for each directory."""
        if self._directory is not directory:
            self._names = tuple(
                (alike, sorted(user[1 : user.index(":")] for user in alike.users))
                for alike in directory.alike()
            )
            self._directory = directory
        return self._names

    def _unknown(self, look: _Look, after: str) -> Iterator[str]:
        """Localparts of accounts: those that the directory does not know, or that are found by what
        the account says. Where neither may match, none is looked at.
        """
        lists, text = self.store.lists, look.sought.text
        if text:
            while batch := lists.accounts_after(after, text, _AT_ONCE):
                yield from (each.localpart for each in batch)
                after = batch[-1].localpart
        elif look.strangers_fit():
            while names := lists.localparts_after(after, _NAMES_AT_ONCE):
                yield from names
                after = names[-1]

    def _with_session(self, domain: ServerName, state: SessionState, after: str) -> Iterator[str]:
        # `:` ends a localpart and sorts before letters, so user ids have another order than these
        names = sorted(self._all_with(domain, state))
        return islice(names, bisect_right(names, after), None)

    def _all_with(self, domain: ServerName, state: SessionState) -> Iterator[str]:
        after = ""
        while batch := self.store.lists.people_in(state, after, 10_000):
            yield from (user[1 : user.index(":")] for user in batch if user.endswith(f":{domain}"))
            after = batch[-1]

    async def _locked(self, policy: Policy) -> frozenset[str]:
        """Localparts on which somebody tried too often lately."""
        limits, now = policy.directory.document.sign_in, int(self.clock.now())
        least = min(limits.attempts_per_account, limits.attempts_around_account)
        tried = await asyncio.to_thread(self.store.lists.tried, now, _WINDOW, least + 1)
        found = set()
        for key, count in tried.items():
            what, *rest = key.split(":", 2)
            most = limits.attempts_per_account if rest[1:] else limits.attempts_around_account
            if what in ("first", "second") and count > most:
                found.add(rest[0])
        return frozenset(found)

    def _rows(
        self, directory: Directory, whom: Collection[UserId], locked: frozenset[str]
    ) -> list[PersonRow]:
        accounts = self.store.lists.accounts([each.localpart for each in whom])
        counts = self.store.lists.session_counts([str(each) for each in whom])
        return [
            PersonRow(
                user=each,
                known=directory.people.get(each),
                account=accounts.get(each.localpart),
                parties=own_parties(directory.someone(each).parties),
                sessions=counts.get(each, {}),
                locked=each.localpart in locked,
            )
            for each in whom
        ]


@dataclass(slots=True)
class _Look:
    """One look through the people: who matches, and whom the author sees."""

    directory: Directory
    sought: PeopleSought
    locked: frozenset[str]
    sees: Callable[[Someone], bool]

    def user(self, localpart: str) -> UserId:
        return UserId(f"@{localpart}:{self.directory.domain}")

    def matches(self, localpart: str) -> bool:
        try:
            user = self.user(localpart)
        except InvalidName:  # an account of a name that can't be one
            return False
        return self.fits(self.directory.people.get(user), self.directory.someone(user))

    def fits(self, person: Person | None, someone: Someone) -> bool:
        """Whether somebody of whom the directory says this is looked for, and the author's to see."""
        sought = self.sought
        if not _is_in(person, sought.state):
            return False
        if sought.group and (person is None or sought.group not in person.groups):
            return False
        return (not sought.party or sought.party in someone.parties) and self.sees(someone)

    def strangers_fit(self) -> bool:
        """Whether somebody may fit whom the directory does not know."""
        parties = self.directory.document.parties.values()
        named = [user for party in parties for user in party.users]
        someone = self.directory.someone
        return any(self.fits(None, someone(user)) for user in (UserId(self.nobody), *named))

    @property
    def nobody(self) -> str:
        """A user id that no directory and no document has."""
        return f"@~nobody:{self.directory.domain}"


def _is_in(person: Person | None, state: PersonState | None) -> bool:
    """Whether the directory has somebody in this state; the others were found by theirs."""
    match state:
        case PersonState.ACTIVE:
            return person is not None and person.active
        case PersonState.INACTIVE:
            return person is None or not person.active
        case PersonState.GUEST:
            return person is not None and person.guest
        case _:
            return True


def own_parties(parties: PartySet) -> tuple[str, ...]:
    """The parties of somebody, the ones that everybody has left out where there are others."""
    return tuple(sorted(parties - {"anyone"}))


def _sees(
    policy: Policy, author: Actor, clock: Clock, act: Act = _ACT
) -> Callable[[Someone], bool]:
    """Whom the author may see, asked once for each kind of person. It is not recorded."""
    today, known = clock.today(), dict[object, bool]()

    def sees(someone: Someone) -> bool:
        found = known.get(someone.kind)
        if found is None:
            doing = Doing(act=act, author=author, over=UserId(someone.name))
            found = known[someone.kind] = foreseen(policy, doing, today)
        return found

    return sees


def sees_of(
    door: AdministrationDoor, author: Actor, clock: Clock, act: Act = _ACT
) -> Callable[[UserId], bool]:
    """The same for whoever is named."""
    policy = door.spine.policy.current()
    sees = _sees(policy, author, clock, act)
    return lambda user: sees(policy.directory.someone(user))


async def may_look(
    door: AdministrationDoor, author: Actor, policy: Policy, clock: Clock, act: Act = _ACT
) -> None:
    """Refuse those who may see nobody at all, or ask nothing now, on record. Raises Rejected."""
    barred = await door.spine.barred(policy, act, author.name)
    if barred or not foreseen_anywhere(policy, author, act, clock.today()):
        await door.permit(Doing(act=act, author=author))


async def recorded(
    door: AdministrationDoor, author: Actor, shown: Iterable[Someone], act: Act = _ACT
) -> None:
    """Put on record whom a page shows, one example for each kind. Raises Rejected where it may not."""
    examples = {each.kind: each for each in shown}
    await asyncio.gather(
        *(
            door.permit(Doing(act=act, author=author, over=UserId(each.name)))
            for each in examples.values()
        )
    )
