"""Where the rules and the people come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from vedette.core.people import Directory
from vedette.core.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Policy:
    """What a door decides by: the rules of one revision, and who is who."""

    rules: Ruleset
    directory: Directory


class PolicySource(Protocol):
    """Holds the policy now in force at this door."""

    def current(self) -> Policy:
        """The policy in force.

        Raises:
            StalePolicy: none was ever received, or it is older than it may be.
        """
