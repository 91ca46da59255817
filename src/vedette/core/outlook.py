"""What the rules answer before anything is asked: by who it is about and the day, and nothing else.

What a rule reads besides is still to be learnt, so an answer that hangs on it is *not yet*.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.asks import Question
from vedette.core.channels import Channel
from vedette.core.decide import answer
from vedette.core.decision import Decision
from vedette.core.facts import REGISTRY, Facts, Missing, Value
from vedette.core.people import GUESTS, US
from vedette.core.ruleset import Ruleset

_OF_A_DEVICE = ("certificate.", "client.", "device.", "sign_in.")
"""Facts about people elsewhere that no door of ours ever learns."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Answers questions on one day, an ordinal, with everything else pending."""

    rules: Ruleset
    today: int
    _facts: dict[bool, Facts] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, question: Question) -> Decision:
        """The answer as far as it is known beforehand."""
        return answer(self.rules, question, self.facts(question))

    def facts(self, question: Question) -> Facts:
        """What is known beforehand.

        Of people elsewhere no device is ever known; but who fetches a file of theirs is one of us.
        """
        elsewhere = US not in question.from_ and GUESTS not in question.from_
        never = elsewhere and question.channel is not Channel.FILE
        found = self._facts.get(never)
        if found is None:
            known: dict[str, Value | Missing] = {
                name: Missing.UNKNOWN
                if never and name.startswith(_OF_A_DEVICE)
                else Missing.PENDING
                for name in REGISTRY
            }
            known["today"] = self.today
            found = self._facts[never] = Facts(known)
        return found
