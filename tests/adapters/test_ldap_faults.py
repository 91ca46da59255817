"""What a directory answers that nobody can read, or with a no of its own kind, ends in known words."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from pyasn1.error import PyAsn1Error

from tests.adapters.test_ldap_connection import AUTHORITY, SECRET, context
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.kinds import OPENLDAP
from vedette.adapters.ldap.passwords import LdapPasswords
from vedette.adapters.ldap.reading import Searching, read
from vedette.adapters.system_clock import SystemClock
from vedette.ports.directory import BindAnswer, Wishes
from vedette.ports.errors import Unavailable

UNBIND, BIND, SEARCH = 0x42, 0x60, 0x63
SEARCHED, BOUND = 0x65, 0x61
CONSTRAINT_VIOLATION, UNWILLING = 19, 53
PAGED = b"1.2.840.113556.1.4.319"
SEARCHING = Searching(OPENLDAP, "dc=corp,dc=test")


class Answers:
    """A directory without entries, over TLS: how a person's bind ends, and a control with its pages."""

    def __init__(self, tls: ssl.SSLContext, bind: int = 0, paged: bytes | None = None) -> None:
        self.bind, self.paged, self._tls = bind, paged, tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldaps://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(5)
        with self._tls.wrap_socket(connection, server_side=True) as inside:
            while data := inside.recv(4096):
                at = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)  # behind the message's length
                number, operation = data[at + 2], data[at + 3]
                if operation == UNBIND:
                    return
                inside.sendall(self._answer(number, operation, data))

    def _answer(self, number: int, operation: int, data: bytes) -> bytes:
        code = self.bind if operation == BIND and SECRET.encode() not in data else 0
        kind = BOUND if operation == BIND else SEARCHED
        rest = b""
        if self.paged is not None and PAGED in data:
            rest = _put(0xA0, _put(0x30, _put(4, PAGED) + _put(4, self.paged)))
        result = _put(0x0A, bytes([code])) + _put(4, b"") + _put(4, b"")
        return _put(0x30, _put(2, bytes([number])) + _put(kind, result) + rest)

    def close(self) -> None:
        self._listening.close()


def _put(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Servers]]:
    made: list[Answers] = []
    ca = tmp_path / "ca.pem"
    ca.write_bytes(AUTHORITY.pem)

    def start(**how: object) -> Servers:
        made.append(Answers(context(tmp_path, "127.0.0.1"), **how))  # type: ignore[arg-type]
        return Servers((made[-1].url,), ca, "cn=reader", SECRET, timeout=20.0)

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("code", [CONSTRAINT_VIOLATION, UNWILLING])
def test_a_no_of_a_servers_own_kind_is_a_wrong_password_to_strangers(serve, code):
    passwords = LdapPasswords(serve(bind=code), SEARCHING, Wishes, SystemClock())
    assert passwords.check("ann", "a password").answer is BindAnswer.WRONG


@pytest.mark.parametrize("page", [b"\xff", b"\x30\x80", b"\x04\x00", b"\x30\x02\x05\x00"])
def test_a_page_that_nobody_can_read_is_an_outage(serve, page):
    servers = serve(paged=page)
    with pytest.raises(Unavailable):
        read(servers, SEARCHING, Wishes())
    passwords = LdapPasswords(servers, SEARCHING, Wishes, SystemClock())
    with pytest.raises(Unavailable):
        passwords.check("ann", "a password")


def test_what_python_ldap_can_not_decode_is_an_outage_too(serve):
    with pytest.raises(Unavailable), serve().opened():
        raise PyAsn1Error("a control is no BER")
