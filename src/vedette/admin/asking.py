"""How what takes a second person is asked: with the approvals that it has, while more can come.

1. What can only refuse more never waits, whatever a rule says: it counts as approved by as many as
   any rule may want.
2. Where the approvals that are there are enough, their number is known, and the answer a yes or no.
3. Where they are not, `approvals` is pending, since more people may still approve: the answer is a
   no only if no number of them would do.
4. What takes more persons in any case waits for them even where the rules want none.
"""

from __future__ import annotations

from dataclasses import replace

from vedette.admin.door import Doing, Preparing, asked
from vedette.admin.rights import AS_MANY_AS_WANTED
from vedette.core.asks import Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.ports.policy import Policy

LATER = frozenset({"approvals"})
"""What other people still add to the change of one."""


def prepare(*, narrows: bool, persons: int, first: Preparing = asked) -> Preparing:
    """The way in which one change or act is asked; `persons` are wanted in any case.

    `first` prepares it where it is known how many have approved it.
    """

    def prepared(policy: Policy, doing: Doing) -> tuple[Ask, Facts] | Decision:
        if narrows:  # (1)
            return first(policy, replace(doing, approvals=AS_MANY_AS_WANTED))
        known = first(policy, doing)
        if isinstance(known, Decision):
            return known
        if not _allowed(policy, *known):  # (3)
            return first(policy, replace(doing, approvals=Missing.PENDING))
        if isinstance(doing.approvals, int) and doing.approvals < persons:  # (4)
            return _waits(policy)
        return known  # (2)

    return prepared


def _allowed(policy: Policy, ask: Ask, facts: Facts) -> bool:
    return policy.decide(ask, facts, policy.directory.today).verdict is Verdict.YES


def _waits(policy: Policy) -> Decision:
    return Decision(
        verdict=Verdict.NOT_YET,
        reason=Reason.SECOND_PERSON,
        revision=policy.rules.revision,
        pending=tuple(LATER),
    )
