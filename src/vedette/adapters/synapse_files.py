"""The files at Synapse, asked by control over Synapse's own socket, each question signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from vedette.core.names import MediaId, ServerName
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.held_files import Came, Moved, NotOurs, RulesRefuse
from vedette.protocol.internal.held_files import (
    PATH,
    AnswerFault,
    FilesFound,
    Question,
    SeenFile,
    Sought,
    ask,
    found_from_json,
    outlook_from_json,
    read_cursor,
    seen_from_json,
    sought_to_json,
)
from vedette.protocol.internal.signing import Signer

_Read = TypeVar("_Read")
_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class SynapseFiles:
    """The HeldFiles port over the module inside Synapse."""

    socket: Path
    organisation: ServerName
    key: Signer
    clock: Clock

    async def list(self, sought: Sought, after: str | None, most: int) -> FilesFound:
        """Files that are held or refused. Raises Unavailable, ValueError."""
        if after is not None:
            read_cursor(after)
        status, told = await self._ask("list", sought_to_json(sought, after, most))
        if status == 400:
            raise ValueError(_why(told))
        return _read(found_from_json, _ok(status, told))

    async def show(self, server: ServerName, media: MediaId) -> SeenFile | None:
        """One file. Raises Unavailable."""
        status, told = await self._ask("show", {"server": server, "media": media})
        return None if status == 404 else _read(seen_from_json, _ok(status, told))

    async def hold(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Hold it. Raises Unavailable."""
        return await self._move("hold", server, media, by, order)

    async def release(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Release it. Raises Unavailable."""
        return await self._move("release", server, media, by, order)

    async def _move(self, do: str, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        body = {"server": server, "media": media, "by": by, "order": order}
        status, told = await self._ask(do, body)
        if status == 404:
            return None
        if status == 409:
            return NotOurs()
        record = told.get("record") if isinstance(told, dict) else None
        if status == 403 and record is not None:
            left = {name: value for name, value in told.items() if name != "record"}
            return RulesRefuse(_read(outlook_from_json, left), str(record))
        _ok(status, told)
        return Moved(None if record is None else str(record))

    async def _ask(self, do: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the JSON of the answer. Raises Unavailable."""
        question = Question(
            organisation=self.organisation, do=do, issued=int(self.clock.now()), body=body
        )
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
                session.post(f"http://synapse{PATH}", data=ask(question, self.key)) as answer,
            ):
                return answer.status, await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            raise Unavailable(f"Synapse does not answer on `{self.socket}`: {fault}") from fault


def _ok(status: int, told: Any) -> Any:
    if status != 200:
        raise Unavailable(f"Synapse can't do it now ({status}): {_why(told)}")
    return told


def _why(told: Any) -> str:
    return str(told.get("why") or told.get("sentence") or "") if isinstance(told, dict) else ""


def _read(read: Callable[[Any], _Read], told: Any) -> _Read:
    try:
        return read(told)
    except AnswerFault as fault:
        raise Unavailable(f"Synapse answered something else: {fault}") from fault
