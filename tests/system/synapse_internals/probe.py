"""A Synapse module that puts a plain, scriptable gate behind the wrappers.

What it answers stands in a JSON file that is read again for every ask; what it was asked goes to
another. A script is a list of `[method, {fact: value}, answer]`; the first entry whose facts all
match answers, and otherwise the answer is pass.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from twisted.internet import task

from vedette.core.people import keeper_of
from vedette.protocol.matrix.room_form import Bounds, Encryption, bound
from vedette.synapse.internals.gate import (
    Answer,
    During,
    EventView,
    Glance,
    Inward,
    Pass,
    Refused,
    RoomForm,
    RoomReader,
)
from vedette.synapse.internals.table import install

BOUNDS = Bounds(
    history="joined",
    encryption=Encryption.FORCED,
    federates=True,
    ours=lambda user: not user.startswith("@anna"),
    maker="",
    version="",
    keeper="",
)
"""What a room named `formed` may be: Anna plays somebody from elsewhere."""

ANSWERS: Mapping[str, Answer | Inward] = {
    "pass": Pass.PASS,
    "refuse": Refused("not with them", {"vedette": {"reason": "no-rule", "record": "r-1"}}),
    "empty": Inward.EMPTY,
    "hold": Inward.HOLD,
}


class ScriptedGate:
    """Answers from the script, and writes down every ask."""

    def __init__(self, folder: Path) -> None:
        self.script = folder / "script.json"
        self.journal = folder / "journal.jsonl"

    def answer(self, method: str, **facts: Any) -> Any:
        with self.journal.open("a") as journal:
            journal.write(json.dumps({"method": method, **facts}, default=repr) + "\n")
        script = json.loads(self.script.read_text()) if self.script.exists() else []
        for name, wanted, word in script:
            if name == method and all(facts.get(key) == value for key, value in wanted.items()):
                if word == "bug":
                    raise RuntimeError("a bug in the gate")
                return ANSWERS.get(word, word)
        return Pass.PASS

    async def create_room(self, form: RoomForm) -> Answer:
        answer: Answer = self.answer("create_room", user=form.user, body=dict(form.body))
        name = form.body.get("name", "")
        if name == "formed":
            keeper = keeper_of(form.user.partition(":")[2])
            bound(
                form.body,
                replace(BOUNDS, maker=form.user, version=form.version, keeper=keeper),
            )
        return answer

    async def upgrade_room(self, user: str, version: str, room: RoomReader) -> Answer:
        answer: Answer = self.answer(
            "upgrade_room", user=user, version=version, joined=sorted(await room.joined() or ())
        )
        return answer

    async def local_event(self, event: EventView, room: RoomReader) -> Answer:
        joined, invited = await room.joined(), await room.invited()
        state = await room.state(("m.room.encryption", ""), ("m.room.create", ""))
        answer: Answer = self.answer(
            "local_event",
            **self.facts_of(event),
            joined=None if joined is None else sorted(joined),
            invited=None if invited is None else sorted(invited),
            encrypted=None if state is None else ("m.room.encryption", "") in state,
            creator=await room.creator(),
        )
        return answer

    async def inbound_event(
        self, event: EventView, origin: str, during: During, room: RoomReader
    ) -> Answer | Inward:
        joined = await room.joined()
        answer: Answer | Inward = self.answer(
            "inbound_event",
            **self.facts_of(event),
            origin=origin,
            during=during.value,
            joined=None if joined is None else sorted(joined),
        )
        return answer

    async def enter_elsewhere(
        self, user: str, room: str, servers: frozenset[str], membership: str, inviter: str | None
    ) -> Answer:
        answer: Answer = self.answer(
            "enter_elsewhere",
            user=user,
            room=room,
            servers=sorted(servers),
            membership=membership,
            inviter=inviter,
        )
        return answer

    async def entered_elsewhere(self, user: str, room: RoomReader) -> Answer:
        joined = await room.joined()
        answer: Answer = self.answer(
            "entered_elsewhere",
            user=user,
            room=room.room,
            creator=await room.creator(),
            joined=None if joined is None else sorted(joined),
            servers=sorted(await room.servers()),
            invited=sorted(await room.invited() or ()),
        )
        return answer

    async def typing(self, user: str, room: RoomReader) -> Answer:
        answer: Answer = self.answer("typing", user=user, room=room.room)
        return answer

    async def receipt(self, user: str, room: RoomReader) -> Answer:
        answer: Answer = self.answer("receipt", user=user, room=room.room)
        return answer

    async def presence(self, glances: frozenset[Glance]) -> frozenset[Glance]:
        return frozenset(
            glance
            for glance in glances
            if self.answer("presence", sender=glance.sender, reader=glance.reader) is Pass.PASS
        )

    async def device_keys(self, server: str, people: frozenset[str]) -> frozenset[str]:
        return frozenset(
            user
            for user in people
            if self.answer("device_keys", server=server, user=user) is Pass.PASS
        )

    async def to_device(self, sender: str, kind: str, readers: frozenset[str]) -> frozenset[str]:
        return frozenset(
            reader
            for reader in readers
            if self.answer("to_device", sender=sender, reader=reader, kind=kind) is Pass.PASS
        )

    def facts_of(self, event: EventView) -> dict[str, Any]:
        return {
            "room": event.room,
            "kind": event.kind,
            "sender": event.sender,
            "state_key": event.state_key,
            "membership": event.membership,
            "body": event.content.get("body"),
            "device": event.device,
            "template": event.template,
            "making": event.making,
        }


class Probe:
    """The module: installs the wrappers, and lifts holds when the file `lift` appears.

    `config.broken` names private parts that are spoilt first, as another Synapse might have them.
    """

    def __init__(self, config: dict[str, Any], api: Any) -> None:
        self.folder = Path(config["folder"])
        self._spoil(api._hs, config.get("broken", []))
        gate = ScriptedGate(self.folder)
        self.doors = install(api._hs, gate)
        watch_states(api._hs, gate)
        # once Synapse has started, with every module in it
        api._hs.get_reactor().callLater(0, tell_hooks, api._hs, gate)
        said = [f"{type(each).__name__} {each.name}" for each in self.doors.results]
        (self.folder / "doors.txt").write_text("\n".join(said))
        because = [str(getattr(each, "because", "")) for each in self.doors.results]
        (self.folder / "because.txt").write_text("\n".join(because))
        task.LoopingCall(self.look).start(0.1)

    def look(self) -> None:
        lift = self.folder / "lift"
        if lift.exists():
            lift.unlink()
            self.doors.lift_holds()

    def _spoil(self, hs: Any, broken: list[str]) -> None:
        for path in broken:
            getter, *steps, name = path.split(".")
            owner = getattr(hs, getter)()
            for step in steps:
                owner = getattr(owner, step)
            setattr(owner, name, taking_something_else(getattr(owner, name)))


def tell_hooks(hs: Any, gate: ScriptedGate) -> None:
    """Write down how many have registered in the plain way for what loads a room's whole state."""
    plain = hs.get_module_api_callbacks().third_party_event_rules
    gate.answer(
        "plain_hooks",
        check_event_allowed=len(plain._check_event_allowed_callbacks),
        on_new_event=len(plain._on_new_event_callbacks),
    )


def watch_states(hs: Any, gate: ScriptedGate) -> None:
    """Write down every time that a room's state is loaded at some event, whole or in part."""
    store = hs.get_datastores().state
    load = store._get_state_for_groups

    async def loading(groups: Any, state_filter: Any = None) -> Any:
        whole = state_filter is None or state_filter.is_full()
        gate.answer("loads_state", whole=whole)
        return await (load(groups) if state_filter is None else load(groups, state_filter))

    store._get_state_for_groups = loading


def taking_something_else(found: Any) -> Any:
    """The same part as before, with another signature."""

    def other(*args: Any, **named: Any) -> Any:
        return found(*args, **named)

    return other
