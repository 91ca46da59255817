"""A real SIEM, over mutual TLS: it receives every record, whoever is restarted."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.apps.control.organisation import Organisation, make, until
from tests.services.syslog_ng import SyslogNg, needs_syslog_ng
from vedette.adapters.audit_spool import AuditSpool, read_spool
from vedette.adapters.boot_file import load
from vedette.adapters.syslog_tls import SyslogTls
from vedette.adapters.system_clock import SystemClock
from vedette.control.records_here import settings_keys, unsent, verify_here
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.record import canonical, verify_chain
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.checkpoints import verify_checkpoint
from vedette.protocol.syslog import Origin, record_message

pytestmark = needs_syslog_ng
DOORS = ("gateway", "synapse", "signin", "inspector")
NO = Decision(verdict=Verdict.NO, reason=Reason.FORBIDDEN, rule="acme", revision=1)


@pytest.fixture
def siem(tmp_path: Path) -> Iterator[SyslogNg]:
    made = SyslogNg(tmp_path / "siem")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def sending(tmp_path: Path, siem: SyslogNg) -> Iterator[Organisation]:
    """An organisation whose control sends to the SIEM, and copies its checkpoints elsewhere."""
    made = make(tmp_path / "example")
    boot = made.boot.folder / "boot.toml"
    text = boot.read_text().replace(
        "[control]\n", f'[control]\ncheckpoint_copy = "{tmp_path}/elsewhere/kept.jsonl"\n'
    )
    boot.write_text(
        f'{text}\n[control.syslog]\naddress = "{siem.address}"\nca = "{siem.folder}/ca.crt"\n'
        f'certificate = "{siem.folder}/client.crt"\nkey = "{siem.folder}/client.key"\n'
    )
    made.boot = load(made.boot.folder)
    yield made
    made.end_all()


def _door(organisation: Organisation, name: str, stop: threading.Event) -> None:
    """A door that records refusals until it is told to end."""
    spool = AuditSpool(organisation.boot.spool(name), name, SystemClock(), _never)
    spool.start()
    number = 0
    while not stop.wait(0.002):
        number += 1
        question = Question(Channel.FILE, frozenset({"us"}), frozenset({"acme"}), "@b:acme.test")
        ask = Ask(
            act=Act.FILE_CONTENT_UPLOAD, who=f"@grüße{number}:example.test", questions=(question,)
        )
        spool.note(ask, Facts({"file.size": number}), NO)
    spool.close()


@pytest.fixture
def end_doors(sending: Organisation) -> Iterator[Callable[[], None]]:
    """Four doors that record until they are told to end."""
    stop = threading.Event()
    doors = [threading.Thread(target=_door, args=(sending, name, stop)) for name in DOORS]

    def end() -> None:
        stop.set()
        for door in doors:
            door.join()

    for door in doors:
        door.start()
    yield end
    end()


async def _never(_: object) -> None:
    raise AssertionError


def _records(siem: SyslogNg) -> list[dict[str, str]]:
    """The structured data and text of each message about a record."""
    return [
        {**each["_SDATA"]["vedette@32473"], "text": each["MESSAGE"]}
        for each in siem.kept()
        if each["MSGID"] in ("decision", "counted", "started")
    ]


def test_every_record_of_four_doors_arrives_across_restarts_of_both_and_chains_hold_there(
    sending: Organisation, siem: SyslogNg, end_doors: Callable[[], None]
) -> None:
    sending.start()
    until(lambda: len(_records(siem)) > 200)
    siem.stop()  # in the middle of it
    time.sleep(1.5)
    siem.start()
    until(lambda: len(_records(siem)) > 1500)
    sending.stop(signal.SIGKILL)  # and control, in the middle of it
    sending.start()
    siem.stop()
    siem.start()
    end_doors()
    written = {name: list(read_spool(sending.boot.spool(name) / f"{name}.jsonl")) for name in DOORS}
    ids = {str(entry["id"]) for entries in written.values() for entry in entries}
    until(lambda: ids <= {each["id"] for each in _records(siem)})
    assert sending.stop() == 0
    arrived = _records(siem)
    unmarked = Counter(each["id"] for each in arrived if "again" not in each)
    print(f"{len(ids)} records, {len(arrived)} messages, {len(arrived) - len(unmarked)} marked")
    assert max(unmarked.values()) == 1
    for name, entries in written.items():
        there = {each["id"]: json.loads(each["text"]) for each in arrived}
        assert verify_chain((there[str(entry["id"])] for entry in entries), name).last


def test_checkpoints_leave_to_the_siem_and_to_a_file_elsewhere_and_prove_a_cut(
    sending: Organisation, siem: SyslogNg, tmp_path: Path
) -> None:
    sending.start()
    sending.ask("GET", "/rules")
    sending.stop()
    there = [json.loads(each["MESSAGE"]) for each in siem.kept() if each["MSGID"] == "checkpoint"]
    line = canonical(there[-1])
    assert (
        verify_checkpoint(line, "example.test", settings_keys(sending.boot)).heads["control"].length
    )
    assert line in (tmp_path / "elsewhere" / "kept.jsonl").read_bytes()
    # whoever cuts the log and the checkpoints here is caught by the file elsewhere
    spool = sending.boot.spool("control") / "control.jsonl"
    spool.write_bytes(b"")
    (sending.boot.path(sending.boot.control.folder) / "checkpoints.jsonl").unlink()
    reports, _ = verify_here(sending.boot, None)
    assert [each.process for each in reports if not each.holds] == ["control"]


def test_doctor_says_that_records_wait_or_that_checkpoints_do_not_leave(
    sending: Organisation, siem: SyslogNg, tmp_path: Path
) -> None:
    sending.start()
    until(lambda: siem.kept() != [])
    until((tmp_path / "elsewhere" / "kept.jsonl").exists)
    sending.stop()
    now = time.time()
    assert unsent(sending.boot, now) == ()
    siem.stop()
    sending.start()
    sending.stop()
    later = unsent(sending.boot, now + 1000)
    assert [words for words in later if "of `control` have not reached the SIEM" in words]
    assert "no checkpoint has left to the file elsewhere for some minutes" in later


def test_what_the_siem_parses_is_what_was_meant(siem: SyslogNg) -> None:
    entry = {"kind": "decision", "id": 'gateway:"]\\', "at": 1.5, "who": "@ä\n:x"}
    receiver(siem).deliver(
        [record_message(Origin(organisation="example.org"), "gateway", entry, again=True)]
    )
    until(lambda: siem.kept() != [])
    (kept,) = siem.kept()
    data = kept["_SDATA"]["vedette@32473"]
    assert (data["id"], data["who"], data["again"]) == (
        'gateway:"]\\', "@ä\N{REPLACEMENT CHARACTER}:x", "yes",
    )  # fmt: skip
    assert json.loads(kept["MESSAGE"]) == entry
    assert (kept["HOST"], kept["PROGRAM"], kept["PID"]) == ("example.org", "vedette", "gateway")


def receiver(siem: SyslogNg, **changed: object) -> SyslogTls:
    folder = siem.folder
    given: dict[str, object] = {
        "address": siem.address, "name": "", "ca": folder / "ca.crt",
        "certificate": folder / "client.crt", "key": folder / "client.key",
    } | changed  # fmt: skip
    return SyslogTls(**given)  # type: ignore[arg-type]


def test_nothing_goes_to_a_receiver_that_is_not_the_one_that_was_named(
    siem: SyslogNg, tmp_path: Path
) -> None:
    other = SyslogNg(tmp_path / "other")
    for wrong in (
        receiver(siem, ca=other.folder / "ca.crt"),
        receiver(siem, name="siem.example.org"),
        receiver(other),
        receiver(siem, certificate=other.folder / "client.crt", key=other.folder / "client.key"),
        receiver(siem, ca=tmp_path / "nothing"),
    ):
        with pytest.raises(Unavailable):
            wrong.deliver([b"<109>1 - - - - - - x"])
    assert siem.kept() == []


def test_an_ending_that_is_no_receipt_counts_as_not_taken(siem: SyslogNg) -> None:
    server = Rude(siem)
    try:
        with pytest.raises(Unavailable, match="without a receipt"):
            receiver(siem, address=f"localhost:{server.port}").deliver([b"x"])
        receiver(siem, address=f"localhost:{server.port}", receipts=False).deliver([b"x"])
        # one that says its ending by itself, with most of the batch unread
        server.ends = True
        with pytest.raises(Unavailable):
            receiver(siem, address=f"localhost:{server.port}").deliver([b"x" * 1000] * 800)
    finally:
        server.close()


class Rude:
    """Shakes hands, reads a little, and hangs up without a word."""

    def __init__(self, siem: SyslogNg) -> None:
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(siem.folder / "server.crt", siem.folder / "server.key")
        self.ends = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                with suppress(OSError):
                    shaken = self._tls.wrap_socket(raw, server_side=True)
                    shaken.recv(100)
                    if self.ends:
                        shaken.settimeout(0)
                        with suppress(ssl.SSLWantReadError):
                            shaken.unwrap()
                    socket.socket(fileno=shaken.detach()).close()

    def close(self) -> None:
        self._listener.close()
