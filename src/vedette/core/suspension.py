"""Why a session is suspended, and whether its person can bring it back."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.asks import Act
from vedette.core.decide import decide
from vedette.core.decision import Verdict
from vedette.core.people import Directory
from vedette.core.ruleset import Ruleset
from vedette.core.sessions import Session, by_rule, facts_for, proof_wanted, sign_in_ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """`rule` is the rule's id and `say` its own sentence, both empty where there is none.

    `pending` are the facts by which proofs shown anew bring the session back: empty where no proof
    helps.
    """

    rule: str = ""
    say: str = ""
    pending: tuple[str, ...] = ()


def suspension_of(
    session: Session, rules: Ruleset, directory: Directory, *, now: int
) -> Suspension:
    """Why this session is suspended by what is known here. Total.

    What was suspended by hand names no rule, nor does what no rule allows. Where the rules say yes
    again already, it names the one that suspended it.
    """
    if not by_rule(session.because):
        return Suspension()
    named = directory.document.networks
    facts = facts_for(session, now=now, networks={str(name): named[name] for name in named})
    person = directory.someone(session.user)
    decision = decide(
        rules, sign_in_ask(Act.SIGN_IN_SESSION_KEEP, person), facts.on(directory.today)
    )
    if decision.verdict is Verdict.YES:
        return Suspension(rule=session.because)
    return Suspension(
        rule=decision.rule or "",
        say=decision.say or "",
        pending=proof_wanted(rules, person, facts),
    )
