"""What a door takes from its folder, and what it never takes."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.adapters.clock import SetClock
from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.stream_files import StreamFiles, write_whole
from vedette.core.settings.canonical import canonical
from vedette.core.settings.default import default_document
from vedette.core.settings.parse import parse_document
from vedette.ports.errors import StalePolicy
from vedette.protocol.internal.streams import Part, Stream, sign

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
DOCUMENT = parse_document(default_document("Example AG", "example.org"))
LIFE = 3600


@dataclass(slots=True)
class Door:
    """One door and the folder it shares with control."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    files: StreamFiles = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.files = StreamFiles(self.folder, "example.org", KEY.public_key(), self.clock)

    def part(self, stream: Stream = Stream.SETTINGS, number: int = 1, revision: int = 1) -> Part:
        assert not isinstance(DOCUMENT, list)
        bodies = {
            Stream.SETTINGS: {"revision": revision, "document": canonical(DOCUMENT).decode()},
            Stream.PEOPLE: {"people": {"@a:example.org": {"groups": ["Security-Officers"]}}},
            Stream.SESSIONS: {},
        }
        now = int(self.clock.now())
        return Part(
            stream=stream,
            organisation="example.org",
            number=number,
            issued=now,
            expires=now + LIFE,
            body=bodies[stream],
        )

    def put(self, data: bytes, stream: Stream = Stream.SETTINGS) -> None:
        write_whole(self.folder / f"{stream}.part", data)

    def said(self) -> dict[str, object]:
        return json.loads((self.folder / "acknowledged.json").read_bytes())["streams"]["settings"]

    def revision(self) -> int:
        return self.files.current().rules.revision


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A door at which revision 5 is in force, in part 5."""
    made = Door(tmp_path / "gateway")
    made.put(sign(made.part(number=5, revision=5), KEY))
    made.put(sign(made.part(Stream.PEOPLE), KEY), Stream.PEOPLE)
    made.files.start()
    return made


def test_a_door_without_any_part_decides_nothing(tmp_path: Path) -> None:
    empty = Door(tmp_path)
    empty.files.start()
    with pytest.raises(StalePolicy):
        empty.files.current()


def test_settings_without_people_are_not_enough(tmp_path: Path) -> None:
    half = Door(tmp_path)
    half.put(sign(half.part(), KEY))
    half.files.start()
    with pytest.raises(StalePolicy):
        half.files.current()


def test_a_newer_part_is_taken_and_acknowledged(door: Door) -> None:
    door.put(sign(door.part(number=6, revision=6), KEY))
    assert door.files.poll()
    assert door.revision() == 6
    assert door.said() == {"number": 6, "refused": None}


def test_people_have_the_parties_of_their_groups(door: Door) -> None:
    person = next(iter(door.files.current().directory.everyone()))
    assert "security-office" in person.parties


Spoil = Callable[[Door], bytes]


def _one_byte(door: Door) -> bytes:
    data = bytearray(sign(door.part(number=6, revision=6), KEY))
    data[-20] ^= 1
    return bytes(data)


BAD: dict[str, tuple[Spoil, str]] = {
    "one byte was changed": (_one_byte, "signature"),
    "it lost its end": (lambda d: sign(d.part(number=6), KEY)[:-1], "not a stream part"),
    "somebody else signed it": (lambda d: sign(d.part(number=6), STRANGER), "signature"),
    "it is an older one": (lambda d: sign(d.part(number=4), KEY), "not newer than 5"),
    "it is the same number again": (lambda d: sign(d.part(number=5, revision=9), KEY), "not newer"),
    "it has expired": (
        lambda d: sign(replace(d.part(number=6), expires=int(d.clock.now())), KEY),
        "expired",
    ),
    "it is another organisation's": (
        lambda d: sign(replace(d.part(number=6), organisation="acme.example"), KEY),
        "belongs to `acme.example`",
    ),
    "it is a part of another stream": (
        lambda d: sign(d.part(Stream.PEOPLE, number=6), KEY),
        "stream `people`",
    ),
    "its document has a fault": (
        lambda d: sign(replace(d.part(number=6), body={"revision": 6, "document": "{}"}), KEY),
        "can't be used",
    ),
    "it has no document": (
        lambda d: sign(replace(d.part(number=6), body={}), KEY),
        "can't be used",
    ),
    "it is empty": (lambda _: b"", "not a stream part"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_part_is_refused_and_the_last_good_one_stays(door: Door, name: str) -> None:
    spoil, why = BAD[name]
    door.put(spoil(door))
    assert not door.files.poll()
    assert door.revision() == 5
    said = door.said()
    assert said["number"] == 5
    assert why in str(said["refused"])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_part_is_refused_by_a_door_that_starts_again(door: Door, name: str) -> None:
    door.put(BAD[name][0](door))
    door.restart()
    door.files.start()
    assert door.revision() == 5


def test_a_good_part_after_a_bad_one_is_taken(door: Door) -> None:
    door.put(BAD["one byte was changed"][0](door))
    door.files.poll()
    door.put(sign(door.part(number=7, revision=7), KEY))
    assert door.files.poll()
    assert door.revision() == 7
    assert door.said() == {"number": 7, "refused": None}


def test_the_part_that_is_in_force_is_not_refused_after_a_restart(door: Door) -> None:
    door.restart()
    door.files.start()
    assert door.said() == {"number": 5, "refused": None}
    door.put(BAD["it is an older one"][0](door))
    door.files.poll()
    door.put(sign(door.part(number=5, revision=5), KEY))
    door.files.poll()
    assert door.said() == {"number": 5, "refused": None}


def test_a_lower_number_is_refused_after_a_restart_too(door: Door) -> None:
    door.put(sign(door.part(number=9, revision=9), KEY))
    door.files.poll()
    door.restart()
    door.put(sign(door.part(number=8, revision=8), KEY))
    door.files.start()
    assert door.revision() == 9


def test_without_control_a_door_goes_on_until_its_part_expires(door: Door) -> None:
    (door.folder / "settings.part").unlink()
    door.restart()
    door.files.start()
    assert door.revision() == 5
    door.clock.at += LIFE - 1
    assert door.revision() == 5
    door.clock.at += 1
    with pytest.raises(StalePolicy):
        door.files.current()


def test_a_door_that_closed_opens_with_the_next_part(door: Door) -> None:
    door.clock.at += LIFE + 1
    door.put(sign(door.part(number=6, revision=6), KEY))
    door.put(sign(door.part(Stream.PEOPLE, number=6), KEY), Stream.PEOPLE)
    door.files.poll()
    assert door.revision() == 6


def test_control_reads_what_the_door_acknowledged(door: Door) -> None:
    folders = DoorFolders({"gateway": door.folder, "synapse": door.folder.parent / "synapse"})
    assert folders.acknowledged("gateway")[Stream.SETTINGS].number == 5
    assert folders.acknowledged("synapse") == {}
    door.put(BAD["it is an older one"][0](door))
    door.files.poll()
    assert "not newer" in (folders.acknowledged("gateway")[Stream.SETTINGS].refused or "")


@pytest.mark.parametrize(
    "nonsense", [b"", b"[]", b'{"streams": 3}', b'{"streams":{"settings":[]}}']
)
def test_a_malformed_acknowledgement_counts_as_none(door: Door, nonsense: bytes) -> None:
    (door.folder / "acknowledged.json").write_bytes(nonsense)
    assert DoorFolders({"gateway": door.folder}).acknowledged("gateway") == {}


def test_what_a_door_has_shut_is_told_with_its_acknowledgement(tmp_path: Path) -> None:
    door = Door(tmp_path / "door")
    door.files.start()
    folders = DoorFolders({"synapse": door.folder})
    assert folders.closed("synapse") == ()
    door.files.tell_closed(("typing notices of our people (it takes `x`); nobody is shown",))
    assert folders.closed("synapse") == (
        "typing notices of our people (it takes `x`); nobody is shown",
    )
    door.files.poll()
    assert len(folders.closed("synapse")) == 1


def test_a_door_that_never_ran_or_writes_nonsense_has_shut_nothing(tmp_path: Path) -> None:
    folders = DoorFolders({"synapse": tmp_path / "door"})
    assert folders.closed("synapse") == ()
    write_whole(tmp_path / "door/acknowledged.json", b'{"closed": 5}')
    assert folders.closed("synapse") == ()


def looked(door: Door, times: int) -> bool:
    """Whether anything was taken in so many looks."""
    return sum(door.files.newer() and door.files.poll() for _ in range(times)) > 0


def test_after_any_rest_a_new_part_is_taken_at_the_first_look(door: Door) -> None:
    looked(door, 105)
    door.put(sign(door.part(number=6, revision=6), KEY))
    assert looked(door, 1)
    assert door.revision() == 6
    assert not door.files.newer()


def test_two_parts_within_one_tick_of_the_file_systems_clock_are_both_taken(door: Door) -> None:
    looked(door, 105)
    door.put(sign(door.part(number=6, revision=6), KEY))
    before = door.folder.stat().st_mtime_ns
    assert looked(door, 1)
    door.put(sign(door.part(number=7, revision=7), KEY))
    os.utime(door.folder, ns=(before, before))
    assert looked(door, 2)
    assert door.revision() == 7


def test_a_part_written_over_in_its_place_is_seen_before_long(door: Door) -> None:
    looked(door, 105)
    (door.folder / "settings.part").write_bytes(sign(door.part(number=6, revision=6), KEY))
    assert looked(door, 20)
    assert door.revision() == 6
