"""A policy that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.ports.errors import StalePolicy
from vedette.ports.policy import Policy


@dataclass(slots=True)
class MemoryPolicy:
    """The PolicySource with one policy, or none."""

    policy: Policy | None = None

    def current(self) -> Policy:
        """The policy that was set. Raises StalePolicy when there is none."""
        if self.policy is None:
            raise StalePolicy("no policy was set")
        return self.policy
