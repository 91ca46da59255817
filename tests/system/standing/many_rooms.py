"""A Synapse module for tests: makes rooms by the hundred, with people of a partner in them.

What it is asked for stands in `wanted.json` (`[[name, owner, [members], kind or null], …]`); how many
rooms there are is told in `made.json`. The events are built and stored as Synapse does with its own,
only without asking anybody and without the partner's signature, which is never looked at again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from synapse.api.room_versions import RoomVersions
from synapse.types import StateMap
from twisted.internet import task

VERSION = RoomVersions.V11


class ManyRooms:
    """The module. `config.folder` is where it looks."""

    def __init__(self, config: dict[str, Any], api: Any) -> None:
        self.folder = Path(config["folder"])
        self.hs = api._hs
        self.made = 0
        task.LoopingCall(self._look).start(0.1)

    def _look(self) -> None:
        path = self.folder / "wanted.json"
        if path.exists():
            wanted = json.loads(path.read_text())
            path.unlink()
            self.hs.run_as_background_process("many_rooms", self._make, wanted)

    async def _make(self, wanted: list[tuple[str, str, list[str], str | None]]) -> None:
        for name, owner, members, kind in wanted:
            await self._room(name, owner, members, kind)
            self.made += 1
            fresh = self.folder / "made.new"
            fresh.write_text(json.dumps(self.made))
            fresh.rename(self.folder / "made.json")

    async def _room(self, name: str, owner: str, members: list[str], kind: str | None) -> None:
        room = f"!{name}:{self.hs.hostname}"
        await self.hs.get_datastores().main.store_room(room, owner, False, VERSION)
        create = {"room_version": "11"} | ({"org.vedette.kind": kind} if kind else {})
        # Every other room is an older one, in which the account that keeps rooms has no power yet.
        keeper = {} if self.made % 2 else {f"@vedette-rooms:{self.hs.hostname}": 100}
        levels = {"users": {owner: 100, **keeper}, "invite": 50}
        events = [
            (owner, "m.room.create", "", create),
            (owner, "m.room.member", owner, {"membership": "join"}),
            (owner, "m.room.power_levels", "", levels),
            (owner, "m.room.history_visibility", "", {"history_visibility": "joined"}),
            *((one, "m.room.member", one, {"membership": "join"}) for one in members),
        ]
        await self._store(room, events)

    async def _store(self, room: str, events: list[tuple[str, str, str, dict[str, Any]]]) -> None:
        state: StateMap[str] = {}
        stored: list[Any] = []
        for depth, (sender, kind, key, content) in enumerate(events, 1):
            values = {"room_id": room, "sender": sender, "type": kind, "state_key": key}
            builder = self.hs.get_event_builder_factory().for_room_version(
                VERSION, {**values, "content": content}
            )
            before = [stored[-1][0].event_id] if stored else []
            wanted = [("m.room.create", ""), ("m.room.power_levels", ""), ("m.room.member", sender)]
            auth = [state[each] for each in wanted if each in state]
            event = await builder.build(before, auth, depth)
            given: dict[str, Any] = {"state_ids_before_event": dict(state), "partial_state": False}
            context = await self.hs.get_state_handler().compute_event_context(
                event, **(given if stored else {})
            )
            state = {**state, (kind, key): event.event_id}
            stored.append((event, context))
        await self.hs.get_storage_controllers().persistence.persist_events(stored)
