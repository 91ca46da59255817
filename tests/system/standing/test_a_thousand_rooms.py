"""“Acme: no more”, and a thousand rooms that exist already, in a real Synapse, while people talk."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.ports import free_port, own_addresses
from tests.system.delegated_synapse import DOMAIN, Delegated
from tests.system.synapse_process import ROOT, Api, eventually
from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.boot_file import load
from vedette.adapters.room_reports import RoomReportFiles
from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.homeserver import homeserver_file
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.protocol.internal.standing import Report, SweepState
from vedette.protocol.internal.streams import Stream
from vedette.protocol.internal.tokens import SigningKey
from vedette.suite.organisation import NewOrganisation, init

pytestmark = pytest.mark.thorough

ROOMS = 1000
INSIDE = 100
"""Rooms of ours alone."""
REMOVED = 40
"""Rooms of a kind in which people are removed; in the others nobody can write any more."""
ALICE, BOB, CAROL = f"@alice:{DOMAIN}", f"@bob:{DOMAIN}", "@carol:acme.example"
GAVIN = "@gavin:globex.example"

DOCUMENT = f"""
[organisation]
name = "Example AG"
domain = "{DOMAIN}"

[partners.acme]
domains = ["acme.example"]

[partners.globex]
domains = ["globex.example"]

[rooms.project]
on_breach = "remove"

[standing]
on_breach = "freeze"
wait = "0 seconds"

[rules.inside]
between = ["us", "us"]
allow = ["message", "contact"]

[rules.acme]
between = ["us", "acme"]
allow = ["message", "contact"]

[rules.globex]
between = ["us", "globex"]
allow = ["message", "contact"]
"""
NO_MORE = '\n[rules.no-more]\nbetween = ["us", "acme"]\nforbid = ["all"]\nsay = "Acme: no more."\n'


class WithManyRooms(Delegated):
    """The organisation's Synapse with the module that makes rooms beside ours."""

    def _add_port(self) -> None:
        super()._add_port()
        path = homeserver_file(self.boot)
        head, _, text = path.read_text().partition("\n")
        config = json.loads(text)
        module = "tests.system.standing.many_rooms.ManyRooms"
        config["modules"].append({"module": module, "config": {"folder": str(path.parent)}})
        path.write_text(head + "\n" + json.dumps(config))

    def make_rooms(self, wanted: list[tuple[str, str, list[str], str | None]]) -> None:
        folder = homeserver_file(self.boot).parent
        fresh = folder / "wanted.new"
        fresh.write_text(json.dumps(wanted))
        fresh.rename(folder / "wanted.json")
        made = folder / "made.json"
        eventually(lambda: made.exists() and json.loads(made.read_text()) == len(wanted), 480)

    def put(self, revision: int, text: str) -> None:
        document = parse_document(text)
        assert isinstance(document, Document), document
        body = {"revision": revision, "document": canonical(document).decode()}
        self.send(Stream.SETTINGS, body)
        eventually(lambda: self.in_force(Stream.SETTINGS))

    def report(self, revision: int) -> Report:
        """Wait for the whole report under this revision."""
        files = RoomReportFiles(self.boot.door("synapse"))

        def done() -> bool:
            report = files.last()
            wanted = report is not None and report.revision == revision
            return wanted and report is not None and report.state is SweepState.DONE

        eventually(done, 300)
        report = files.last()
        assert report is not None
        return report


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WithManyRooms]:
    folder = tmp_path_factory.mktemp("thousand") / "org"
    wanted = NewOrganisation(folder=folder, domain=DOMAIN, name="Example AG", **own_addresses())
    init(wanted, datetime.now(UTC))
    boot = load(folder)
    (folder / "run").mkdir(exist_ok=True)
    key = load_pem_private_key(boot.path(boot.control.settings_key).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    made = WithManyRooms(boot, free_port(), key, SigningKey.generate())
    made.send_settings()
    made.send_people()
    made.send_sessions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        try:
            made.start()
            yield made
        finally:
            made.stop()


@contextmanager
def talking(person: Api, room: str) -> Iterator[list[float]]:
    """Send a message after the other; yields how many milliseconds each took."""
    took: list[float] = []
    over = threading.Event()

    def talk() -> None:
        while not over.is_set():
            began = time.perf_counter()
            person.say(room, "hello")
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.05)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield took
    finally:
        over.set()
        thread.join()


def in_words(took: list[float]) -> str:
    ordered = sorted(took)
    last = ordered[int(len(ordered) * 0.95)]
    return f"{len(took)} messages, median {statistics.median(took):.0f} ms, 95 of 100 within {last:.0f} ms"


def test_a_thousand_rooms_are_judged_while_people_talk(
    here: WithManyRooms, capsys: pytest.CaptureFixture[str]
) -> None:
    alice = here.api(here.person("alice", "ALICE1"))
    bob = here.api(here.person("bob", "BOB1"))
    here.put(2, DOCUMENT)
    began = time.perf_counter()
    here.make_rooms(
        [
            (
                f"room{n}",
                ALICE,
                [BOB] if n < INSIDE else [CAROL],
                "project" if INSIDE <= n < INSIDE + REMOVED else None,
            )
            for n in range(ROOMS)
        ]
        + [("partners", ALICE, [GAVIN, CAROL], "project")]
    )
    making = time.perf_counter() - began
    meeting = alice.create_room(invite=[BOB])
    bob.join(meeting).ok()
    here.put(3, DOCUMENT.replace("Example AG", "Example"))
    first = here.report(3)
    assert (first.breaches, first.in_order) == (0, 1)  # of two partners the one who came later went
    both = alice.get(f"rooms/!partners:{DOMAIN}/joined_members").ok()["joined"]
    assert set(both) == {ALICE, GAVIN}
    with talking(alice, meeting) as before:
        time.sleep(6)
    with talking(alice, meeting) as meanwhile:
        began = time.perf_counter()
        here.put(4, DOCUMENT + NO_MORE)
        in_force = time.perf_counter() - began
        report = here.report(4)
        sweeping = time.perf_counter() - began
    with capsys.disabled():
        print(
            f"\n  {ROOMS} rooms made in {making:.1f} s\n"
            f"  “Acme: no more” in force after {in_force:.2f} s; {report.judged} rooms judged, "
            f"{report.breaches} against the rules (frozen), {report.in_order} put in order by removing "
            f"{CAROL}: {sweeping:.1f} s\n"
            f"  before: {in_words(before)}\n  meanwhile: {in_words(meanwhile)}"
        )
    frozen = ROOMS - INSIDE - REMOVED
    assert (report.breaches, report.in_order, report.doubts) == (frozen, REMOVED, 0)
    assert report.judged == report.total > ROOMS
    _the_rooms_are_as_the_report_says(alice, report)
    _every_act_has_its_record(here, report)
    assert statistics.median(meanwhile) < 4 * statistics.median(before) + 300
    here.put(5, DOCUMENT)
    alice.say(f"!room{ROOMS - 1}:{DOMAIN}", "free again")
    assert here.report(5).breaches == 0


def _the_rooms_are_as_the_report_says(alice: Api, report: Report) -> None:
    entries = {entry.room: entry for entry in report.rooms}
    cleared, stopped, inside = (f"!room{n}:{DOMAIN}" for n in (INSIDE, ROOMS - 1, 0))
    assert entries[cleared].done[0].what == f"{CAROL} was removed"
    assert entries[stopped].frozen
    assert inside not in entries
    assert set(alice.get(f"rooms/{cleared}/joined_members").ok()["joined"]) == {ALICE}
    alice.say(cleared, "here we go on")
    alice.say(inside, "as ever")
    refused = alice.send(stopped, {"msgtype": "m.text", "body": "x"})
    assert refused.status == 403
    assert refused.body["error"].endswith("Acme: no more.")
    assert refused.body["vedette"]["frozen"] is True
    members = set(alice.get(f"rooms/{stopped}/joined_members").ok()["joined"])
    assert members == {ALICE, CAROL}


def _every_act_has_its_record(here: WithManyRooms, report: Report) -> None:
    folder = here.boot.spool("synapse").parent
    keys = AuditKeys.at(folder, here.boot.path(here.boot.control.audit_key))
    spool = SpoolReader(folder, keys.opened)
    eventually(lambda: len(_records(spool, "room:member:remove")) == REMOVED + 1)
    judged = {entry["id"]: entry for entry in _records(spool, "room:standing:judge")}
    for room in report.rooms:
        record = judged[room.faults[0].record] if room.faults else None
        if record is not None:
            assert (record["where"], record["decision"]["rule"]) == (room.room, "no-more")
    for removal in _records(spool, "room:member:remove"):
        assert removal["who"] == f"@vedette-rooms:{DOMAIN}"
        assert removal["claims"]["what"] == CAROL
        assert removal["claims"]["reason"] in judged


def _records(spool: SpoolReader, act: str) -> list[dict[str, object]]:
    return [entry for entry, _ in spool.read("synapse") if entry.get("act") == act]


def test_what_nobody_may_change_any_more_stays_after_a_restart(here: WithManyRooms) -> None:
    here.put(6, DOCUMENT + NO_MORE)
    first = here.report(6)
    here.stop()
    here.start()
    stopped = f"!room{ROOMS - 1}:{DOMAIN}"
    alice = here.api(here.token(here.session_of("ALICE1")))
    assert alice.send(stopped, {"msgtype": "m.text", "body": "x"}).status == 403
    again = here.report(6)
    since = {entry.room: entry.since for entry in first.rooms}
    assert again.breaches == first.breaches
    assert all(since[entry.room] == entry.since for entry in again.rooms if entry.faults)


def test_a_room_is_found_on_disk_by_nobody_else(here: WithManyRooms) -> None:
    report = here.boot.door("synapse") / "standing.json"
    assert report.stat().st_mode & 0o077 == 0
    assert Path(report).exists()
