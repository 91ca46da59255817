"""An audit log in memory: keeps everything, and can be told to be full."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.asks import Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.ports.errors import Unavailable


@dataclass(slots=True)
class MemoryAudit:
    """The AuditLog without a disk. `full` makes it refuse, as a full spool does."""

    full: bool = False
    kept: list[tuple[Ask, Facts, Decision]] = field(default_factory=list)

    def note(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Keep the record. Raises Unavailable when `full`."""
        if self.full:
            raise Unavailable("the audit log is full")
        self.kept.append((ask, facts, decision))
        return f"memory:{len(self.kept)}"

    async def append(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Keep the record; memory is as durable as it gets here."""
        return self.note(ask, facts, decision)
