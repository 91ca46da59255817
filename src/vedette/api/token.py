"""The local administrator token, which only the administrator of this host can read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalToken:
    """Compares in constant time; shows its value nowhere. An empty token matches nothing.

    `current` gives the token in force; it is asked at every comparison, so that a new one counts at
    once and the old one no more.
    """

    current: Callable[[], str]

    def __repr__(self) -> str:
        """Hide the value from logs."""
        return "LocalToken(…)"

    def matches(self, shown: str) -> bool:
        """Whether `shown` is the token."""
        value = self.current()
        return bool(value) and secrets.compare_digest(shown.encode(), value.encode())
