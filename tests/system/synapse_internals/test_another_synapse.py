"""On a Synapse whose private parts differ, what a wrapper would have held is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.synapse_internals.conftest import Pair, members
from tests.system.synapse_internals.test_ephemeral import (
    is_online,
    never,
    present,
    readers,
    reads,
    send_to_device,
    types,
    typists,
    words,
)
from tests.system.synapse_process import Authority, SynapseProcess, eventually, running

PARTS = {
    "local-events": "get_module_api_callbacks.third_party_event_rules.check_event_allowed",
    "inbound-events": "get_federation_server._process_incoming_pdus_in_room_inner",
    "rooms-made": "get_room_creation_handler.upgrade_room",
    "entering-elsewhere": "get_room_member_handler._remote_join",
    "ephemeral-in": "get_federation_registry.on_edu",
    "typing": "get_typing_handler.started_typing",
    "receipts": "get_receipts_handler.received_client_receipt",
    "to-device": "get_device_message_handler.send_device_message",
    "presence-read": "get_presence_handler.get_states",
    "presence-out": "get_federation_sender.send_presence_to_destinations",
    "delayed-events": "get_delayed_events_handler._send_event",
}


def broken_pair(folder: Path, broken: list[str]) -> Pair:
    authority = Authority.make(folder / "ca")
    ours, theirs = folder / "ours", folder / "theirs"
    ours.mkdir()
    probe = {
        "module": "tests.system.synapse_internals.probe.Probe",
        "config": {"folder": str(ours), "broken": broken},
    }
    extra = {
        "caches": {"sync_response_cache_duration": "0s"},
        "max_event_delay_duration": "1h",
    }
    return Pair(
        SynapseProcess(ours, authority, "127.0.0.4", [probe], extra),
        SynapseProcess(theirs, authority, "127.0.0.5", (), extra),
    )


@pytest.fixture(scope="module")
def ephemeral_broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    doors = (
        *("ephemeral-in", "typing", "receipts", "to-device", "presence-read", "presence-out"),
        "delayed-events",
    )
    pair = broken_pair(tmp_path_factory.mktemp("ephemeral"), [PARTS[door] for door in doors])
    with running(pair.ours, pair.theirs):
        yield pair


@pytest.fixture(scope="module")
def events_broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    doors = ("local-events", "inbound-events", "rooms-made", "entering-elsewhere")
    pair = broken_pair(tmp_path_factory.mktemp("events"), [PARTS[door] for door in doors])
    with running(pair.ours, pair.theirs):
        yield pair


def closed(pair: Pair) -> set[str]:
    """The doors that are closed besides the one for files, for which the probe brings no gate."""
    lines = (pair.folder / "doors.txt").read_text().splitlines()
    found = {line.partition(" ")[2] for line in lines if line.startswith("Closed")}
    assert "files" in found
    return found - {"files"}


def test_ephemeral_doors_that_do_not_fit_drop_everything(ephemeral_broken: Pair):
    pair = ephemeral_broken
    assert closed(pair) == {
        *("ephemeral-in", "typing", "receipts", "to-device", "presence-read", "presence-out"),
        "delayed-events",
    }
    reason = (pair.folder / "because.txt").read_text()
    assert "`TypingWriterHandler.started_typing` of this Synapse takes `(args, named)`" in reason
    alice, anna, bob = pair.our("alice"), pair.our("anna"), pair.their("bob")
    room = pair.room_of(alice, anna, bob)
    event = alice.say(room, "still works")
    for person, other in ((alice, anna), (alice, bob), (bob, alice)):
        types(person, room)
        is_online(person)
        send_to_device(person, other, "lost")
    reads(alice, room, event)
    eventually(lambda: "still works" in bob.bodies(room))
    reads(bob, room, event)
    bob.say(room, "and back")
    eventually(lambda: "and back" in alice.bodies(room))
    ours = {alice.user, anna.user}

    def leaked() -> list[object]:
        return [
            *(typists(anna, room) | typists(alice, room)),
            *({user for _, user in readers(anna, room)} & {alice.user, bob.user}),
            *(typists(bob, room) & ours),
            *(each for each in readers(bob, room) if each[1] in ours),
            *(user for user, shown in present(bob).items() if user in ours and shown != "offline"),
            *present(anna),
            *words(anna),
            *words(alice),
            *words(bob),
        ]

    never(leaked)


def test_what_was_set_to_be_sent_later_is_never_sent(ephemeral_broken: Pair):
    alice = ephemeral_broken.our("alice")
    room = alice.create_room()
    path = f"rooms/{room}/send/m.room.message/later?org.matrix.msc4140.delay=300"
    alice.put(path, {"msgtype": "m.text", "body": "later"}).ok()
    never(lambda: "later" in alice.bodies(room))


def test_event_doors_that_do_not_fit_refuse_everything(events_broken: Pair):
    pair = events_broken
    assert closed(pair) == {*("local-events", "inbound-events", "rooms-made", "entering-elsewhere")}
    alice, bob = pair.our("alice"), pair.their("bob")
    reply = alice.post("createRoom")
    assert reply.status == 403
    assert "closed here" in reply.body["error"]
    room = bob.create_room(preset="public_chat")
    reply = bob.invite(room, alice.user)
    assert reply.status == 403
    assert "closed here" in reply.body["error"]
    assert alice.join(room, pair.theirs.name).status == 403
    assert members(bob, room) == {bob.user}
    assert "rooms" not in alice.sync()
    assert alice.post("/_matrix/media/v3/upload", {"a": "file"}).status == 403
