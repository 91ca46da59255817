"""Nothing is said to a directory before TLS is up and its other side has proven its name."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from vedette.adapters.ldap.checks import tls_trouble
from vedette.adapters.ldap.connection import Servers
from vedette.ports.errors import Unavailable
from vedette.suite.certificates import issue, make_authority, today

SECRET = "the reading account's secret"  # a test's
NO_TLS = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"
"""StartTLS: unavailable (52)."""
YES_TLS = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"


@dataclass
class Server:
    """Somebody who listens, answers once, and remembers what was said in clear."""

    answer: bytes = b""
    tls: ssl.SSLContext | None = None
    at_once: bool = False
    heard: bytearray = field(default_factory=bytearray)
    port: int = 0

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    self._talk(connection)
                except (OSError, ssl.SSLError):
                    continue

    def _talk(self, connection: socket.socket) -> None:
        if not self.at_once:
            self.heard += connection.recv(4096)
            connection.sendall(self.answer)
        if self.tls is not None:
            with self.tls.wrap_socket(connection, server_side=True) as inside:
                self.heard += inside.recv(4096)
            return
        while data := connection.recv(4096):
            self.heard += data

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(AUTHORITY.pem)
    return path


AUTHORITY = make_authority("A company's CA", today())


def context(tmp_path: Path, name: str, authority: object = AUTHORITY) -> ssl.SSLContext:
    shown = issue(authority, (name,), today())  # type: ignore[arg-type]
    (tmp_path / "s.crt").write_bytes(shown.certificate)
    (tmp_path / "s.key").write_bytes(shown.key)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(tmp_path / "s.crt", tmp_path / "s.key")
    return made


@pytest.fixture
def serve() -> Iterator[list[Server]]:
    servers: list[Server] = []
    yield servers
    for each in servers:
        each.close()


def opens(server: Server, scheme: str, ca: Path) -> None:
    Servers((f"{scheme}://127.0.0.1:{server.port}",), ca, "cn=reader", SECRET, timeout=2.0).open()


@pytest.mark.parametrize("answer", [NO_TLS, b"", b"nonsense", YES_TLS])
def test_whoever_takes_starttls_away_hears_no_password(serve, ca, answer):
    server = Server(answer)
    serve.append(server)
    with pytest.raises(Unavailable):
        opens(server, "ldap", ca)
    assert SECRET.encode() not in server.heard
    assert b"cn=reader" not in server.heard
    trouble = tls_trouble(f"ldap://127.0.0.1:{server.port}", ca, 2.0)
    assert trouble is not None
    assert trouble[1]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(("scheme", "answer"), [("ldaps", b""), ("ldap", YES_TLS)])
@pytest.mark.parametrize("wrong", ["name", "ca", "old"])
def test_whoever_proves_another_name_or_by_another_ca_hears_nothing(
    serve, ca, tmp_path, scheme, answer, wrong
):
    other = make_authority("Another CA", today())
    tls = {
        "name": lambda: context(tmp_path, "dc2.corp.test"),
        "ca": lambda: context(tmp_path, "127.0.0.1", other),
        "old": lambda: context(tmp_path, "127.0.0.1"),
    }[wrong]()
    if wrong == "old":
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
        tls.set_ciphers("ALL:@SECLEVEL=0")
    server = Server(answer, tls, at_once=scheme == "ldaps")
    serve.append(server)
    with pytest.raises(Unavailable):
        opens(server, scheme, ca)
    assert SECRET.encode() not in server.heard
    words, mend = tls_trouble(f"{scheme}://127.0.0.1:{server.port}", ca, 2.0) or ("", "")
    told = {"name": "for another name", "ca": "not trusted", "old": "TLS"}
    assert told[wrong] in words
    assert mend


def test_where_nobody_listens_or_nobody_is_called_so_it_is_said(ca):
    assert "does not answer" in (tls_trouble("ldaps://127.0.0.1:1", ca, 1.0) or ("",))[0]
    assert "not in DNS" in (tls_trouble("ldaps://no.such.name.invalid", ca, 1.0) or ("",))[0]


def test_the_secret_is_in_no_representation(ca):
    assert SECRET not in repr(Servers(("ldaps://a.example",), ca, "cn=reader", SECRET))
