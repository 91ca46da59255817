"""Where the rules and the people come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.asks import Ask
from vedette.core.decide import decide
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.people import Directory
from vedette.core.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Policy:
    """What a door decides by: the rules of one revision, and who is who."""

    rules: Ruleset
    directory: Directory

    def decide(self, ask: Ask, facts: Facts, today: int) -> Decision:
        """What the rules answer on a day, given an ask and facts that this policy was used to gather.

        Nothing is recorded or permitted by it: that is the spine's.
        """
        return decide(self.rules, ask, facts.on(today))


class PolicySource(Protocol):
    """Holds the policy now in force at this door."""

    def current(self) -> Policy:
        """The policy in force: the very same object until it changes.

        Raises:
            StalePolicy: none was ever received, or it is older than it may be.
        """
