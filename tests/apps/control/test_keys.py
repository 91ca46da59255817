"""Every key of an organisation has a row, is listed without its value, and some are changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import commands
from tests.apps.control.organisation import Organisation, make, until
from tests.lying import unlisted
from vedette.adapters.boot_file import AcmeBoot, Boot, RadiusBoot, UpstreamBoot
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.admin.key_table import KEYS
from vedette.admin.keys import NO_KEYS, keys_here, paths_of
from vedette.core.asks import Act
from vedette.protocol.internal.renewals import HeldKey

ROTATED = {
    "admin-token",
    "audit-key",
    "settings-key",
    "synapse-secrets",
    "synapse-shared-secret",
    "synapse-signing-key",
    *(key.value for key in HeldKey),
}


def test_every_path_of_the_boot_file_is_a_key_with_a_row_or_known_to_be_none():
    named = [path for row in KEYS for path in row.fields]
    assert sorted(named) == sorted(set(named))
    assert set(paths_of(Boot)) == {*named, *NO_KEYS}
    assert not set(named) & NO_KEYS


def test_rows_stand_in_order_and_say_everything():
    names = [row.name for row in KEYS]
    assert names == sorted(set(names))
    said = [(row.what, row.holder, row.change, row.stolen, row.lost) for row in KEYS]
    assert all(all(each) for each in said)
    told = {row.name for row in KEYS if "`vedette key rotate" in row.change}
    assert told == ROTATED, "the list says of each how it is changed"
    assert {row.name for row in KEYS if row.rotates} == ROTATED


def test_whatever_a_new_organisation_keeps_is_a_key_or_known_to_be_none(tmp_path: Path):
    boot = make(tmp_path / "org").boot
    assert unlisted(boot) == []
    assert all(each.there for each in keys_here(boot, 1.0)), "what is named is there"
    (boot.folder / "secrets/new.key").write_text("x")
    (boot.folder / "signin").mkdir()
    (boot.folder / "signin/cookie.secret").write_text("x")
    assert unlisted(boot) == ["secrets/new.key", "signin/cookie.secret"]


def test_what_only_some_organisations_have_is_listed_where_it_is_named(tmp_path: Path):
    boot = make(tmp_path / "org").boot
    radius = {"a": RadiusBoot(address="127.0.0.1:1812", secret=Path("secrets/radius-a"))}
    provider = UpstreamBoot(issuer="https://x", client_id="y", client_secret=Path("secrets/up"))
    signin = boot.signin.model_copy(
        update={
            "radius": radius,
            "upstream": {"office": provider},
            "attestation": (Path("tls/makers.pem"),),
            "database": "file:secrets/sign-in-database-url",
        }
    )
    acme = AcmeBoot(directory="https://ca.example/dir", names=("a.example",), listen="[::]:80")
    gateway = boot.gateway.model_copy(update={"acme": acme})
    (boot.folder / "tls/acme").mkdir()
    (boot.folder / "tls/acme/account.key").write_text("x")
    found = keys_here(boot.model_copy(update={"signin": signin, "gateway": gateway}), None)
    lying = {each.row.name: (each.file, each.there) for each in found}
    assert lying["radius-secrets"] == (boot.folder / "secrets/radius-a", False)
    assert lying["upstream-secrets"] == (boot.folder / "secrets/up", False)
    assert lying["anchors"] == (boot.folder / "tls/makers.pem", False)
    assert lying["database-addresses"] == (boot.folder / "secrets/sign-in-database-url", False)
    assert lying["acme-account-key"] == (boot.folder / "tls/acme/account.key", True)
    assert lying["token-key"] == (None, False)


def test_certificates_say_when_they_end_and_keys_since_when_they_are(tmp_path: Path):
    boot = make(tmp_path / "org").boot
    found = {each.file: each for each in keys_here(boot, None)}
    certificate = found[boot.path(boot.gateway.certificate)]
    assert (certificate.ends or 0) > (certificate.made or 0) > 1_600_000_000
    assert found[boot.path(boot.control.token)].ends is None


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Organisation]:
    """Control and the sign-in service of one organisation."""
    made = make(tmp_path / "org")
    made.start()
    signin = commands.start(
        *("--dir", str(made.boot.folder), "signin"),
        stderr=(made.boot.folder / "signin.log").open("wb"),
    )
    until(made.boot.path(made.boot.signin.socket).exists)
    yield made
    signin.terminate()
    signin.wait(60)
    made.end_all()


def test_keys_are_listed_and_changed_while_everything_runs(running: Organisation) -> None:
    boot = running.boot
    secrets = [file.read_bytes() for file in (boot.folder / "secrets").iterdir()]
    said = running.vedette("key", "list")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "settings-key: signs the settings" in said.stdout
    assert not any(secret.decode("latin-1").strip() in said.stdout for secret in secrets)

    old = running.token()
    said = running.vedette("key", "rotate", "admin-token", "--reason", "a drill", "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["record"].startswith("control:")
    assert running.token() != old
    assert running.ask("GET", "/settings")[0] == 200
    assert running.ask("GET", "/settings", headers={"Authorization": f"Bearer {old}"})[0] == 401

    _ages(boot)
    before = boot.store_key()
    said = running.vedette("key", "rotate", "sign-in-store-key", "--reason", "a drill")
    assert said.returncode == 0, said.stderr
    assert boot.store_key() != before
    store = open_sign_in_store(boot.sign_in_database(), boot.store_key())
    assert store.token_keys()[0].private
    store.close()

    code, told = running.ask("POST", "/keys/token-key/rotate", {"reason": "at once"})
    assert code == 503, "the first one was made a moment ago"
    assert "ten minutes" in told["error"]["message"]


def _ages(boot: Boot) -> None:
    """Have the store's key look as old as keys are."""
    os.utime(boot.path(boot.signin.store_key), (1_700_000_000, 1_700_000_000))


def test_what_this_command_does_not_change_is_said_how_to(running: Organisation) -> None:
    code, told = running.ask("POST", "/keys/radius-secrets/rotate", {"reason": "x"})
    assert (code, told["error"]["code"]) == (400, "invalid")
    assert "change it at the server" in told["error"]["hint"]
    code, told = running.ask("GET", "/keys/settings-key/next")
    assert (code, told["error"]["code"]) == (400, "invalid")
    code, told = running.ask("POST", "/keys/no-such/rotate", {"reason": "x"})
    assert code == 404
    log = (running.boot.spool("control")).rglob("*.jsonl")
    acts = "".join(file.read_text() for file in log)
    assert Act.ADMINISTRATION_KEY_ROTATE.value in acts


def test_only_what_is_secret_must_be_closed_to_others(tmp_path: Path):
    boot = make(tmp_path / "org").boot
    found = {each.file: each.secret for each in keys_here(boot, None) if each.file is not None}
    open_to_all = {file for file in found if file.stat().st_mode & 0o077}
    assert {file for file, secret in found.items() if not secret} == open_to_all
    assert found[boot.path(boot.control.audit_key)]
    assert not found[boot.path(boot.audit_key)]
