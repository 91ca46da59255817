"""Reports about rooms in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.ports.errors import Unavailable
from vedette.protocol.internal.standing import Report, read_report, report_bytes


@dataclass(slots=True)
class MemoryRoomReports:
    """The RoomReports without a disk; `kept` holds every report, `full` makes it refuse new ones."""

    kept: list[Report] = field(default_factory=list)
    full: bool = False
    _wishes: list[str] = field(default_factory=list)

    def keep(self, report: Report) -> None:
        """Keep the report as it would be read again. Raises Unavailable when `full`."""
        if self.full:
            raise Unavailable("there is no room for a report")
        self.kept.append(read_report(report_bytes(report)))

    def last(self) -> Report | None:
        """The report kept last."""
        return self.kept[-1] if self.kept else None

    def wish(self, word: str) -> None:
        """Remember the wish. Raises Unavailable when `full`."""
        if self.full:
            raise Unavailable("there is no room for a wish")
        self._wishes = [word]

    def wished(self) -> str | None:
        """The wish that was not seen yet."""
        return self._wishes.pop() if self._wishes else None
