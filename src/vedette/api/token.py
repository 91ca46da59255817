"""The local administrator token, which only the administrator of this host can read."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalToken:
    """Compares in constant time; shows its value nowhere. An empty token matches nothing."""

    value: str

    def __repr__(self) -> str:
        """Hide the value from logs."""
        return "LocalToken(…)"

    def matches(self, shown: str) -> bool:
        """Whether `shown` is the token."""
        return bool(self.value) and secrets.compare_digest(shown.encode(), self.value.encode())
