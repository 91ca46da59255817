"""The company's directory: how the list stands towards it, reading it now, whom something would hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.directory_state import DirectoryState, lost_everything, too_many
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.people import GUESTS, US, Directory, Person
from vedette.core.settings.document import CompanyDirectory
from vedette.core.settings.ldap_filter import FilterFault, checked_filter
from vedette.ports.directory import Check, DirectoryKeeper
from vedette.ports.policy import Policy
from vedette.spine import Permit

SHOWN = 100
"""How many people a preview names; it counts all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previewed:
    """Whom something would hold. Lists name the first hundred, by user id.

    `coming` and `going` compare another filter with the list in force, within a party or a group
    where one was named; without another filter they are empty.
    """

    held: int
    people: tuple[str, ...]
    coming: int = 0
    come: tuple[str, ...] = ()
    going: int = 0
    go: tuple[str, ...] = ()
    too_many: bool = False
    """Whether so many would go that the list would wait for a word."""
    unknown_groups: tuple[str, ...] = ()
    """Groups that parties or `directory.guests` name and the directory does not have."""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectoryDesk:
    """What an administrator sees and does about the company's directory.

    Every method raises Rejected where the rules refuse it, or there is no directory.
    """

    door: AdministrationDoor
    keeper: DirectoryKeeper | None
    policy: Callable[[], Policy]
    checks: Callable[[CompanyDirectory], Iterable[Check]] = lambda _: ()
    """Tries every server, step by step, where there is a directory."""

    @property
    def exists(self) -> bool:
        """Whether people come from a directory here."""
        return self.keeper is not None

    async def state(self, author: Actor) -> DirectoryState:
        """How the list of people stands towards the directory."""
        await self._permit(Act.ADMINISTRATION_DIRECTORY_SHOW, author)
        return self._there().state()

    def standing(self) -> DirectoryState | None:
        """The same for pages whose own act was asked; None where there is no directory."""
        return None if self.keeper is None else self.keeper.state()

    async def tried(self, author: Actor) -> tuple[Check, ...]:
        """What comes of trying every server now. Takes seconds where one does not answer."""
        await self._permit(Act.ADMINISTRATION_DIRECTORY_SHOW, author)
        self._there()
        settings = self.policy().directory.document.directory
        return await asyncio.to_thread(lambda: tuple(self.checks(settings)))

    async def sync(
        self, author: Actor, reason: str, *, confirm: bool
    ) -> tuple[DirectoryState, str]:
        """Have everything read now, and with `confirm` take a list that is held; with the record.

        Raises:
            Unavailable: the directory does not answer.
        """
        what = "taking whatever it says" if confirm else ""
        act = Act.ADMINISTRATION_DIRECTORY_SYNC
        permit = await self._permit(act, author, needs_reason(reason), what=what)
        keeper = self._there()
        return await asyncio.to_thread(lambda: keeper.sync(confirm=confirm)), permit.record

    async def preview(
        self, author: Actor, *, party: str = "", group: str = "", people: str | None = None
    ) -> Previewed:
        """Whom the filter `people` would hold, or of them a party or a group; without it, holds now.

        Raises:
            Unavailable: the directory does not answer.
        """
        await self._permit(Act.ADMINISTRATION_DIRECTORY_PREVIEW, author)
        directory = self.policy().directory
        _demand_party(directory, party)
        now = _held(directory, party, group)
        if people is None:
            return Previewed(held=len(now), people=_some(now))
        settings = _with_filter(directory.document.directory, people)
        keeper = self._there()
        found = await asyncio.to_thread(lambda: keeper.foresee(settings))
        would = {user: known.person for user, known in found.people.items()}
        named = {g for p in directory.document.parties.values() for g in p.groups}
        unknown = sorted((named | set(settings.guests)) - found.groups)
        then = _held(Directory(directory.document, would, directory.today), party, group)
        return replace(
            _compared(now, then),
            too_many=_too_many(directory.people, would, settings.largest_removal),
            unknown_groups=tuple(unknown),
            left_out=found.left_out,
        )

    def _there(self) -> DirectoryKeeper:
        if self.keeper is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("people come from the table here, not from a directory"),
                told("name the directory in [directory] of the boot file"),
            )
        return self.keeper

    async def _permit(self, act: Act, author: Actor, reason: str = "", what: str = "") -> Permit:
        return await self.door.permit(Doing(act=act, author=author, reason=reason, what=what))


def _with_filter(settings: CompanyDirectory, people: str) -> CompanyDirectory:
    try:
        return settings.model_copy(update={"people": checked_filter(people) if people else ""})
    except FilterFault as fault:
        why = told("this is no filter of a directory: {why}", why=str(fault))
        raise Rejected(Code.INVALID, why, told("such as `(department=Sales)`")) from fault


def _demand_party(directory: Directory, party: str) -> None:
    parties = {str(each) for each in directory.document.parties} | {US, GUESTS}
    if party and party not in parties:
        raise Rejected(
            Code.NOT_FOUND,
            told("there is no party `{name}`", name=party),
            told("there are {parties}", parties=", ".join(sorted(parties))),
        )


def _held(directory: Directory, party: str, group: str) -> set[str]:
    """Who is active, and in the party and the group that are named."""
    return {
        user
        for user, person in directory.people.items()
        if person.active
        and (not group or group in person.groups)
        and (not party or party in directory.someone(UserId(user)).parties)
    }


def _some(users: set[str]) -> tuple[str, ...]:
    return tuple(sorted(users)[:SHOWN])


def _compared(now: set[str], then: set[str]) -> Previewed:
    come, go = then - now, now - then
    return Previewed(
        held=len(then),
        people=_some(then),
        coming=len(come),
        come=_some(come),
        going=len(go),
        go=_some(go),
    )


def _too_many(before: Mapping[str, Person], would: Mapping[str, Person], largest: int) -> bool:
    """Whether a list of these people would be held."""
    now = [user for user, person in before.items() if person.active]
    gone = sum(_is_taken(before[user], would.get(user)) for user in now)
    return too_many(gone, len(now), largest)


def _is_taken(before: Person, would: Person | None) -> bool:
    """Whether somebody active vanishes or loses every group; who is disabled by name does not count."""
    return would is None or (would.active and lost_everything(before.groups, would.groups))
