"""What administrators are told of one person's records. Telling it is an act of its own, recorded."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vedette.admin.actor import Actor
from vedette.admin.audit import Page, matching, names_of, search
from vedette.admin.door import AdministrationDoor, Doing, needs_reason
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act
from vedette.core.language import said_by, told
from vedette.core.names import InvalidName, UserId
from vedette.ports.audit_keys import Erased, PeopleKeys
from vedette.ports.policy import Policy
from vedette.ports.record_index import RecordIndex, Wanted
from vedette.ports.records import Records
from vedette.spine import Permit

_KEPT = 100
"""How many records of one sort a report shows, the newest."""
_AT_ONCE = 20_000
"""How many records the index takes in at a time."""
_TOLD = frozenset({"id", "at", "act", "who", "where", "count", "decision"})
_SIGN_IN_TOLD = frozenset({"facts", "claims"})


@dataclass(slots=True)
class PersonReport:
    """What the record says of one person: what they asked, and what others asked about them.

    Times are seconds since 1970 UTC. `acts` counts asks by act, answer and reason; `towards` by
    whom they were about; `refused`, `sign_ins` and `about` are records, the newest of each sort.
    """

    person: UserId
    records: int = 0
    asks: int = 0
    first: float | None = None
    last: float | None = None
    acts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    towards: Counter[str] = field(default_factory=Counter)
    refused: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    sign_ins: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))
    about: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def take(self, entry: dict[str, Any]) -> None:
        """Add one record; they come in the order of their times."""
        self.records += 1
        at = float(entry.get("at", 0))
        self.first, self.last = at if self.first is None else self.first, at
        if entry.get("who") != self.person:
            self.about.append(_told(entry, _TOLD))
            return
        count, decision = int(entry.get("count", 1)), entry.get("decision", {})
        act, answer = str(entry.get("act")), str(decision.get("answer"))
        self.asks += count
        self.acts[act, answer, str(decision.get("reason"))] += count
        for name in names_of(entry) - {self.person}:
            self.towards[name] += count
        if answer != "yes":
            self.refused.append(_told(entry, _TOLD))
        if act.startswith("sign-in:"):
            self.sign_ins.append(_told(entry, _TOLD | _SIGN_IN_TOLD))


def _told(entry: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in names}


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """Who can't be read about any more, what went, and the act's record."""

    person: UserId
    erased: Erased
    record: str


@dataclass(frozen=True, slots=True)
class AuditDesk:
    """Reports from the record, after asking the rules."""

    door: AdministrationDoor
    records: Records
    index: RecordIndex
    keys: PeopleKeys
    policy: Callable[[], Policy]

    async def permit_report(self, person: str, reason: str, author: Actor) -> UserId:
        """Ask for the report on one person; returns who it is.

        Raises:
            Rejected: it names nobody, no reason is given, or the rules refuse it.
        """
        user = self._user(person)
        doing = Doing(
            act=Act.ADMINISTRATION_PERSON_REPORT,
            author=author,
            over=user,
            reason=needs_reason(reason),
        )
        await self.door.permit(doing)
        return user

    async def page(self, author: Actor, wanted: Wanted, after: str | None = None) -> Page:
        """Records that match, newest first, behind the cursor `after`; looking is asked.

        Raises:
            Rejected: the rules refuse it.
            RecordFault, Unavailable: see `search`.
            ValueError: `after` is no cursor.
        """
        await self.door.permit(Doing(act=Act.ADMINISTRATION_AUDIT_READ, author=author))
        return await asyncio.to_thread(search, self.index, self.records, wanted, after)

    def report(
        self, person: UserId, since: float | None = None, until: float | None = None
    ) -> PersonReport:
        """What the record says. Raises RecordFault and Unavailable."""
        report = PersonReport(person)
        while self.index.follow(_AT_ONCE):
            pass
        wanted = Wanted(since=since, until=until, person=person)
        found = [entry for _, entry in matching(self.index, self.records, wanted)]
        for entry in reversed(found):
            report.take(entry)
        return report

    async def erase(self, person: str, reason: str, author: Actor) -> ErasedPerson:
        """Make what the record says of one person unreadable, for good; the chains stay whole.

        Raises:
            Rejected: it names nobody, no reason is given, or the rules refuse it.
            Unavailable: some of it may still be readable; it can be done again.
        """
        user = self._user(person)
        doing = Doing(
            act=Act.ADMINISTRATION_PERSON_ERASE,
            author=author,
            over=user,
            reason=needs_reason(reason),
        )
        permit = await self.door.permit(doing)
        erased = await asyncio.to_thread(self._erase, permit, user)
        return ErasedPerson(user, erased, permit.record)

    def _erase(self, permit: Permit, user: UserId) -> Erased:
        self.index.forget(user)
        return self.keys.erase(user, permit.record)

    def domains_of(self, partner: str) -> tuple[str, ...]:
        """The domains of a partner in the settings in force; of one not named there, none."""
        partners = self.policy().directory.document.partners
        return next((tuple(e.domains) for own, e in partners.items() if str(own) == partner), ())

    def _user(self, person: str) -> UserId:
        domain = self.policy().directory.domain
        try:
            return UserId(person if person.startswith("@") else f"@{person}:{domain}")
        except InvalidName as fault:
            raise Rejected(
                Code.INVALID, said_by(fault), told("such as `@alice:{domain}`", domain=domain)
            ) from fault
