"""What is older than it may be goes, segment by segment, and what is left can still be proven."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.adapters.test_audit_segments import ALICE, BOB, DAY, Log
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.checkpoint_file import CheckpointFile
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.removed_heads import RemovedHeadsFile
from vedette.admin.audit import ChainReport, verify_all
from vedette.admin.policy import rules_of
from vedette.control.checkpoints import Anchor
from vedette.control.retention import Retention
from vedette.core.people import Directory
from vedette.core.record import ChainState
from vedette.core.revision import Revision
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.policy import Policy
from vedette.protocol.internal.checkpoints import Checkpoint, verify_checkpoint
from vedette.protocol.internal.removed import HeadFault, RemovedHead, sign_head, verify_head
from vedette.spine import Spine

KEY = Ed25519PrivateKey.generate()
SETTINGS = """
[organisation]
name = "Example AG"
domain = "example.org"
[audit]
keep = "{keep}"
"""


@cache
def policy(keep: str) -> Policy:
    made = parse_document(SETTINGS.format(keep=keep))
    assert isinstance(made, Document), made
    return Policy(rules_of(made, 1), Directory(made, {}, 740_000))


@dataclass
class NoRevisions:
    def history(self) -> tuple[Revision, ...]:
        return ()


@dataclass
class Archive:
    """The gateway's log and what control does with it, on a calendar that is turned by hand."""

    folder: Path
    keep: str = "3 days"
    sent: float = float("inf")
    log: Log = field(init=False)

    def __post_init__(self) -> None:
        self.log = Log(self.folder / "audit")
        own = AuditSpool(self.folder / "audit" / "control", "control", self.log.clock, asyncio.wrap_future)  # type: ignore[arg-type]  # fmt: skip
        own.start()
        self.own = own
        self.heads = RemovedHeadsFile(
            self.folder / "removed.jsonl", "example.org", KEY.public_key()
        )
        self.checkpoints = CheckpointFile(self.folder / "checkpoints.jsonl")

    def current(self) -> Policy:
        return policy(self.keep)

    def days(self, count: int) -> None:
        for _ in range(count):
            self.log.note(ALICE)
            self.log.note(BOB)
            self.log.next_day()

    def look(self) -> int:
        """How many segments of the gateway's log went; control's own log grows older as well."""
        before = len(self.log.full())
        spine = Spine(self, self.own, LogIncidents(), self.log.clock)
        retention = Retention(
            self.log.reader, self.heads, spine, KEY, "example.org", lambda _: self.sent
        )
        asyncio.run(retention.look())
        return before - len(self.log.full())

    def anchor(self) -> Anchor:
        return Anchor(
            self.log.reader, NoRevisions(), self.checkpoints, KEY, KEY.public_key(), "example.org",  # type: ignore[arg-type]
            self.log.clock, self.heads.heads,
        )  # fmt: skip

    def anchored(self) -> Checkpoint:
        return verify_checkpoint(self.anchor().checkpoint(), "example.org", KEY.public_key())

    def report(self, *checkpoints: Checkpoint, heads: bool = True) -> ChainReport:
        vouching = self.heads.heads() if heads else ()
        reports = verify_all(self.log.reader, (), checkpoints, vouching)
        return next(each for each in reports if each.process == "gateway")


@pytest.fixture
def archive(tmp_path: Path) -> object:
    made = Archive(tmp_path)
    yield made
    made.log.spool.close()
    made.own.close()


def test_what_is_too_old_goes_and_the_rest_is_proven_behind_its_signed_head(
    archive: Archive,
) -> None:
    archive.days(6)
    before = archive.anchored()
    assert archive.look() == 3  # the fourth day's records are three days old to the second
    assert len(archive.log.full()) == 3
    assert len(list((archive.folder / "audit/gateway").glob("*.keys"))) == 3
    report = archive.report(before)
    assert report.holds, report.words
    assert (report.removed, report.records) == ("gateway:7", 13)
    assert "up to `gateway:7` was removed on" in report.words
    assert archive.look() == 0


def test_that_something_was_removed_is_recorded_first(archive: Archive) -> None:
    archive.days(5)
    archive.look()
    archive.own.close()
    entries = [entry for entry, _ in archive.log.reader.read("control")]
    removal = next(entry for entry in entries if entry.get("act") == "audit:segment:remove")
    assert (removal["where"], removal["claims"]["what"]) == ("gateway", "gateway:1 to gateway:3")
    assert archive.heads.heads()[0].record == removal["id"]


def test_the_next_run_of_control_goes_on_behind_what_was_removed(archive: Archive) -> None:
    archive.days(6)
    archive.anchored()
    archive.look()
    again = archive.anchor()
    again.checkpoint()
    assert again.broken() == {}
    assert again.states()["gateway"].length == 13
    archive.log.note(BOB)
    again.checkpoint()
    assert again.states()["gateway"].length == 14


def test_a_beginning_that_is_missing_without_a_signed_head_is_told(archive: Archive) -> None:
    archive.days(6)
    archive.anchored()
    folder = archive.folder / "audit/gateway"
    (folder / archive.log.full()[0]).unlink()
    report = archive.report()
    assert not report.holds
    assert "nothing signed says" in report.words
    anchor = archive.anchor()
    anchor.checkpoint()
    assert "nothing signed says" in anchor.broken()["gateway"]


def test_a_head_of_anybody_else_vouches_for_nothing(archive: Archive) -> None:
    archive.days(6)
    archive.look()
    path = archive.folder / "removed.jsonl"
    lines = path.read_bytes()
    assert not archive.report(heads=False).holds
    path.write_bytes(lines.replace(b'"length":', b'"length":1'))
    archive.heads = RemovedHeadsFile(path, "example.org", KEY.public_key())
    assert not archive.report().holds
    other = Ed25519PrivateKey.generate()
    head = verify_head(lines.splitlines()[-1], "example.org", KEY.public_key())
    path.write_bytes(sign_head(head, other) + b"\n")
    archive.heads = RemovedHeadsFile(path, "example.org", KEY.public_key())
    assert not archive.report().holds


def test_an_old_checkpoint_speaks_of_what_was_removed_and_breaks_nothing(archive: Archive) -> None:
    archive.days(1)
    old = archive.anchored()
    archive.days(5)
    archive.look()
    assert archive.report(old).holds
    wrong = Checkpoint("example.org", 1, {"gateway": ChainState("1" * 64, "gateway:99", 9)})
    assert not archive.report(old, wrong).holds


@pytest.mark.parametrize("keep", ["400 days", "9 days"])
def test_what_is_young_enough_stays(archive: Archive, keep: str) -> None:
    archive.keep = keep
    archive.days(6)
    assert archive.look() == 0


def test_the_last_segment_stays_however_old(archive: Archive) -> None:
    archive.days(2)
    archive.log.clock.at += 100 * DAY
    assert archive.look() == 1
    assert len(archive.log.full()) == 1
    archive.log.note(BOB)
    assert archive.report().holds


def test_what_has_not_reached_the_siem_stays(archive: Archive) -> None:
    archive.days(6)
    archive.sent = archive.log.reader.segments("gateway")[0].end
    assert archive.look() == 1


def test_a_segment_that_does_not_hold_is_kept_as_evidence(archive: Archive) -> None:
    archive.days(6)
    first = archive.folder / "audit/gateway" / archive.log.full()[0]
    first.write_bytes(first.read_bytes().replace(b'"document"', b'"programm"', 1))
    assert archive.look() == 0
    assert first.exists()


def test_a_removal_that_was_cut_short_is_done_again(archive: Archive) -> None:
    archive.days(5)
    aside = {path: path.read_bytes() for path in (archive.folder / "audit/gateway").iterdir()}
    archive.look()
    for path, data in aside.items():  # the head was kept, and then the machine stopped
        path.write_bytes(data)
    assert archive.report().holds
    assert archive.look() == 2
    assert archive.report().holds


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"nonsense", b"\xff", b"[" * 100_000, b'{"signature":"x"}']
)
def test_what_is_no_head_is_refused(line: bytes) -> None:
    with pytest.raises(HeadFault):
        verify_head(line, "example.org", KEY.public_key())


def test_a_head_is_of_one_organisation() -> None:
    state = ChainState("1" * 64, "gateway:3", 3)
    head = RemovedHead(
        organisation="other.example", process="gateway", end=7, state=state, first="gateway:1",
        newest=5, at=9, record="control:1",
    )  # fmt: skip
    line = sign_head(head, KEY)
    assert verify_head(line, "other.example", KEY.public_key()) == head
    with pytest.raises(HeadFault, match=r"other\.example"):
        verify_head(line, "example.org", KEY.public_key())
    changed = json.loads(line) | {"end": 8}
    with pytest.raises(HeadFault, match="signature"):
        verify_head(json.dumps(changed).encode(), "other.example", KEY.public_key())
