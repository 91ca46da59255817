"""Where drafts of the settings are kept."""

from __future__ import annotations

from typing import Protocol

from vedette.core.draft import Draft


class Drafts(Protocol):
    """Keeps drafts by their names. Every call raises Unavailable when the store does not answer."""

    def every(self) -> tuple[Draft, ...]:
        """All of them, by name."""

    def get(self, name: str) -> Draft | None:
        """The draft of this name, or None."""

    def save(self, draft: Draft) -> bool:
        """Keep a draft durably, in place of the version before it.

        False, and nothing is kept, where another version is there than the one before (for version
        1: where any is).
        """

    def remove(self, name: str, version: int) -> bool:
        """Forget a draft. False where it is not there in this version."""
