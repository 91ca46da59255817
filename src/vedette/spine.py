"""The road: ask, facts, decision, record, and only then an effect.

`Spine` is the only maker of a `Permit`, and every effect takes one. It awaits, but imports no event
loop, so the same code runs under asyncio and under Twisted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from vedette.core.asks import Act, Ask
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.ports.audit import AuditLog
from vedette.ports.clock import Clock
from vedette.ports.errors import StalePolicy, Unavailable
from vedette.ports.incidents import Incidents
from vedette.ports.policy import Policy, PolicySource

_MAKER = object()

DOUBT = frozenset({Reason.STALE, Reason.UNAVAILABLE, Reason.INTERNAL_ERROR, Reason.MEMBERS_UNKNOWN})
"""Reasons that say nothing about the ask itself: what is accepted already must be held, not lost."""


@dataclass(frozen=True, slots=True)
class Permit:
    """The value without which no effect can happen. Only the spine can make one."""

    decision: Decision
    record: str
    maker: object

    def __post_init__(self) -> None:
        if self.maker is not _MAKER:
            raise TypeError("only the spine makes a Permit")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no or a not yet, with the id of its record; without one only if it could not be kept."""

    decision: Decision
    record: str | None

    @property
    def in_doubt(self) -> bool:
        """Whether the refusal says nothing about the ask, so that waiting may help."""
        return self.decision.reason in DOUBT


Settled = Permit | Refusal
Prepare = Callable[[Policy], tuple[Ask, Facts] | Decision]
"""Given the policy in force: the ask and its facts, or a refusal fixed in code (`refuse`)."""
Gather = Callable[[Policy], Awaitable[tuple[Ask, Facts] | Decision]]


def refuse(policy: Policy, reason: Reason, towards: str | None = None) -> Decision:
    """A refusal that no rule can lift, for what is fixed in code."""
    return Decision(
        verdict=Verdict.NO, reason=reason, towards=towards, revision=policy.rules.revision
    )


@dataclass(frozen=True, slots=True)
class Spine:
    """One process's road."""

    policy: PolicySource
    audit: AuditLog
    incidents: Incidents
    clock: Clock

    def settle(self, act: Act, who: str, prepare: Prepare) -> Settled:
        """Decide and record a routine ask; nothing waits for the disk.

        Never raises: an outage or a bug is a refusal in doubt.
        """
        try:
            policy = self.policy.current()
            ask, facts, decision = self._decided(policy, act, who, prepare(policy))
            return _settled(decision, self.audit.note(ask, facts, decision))
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)

    async def settle_durably(self, act: Act, who: str, gather: Gather) -> Settled:
        """Decide an ask whose yes waits until its record is durable. Never raises."""
        try:
            policy = self.policy.current()
            ask, facts, decision = self._decided(policy, act, who, await gather(policy))
            keep = decision.verdict is Verdict.YES and decision.reason is not Reason.ROUTINE
            if keep:
                return _settled(decision, await self.audit.append(ask, facts, decision))
            return _settled(decision, self.audit.note(ask, facts, decision))
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)

    async def settle_after(self, act: Act, who: str, gather: Gather) -> Settled:
        """Decide a routine ask whose facts take some waiting. Never raises."""
        try:
            gathered = await gather(self.policy.current())
        except Unavailable as outage:
            return self._outage(outage)
        except Exception as bug:  # noqa: BLE001  # the last line of defence: any bug refuses or holds
            return self._bug(bug, act)
        return self.settle(act, who, lambda _: gathered)

    def _decided(
        self, policy: Policy, act: Act, who: str, prepared: tuple[Ask, Facts] | Decision
    ) -> tuple[Ask, Facts, Decision]:
        if isinstance(prepared, Decision):
            return Ask(act=act, who=who), Facts(), prepared
        ask, facts = prepared
        facts = Facts({**facts.known, "today": self.clock.today()}, facts.claims)
        return ask, facts, decide(policy.rules, ask, facts)

    def _outage(self, outage: Unavailable) -> Refusal:
        reason = Reason.STALE if isinstance(outage, StalePolicy) else Reason.UNAVAILABLE
        return Refusal(Decision(verdict=Verdict.NO, reason=reason, revision=0), None)

    def _bug(self, bug: Exception, act: Act) -> Refusal:
        self.incidents.report(bug, act.value)
        return Refusal(Decision(verdict=Verdict.NO, reason=Reason.INTERNAL_ERROR, revision=0), None)


def _settled(decision: Decision, record: str) -> Settled:
    if decision.verdict is Verdict.YES:
        return Permit(decision, record, _MAKER)
    return Refusal(decision, record)
