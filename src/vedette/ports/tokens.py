"""Where tokens of the administration API are kept."""

from __future__ import annotations

from typing import Protocol

from vedette.core.tokens import ApiToken


class ApiTokens(Protocol):
    """Keeps tokens, never their values. Calls are short and may touch the disk.

    Every call raises Unavailable when the store does not answer.
    """

    def add(self, token: ApiToken) -> None:
        """Keep a new token. Its id and its digest MUST be new."""

    def by_digest(self, digest: str) -> ApiToken | None:
        """The token whose value has this SHA-256 in hex, its time over or not; or None."""

    def by_id(self, id_: str) -> ApiToken | None:
        """The token with this id, or None."""

    def every(self) -> tuple[ApiToken, ...]:
        """All of them, by the time they were made, then by id."""

    def remove(self, id_: str) -> bool:
        """Forget a token; from now on it is nothing. False when there was none."""
