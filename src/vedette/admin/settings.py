"""Changing the settings: draft, check, difference, apply, restore."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from vedette.admin.actor import RECOVERING, Actor
from vedette.admin.asking import LATER, prepare
from vedette.admin.door import AdministrationDoor, Doing, foreseen_anywhere, refused
from vedette.admin.doors import Announce, DoorAnswer
from vedette.admin.effect import Effect, effect_of
from vedette.admin.lockout import HeldBy, refuse_lockout, refuse_shut_out
from vedette.admin.policy import CurrentPolicy, rules_of
from vedette.admin.rejected import Code, Rejected
from vedette.admin.second_person import Wanted, approvers, wanted_by_code
from vedette.admin.waiting import end_what_is_over
from vedette.admin.widening import narrows, widens
from vedette.core.asks import Act
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import sentence_for_administrator
from vedette.core.language import Sentence, as_is, joined, told
from vedette.core.pending import TRANSITIONS, Approval, Event, PendingChange, State
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.core.record import GENESIS
from vedette.core.revision import Revision
from vedette.core.sessions import Session
from vedette.core.settings.canonical import digest
from vedette.core.settings.changes import Change, differences
from vedette.core.settings.document import Document
from vedette.core.settings.faults import Fault
from vedette.core.settings.parse import check_document
from vedette.core.settings.reference import settings_reference
from vedette.core.trial import TRIAL_SECONDS, Trial, is_risky
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.pending import PendingChanges
from vedette.ports.people import PeopleSource
from vedette.ports.policy import Policy
from vedette.ports.revisions import RevisionConflict, Revisions
from vedette.ports.trials import Trials
from vedette.spine import Permit, Spine

LONGEST_TEXT = 4 << 20
"""The largest settings document in bytes."""
KEPT_SECONDS = 7 * 86400
"""So long a change waits for a second person."""
LATEST_START = 90 * 86400
"""So many seconds ahead a change may be set to start."""
MOST_OPEN = 50
"""So many changes may wait at once; each is a whole document."""
EFFECT_SECONDS = 2.0
"""So long a change waits at most for what it would do at once: an emergency ban is never late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A draft to be applied on top of the revision `base`, not before `starts` where one is named.

    `starts` is in seconds since 1970 UTC. `confirmed`: it goes on no trial, since whoever applies it
    is on control's own host to mend what was broken. `sure`: whoever applies it knows that it suspends
    sessions, their own perhaps among them.
    """

    text: str
    base: int
    reason: str
    author: Actor
    act: Act = Act.ADMINISTRATION_SETTINGS_APPLY
    starts: int | None = None
    confirmed: bool = False
    sure: bool = False


@dataclass(frozen=True, slots=True)
class SignInState:
    """What the settings desk sees of the sign-in store; both raise Unavailable.

    `sessions` returns all that are not ended, `held` what somebody has under a document.
    """

    sessions: Callable[[], tuple[Session, ...]]
    held: Callable[[Document], HeldBy]


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
    """A new revision, what it changed, and what the doors answered.

    `voided` are the ids of changes that waited on the revision before, and wait no more. `trial` says
    when it returns by itself unless it is confirmed.
    """

    revision: Revision
    difference: Difference
    record: str
    doors: tuple[DoorAnswer, ...]
    voided: tuple[str, ...] = ()
    trial: Trial | None = None
    effect: Effect | None = None
    """What it did at once, where that was known in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A change that is allowed, but not yet: it was kept, and waits. Nothing else was changed."""

    change: PendingChange
    record: str


Outcome = Applied | Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A draft that may stand: the policy that is, the one that would be, and what differs."""

    base: Revision
    old: Policy
    new: Policy
    difference: Difference

    @property
    def narrows(self) -> bool:
        """Whether it can only refuse more, so that it never waits."""
        before, after = self.old.directory, self.new.directory
        return narrows(before.document, after.document, date.fromordinal(after.today))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a draft: it is applied (yes), waits (not yet), or is refused, and why.

    `trial`: it would go back by itself unless somebody confirms it.
    """

    difference: Difference
    verdict: Verdict
    why: tuple[str, ...]
    trial: bool
    effect: Effect | None
    """None where it was not known in time."""


@dataclass(frozen=True, slots=True)
class SettingsDesk:
    """Where the settings of one organisation are read and changed, one change after the other."""

    revisions: Revisions
    people: PeopleSource
    policy: CurrentPolicy
    spine: Spine
    clock: Clock
    announce: Announce
    pending: PendingChanges
    trials: Trials
    sign_in: SignInState
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever changes the settings, or how a waiting change stands."""

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
                told("there is no revision `{number}`", number=number),
                told("list them with `vedette settings history`"),
            )
        return found

    def check(self, text: str) -> tuple[Document, tuple[Fault, ...]]:
        """The document of a draft, and its warnings. Raises Rejected with every fault."""
        return checked(text, self.clock.today())

    def difference(self, old: Document, text: str) -> tuple[Document, Difference]:
        """What the draft `text` would change. Raises Rejected with every fault."""
        new, warnings = self.check(text)
        return new, difference(old, new, self.clock.today(), warnings)

    async def apply(self, proposal: Proposal) -> Outcome:
        """Make the draft the revision in force, or keep it until it may be.

        1. The draft has no fault and is about the same organisation. 2. It stands on the newest
        revision, so that nobody's change is lost. 3. It changes something. 4. It locks nobody out.
        5. It suspends no sessions of people whom it does not name, and none of the author, unless
        they are sure. 6. The rules in force allow the act; where they wait for approvals, or it takes
        a second person in any case, it is kept and waits. 7. It is kept, then announced.

        Raises:
            Rejected: one of these does not hold; nothing was changed.
        """
        if not proposal.reason.strip():
            raise Rejected(
                Code.INVALID,
                told("a change needs a reason"),
                told('say why, with `--reason "contract 4711"`'),
            )
        if (
            proposal.starts is not None
            and not 0 < proposal.starts - self.clock.now() < LATEST_START
        ):
            raise Rejected(
                Code.INVALID,
                told("a change can't start then"),
                told(
                    "name a moment to come, at most {days} days ahead",
                    days=LATEST_START // 86400,
                ),
            )
        async with self.turn:
            effect = await self._confirmed_effect(proposal)
            outcome = self.told(await self.decide(proposal))
            return replace(outcome, effect=effect) if isinstance(outcome, Applied) else outcome

    def told(self, outcome: Outcome) -> Outcome:
        """The same, with what else came of it: changes that waited on the revision before are void."""
        over = self.end_what_is_over()
        return replace(outcome, voided=over) if isinstance(outcome, Applied) else outcome

    def end_what_is_over(self) -> tuple[str, ...]:
        """End waiting changes that can't become a revision any more; the caller holds `turn`."""
        newest = self.current()[0].number
        return end_what_is_over(self.pending, self.revisions, newest, self.clock.now())

    async def decide(
        self,
        proposal: Proposal,
        change: PendingChange | None = None,
        approvals: tuple[Approval, ...] = (),
    ) -> Outcome:
        """What becomes of a proposal, with the approvals that it has; the caller holds `turn`.

        `change` is the one as which it waits already. Raises Rejected like `apply`.
        """
        found = self.examine(proposal)
        author = proposal.author.name
        wanted, doing = _asking(proposal, found, len(approvals))
        settled = await AdministrationDoor(self.spine).settle(
            doing, prepare(narrows=found.narrows, persons=wanted.persons), LATER
        )
        if not isinstance(settled, Permit):
            raise refused(settled)
        waits = settled.decision.verdict is not Verdict.YES
        if waits or (proposal.starts or 0) > self.clock.now():
            why = (*wanted.why, *_why(settled.decision)) if waits else ()
            return self._park(settled, proposal, found, change, why)
        made = self._next(
            found.new.directory.document,
            proposal.text,
            found.base,
            found.difference.changes,
            proposal.reason,
            author,
            approvers(approvals),
        )
        trial = self._trial(proposal, found)
        self._keep(settled, made, trial)  # (7)
        doors = await self.put_in_force(made, found.new.directory.document)
        return Applied(
            revision=made,
            difference=found.difference,
            record=settled.record,
            doors=doors,
            trial=trial,
        )

    async def put_in_force(self, made: Revision, document: Document) -> tuple[DoorAnswer, ...]:
        """Decide by a revision that is kept, and announce it."""
        self.take(document, made.number)
        return await self.announce(made, document)

    def _trial(self, proposal: Proposal, found: Examined) -> Trial | None:
        """The trial on which a proposal would be as a revision, if it would be.

        1. What mends on control's own host, or undoes what is on trial, is on none, and ends it. 2. A
        risky one begins a trial, or the time of the one that goes on anew. 3. Every other one is on
        the trial that goes on.
        """
        before = self.on_trial()
        undoes = before is not None and self.revision(before.back_to).text == proposal.text
        old, new = found.old.directory.document, found.new.directory.document
        if proposal.confirmed or proposal.author == RECOVERING or undoes:  # (1)
            return None
        number = found.base.number + 1
        if is_risky(old, new):  # (2)
            until = int(self.clock.now()) + TRIAL_SECONDS
            back_to = found.base.number if before is None else before.back_to
            return Trial(revision=number, back_to=back_to, until=until)
        return None if before is None else replace(before, revision=number)  # (3)

    def on_trial(self) -> Trial | None:
        """The trial of the revision in force, if it is on trial: whatever came after `back_to` is."""
        trial, newest = self.trials.current(), self.current()[0].number
        if trial is None or trial.revision > newest:
            return None
        return replace(trial, revision=newest)

    async def _confirmed_effect(self, proposal: Proposal) -> Effect | None:
        """What a proposal does at once. Raises Rejected where somebody has to be sure of it first."""
        effect = await self.effect(self.examine(proposal), proposal.author)
        if effect is None or proposal.sure or proposal.author == RECOVERING:
            return effect
        if effect.wants_confirmation:
            raise Rejected(
                Code.CONFIRM,
                told("nothing was changed yet: {effect}", effect=joined(effect.words)),
                told("say that you are sure, with `--yes`, if this is what you want"),
            )
        return effect

    async def effect_of(self, text: str, author: Actor) -> Effect | None:
        """What a draft on the revision in force would do at once; None where it could not stand."""
        proposal = Proposal(
            text=text, base=self.current()[0].number, reason="foreseen", author=author
        )
        try:
            found = self.examine(proposal)
        except Rejected:
            return None
        return await self.effect(found, author)

    async def effect(self, found: Examined, author: Actor) -> Effect | None:
        """What a draft would do at once; None where that is not known within two seconds."""
        old, new, sessions = found.old, found.new, self.sign_in.sessions
        risky = is_risky(old.directory.document, new.directory.document)
        listing = Act.ADMINISTRATION_SESSION_LIST
        exact = foreseen_anywhere(old, author, listing, self.clock.today())
        name, now = author.name, int(self.clock.now())

        def computed() -> Effect:
            # what is not risky suspends no session
            return effect_of(old, new, sessions() if risky else (), name, now, exact=exact)

        try:
            return await asyncio.wait_for(asyncio.to_thread(computed), EFFECT_SECONDS)
        except (TimeoutError, Unavailable):
            return None

    async def foresee(self, proposal: Proposal) -> Foreseen:
        """What `apply` would do with a proposal now. Nothing is asked on record, kept or changed.

        Raises:
            Rejected: the draft could not stand, as in `apply`.
        """
        found = self.examine(proposal)
        wanted, doing = _asking(proposal, found, 0)
        prepared = prepare(narrows=found.narrows, persons=wanted.persons)(found.old, doing)
        if isinstance(prepared, Decision):
            decision = prepared
        else:
            ask, facts = prepared
            decision = found.old.decide(ask, facts, self.clock.today())
        waits = decision.verdict is Verdict.NOT_YET
        why = (*wanted.why, *_why(decision)) if waits else ()
        if decision.verdict is Verdict.NO:
            said = as_is(decision.say) if decision.say else sentence_for_administrator(decision)
            why = (said,)
        trial = self._trial(proposal, found) is not None
        effect = await self.effect(found, proposal.author)
        return Foreseen(found.difference, decision.verdict, why, trial, effect)

    def examine(self, proposal: Proposal) -> Examined:
        """The checks 1 to 4 of `apply`. Raises Rejected."""
        base, old = self.current()
        if proposal.base != base.number:  # (2) first: faults may come from the other's change
            raise _conflict(proposal.base, base)
        new, change = self.difference(old, proposal.text)  # (1)
        _same_organisation(old, new)
        if digest(new) == base.digest and proposal.text == base.text:  # (3)
            raise Rejected(Code.NOTHING_CHANGES, told("the draft says what is in force already"))
        found = Examined(
            base=base,
            old=self.policy.current(),
            new=self._policy_of(new, base.number + 1),
            difference=change,
        )
        if proposal.author != RECOVERING:  # half a repair may be one
            refuse_lockout(found.old, found.new)  # (4)
            self._refuse_shut_out(found)
        return found

    def _refuse_shut_out(self, found: Examined) -> None:
        """An outage of the sign-in store alone refuses nothing. Raises Rejected."""
        document = found.new.directory.document
        if not is_risky(found.old.directory.document, document):
            return
        with suppress(Unavailable):
            held = self.sign_in.held(document)
            refuse_shut_out(found.old, found.new, held, int(self.clock.now()))

    def _policy_of(self, document: Document, number: int) -> Policy:
        known, today = self.policy.current().directory, self.clock.today()
        people = self.people.people()
        if people == known.people:
            return Policy(rules_of(document, number), known.under(document, today))
        directory = Directory(document, dict(people), today)
        return Policy(rules_of(document, number), directory)

    async def restore(
        self,
        number: int,
        reason: str,
        author: Actor,
        *,
        confirmed: bool = False,
        sure: bool = False,
    ) -> Outcome:
        """Make the text of an earlier revision a new one. Raises Rejected like `apply`."""
        earlier, newest = self.revision(number), self.current()[0]
        return await self.apply(
            Proposal(
                text=earlier.text,
                base=newest.number,
                reason=reason or f"restore revision {number}",
                author=author,
                act=Act.ADMINISTRATION_SETTINGS_RESTORE,
                confirmed=confirmed,
                sure=sure or confirmed,
            )
        )

    def back(self, permit: Permit, text: str, reason: str) -> tuple[Revision, Document]:
        """Keep the revision by which what is on trial returns; the caller holds `turn`."""
        base, old = self.current()
        document = document_of(replace(base, text=text))
        changes = difference(old, document, self.clock.today()).changes
        made = self._next(document, text, base, changes, reason, "control")
        self._keep(permit, made, None)
        return made, document

    def _next(
        self,
        new: Document,
        text: str,
        base: Revision | None,
        changes: tuple[Change, ...],
        reason: str,
        author: str,
        approved: tuple[str, ...] = (),
    ) -> Revision:
        return Revision(
            number=base.number + 1 if base else 1,
            text=text,
            digest=digest(new),
            author=author,
            approvers=approved,
            reason=reason.strip(),
            at=int(self.clock.now()),
            words=tuple(change.words for change in changes),
            commands=tuple(change.command for change in changes),
            previous=base.hash if base else GENESIS,
        )

    def _keep(self, _permit: Permit, revision: Revision, trial: Trial | None) -> None:
        """Keep the revision: the effect, which takes a Permit. Without a trial it ends the one there is.

        A trial is kept before it: if we stop in between, the number is that of no revision yet. One
        that goes on keeps the number with which it began.
        """
        before, goes_on = self.trials.current(), self.on_trial()
        if trial is not None:
            self.trials.begin(
                replace(trial, revision=before.revision) if before and goes_on else trial
            )
        elif goes_on is None:
            self.trials.end()
        try:
            self.revisions.append(revision)
        except (RevisionConflict, Unavailable) as fault:
            if before is None:
                self.trials.end()
            else:
                self.trials.begin(before)
            if isinstance(fault, Unavailable):
                raise
            newest = self.current()[0]
            raise _conflict(revision.number - 1, newest) from None
        if trial is None:
            self.trials.end()

    def _park(
        self,
        permit: Permit,
        proposal: Proposal,
        found: Examined,
        change: PendingChange | None,
        why: tuple[str, ...],
    ) -> Kept:
        """Keep a change until it may be applied; the Permit is one to pass it on."""
        event = Event.NOT_ENOUGH if why else Event.AGREED_EARLY
        if change is None:
            new = self._new_change(proposal, found, why, event)
            known = next((each for each in self.pending.open() if _same(each, new)), None)
            if known is None:
                self.pending.add(new)
            return Kept(change=known or new, record=permit.record)
        stands = replace(change, state=TRANSITIONS[change.state, event], why=why)
        self.pending.move(stands, change.state)
        return Kept(change=stands, record=permit.record)

    def _new_change(
        self, proposal: Proposal, found: Examined, why: tuple[str, ...], event: Event
    ) -> PendingChange:
        if len(self.pending.open()) >= MOST_OPEN:
            raise Rejected(
                Code.CONFLICT,
                told("{count} changes wait already; nothing was changed", count=MOST_OPEN),
                told("`vedette settings pending` lists them; some can be rejected or withdrawn"),
            )
        now, token = int(self.clock.now()), proposal.author.token
        return PendingChange(
            id=secrets.token_hex(5),
            text=proposal.text,
            digest=digest(found.new.directory.document),
            base=found.base.number,
            act=proposal.act,
            author=proposal.author.name,
            token=token.id if token else "",
            reason=proposal.reason.strip(),
            asked=now,
            expires=max(now, proposal.starts or 0) + KEPT_SECONDS,
            starts=proposal.starts,
            why=why,
            words=tuple(each.words for each in found.difference.changes),
            commands=tuple(each.command for each in found.difference.changes),
            widens=found.difference.widens,
            signed=proposal.author.signed,
            state=TRANSITIONS[State.WAITING, event],
        )


def checked(text: str, today: int) -> tuple[Document, tuple[Fault, ...]]:
    """The document of a text, and its warnings; `today` is an ordinal.

    Raises:
        Rejected: names every fault with its line.
    """
    if len(text.encode(errors="surrogatepass")) > LONGEST_TEXT:
        raise Rejected(
            Code.INVALID,
            told("a settings document has at most {bytes} bytes", bytes=LONGEST_TEXT),
        )
    document, faults = check_document(text, today=date.fromordinal(today))
    if document is None:
        count = sum(fault.severity == "error" for fault in faults)
        raise Rejected(
            Code.FAULTS,
            told(
                "the document has faults: {count}; nothing was changed",
                count=count,
            ),
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
        told(
            "the draft stands on revision {base}, but {author} has applied revision "
            "{number} since; nothing was changed",
            base=base,
            author=newest.author,
            number=newest.number,
        ),
        told(
            "see what changed with `vedette settings diff --from {base} --to {number}`, and"
            " make your change again on `vedette settings export`",
            base=base,
            number=newest.number,
        ),
    )


def _same_organisation(old: Document, new: Document) -> None:
    if old.organisation.domain != new.organisation.domain:
        raise Rejected(
            Code.INVALID,
            told(
                "the domain is `{domain}` and can't become `{new}`",
                domain=old.organisation.domain,
                new=new.organisation.domain,
            ),
            told("a domain stands in every user id; make a new organisation with `vedette init`"),
        )


def _same(one: PendingChange, other: PendingChange) -> bool:
    """Whether two changes say the same: asked for twice, a change waits once."""
    return replace(one, id="").content == replace(other, id="").content


def _asking(proposal: Proposal, found: Examined, approvals: int) -> tuple[Wanted, Doing]:
    """Who else the code wants for a proposal, and the act as which it is asked."""
    alone = found.narrows or proposal.author == RECOVERING
    author = proposal.author.name
    wanted = Wanted(0, ()) if alone else wanted_by_code(found.old, found.new, author)
    widens = frozenset(found.difference.widens)
    return wanted, Doing(
        act=proposal.act, author=proposal.author, widens=widens, approvals=approvals
    )


def _why(decision: Decision) -> tuple[Sentence, ...]:
    """What the rules wait for; what the code waits for is said elsewhere."""
    if decision.reason is Reason.SECOND_PERSON:
        return ()
    if decision.say:
        return (
            told("Rule `{rule}` waits for approvals: {say}", rule=decision.rule, say=decision.say),
        )
    return (told("Rule `{rule}` waits for approvals.", rule=decision.rule),)
