"""Control's side of the streams, against doors on real folders."""

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.adapters.door_folders import DoorFolders
from vedette.adapters.memory.revisions import MemoryRevisions
from vedette.adapters.stream_files import StreamFiles, people_sent
from vedette.adapters.system_clock import SystemClock
from vedette.admin.doors import DoorState
from vedette.control.streams import Publisher
from vedette.core.people import Person
from vedette.core.revision import Revision
from vedette.core.settings.canonical import digest
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.protocol.internal.streams import Stream

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
TEXT = default_document("Example AG", "example.org")
DOORS = ("gateway", "synapse")


def document() -> Document:
    found = parse_document(TEXT)
    assert isinstance(found, Document)
    return found


def revision(number: int) -> Revision:
    return Revision(
        number=number, text=TEXT, digest=digest(document()), author="a", reason="r", at=1
    )


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    folders = DoorFolders({name: tmp_path / name for name in DOORS})
    return Publisher(folders, MemoryRevisions(), KEY, "example.org", SystemClock())


def door(tmp_path: Path, name: str) -> StreamFiles:
    return StreamFiles(tmp_path / name, "example.org", KEY.public_key(), SystemClock())


def test_every_door_gets_settings_people_and_sessions(publisher: Publisher, tmp_path: Path) -> None:
    publisher.settings(revision(7), document())
    publisher.people({"@a:example.org": Person(groups=frozenset({"Security-Officers"}))})
    publisher.sessions(b"{}")
    for name in DOORS:
        files = door(tmp_path, name)
        files.start()
        assert files.current().rules.revision == 7
        assert files.current().directory.people["@a:example.org"].groups == {"Security-Officers"}
        assert files.part(Stream.SESSIONS) is not None


def test_notices_go_to_the_door_that_has_the_notice_account(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.settings(revision(1), document())
    publisher.notices({"notices": []})
    assert [(tmp_path / name / "notices.part").exists() for name in DOORS] == [False, True]


def test_a_part_lives_as_long_as_the_settings_say(publisher: Publisher, tmp_path: Path) -> None:
    publisher.settings(revision(1), document())
    publisher.people({})
    files = door(tmp_path, "gateway")
    files.start()
    part = files.part(Stream.PEOPLE)
    assert part is not None
    assert part.expires - part.issued == document().streams.lifetime


async def test_a_door_that_refuses_says_why(publisher: Publisher, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.from_private_bytes(b"o" * 32).public_key()
    sent = publisher.settings(revision(1), document())
    StreamFiles(tmp_path / "gateway", "example.org", other, SystemClock()).start()
    answers = await publisher.answers(sent, 0.1)
    assert [each.state for each in answers] == [DoorState.REFUSED, DoorState.SILENT]
    assert "signature" in (answers[0].why or "")
    assert "refused revision 1" in str(answers[0])


async def test_a_door_whose_folder_can_t_be_written_is_named(
    publisher: Publisher, tmp_path: Path
) -> None:
    (tmp_path / "synapse").write_text("in the way")
    sent = publisher.settings(revision(1), document())
    publisher.people({})
    door(tmp_path, "gateway").start()
    answers = await publisher.answers(sent, 0.1)
    assert [each.state for each in answers] == [DoorState.IN_FORCE, DoorState.REFUSED]
    assert "can't be written" in (answers[1].why or "")


async def test_an_old_refusal_is_not_taken_for_an_answer(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.settings(revision(1), document())
    publisher.people({})
    files = door(tmp_path, "gateway")
    files.start()
    part = tmp_path / "gateway" / "settings.part"
    part.write_bytes(b"nonsense")
    files.poll()
    sent = publisher.settings(revision(2), document())
    waiting = asyncio.create_task(publisher.answers(sent, 60.0))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    files.poll()
    door(tmp_path, "synapse").start()
    assert {each.state for each in await waiting} == {DoorState.IN_FORCE}


def test_numbers_stay_above_what_doors_have(publisher: Publisher, tmp_path: Path) -> None:
    for number in range(1, 4):
        publisher.settings(revision(number), document())
    publisher.people({})
    door(tmp_path, "gateway").start()
    fresh = Publisher(publisher.doors, MemoryRevisions(), KEY, "example.org", SystemClock())
    assert fresh.settings(revision(4), document()).number == 4


def test_of_many_people_a_change_is_sent_by_itself(publisher: Publisher, tmp_path: Path) -> None:
    publisher.many = 3
    publisher.settings(revision(1), document())
    everybody = {f"@{n}:example.org": Person() for n in "abcd"}
    publisher.people(everybody)
    files = door(tmp_path, "gateway")
    files.start()
    whole = (tmp_path / "gateway/people.part").read_bytes()
    now = {**everybody, "@a:example.org": Person(active=False), "@e:example.org": Person()}
    del now["@b:example.org"]
    publisher.people(now)
    assert (tmp_path / "gateway/people.part").read_bytes() == whole
    assert files.poll()
    assert dict(files.current().directory.people) == now
    again = door(tmp_path, "gateway")  # as after a restart of the door
    again.start()
    assert dict(again.current().directory.people) == now
    publisher.people(everybody)
    assert files.poll()
    assert dict(files.current().directory.people) == everybody


def test_changes_are_about_one_whole_list_and_none_other(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.many = 1
    publisher.settings(revision(1), document())
    publisher.people({"@a:example.org": Person()})
    publisher.people({"@a:example.org": Person(active=False)})
    files = door(tmp_path, "gateway")
    files.start()
    assert not files.current().directory.people["@a:example.org"].active
    publisher.everybody({"@a:example.org": Person(guest=True)})
    files.poll()
    assert files.current().directory.people["@a:example.org"] == Person(guest=True)


def test_a_door_that_missed_everybody_is_sent_everybody(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.many = 1
    (tmp_path / "synapse").write_text("in the way")
    publisher.settings(revision(1), document())
    publisher.people({"@a:example.org": Person()})
    (tmp_path / "synapse").unlink()
    publisher.settings(revision(1), document())
    publisher.people({"@a:example.org": Person(active=False)})
    files = door(tmp_path, "synapse")
    files.start()
    assert not files.current().directory.people["@a:example.org"].active


def test_many_changes_are_everybody(publisher: Publisher, tmp_path: Path) -> None:
    publisher.settings(revision(1), document())
    everybody = {f"@u{n}:example.org": Person() for n in range(2500)}
    publisher.people(everybody)
    sent = publisher.people({user: Person(active=False) for user in everybody})
    assert sent.stream is Stream.PEOPLE


def test_what_any_door_was_sent_last_can_be_read_back_though_it_has_expired(
    publisher: Publisher, tmp_path: Path
) -> None:
    everybody = {f"@u{n}:example.org": Person() for n in range(publisher.many)}
    publisher.people(everybody)
    now = {**everybody, "@u1:example.org": Person(active=False)}
    publisher.people(now)
    folders = [tmp_path / "nobody", tmp_path / "gateway"]
    key = publisher.key.public_key()
    assert people_sent(folders, publisher.organisation, key) == now
    assert people_sent(folders, "example.com", key) == {}
    (tmp_path / "gateway/people.part").write_bytes(b"damaged")
    assert people_sent(folders, publisher.organisation, key) == {}
