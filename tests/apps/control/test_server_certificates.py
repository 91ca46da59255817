"""Certificates of our servers: a real gateway orders one of a real authority, and control tells."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests import commands
from tests.apps.control.organisation import Organisation, make, until
from tests.apps.control.test_doctor import healthy  # noqa: F401  # a fixture
from tests.services.pebble import Pebble, needs_pebble
from vedette.adapters.boot_file import AcmeBoot, load
from vedette.admin.doctor import Examined, Found, Health, ordered_certificate
from vedette.protocol.internal.server_certificates import Ordering, Origin

NAMES = ("chat.example.org", "example.test")
NOW, DAY = 1_800_000_000.0, 86_400.0


@pytest.fixture
def pebble(tmp_path: Path) -> Iterator[Pebble]:
    found = Pebble(tmp_path / "pebble", refuses=5)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def ordering_one(tmp_path: Path, pebble: Pebble) -> Iterator[Organisation]:
    """An organisation whose control and gateway run, and whose gateway is to order."""
    made = make(tmp_path / "org")
    file = made.boot.folder / "boot.toml"
    file.write_text(
        file.read_text().replace(made.boot.gateway.client_url, f"https://{NAMES[0]}")
        + f'\n[gateway.acme]\ndirectory = "{pebble.directory}"\nca = "{pebble.folder}/ca.crt"\n'
        f'agree = true\nnames = {list(NAMES)}\nlisten = "127.0.0.1:{pebble.http_port}"\n'
    )
    running = Organisation(load(made.boot.folder))
    running.start()
    gateway = commands.start(
        *("--dir", str(running.boot.folder), "gateway"),
        stderr=(running.boot.folder / "gateway.log").open("wb"),
    )
    yield running
    gateway.terminate()
    gateway.wait(60)
    running.end_all()


def serial(organisation: Organisation, root: bytes) -> str | None:
    """The certificate that a client sees who trusts the authority alone; None: it trusts none."""
    host, _, port = organisation.boot.gateway.client.rpartition(":")
    tls = ssl.create_default_context(cadata=root.decode())
    connection = http.client.HTTPSConnection(host, int(port), timeout=10, context=tls)
    tls.check_hostname = False
    try:
        connection.connect()
        found = connection.sock.getpeercert()  # type: ignore[union-attr]
        return str(found["serialNumber"]).lower()  # type: ignore[index]
    except (OSError, ssl.SSLError):
        return None
    finally:
        connection.close()


@needs_pebble
def test_a_gateway_has_its_certificate_ordered_and_renewed_while_it_runs(
    ordering_one: Organisation, pebble: Pebble
) -> None:
    root, ask = pebble.root(), ordering_one.ask
    until(lambda: serial(ordering_one, root) is not None)
    first = serial(ordering_one, root)
    code, told = ask("GET", "/certificates/server")
    assert code == 200
    (gateway, console) = told
    assert gateway["server"] == "gateway"
    assert (gateway["origin"], set(gateway["names"])) == ("acme", set(NAMES))
    assert int(gateway["serial"], 16) == int(first or "", 16)
    assert gateway["ordering"]["trouble"] == ""
    assert (console["origin"], console["directory"], console["ordering"]) == ("files", None, None)
    said = ordering_one.vedette("certificate", "server", "list")
    assert said.returncode == 0, said.stderr
    assert f"is ordered at {pebble.directory}" in said.stdout
    assert "comes from files" in said.stdout

    said = ordering_one.vedette("certificate", "server", "renew", "--reason", "a drill", "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    assert json.loads(said.stdout)["record"].startswith("control:")
    until(lambda: serial(ordering_one, root) not in (first, None))
    metrics = _metrics(ordering_one)
    assert "vedette_server_certificate_failed_orders 0" in metrics
    assert 'vedette_server_certificate_end_seconds{server="gateway"}' in metrics
    _fails_and_is_told(ordering_one, pebble)


def _metrics(organisation: Organisation) -> str:
    host, _, port = organisation.boot.control.listen.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    connection.request(
        "GET", "/metrics", headers={"Authorization": f"Bearer {organisation.token()}"}
    )
    return connection.getresponse().read().decode()


def _fails_and_is_told(organisation: Organisation, pebble: Pebble) -> None:
    """With the authority away nothing is lost, and everybody who asks is told why."""
    before = organisation.boot.served()[0].read_bytes()
    pebble.stop()
    said = organisation.vedette("certificate", "server", "renew", "--reason", "another")
    assert said.returncode == 1
    assert "came to nothing" in said.stdout
    assert "does not answer" in said.stdout
    assert "the next try is at" in said.stdout
    assert organisation.vedette("certificate", "server", "list").returncode == 1
    found = json.loads(organisation.vedette("doctor", "--json").stdout)
    (ours,) = [each for each in found if each["check"] == "certificate"]
    assert ours["health"] == "weak"
    assert "vedette certificate server renew" in ours["mend"]
    assert organisation.boot.served()[0].read_bytes() == before


def test_where_it_comes_from_files_there_is_nothing_to_renew(organisation: Organisation) -> None:
    organisation.start()
    said = organisation.vedette("certificate", "server", "renew", "--reason", "why not")
    assert said.returncode == 3
    assert "comes from files" in said.stderr
    said = organisation.vedette("certificate", "server", "list", "--json")
    assert [each["server"] for each in json.loads(said.stdout)] == ["gateway", "console"]
    organisation.boot.path(organisation.boot.gateway.certificate).write_bytes(b"nothing")
    said = organisation.vedette("certificate", "server", "list")
    assert said.returncode == 1
    assert "can't be read" in said.stdout


ACME = AcmeBoot(directory="https://ca.example/dir", names=("chat.example.org",), listen="[::]:80")
GOOD = Ordering(origin=Origin.ACME, wanted=ACME.names, under="", next_at=NOW + 60 * DAY)
FAILED = replace(GOOD, failures=3, trouble="nobody looks", advice="open port 80")


@pytest.fixture
def orders(healthy: Examined) -> Examined:  # noqa: F811
    gateway = healthy.boot.gateway.model_copy(
        update={"acme": ACME, "client_url": "https://chat.example.org"}
    )
    boot = healthy.boot.model_copy(update={"gateway": gateway})
    return replace(healthy, boot=boot, now=NOW, certificate_ends=NOW + 90 * DAY, ordering=GOOD)


def found(seen: Examined) -> Found:
    (one,) = ordered_certificate(seen)
    return one


def test_a_certificate_that_is_ordered_in_time_is_good(orders: Examined) -> None:
    assert found(orders).health is Health.GOOD
    assert "lasts 90 days" in found(orders).words
    short = replace(orders, certificate_ends=NOW + 3 * DAY)  # some are made for six days only
    assert found(short).health is Health.GOOD


def test_orders_that_fail_are_weak_until_it_matters(orders: Examined) -> None:
    failing = replace(orders, ordering=FAILED)
    assert found(failing).health is Health.WEAK
    assert "3 orders in a row came to nothing: nobody looks" in found(failing).words
    assert (found(failing).mend or "").startswith("open port 80; then: vedette certificate server")
    assert found(replace(failing, certificate_ends=NOW + 13 * DAY)).health is Health.BROKEN
    first = replace(FAILED, origin=Origin.FILES)
    assert found(replace(orders, ordering=first)).health is Health.BROKEN


def test_what_is_overdue_or_was_never_told_is_broken(orders: Examined) -> None:
    assert found(replace(orders, ordering=None)).health is Health.BROKEN
    assert found(replace(orders, certificate_ends=None)).health is Health.BROKEN
    assert found(replace(orders, certificate_ends=NOW)).health is Health.BROKEN
    late = replace(GOOD, next_at=NOW - 4000)
    assert found(replace(orders, ordering=late)).health is Health.BROKEN


def test_a_name_that_clients_use_and_nobody_orders_for_is_weak(orders: Examined) -> None:
    gateway = orders.boot.gateway.model_copy(update={"client_url": "https://other.example.org"})
    seen = replace(orders, boot=orders.boot.model_copy(update={"gateway": gateway}))
    good, weak = ordered_certificate(seen)
    assert (good.health, weak.health) == (Health.GOOD, Health.WEAK)
    assert "`other.example.org`" in weak.words
