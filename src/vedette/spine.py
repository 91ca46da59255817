"""The road: ask, facts, decision, record, and only then an effect.

`Spine` is the only maker of a `Permit`, and every effect takes one. It awaits, but imports no event
loop, so the same code runs under asyncio and under Twisted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from vedette.core.asks import Act, Ask
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.ports.audit import AuditLog
from vedette.ports.clock import Clock
from vedette.ports.errors import StalePolicy, Unavailable
from vedette.ports.incidents import Incidents
from vedette.ports.policy import Policy, PolicySource

_MAKER = object()

NOTHING_LATER: frozenset[str] = frozenset()
"""Of the last door before an effect: no door behind it learns anything."""

MOST_GATHERED = 3
"""How often the facts of one ask are gathered because the policy changed meanwhile."""

DOUBT = frozenset(
    {
        Reason.STALE, Reason.UNAVAILABLE, Reason.INTERNAL_ERROR, Reason.MEMBERS_UNKNOWN,
        Reason.TOO_MUCH,
    }
)  # fmt: skip
"""Reasons that say nothing about the ask itself: what is accepted already must be held, not lost."""

_ALWAYS_KEPT = frozenset({Act.FILE_CONTENT_RELEASE})
"""Acts of the suite's own accounts, of which no rule speaks and whose record is durable all the same."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The value without which no effect can happen. Only the spine can make one.

    Its decision is a yes, or a not yet that waits for nothing but facts that a door behind this
    one learns: then the only effect is to pass the ask on to that door.
    """

    decision: Decision
    record: str
    policy: Policy = field(repr=False)
    """By which it was decided, and by which the effect goes on."""
    maker: object = field(repr=False)

    def __post_init__(self) -> None:
        if self.maker is not _MAKER:
            raise TypeError("only the spine makes a Permit")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no or a not yet, with the id of its record; without one only if it could not be kept.

    `until` is when it ends by itself, in seconds since 1970 UTC; None where it does not.
    """

    decision: Decision
    record: str | None
    until: int | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether the refusal says nothing about the ask, so that waiting may help."""
        return self.decision.reason in DOUBT


Settled = Permit | Refusal
Gathered = tuple[Ask, Facts] | Decision
"""An ask and its facts, or a refusal fixed in code (`refuse`)."""
Prepare = Callable[[Policy], Gathered]
"""Gathers by the policy in force, at once."""
Gather = Callable[[Policy], Awaitable[Gathered]]
"""Gathers by the policy in force. It is called again if that changes meanwhile, so it changes nothing."""


def refuse(policy: Policy, reason: Reason, towards: str | None = None) -> Decision:
    """A refusal that no rule can lift, for what is fixed in code."""
    return Decision(
        verdict=Verdict.NO, reason=reason, towards=towards, revision=policy.rules.revision
    )


@dataclass(frozen=True, slots=True)
class Barred:
    """Why somebody may ask nothing of this kind, whatever the rules say, and until when."""

    reason: Reason
    until: int


class AskerGate(Protocol):
    """Who may not ask at all at the moment."""

    async def barred(self, policy: Policy, act: Act, who: str) -> Barred | None:
        """Why `who` may not ask for `act` now; None where they may. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision, with everything that it follows from."""

    policy: Policy
    today: int
    facts: Facts
    decision: Decision


@dataclass(slots=True)
class Standing:
    """An ask that comes again and again with the same facts, and what was answered last.

    Only the spine writes `answered`, and it uses an answer again only under the very same policy
    and on the same day. `later` as in `settle`. `directory` is the one that `ask` was made with;
    None if it names nobody.
    """

    ask: Ask
    facts: Facts
    later: frozenset[str] = NOTHING_LATER
    directory: Directory | None = None
    answered: Answered | None = None


@dataclass(frozen=True, slots=True)
class Spine:
    """One process's road."""

    policy: PolicySource
    audit: AuditLog
    incidents: Incidents
    clock: Clock
    askers: AskerGate | None = None
    """Looked at before the facts of each durable ask are gathered."""

    async def barred(self, policy: Policy, act: Act, who: str) -> Barred | None:
        """As `AskerGate.barred`; None without one. Raises Unavailable."""
        return await self.askers.barred(policy, act, who) if self.askers else None

    def settle(
        self, act: Act, who: str, prepare: Prepare, later: frozenset[str] = NOTHING_LATER
    ) -> Settled:
        """Decide and record a routine ask; nothing waits for the disk.

        `later` names the facts that a door behind this one learns: an ask that waits for those
        alone is passed on. Never raises: an outage or a bug is a refusal in doubt.
        """
        try:
            policy = self.policy.current()
            return self._note(policy, act, who, prepare(policy), later)
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)

    def awaits(self, policy: Policy, ask: Ask, facts: Facts) -> frozenset[str]:
        """The pending facts that can still change the answer, so that they are worth a wait.

        Nothing is settled by it: no record and no Permit come of asking this.
        """
        return frozenset(policy.decide(ask, facts, self.clock.today()).pending)

    def settle_standing(self, standing: Standing) -> Settled:
        """Decide and record a routine ask that comes again and again unchanged; never raises.

        1. Without a policy that is in force now, or with another directory than the ask was made
           with, the answer is a refusal in doubt.
        2. Another policy or another day: the ask is decided anew.
        3. It is recorded every time.
        """
        try:
            policy, today = self._current(standing.directory), self.clock.today()  # (1)
            answered = standing.answered
            if answered is None or answered.policy is not policy or answered.today != today:  # (2)
                facts = standing.facts.on(today)
                decision = decide(policy.rules, standing.ask, facts)
                answered = standing.answered = Answered(policy, today, facts, decision)
            record = self.audit.note(standing.ask, answered.facts, answered.decision)  # (3)
            return _settled(policy, answered.decision, record, standing.later)
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, standing.ask.act)

    async def settle_durably(
        self, act: Act, who: str, gather: Gather, later: frozenset[str] = NOTHING_LATER
    ) -> Settled:
        """Decide an ask whose yes waits until its record is durable; `later` as in `settle`.

        What is merely passed on waits for nothing: the door behind records its yes. Never raises.
        """
        barred: Barred | None = None

        async def gather_unless_barred(policy: Policy) -> Gathered:
            nonlocal barred
            barred = await self.barred(policy, act, who)
            return refuse(policy, barred.reason) if barred else await gather(policy)

        try:
            policy, gathered = await self._gather(gather_unless_barred)
            ask, facts, decision = self._decided(policy, act, who, gathered)
            kept = decision.reason is not Reason.ROUTINE or act in _ALWAYS_KEPT
            if kept and decision.verdict is Verdict.YES:
                record = await self.audit.append(ask, facts, decision)
            else:
                record = self.audit.note(ask, facts, decision)
            if barred is not None:
                return Refusal(decision, record, barred.until)
            return _settled(policy, decision, record, later)
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)

    async def settle_after(
        self, act: Act, who: str, gather: Gather, later: frozenset[str] = NOTHING_LATER
    ) -> Settled:
        """Decide a routine ask whose facts take some waiting; `later` as in `settle`. Never raises."""
        try:
            policy, gathered = await self._gather(gather)
            return self._note(policy, act, who, gathered, later)
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)

    def _current(self, directory: Directory | None) -> Policy:
        """The policy in force. Raises Unavailable if its directory is not the one given, if one is."""
        policy = self.policy.current()
        if directory is not None and directory is not policy.directory:
            raise Unavailable("the policy changed while this was asked")
        return policy

    async def _gather(self, gather: Gather) -> tuple[Policy, Gathered]:
        """The policy in force, and what `gather` gathers by that very policy.

        Where the policy changed meanwhile, it is gathered again: an ask made by one revision and
        decided by another may be allowed by neither. Raises Unavailable if it changes each time.
        """
        policy = self.policy.current()
        for _ in range(MOST_GATHERED):
            gathered = await gather(policy)
            in_force = self.policy.current()
            if in_force is policy:
                return policy, gathered
            policy = in_force
        raise Unavailable(f"the policy changed {MOST_GATHERED} times while facts were gathered")

    def _note(
        self, policy: Policy, act: Act, who: str, gathered: Gathered, later: frozenset[str]
    ) -> Settled:
        ask, facts, decision = self._decided(policy, act, who, gathered)
        return _settled(policy, decision, self.audit.note(ask, facts, decision), later)

    def _decided(
        self, policy: Policy, act: Act, who: str, prepared: Gathered
    ) -> tuple[Ask, Facts, Decision]:
        if isinstance(prepared, Decision):
            return Ask(act=act, who=who), Facts(), prepared
        ask, facts = prepared
        facts = facts.on(self.clock.today())
        return ask, facts, decide(policy.rules, ask, facts)

    def _outage(self, outage: Unavailable) -> Refusal:
        reason = Reason.STALE if isinstance(outage, StalePolicy) else Reason.UNAVAILABLE
        return Refusal(Decision(verdict=Verdict.NO, reason=reason, revision=0), None)

    def _bug(self, bug: Exception, act: Act) -> Refusal:
        self.incidents.report(bug, act.value)
        return Refusal(Decision(verdict=Verdict.NO, reason=Reason.INTERNAL_ERROR, revision=0), None)


def _passes_on(decision: Decision, later: frozenset[str]) -> bool:
    return decision.verdict is Verdict.NOT_YET and later.issuperset(decision.pending)


def _settled(policy: Policy, decision: Decision, record: str, later: frozenset[str]) -> Settled:
    if decision.verdict is Verdict.YES or _passes_on(decision, later):
        return Permit(decision, record, policy, _MAKER)
    return Refusal(decision, record)
