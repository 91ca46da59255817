"""Where every decision is written."""

from __future__ import annotations

from typing import Protocol

from vedette.core.asks import Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts


class AuditLog(Protocol):
    """Keeps what was asked, known and answered, in a chain of its own per process."""

    def note(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Take a record that nothing waits for, to be written and synced within a second.

        Returns the record's id, `<process>:<sequence>`.

        Raises:
            Unavailable: the log is full or failing; the caller must refuse or hold.
        """

    async def append(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Return the record's id once the record is durable.

        Raises:
            Unavailable: it may not have been written; the caller must refuse or hold.
        """
