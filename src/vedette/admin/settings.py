"""Changing the settings: draft, check, difference, apply, restore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, administration_facts
from vedette.admin.doors import Announce, DoorAnswer
from vedette.admin.policy import CurrentPolicy, local_administrator, rules_of
from vedette.admin.rejected import Code, Rejected
from vedette.admin.widening import widens
from vedette.core.asks import Act
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.decision import Verdict
from vedette.core.facts import Facts
from vedette.core.record import GENESIS
from vedette.core.revision import Revision
from vedette.core.settings.canonical import digest
from vedette.core.settings.changes import Change, differences
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.faults import Fault
from vedette.core.settings.parse import check_document
from vedette.core.settings.reference import settings_reference
from vedette.core.towards import organisation
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.people import PeopleSource
from vedette.ports.revisions import RevisionConflict, Revisions
from vedette.spine import Permit, Spine

LONGEST_TEXT = 4 << 20
"""The largest settings document in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A draft to be applied on top of the revision `base`."""

    text: str
    base: int
    reason: str
    author: Actor
    act: Act = Act.ADMINISTRATION_SETTINGS_APPLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a draft would change. `warnings` refuse nothing; `restart` names settings that Synapse
    takes only when it starts again; `widens` the parties towards which it may allow more.
    """

    changes: tuple[Change, ...]
    warnings: tuple[Fault, ...]
    restart: tuple[str, ...]
    widens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A new revision, what it changed, and what the doors answered."""

    revision: Revision
    difference: Difference
    record: str
    doors: tuple[DoorAnswer, ...]


@dataclass(frozen=True, slots=True)
class SettingsDesk:
    """Where the settings of one organisation are read and changed, one change after the other."""

    revisions: Revisions
    people: PeopleSource
    policy: CurrentPolicy
    spine: Spine
    clock: Clock
    announce: Announce
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def begin(self, first_text: Callable[[], str]) -> tuple[Revision, Document]:
        """Decide by the newest revision; without any, make the first one of what `first_text` reads.

        The first one is no ask: there is no policy yet that could answer it.

        Raises:
            Rejected: the first text has faults.
            Unavailable: the revisions can't be read or kept.
        """
        newest = self.revisions.newest()
        if newest is None:
            text = first_text()
            document, _ = self.check(text)
            newest = self._next(document, text, None, (), "the first document", "init")
            self.revisions.append(newest)
        document = document_of(newest)
        self.take(document, newest.number)
        return newest, document

    def take(self, document: Document, revision: int) -> None:
        """Decide by this document and the people as they are now."""
        self.policy.take(document, revision, self.people.people())

    def current(self) -> tuple[Revision, Document]:
        """The revision in force and its document. Raises Unavailable."""
        newest = self.revisions.newest()
        if newest is None:
            raise Unavailable("there is no revision of the settings yet")
        return newest, document_of(newest)

    def revision(self, number: int) -> Revision:
        """One revision. Raises Rejected when there is none of this number."""
        found = self.revisions.get(number)
        if found is None:
            raise Rejected(
                Code.NOT_FOUND,
                f"there is no revision `{number}`",
                "list them with `vedette settings history`",
            )
        return found

    def check(self, text: str) -> tuple[Document, tuple[Fault, ...]]:
        """The document of a draft, and its warnings. Raises Rejected with every fault."""
        return checked(text, self.clock.today())

    def difference(self, old: Document, text: str) -> tuple[Document, Difference]:
        """What the draft `text` would change. Raises Rejected with every fault."""
        new, warnings = self.check(text)
        return new, difference(old, new, self.clock.today(), warnings)

    async def apply(self, proposal: Proposal) -> Applied:
        """Make the draft the revision in force.

        1. The draft has no fault and is about the same organisation. 2. It stands on the newest
        revision, so that nobody's change is lost. 3. It changes something. 4. It loses no
        guardrail and locks nobody out. 5. The rules in force allow the act. 6. It is kept, then
        announced.

        Raises:
            Rejected: one of these does not hold; nothing was changed.
        """
        if not proposal.reason.strip():
            raise Rejected(
                Code.INVALID, "a change needs a reason", 'say why, with `--reason "contract 4711"`'
            )
        async with self._turn:
            base, old = self.current()
            if proposal.base != base.number:  # (2) first: faults may come from the other's change
                raise _conflict(proposal.base, base)
            new, change = self.difference(old, proposal.text)  # (1)
            _same_organisation(old, new)
            if digest(new) == base.digest and proposal.text == base.text:  # (3)
                raise Rejected(Code.NOTHING_CHANGES, "the draft says what is in force already")
            _keeps_guardrails(old, new)  # (4)
            _keeps_administrator(new, base.number + 1, self.clock.today())
            permit = await self._permit(proposal, change)  # (5)
            made = self._next(
                new, proposal.text, base, change.changes, proposal.reason, proposal.author.name
            )
            self._keep(permit, made)  # (6)
            self.take(new, made.number)
            doors = await self.announce(made, new)
        return Applied(revision=made, difference=change, record=permit.record, doors=doors)

    async def restore(self, number: int, reason: str, author: Actor) -> Applied:
        """Make the text of an earlier revision a new one. Raises Rejected like `apply`."""
        earlier, newest = self.revision(number), self.current()[0]
        return await self.apply(
            Proposal(
                text=earlier.text,
                base=newest.number,
                reason=reason or f"restore revision {number}",
                author=author,
                act=Act.ADMINISTRATION_SETTINGS_RESTORE,
            )
        )

    async def _permit(self, proposal: Proposal, change: Difference) -> Permit:
        return await AdministrationDoor(self.spine).permit(
            Doing(act=proposal.act, author=proposal.author, widens=frozenset(change.widens))
        )

    def _next(
        self,
        new: Document,
        text: str,
        base: Revision | None,
        changes: tuple[Change, ...],
        reason: str,
        author: str,
    ) -> Revision:
        return Revision(
            number=base.number + 1 if base else 1,
            text=text,
            digest=digest(new),
            author=author,
            reason=reason.strip(),
            at=int(self.clock.now()),
            words=tuple(change.words for change in changes),
            commands=tuple(change.command for change in changes),
            previous=base.hash if base else GENESIS,
        )

    def _keep(self, _permit: Permit, revision: Revision) -> None:
        """Keep the revision: the effect, which takes a Permit."""
        try:
            self.revisions.append(revision)
        except RevisionConflict:
            newest = self.current()[0]
            raise _conflict(revision.number - 1, newest) from None


def checked(text: str, today: int) -> tuple[Document, tuple[Fault, ...]]:
    """The document of a text, and its warnings; `today` is an ordinal.

    Raises:
        Rejected: names every fault with its line.
    """
    if len(text.encode(errors="surrogatepass")) > LONGEST_TEXT:
        raise Rejected(Code.INVALID, f"a settings document has at most {LONGEST_TEXT} bytes")
    document, faults = check_document(text, today=date.fromordinal(today))
    if document is None:
        count = sum(fault.severity == "error" for fault in faults)
        raise Rejected(
            Code.FAULTS,
            f"the document has {count} fault{'s' if count != 1 else ''}; nothing was changed",
            faults=faults,
        )
    return document, tuple(faults)


def document_of(revision: Revision) -> Document:
    """The document of a kept revision. Raises Unavailable if this version can't read it."""
    document, faults = check_document(revision.text)
    if document is None:
        raise Unavailable(f"revision {revision.number} can't be read: {faults[0]}")
    return document


def difference(
    old: Document, new: Document, today: int, warnings: tuple[Fault, ...] = ()
) -> Difference:
    """What differs between two documents; `today`, an ordinal, is the day for which it is said."""
    changes = tuple(differences(old, new))
    at_start = {info.path for info in settings_reference() if info.restart}
    return Difference(
        changes=changes,
        warnings=warnings,
        restart=tuple(change.path for change in changes if change.path in at_start),
        widens=tuple(sorted(widens(old, new, date.fromordinal(today)))),
    )


def _conflict(base: int, newest: Revision) -> Rejected:
    return Rejected(
        Code.CONFLICT,
        f"the draft stands on revision {base}, but {newest.author} has applied revision "
        f"{newest.number} since; nothing was changed",
        f"see what changed with `vedette settings diff --from {base} --to {newest.number}`, and "
        "make your change again on `vedette settings export`",
    )


def _same_organisation(old: Document, new: Document) -> None:
    if old.organisation.domain != new.organisation.domain:
        raise Rejected(
            Code.INVALID,
            f"the domain is `{old.organisation.domain}` and can't become "
            f"`{new.organisation.domain}`",
            "a domain stands in every user id; make a new organisation with `vedette init`",
        )


def _keeps_guardrails(old: Document, new: Document) -> None:
    """A guardrail may only grow here; losing or weakening one takes a second person."""
    for name, rule in old.guardrails.items():
        kept = new.guardrails.get(name)
        if kept is None or _what_it_forbids(kept) != _what_it_forbids(rule):
            raise Rejected(
                Code.GUARDRAIL,
                f"the guardrail `{name}` would be lost or changed",
                "unlocking a guardrail takes a second person's approval, which the local token "
                "can't give; leave the guardrail as it is",
            )


def _what_it_forbids(rule: Rule) -> dict[str, object]:
    return rule.model_dump(exclude={"say", "owner"})


def _keeps_administrator(new: Document, revision: int, today: int) -> None:
    """Refuse a document under which the local administrator could not even take rights away."""
    act = Act.ADMINISTRATION_SETTINGS_APPLY
    facts = administration_facts(act, frozenset())
    facts = Facts({**facts.known, "today": today})
    ask = organisation(act, local_administrator(new), Channel.ADMINISTER)
    decision = decide(rules_of(new, revision), ask, facts)
    if decision.verdict is not Verdict.YES:
        raise Rejected(
            Code.LOCK_OUT,
            f"under this document nobody could change the settings any more: rule "
            f"`{decision.rule}` would refuse the local administrator",
            'give the rule a condition, such as `when = ["change.widens in partners, outside"]`',
        )
