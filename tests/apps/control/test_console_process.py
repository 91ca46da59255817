"""The console as control serves it: over TLS, at its own address, with a key that is nobody else's."""

from __future__ import annotations

import http.client
import ssl

import pytest

from tests import commands
from tests.apps.control.organisation import Organisation
from vedette.control.listening import tls_of


def fetched(organisation: Organisation, host: str | None = None) -> tuple[int, str]:
    own = organisation.boot.control.console
    assert own is not None
    address, _, port = own.listen.rpartition(":")
    trusts = ssl.create_default_context(cafile=organisation.boot.path(own.certificate))
    connection = http.client.HTTPSConnection(address, int(port), context=trusts, timeout=60)
    try:
        connection.request("GET", "/", headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.getheader("Location", "") or ""
    finally:
        connection.close()


def test_it_answers_over_tls_and_sends_everybody_to_sign_in(running: Organisation) -> None:
    assert fetched(running) == (303, "/sign-in?to=/")
    assert fetched(running, host="evil.example") == (421, "")


def test_no_version_of_tls_before_1_2_is_spoken(organisation: Organisation) -> None:
    own = organisation.boot.control.console
    assert own is not None
    paths = map(organisation.boot.path, (own.certificate, own.key))
    assert tls_of(*paths).minimum_version is ssl.TLSVersion.TLSv1_2


def test_nothing_is_answered_in_plain(running: Organisation) -> None:
    own = running.boot.control.console
    assert own is not None
    address, _, port = own.listen.rpartition(":")
    connection = http.client.HTTPConnection(address, int(port), timeout=60)
    connection.request("GET", "/")
    with pytest.raises((http.client.HTTPException, OSError)):
        connection.getresponse()


def test_without_its_section_there_is_no_console_and_control_runs(
    organisation: Organisation,
) -> None:
    file = organisation.boot.folder / "boot.toml"
    text = file.read_text()
    start, end = text.index("[control.console]"), text.index("# The sign-in service")
    file.write_text(text[:start] + text[end:])
    organisation.start()
    with pytest.raises(OSError, match="refused"):
        fetched(organisation)


@pytest.mark.parametrize("spoiled", ["open", "gone", "another"])
def test_a_key_that_can_not_be_used_is_said_before_anything_starts(
    organisation: Organisation, spoiled: str
) -> None:
    own = organisation.boot.control.console
    assert own is not None
    key = organisation.boot.path(own.key)
    if spoiled == "open":
        key.chmod(0o644)
    elif spoiled == "gone":
        key.unlink()
    else:
        key.write_bytes(organisation.boot.path(organisation.boot.gateway.key).read_bytes())
    done = commands.run("--dir", str(organisation.boot.folder), "control")
    assert done.returncode == 4
    assert "console.key" in done.stderr
    assert "Traceback" not in done.stderr
