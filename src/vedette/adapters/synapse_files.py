"""The files at Synapse, asked by control over Synapse's own socket, each question signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vedette.adapters.synapse_questions import SynapseQuestions, answered, why_not
from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.held_files import Came, Moved, NotOurs, RulesRefuse
from vedette.protocol.internal.held_files import (
    ABOUT,
    PATH,
    AnswerFault,
    FilesFound,
    SeenFile,
    Sought,
    found_from_json,
    outlook_from_json,
    read_cursor,
    seen_from_json,
    sought_to_json,
)

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class SynapseFiles:
    """The HeldFiles port over the module inside Synapse."""

    synapse: SynapseQuestions

    async def list(self, sought: Sought, after: str | None, most: int) -> FilesFound:
        """Files that are held or refused. Raises Unavailable, ValueError."""
        if after is not None:
            read_cursor(after)
        status, told = await self.synapse.ask(
            ABOUT, PATH, "list", sought_to_json(sought, after, most)
        )
        if status == 400:
            raise ValueError(why_not(told))
        return _read(found_from_json, answered(status, told))

    async def show(self, server: ServerName, media: MediaId) -> SeenFile | None:
        """One file. Raises Unavailable."""
        status, told = await self.synapse.ask(
            ABOUT, PATH, "show", {"server": server, "media": media}
        )
        return None if status == 404 else _read(seen_from_json, answered(status, told))

    async def hold(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Hold it. Raises Unavailable."""
        return await self._move("hold", server, media, by, order)

    async def release(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Release it. Raises Unavailable."""
        return await self._move("release", server, media, by, order)

    async def _move(self, do: str, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        body = {"server": server, "media": media, "by": by, "order": order}
        status, told = await self.synapse.ask(ABOUT, PATH, do, body)
        if status == 404:
            return None
        if status == 409:
            return NotOurs()
        record = told.get("record") if isinstance(told, dict) else None
        if status == 403 and record is not None:
            left = {name: value for name, value in told.items() if name != "record"}
            return RulesRefuse(_read(outlook_from_json, left), str(record))
        answered(status, told)
        return Moved(None if record is None else str(record))


def _read(read: Callable[[Any], _Read], told: Any) -> _Read:
    try:
        return read(told)
    except AnswerFault as fault:
        raise Unavailable(f"Synapse answered something else: {fault}") from fault
