"""Tokens kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.tokens import ApiToken


@dataclass(slots=True)
class MemoryTokens:
    """The ApiTokens that end with the process."""

    _kept: dict[str, ApiToken] = field(default_factory=dict)

    def add(self, token: ApiToken) -> None:
        """Keep a new token."""
        self._kept[token.id] = token

    def by_digest(self, digest: str) -> ApiToken | None:
        """The token whose value has this digest."""
        return next((each for each in self._kept.values() if each.digest == digest), None)

    def by_id(self, id_: str) -> ApiToken | None:
        """The token with this id."""
        return self._kept.get(id_)

    def every(self) -> tuple[ApiToken, ...]:
        """All of them, oldest first."""
        return tuple(sorted(self._kept.values(), key=lambda each: (each.made, each.id)))

    def remove(self, id_: str) -> bool:
        """Forget a token."""
        return self._kept.pop(id_, None) is not None
