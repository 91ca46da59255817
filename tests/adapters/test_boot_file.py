"""What the boot file says of the sign-in service."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.boot_file import NAME, BootFault, load
from vedette.suite.boot_text import BootAnswers, boot_text

ANSWERS = {
    "domain": "example.test",
    "client": "127.0.0.1:1",
    "federation": "127.0.0.1:2",
    "control": "127.0.0.1:3",
    "pushes": "127.0.0.1:4",
    "introspection": "127.0.0.1:5",
    "console": "127.0.0.1:6",
    "client_url": "https://127.0.0.1:1",
    "federation_name": "example.test:2",
}


def written(folder: Path, introspection: str = ANSWERS["introspection"]) -> Path:
    text = boot_text(BootAnswers(**{**ANSWERS, "introspection": introspection}))  # type: ignore[arg-type]
    (folder / NAME).write_text(text)
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets/sign-in-store.key").write_bytes(b"k" * 32)
    (folder / "secrets/synapse-mas").write_text("a secret\n")
    return folder


def test_without_the_section_it_is_said_what_to_add(tmp_path: Path) -> None:
    file = written(tmp_path) / NAME
    whole = file.read_text()
    file.write_text(whole.partition("[signin]")[0])
    with pytest.raises(BootFault, match=r"no section \[signin\]") as raised:
        load(tmp_path)
    told = str(raised.value)
    for secret in ("secrets/sign-in-store.key", "secrets/synapse-mas"):
        assert secret in told
    section = told.partition("; add\n\n")[2].partition("\n\n")[0]
    file.write_text(whole.partition("[signin]")[0] + section)
    assert load(tmp_path).signin.introspection == "127.0.0.1:8474"


def test_the_sign_in_service_is_a_door_with_a_store(tmp_path: Path) -> None:
    boot = load(written(tmp_path))
    assert boot.signin.introspection == "127.0.0.1:5"
    assert boot.doors == ("gateway", "synapse", "signin", "inspector")
    assert boot.sign_in_database() == tmp_path.resolve() / "signin/sign-in.db"
    assert boot.store_key() == b"k" * 32
    assert boot.synapse_secret() == "a secret"


def test_a_database_elsewhere_stands_in_a_secret_file(tmp_path: Path) -> None:
    text = (written(tmp_path) / NAME).read_text()
    changed = text.replace(
        'folder        = "signin"', 'folder = "signin"\n'
    ).replace('database      = "sqlite" ', 'database = "file:secrets/url" ')  # fmt: skip
    (tmp_path / NAME).write_text(changed)
    (tmp_path / "secrets/url").write_text("postgresql://somewhere\n")
    assert load(tmp_path).sign_in_database() == "postgresql://somewhere"


@pytest.mark.parametrize(
    "address", ["0.0.0.0:5", "192.0.2.1:5", "localhost:5", "example.test:5", "127.0.0.1", "[::]:5"]
)
def test_synapse_s_questions_stay_on_this_machine(tmp_path: Path, address: str) -> None:
    with pytest.raises(BootFault, match="introspection"):
        load(written(tmp_path, address))


def test_ipv6_s_own_address_is_on_this_machine(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[::1]:5")).signin.introspection == "[::1]:5"


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_a_store_key_of_another_length_is_none(tmp_path: Path, key: bytes) -> None:
    boot = load(written(tmp_path))
    boot.path(Path("secrets/sign-in-store.key")).write_bytes(key)
    with pytest.raises(BootFault, match="must hold 32 bytes"):
        boot.store_key()


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    boot = load(written(tmp_path))
    boot.path(Path("secrets/synapse-mas")).unlink()
    with pytest.raises(BootFault, match="synapse-mas"):
        boot.synapse_secret()


@pytest.mark.parametrize("section", ["synapse", "control", "signin"])
def test_a_database_that_is_neither_sqlite_nor_a_secret_file_is_refused(
    tmp_path: Path, section: str
) -> None:
    """An address in the boot file itself would be a secret in it, and must not be passed over."""
    text = (written(tmp_path) / NAME).read_text()
    before, head, rest = text.partition(f"[{section}]")
    rest = rest.replace('"sqlite"', '"postgresql://u:p@h/d"', 1)
    (tmp_path / NAME).write_text(before + head + rest)
    with pytest.raises(BootFault, match=f"{section}.database"):
        load(tmp_path)


def test_each_process_has_a_database_of_its_own(tmp_path: Path) -> None:
    boot = load(written(tmp_path))
    assert boot.control_database() == tmp_path.resolve() / "control/control.db"
    assert boot.synapse_database() == tmp_path.resolve() / "synapse/homeserver.db"


def test_what_stands_there_as_an_example_can_be_used_as_it_stands(tmp_path: Path) -> None:
    file = written(tmp_path) / NAME
    text = file.read_text()
    for name in ("certificates =", "attestation ="):
        assert text.count(f"# {name}") == 1
        text = text.replace(f"# {name}", name)
    file.write_text(text)
    boot = load(tmp_path)
    assert boot.gateway.certificates is not None
    assert boot.gateway.certificates.listen == "0.0.0.0:8449"
    assert boot.signin.attestation == (Path("tls/makers.pem"),)
    assert load(written(tmp_path)).gateway.certificates is None


def ordering(folder: Path, **changed: str) -> Path:
    """A boot file that has the gateway's certificate ordered."""
    said = {
        "directory": '"https://ca.example/dir"', "names": '["chat.example.org"]',
        "listen": '"0.0.0.0:80"',
    } | changed  # fmt: skip
    section = "\n".join(f"{key} = {value}" for key, value in said.items())
    file = written(folder) / NAME
    file.write_text(file.read_text() + f"\n[gateway.acme]\n{section}\n")
    return folder


def test_a_certificate_that_is_ordered_lies_in_one_file_and_is_shown_without_its_key(
    tmp_path: Path,
) -> None:
    boot = load(written(tmp_path))
    assert boot.served() == (boot.folder / "tls/gateway.crt", boot.folder / "tls/gateway.key")
    assert boot.shown() == boot.folder / "tls/gateway.crt"
    boot = load(ordering(tmp_path))
    whole = boot.folder / "tls/acme/certificate.pem"
    assert boot.served() == (whole, whole)
    assert boot.shown() == boot.folder / "tls/acme/chain.crt"


@pytest.mark.parametrize(
    "changed",
    [
        {"directory": '"http://ca.example/dir"'},
        {"names": "[]"},
        {"names": '["*.example.org"]'},
        {"names": '["192.0.2.1"]'},
        {"listen": '"80"'},
        {"contact": '["it@example.org"]'},
        {"agree": '"perhaps"'},
        {"account": '{ id = "", secret = "x" }'},
    ],
)
def test_an_order_that_can_not_be_made_is_no_boot_file(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    with pytest.raises(BootFault, match=r"gateway\.acme"):
        load(ordering(tmp_path, **changed))
