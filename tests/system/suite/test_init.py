"""`vedette init`: what it makes, and what it refuses."""

import json
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests import commands
from tests.ports import free_port
from vedette.adapters.boot_file import load
from vedette.admin.homeserver import render
from vedette.core.settings.parse import check_document
from vedette.suite.certificates import today
from vedette.suite.organisation import NewOrganisation, init


def vedette(*words: object) -> subprocess.CompletedProcess[str]:
    return commands.run(*map(str, words))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "organisation"
    done = vedette("init", folder, "--domain", "example.org", "--name", 'The "Example" AG')
    assert done.returncode == 0, done.stderr
    assert f"vedette up {folder}" in done.stdout
    assert "vouches only for itself" in done.stdout
    return folder


def test_as_json_it_says_where_everything_is_and_what_is_left_to_do(tmp_path: Path):
    done = vedette("init", tmp_path / "org", "--domain", "example.org", "--json")
    told = json.loads(done.stdout)
    assert (told["domain"], told["dir"]) == ("example.org", str(tmp_path / "org"))
    assert Path(told["settings"]).is_file()
    assert told["run"] == f"vedette up {tmp_path / 'org'}"
    assert any("vouches only for itself" in text for text in told["to_do"])


def test_the_boot_file_can_be_used(made: Path):
    boot = load(made)
    assert boot.organisation == "example.org"
    assert boot.gateway.client.startswith("127.0.0.1:")


def test_the_first_document_has_no_fault_and_carries_the_name(made: Path):
    document, faults = check_document((made / "settings.toml").read_text())
    assert document is not None
    assert [fault for fault in faults if fault.severity != "warning"] == []
    assert document.organisation.name == 'The "Example" AG'


def test_nobody_else_can_read_a_secret(made: Path):
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    private = [*(made / "secrets").iterdir(), made / "tls/gateway.key", made / "people.csv"]
    assert len(private) >= 9
    for path in private:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_secret_stands_in_the_boot_file(made: Path):
    boot = (made / "boot.toml").read_bytes()
    for path in (made / "secrets").iterdir():
        assert path.read_bytes().strip() not in boot


def test_a_folder_is_never_made_twice(made: Path):
    before = (made / "boot.toml").read_bytes()
    done = vedette("init", made, "--domain", "other.org")
    assert done.returncode == 3
    assert "holds an organisation already" in done.stderr
    assert f"vedette up {made}" in done.stderr
    assert (made / "boot.toml").read_bytes() == before


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path):
    (tmp_path / "letter.txt").write_text("dear")
    done = vedette("init", tmp_path, "--domain", "example.org")
    assert done.returncode == 3
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_domain_that_is_none_makes_nothing(tmp_path: Path):
    done = vedette("init", tmp_path / "new", "--domain", "not a domain")
    assert done.returncode == 3
    assert "not a domain" in done.stderr
    assert not (tmp_path / "new").exists()


def test_a_path_too_long_for_sockets_is_refused_at_once(tmp_path: Path):
    done = vedette("init", tmp_path / ("x" * 100), "--domain", "example.org")
    assert done.returncode == 3
    assert "too long" in done.stderr


def test_addresses_that_are_said_are_taken(tmp_path: Path):
    client, domain = (f"127.0.0.9:{free_port('127.0.0.9')}" for _ in range(2))
    control = f"127.0.0.1:{free_port()}"
    done = vedette(
        "init", tmp_path / "new", "--domain", domain, "--client", client, "--control", control
    )
    assert done.returncode == 0, done.stderr
    boot = tomllib.loads((tmp_path / "new/boot.toml").read_text())
    assert boot["gateway"]["client"] == client
    assert boot["gateway"]["federation"] == domain
    assert boot["control"]["listen"] == control


def test_up_says_what_to_do_where_there_is_no_organisation(tmp_path: Path):
    for folder in (tmp_path, tmp_path / "missing"):
        done = vedette("up", folder)
        assert done.returncode == 4
        assert "vedette init" in done.stderr
        assert "Traceback" not in done.stderr


def test_synapse_has_no_login_of_its_own(tmp_path: Path):
    wanted = NewOrganisation(folder=tmp_path / "new", domain="example.org")
    boot = load(init(wanted, today()).folder)
    document, _ = check_document(boot.path(boot.settings).read_text())
    assert document is not None
    text = render(document, boot)
    config = json.loads(text.partition("\n")[2])
    mas = config["matrix_authentication_service"]
    assert mas == {
        "enabled": True,
        "endpoint": f"http://{boot.signin.introspection}/",
        "secret_path": str(boot.path(boot.signin.synapse_secret)),
    }
    assert config["password_config"] == {"enabled": False}
    gone = {"registration_shared_secret_path", "rc_login", "ui_auth", "refresh_token_lifetime"}
    assert not gone & set(config)
    module = config["modules"][0]["config"]["sign_in"]
    assert module["listen"] == boot.signin.introspection
    assert module["issuer"] == f"{boot.gateway.client_url}/"
    assert module["account"] == f"{boot.gateway.client_url}/account/"
    assert boot.synapse_secret() not in text
    # what is on this machine is no exception to the one way out
    assert config["no_proxy_hosts"] == []


def test_every_address_of_an_organisation_is_another(tmp_path: Path):
    wanted = NewOrganisation(folder=tmp_path / "new", domain="example.org")
    boot = load(init(wanted, today()).folder)
    addresses = [
        boot.gateway.client, boot.gateway.federation, boot.control.listen, boot.gateway.pushes,
        boot.signin.introspection,
    ]  # fmt: skip
    assert len(set(addresses)) == len(addresses)
