"""Synapse starts with the configuration that is written for it, and has one way in and out."""

import contextlib
import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apps.control.organisation import Organisation, until
from vedette.adapters.boot_file import Boot, BootFault
from vedette.admin.homeserver import (
    SECRETS,
    homeserver_file,
    log_file,
    password_file,
    render,
    render_log,
    render_password,
    secret_file,
)
from vedette.control.main import current_settings
from vedette.core.settings.document import Document


def document_of(organisation: Organisation) -> Document:
    return current_settings(organisation.boot)[1]


def config_of(organisation: Organisation, *, module: bool = True) -> dict[str, object]:
    text = render(document_of(organisation), organisation.boot, module=module)
    return json.loads(text.partition("\n")[2])


def on_postgresql(organisation: Organisation, address: str) -> Boot:
    """The same organisation, with Synapse's database at this address."""
    boot = organisation.boot
    (boot.folder / "secrets/url").write_text(address + "\n")
    at = boot.synapse.model_copy(update={"database": "file:secrets/url"})
    return boot.model_copy(update={"synapse": at})


def test_the_password_of_the_database_stands_in_a_file_of_its_own(
    organisation: Organisation,
) -> None:
    boot = on_postgresql(
        organisation, "postgresql://app:a%3Ab%5Cc@db.test:5433/syn?sslmode=require"
    )
    text = render(document_of(organisation), boot)
    args = json.loads(text.partition("\n")[2])["database"]["args"]
    assert args == {
        "user": "app", "host": "db.test", "port": "5433", "dbname": "syn", "sslmode": "require",
        "passfile": str(password_file(boot)), "cp_min": 2, "cp_max": 10,
    }  # fmt: skip
    assert "a:b" not in text
    assert render_password(boot) == "*:*:*:*:a\\:b\\\\c\n"


def test_without_a_password_there_is_no_password_file(organisation: Organisation) -> None:
    boot = on_postgresql(organisation, "postgresql://app@/syn?host=/run/postgresql")
    args = json.loads(render(document_of(organisation), boot).partition("\n")[2])["database"]
    assert args["name"] == "psycopg2"
    assert "passfile" not in args["args"]
    assert render_password(boot) is None


@pytest.mark.parametrize("address", ["", "mysql://x", "postgresql://app:pw@h:no-port/x?a"])
def test_an_address_that_can_not_be_read_is_refused_and_its_password_not_said(
    organisation: Organisation, address: str
) -> None:
    boot = on_postgresql(organisation, address)
    with pytest.raises(BootFault) as refused:
        render(document_of(organisation), boot)
    assert "pw" not in str(refused.value)


class _Unix(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("synapse", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def get(path: Path, target: str) -> tuple[int, bytes]:
    connection = _Unix(path)
    connection.request("GET", target)
    answer = connection.getresponse()
    return answer.status, answer.read()


def healthy(path: Path) -> bool:
    """Whether it answers; the socket is there a moment before anybody listens on it."""
    try:
        return get(path, "/health")[0] == 200
    except OSError:
        return False


def test_synapse_starts_with_it_on_its_socket_alone(organisation: Organisation) -> None:
    boot = organisation.boot
    folder = homeserver_file(boot).parent
    (folder / "log").mkdir(parents=True)
    boot.path(boot.synapse.socket).parent.mkdir(exist_ok=True)
    document = document_of(organisation)
    homeserver_file(boot).write_text(render(document, boot, module=False))
    log_file(boot).write_text(render_log(boot))
    child = subprocess.Popen(
        [sys.executable, "-m", "synapse.app.homeserver", "-c", str(homeserver_file(boot))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        until(lambda: child.poll() is not None or boot.path(boot.synapse.socket).exists())
        assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
        until(lambda: healthy(boot.path(boot.synapse.socket)))
        versions = get(boot.path(boot.synapse.socket), "/_matrix/client/versions")
        assert versions[0] == 200
        assert boot.path(boot.synapse.socket).stat().st_mode & 0o077 == 0
        login = get(boot.path(boot.synapse.socket), "/_matrix/client/v3/login")
        assert (login[0], b"M_UNRECOGNIZED" in login[1]) == (404, True)
        assert _listening(child.pid) == []
    finally:
        child.terminate()
        child.communicate(timeout=60)


def _listening(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed while we were looking
            links.append(str(path.readlink()))
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    return [line.split()[1] for line in lines if line.split()[3] == "0A" and line.split()[9] in own]


def test_no_secret_stands_in_it(organisation: Organisation) -> None:
    text = render(document_of(organisation), organisation.boot)
    for name in SECRETS:
        secret = secret_file(organisation.boot, name).read_text().strip()
        assert len(secret) >= 32
        assert secret not in text


def test_the_gateway_is_the_only_way_in_and_out(organisation: Organisation) -> None:
    config = config_of(organisation)
    boot = organisation.boot
    assert [each["path"] for each in config["listeners"]] == [  # type: ignore[attr-defined]
        str(boot.path(boot.synapse.socket))
    ]
    assert config["outbound_federation_restricted_to"] == ["gateway"]
    assert config["instance_map"] == {"gateway": {"path": str(boot.path(boot.gateway.outgoing))}}
    assert config["trusted_key_servers"] == []
    assert config["url_preview_enabled"] is False
    assert config["enable_registration"] is False
    assert config["report_stats"] is False
    assert config["https_proxy"] == f"http://{boot.gateway.pushes}"


def test_pushes_carry_ids_only_and_without_a_way_out_there_are_none(
    organisation: Organisation,
) -> None:
    assert config_of(organisation)["push"] == {"enabled": True, "include_content": False}
    gateway = organisation.boot.gateway.model_copy(update={"pushes": None})
    closed = organisation.boot.model_copy(update={"gateway": gateway})
    config = json.loads(render(document_of(organisation), closed).partition("\n")[2])
    assert config["push"] == {"enabled": False, "include_content": False}


def test_the_module_gets_its_streams_spool_and_key(organisation: Organisation) -> None:
    (module,) = config_of(organisation)["modules"]  # type: ignore[misc]
    boot = organisation.boot
    assert module == {
        "module": "vedette.synapse.module.Module",
        "config": {
            "organisation": "example.test",
            "streams": str(boot.door("synapse")),
            "spool": str(boot.spool("synapse")),
            "public_key": str(boot.path(boot.public_key)),
            "audit_key": str(boot.path(boot.audit_key)),
            "inspector": str(boot.path(boot.inspector.socket)),
            "sign_in": {
                "listen": boot.signin.introspection,
                "secret": str(boot.path(boot.signin.synapse_secret)),
                "issuer": f"{boot.gateway.client_url}/",
                "account": f"{boot.gateway.client_url}/account/",
            },
        },
    }


def test_the_largest_upload_is_the_setting_s(organisation: Organisation) -> None:
    assert config_of(organisation)["max_upload_size"] == 50 << 20


def test_the_same_settings_give_the_same_text(organisation: Organisation) -> None:
    document = document_of(organisation)
    assert render(document, organisation.boot) == render(document, organisation.boot)
