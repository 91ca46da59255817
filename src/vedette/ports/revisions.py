"""Where the revisions of the settings document are kept."""

from __future__ import annotations

from typing import Protocol

from vedette.core.revision import Revision


class RevisionConflict(Exception):
    """Somebody else appended a revision in the meantime; nothing was changed."""


class Revisions(Protocol):
    """Keeps every revision for good. Calls are short and may touch the disk.

    Every call raises Unavailable when the store does not answer.
    """

    def newest(self) -> Revision | None:
        """The revision in force, or None before the first."""

    def get(self, number: int) -> Revision | None:
        """The revision with this number, or None."""

    def history(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""

    def append(self, revision: Revision) -> None:
        """Keep a new revision durably.

        Raises:
            RevisionConflict: it does not follow the newest one (number and hash).
        """


class StreamNumbers(Protocol):
    """Counts the parts of each stream. A number is never given twice, whatever happens."""

    def next(self, stream: str, above: int) -> int:
        """A number higher than every one given before for this stream, and than `above`.

        It is kept durably before it is returned. Raises Unavailable.
        """
