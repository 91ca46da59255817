"""Reports of devices that are pushed: what is signed is taken, and every other way in is shut."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.control.organisation import Organisation, make
from tests.apps.control.test_inbound import add_inbound, connection
from vedette.adapters.boot_file import NAME, load
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.devices import MemoryDevices
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.control.device_reports import MOST_DEVICES, REFUSED, DeviceReports
from vedette.core.managed_devices import Standing
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.device_management import KeptDevice
from vedette.protocol.standard_webhooks import Stamp
from vedette.suite.certificates import make_authority, today

NOW = 1_800_000_000
SECRET, OTHER = b"a" * 32, b"b" * 32


def stamped(secret: bytes, body: bytes, called: str = "msg_1", at: int = NOW) -> Stamp:
    mac = hmac.new(secret, f"{called}.{at}.".encode() + body, hashlib.sha256).digest()
    return Stamp(called, str(at), f"v1,{base64.b64encode(mac).decode()}")


def report(*devices: Any) -> bytes:
    return json.dumps({"devices": devices}).encode()


PHONE = {"id": "p1", "names": ["C02ABC"], "owner": "anna", "compliant": True}


class Desk:
    """Two sources with a secret each, `mdm` and `emm`; `old` is in no settings any more."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryDevices(), MemoryClock(float(NOW))
        section = DeviceManagement(issuers=("company",))
        self.reports = DeviceReports(
            {"mdm": lambda: (SECRET,), "emm": lambda: (OTHER,), "old": lambda: (SECRET,)},
            self.store,
            lambda: {"mdm": section, "emm": section},
            self.clock,
        )

    def send(self, body: bytes, stamp: Stamp | None = None, source: str = "mdm", **of: Any) -> Any:
        return self.reports.taken(source, stamp or stamped(SECRET, body, **of), body)

    def kept(self) -> KeptDevice:
        found = self.store.device("mdm", "p1")
        assert found is not None
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_signed_report_is_kept(desk):
    answered = desk.send(report(PHONE))
    assert (answered.status, answered.body["taken"], answered.body["changed"]) == (200, 1, 1)
    kept = desk.kept()
    assert kept.device.names == {"c02abc"}
    assert (kept.device.owner, kept.device.compliant, kept.reported) == ("anna", True, NOW)
    (state,) = desk.store.states()
    assert (state.source, state.read, state.devices) == ("mdm", NOW, 1)
    desk.send(report(PHONE, {**PHONE, "id": "p2"}), called="msg_2")
    assert desk.store.states()[0].devices == 2


def test_a_replayed_report_changes_nothing_and_keeps_nothing_fresh(desk):
    good, bad = report(PHONE), report({**PHONE, "compliant": False})
    first = stamped(SECRET, good, "msg_1")
    desk.send(good, first)
    desk.send(bad, called="msg_2")
    desk.clock.seconds += 60
    answered = desk.send(good, first)
    assert answered.body["taken"] == 0
    assert desk.kept().device.compliant is False
    assert desk.store.states()[0].read == NOW
    desk.clock.seconds += 300
    assert desk.send(good, first) == REFUSED  # too old by now


def test_a_report_under_another_id_or_time_than_it_was_signed_with_is_refused(desk):
    body = report(PHONE)
    signature = stamped(SECRET, body).signature
    assert desk.send(body, Stamp("msg_2", str(NOW), signature)) == REFUSED
    assert desk.send(body, Stamp("msg_1", str(NOW + 1), signature)) == REFUSED


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301, 0])
def test_an_old_report_and_one_of_the_future_are_refused(desk, at):
    assert desk.send(report(PHONE), at=at) == REFUSED


def test_a_changed_body_is_refused(desk):
    stamp = stamped(SECRET, report({**PHONE, "compliant": False}))
    assert desk.send(report(PHONE), stamp) == REFUSED


def test_the_secret_of_another_source_signs_nothing(desk):
    body = report(PHONE)
    assert desk.send(body, stamped(OTHER, body)) == REFUSED
    assert desk.send(body, stamped(SECRET, body), source="emm") == REFUSED


@pytest.mark.parametrize("source", ["nobody", "old", "", "mdm/", "MDM", "../mdm", "x" * 5000])
def test_a_source_that_there_is_not_is_answered_like_a_wrong_signature(desk, source):
    assert desk.send(report(PHONE), source=source) == REFUSED


def test_nothing_refused_is_kept(desk):
    desk.send(report(PHONE), Stamp("", "", ""))
    assert desk.store.listed("", 10) == ()
    assert desk.store.states() == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"devices": {}}',
        b'{"devices": [], "more": 1}',
        b"[" * 100_000,
        b"\xff",
        report(*[PHONE] * (MOST_DEVICES + 1)),
    ],
)
def test_a_report_of_another_shape_is_refused_whole_with_a_reason(desk, body):
    answered = desk.send(body)
    assert answered.status == 400
    assert answered.body["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": 7},
        {"names": "C02ABC"},
        {"names": ["x" * 256]},
        {"owner": "ev\x1bil"},
        {"platform": "beos"},
        {"compliant": "yes"},
        {"compliant": 1},
        {"standing": "fine"},
        {"reported": "2026-11-26T10:00:00"},
        {"reported": 10**30},
        {"managed": True},
        None,
    ],
)
def test_a_device_that_can_not_be_is_left_out_and_told_and_the_others_count(desk, change):
    bad = None if change is None else {**PHONE, "id": "p2", **change}
    answered = desk.send(report(PHONE, bad))
    assert (answered.status, answered.body["taken"]) == (200, 1)
    (words,) = answered.body["left_out"]
    assert "devices.1" in words
    assert len(words) < 300
    assert desk.kept().device.compliant is True


def test_of_a_device_that_is_told_twice_neither_counts(desk):
    answered = desk.send(report(PHONE, {**PHONE, "compliant": False}))
    assert answered.body["taken"] == 0
    assert "more than once" in answered.body["left_out"][0]


def test_a_report_that_comes_late_gives_nothing_back_but_still_takes_away(desk):
    early, late = "2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"
    desk.send(report({**PHONE, "compliant": False, "reported": late}), called="msg_1")
    answered = desk.send(report({**PHONE, "reported": early}), called="msg_2")
    assert answered.body["taken"] == 0
    assert desk.kept().device.compliant is False
    desk.send(report({**PHONE, "standing": "lost", "reported": early}), called="msg_3")
    assert desk.kept().device.standing is Standing.LOST


@given(
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["devices", "id", "names", "standing"]), inner)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_is_signed_is_taken_or_refused_and_nothing_else_happens(body):
    assert Desk().send(body).status in (200, 400)


# ---- over the wire -------------------------------------------------------------------------------


@dataclass
class Sender:
    """A device management with a secret, at a running control."""

    organisation: Organisation
    secret: bytes

    def post(self, body: bytes, stamp: Stamp, source: str = "mdm") -> tuple[int, Any]:
        asked = connection(self.organisation.boot)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": stamp.id,
            "Webhook-Timestamp": stamp.timestamp,
            "WEBHOOK-SIGNATURE": stamp.signature,
        }
        asked.request("POST", f"/device-reports/{source}", body, headers)
        answer = asked.getresponse()
        found = json.loads(answer.read())
        asked.close()
        return answer.status, found

    def report(self, *devices: Any, called: str) -> tuple[int, Any]:
        body = report(*devices)
        return self.post(body, stamped(self.secret, body, called, int(time.time())))


SECTIONS = """
[control.device_management.mdm]
kind   = "webhook"
secret = "secrets/mdm-webhook"

[control.device_management.table]
kind = "file"
file = "devices.csv"
"""
HEAD = "id,names,compliant\n"


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    made = make(tmp_path_factory.mktemp("reports") / "org")
    folder = made.boot.folder
    add_inbound(made)
    with (folder / NAME).open("a") as file:
        file.write(SECTIONS)
    secret = hashlib.sha256(str(folder).encode()).digest()
    written = folder / "secrets/mdm-webhook"
    written.touch(0o600)
    written.write_text(f"whsec_{base64.b64encode(secret).decode()}\n")
    (folder / "devices.csv").write_text(HEAD + "".join(f"d{n},serial{n},yes\n" for n in range(20)))
    pem = make_authority("Device CA", today()).pem.decode()
    anchor = "".join(line for line in pem.splitlines() if "-" not in line)
    with (folder / "settings.toml").open("a") as file:
        file.write(f'[issuers.company]\nanchors = ["{anchor}"]\ndevices = "managed"\n')
        for name in ("mdm", "table"):
            file.write(f'[device_management.{name}]\nissuers = ["company"]\nevery = "5 seconds"\n')
    made.boot = load(folder)
    made.start()
    yield Sender(made, secret)
    made.end_all()


def stored(sender: Sender, source: str, id_: str) -> KeptDevice | None:
    store = open_sign_in_store(sender.organisation.boot.sign_in_database(), None)
    try:
        return store.devices.device(source, id_)
    finally:
        store.close()


def test_over_the_wire_a_report_is_taken_where_others_push(sender: Sender) -> None:
    status, found = sender.report(PHONE, called="msg_a")
    assert (status, found["taken"]) == (200, 1), found
    kept = stored(sender, "mdm", "p1")
    assert kept is not None
    assert kept.device.compliant is True


def test_over_the_wire_every_forgery_gets_one_answer(sender: Sender) -> None:
    now, body = int(time.time()), report({**PHONE, "id": "forged"})
    real = stamped(sender.secret, body, "msg_b", now)
    answers = [
        sender.post(body, Stamp("", "", "")),
        sender.post(body, stamped(OTHER, body, "msg_b", now)),
        sender.post(body, stamped(sender.secret, body, "msg_b", now - 400)),
        sender.post(body + b" ", real),
        sender.post(body, real, "nobody"),
        sender.post(body, real, "table"),
        sender.post(body, Stamp("msg_b.", str(now), real.signature)),
    ]
    assert answers == [answers[0]] * len(answers)
    assert answers[0][0] == 401
    assert stored(sender, "mdm", "forged") is None


def test_over_the_wire_a_giant_report_is_not_read_and_other_methods_do_nothing(
    sender: Sender,
) -> None:
    body = b" " * ((1 << 20) + 1)
    asked = connection(sender.organisation.boot)
    asked.request("POST", "/device-reports/mdm", body)
    assert asked.getresponse().status == 413
    asked.close()
    asked = connection(sender.organisation.boot)
    asked.request("GET", "/device-reports/mdm")
    assert asked.getresponse().status == 405
    asked.close()


def test_no_report_is_taken_where_administrators_ask(sender: Sender) -> None:
    status, _ = sender.organisation.ask("POST", "/device-reports/mdm", {}, {}, prefix="")
    assert status == 401


def test_the_command_line_tries_an_inventory_reads_it_and_confirms_what_is_held(
    sender: Sender,
) -> None:
    def run(*words: str) -> tuple[int, str]:
        done = sender.organisation.vedette("device", "inventory", *words)
        return done.returncode, done.stdout + done.stderr

    table = sender.organisation.boot.folder / "devices.csv"
    code, words = run("test", "table")
    assert (code, words.splitlines()[-1]) == (0, "good   devices: it tells of 20 devices")
    assert run("sync", "table", "--reason", "x")[0] == 0
    kept = stored(sender, "table", "d7")
    assert kept is not None
    assert not kept.gone
    table.write_text(HEAD + "d0,serial0,no\n")
    code, words = run("sync", "table", "--reason", "x")
    assert code == 1
    assert "19 of 20" in words
    assert "--confirm" in words
    first = stored(sender, "table", "d0")
    assert first is not None
    assert first.device.compliant is False
    health = sender.organisation.vedette("doctor", "--json")
    assert "19 of 20" in health.stdout
    assert run("sync", "table", "--reason", "sold", "--confirm") == (0, "table: 1 devices\n")
    kept = stored(sender, "table", "d7")
    assert kept is not None
    assert kept.gone
    table.write_text("id\n")
    code, words = run("test", "table")
    assert code == 1
    assert "FAILS" in words
    assert run("sync", "table", "--reason", "x")[0] not in (0, 1)


def test_what_is_never_asked_and_what_there_is_not_is_said(sender: Sender) -> None:
    def ask(path: str, body: Any = None) -> tuple[int, Any]:
        return sender.organisation.ask("POST", f"/devices/inventories/{path}", body)

    assert ask("mdm/test")[1]["checks"][0]["well"] is True
    status, found = ask("mdm/sync", {"reason": "x"})
    assert (status, "reports by itself" in found["error"]["message"]) == (400, True)
    status, found = ask("nobody/test")
    assert (status, found["error"]["hint"]) == (404, "there are mdm, table")
    records = sender.organisation.ask("GET", "/audit/records")[1]
    assert "devices:inventory:sync" in json.dumps(records)
