"""The event door as control asks it: behind Synapse's own socket, with rooms as the wrappers read them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tests.apps.synapse.test_event_door import Room
from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.core.names import ServerName
from vedette.ports.clock import Clock
from vedette.ports.policy import PolicySource
from vedette.protocol.internal.asked_rooms import PATH
from vedette.protocol.internal.signing import Verifier
from vedette.spine import Spine
from vedette.synapse.door import EventDoor
from vedette.synapse.rooms_for_control import RoomsForControl


def nobody(*_: object) -> None:
    """Tell nobody."""


@dataclass
class Homeserver:
    """Rooms that a homeserver knows, and its event door. What is not in `rooms` nobody made."""

    policy: PolicySource
    clock: Clock
    key: Verifier
    organisation: str = "example.org"
    rooms: dict[str, Room] = field(default_factory=dict)
    audit: MemoryAudit = field(default_factory=MemoryAudit)

    def __post_init__(self) -> None:
        spine = Spine(self.policy, self.audit, MemoryIncidents(), self.clock)
        self.door = EventDoor(spine, nobody)
        ours = ServerName(self.organisation)
        self.asked = RoomsForControl(self.door, self._room, ours, self.key)

    def _room(self, room: str) -> Room:
        return self.rooms.get(room) or Room(None, made_by=None, room=room)

    def has(self, room: Room) -> None:
        self.rooms[room.room] = room


@contextmanager
def listening(here: Homeserver, socket: Path) -> Iterator[None]:
    """Answer on a socket, as Synapse does."""

    async def answer(request: web.Request) -> web.Response:
        status, told = await here.asked.answer(await request.read())
        return web.json_response(told, status=status)

    async def serve() -> None:
        app = web.Application()
        app.add_routes([web.post(PATH, answer)])
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        ready.set()
        await ended.wait()
        await runner.cleanup()

    socket.parent.mkdir(parents=True, exist_ok=True)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    ended = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
        socket.unlink(missing_ok=True)
