"""Revisions and stream numbers kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.record import GENESIS
from vedette.core.revision import Revision
from vedette.ports.revisions import RevisionConflict


@dataclass(slots=True)
class MemoryRevisions:
    """The Revisions and StreamNumbers that end with the process."""

    _kept: list[Revision] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def newest(self) -> Revision | None:
        """The last one appended."""
        return self._kept[-1] if self._kept else None

    def get(self, number: int) -> Revision | None:
        """The revision with this number."""
        return self._kept[number - 1] if 1 <= number <= len(self._kept) else None

    def history(self) -> tuple[Revision, ...]:
        """Every revision, oldest first."""
        return tuple(self._kept)

    def append(self, revision: Revision) -> None:
        """Keep the revision. Raises RevisionConflict."""
        newest = self.newest()
        follows = (newest.number + 1, newest.hash) if newest else (1, GENESIS)
        if (revision.number, revision.previous) != follows:
            raise RevisionConflict
        self._kept.append(revision)

    def next(self, stream: str, above: int) -> int:
        """Count the stream up."""
        self._numbers[stream] = max(self._numbers.get(stream, 0), above) + 1
        return self._numbers[stream]
