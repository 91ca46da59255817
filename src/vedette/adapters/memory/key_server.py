"""Servers in memory that publish keys."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.names import ServerName
from vedette.ports.discovery import Trust
from vedette.ports.errors import Unavailable


@dataclass(slots=True)
class MemoryKeyServer:
    """The KeyServer port over a dictionary; a server that is not in it can't be reached.

    `asked` are the servers that were asked, in order.
    """

    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def published(self, server: ServerName, trust: Trust) -> bytes:
        """The answer that was put in. Raises Unavailable."""
        del trust
        self.asked.append(server)
        if server not in self.answers:
            raise Unavailable(f"`{server}` does not answer")
        return self.answers[server]
