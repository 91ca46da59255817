"""LDAP over TLS connections made by Python: servers that stop answering, large messages, and ends."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

import ldap
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import BasicConstraints

from tests.adapters.test_ldap_connection import AUTHORITY, SECRET, YES_TLS, context
from vedette.adapters.ldap.connection import Connected, Servers
from vedette.adapters.ldap.relay import THREAD_NAME, _copy, _Flow
from vedette.adapters.ldap.tls_connection import StartTlsRefused, connect_tls, load_context
from vedette.adapters.ldap.tls_connection import parse_address as parse
from vedette.adapters.ldap.tls_trouble import tls_trouble
from vedette.ports.errors import Unavailable
from vedette.suite import certificates
from vedette.suite.certificates import make_authority, today

BIND, SEARCH, ENTRY, BOUND, SEARCHED = 0x60, 0x63, 0x64, 0x61, 0x65
LARGE = 8 * 1024 * 1024
Behaviour = Callable[[socket.socket], object]


def put(tag: int, *parts: bytes) -> bytes:
    """One BER value, its length in four bytes, as an Active Directory writes it."""
    value = b"".join(parts)
    return bytes([tag, 0x84]) + len(value).to_bytes(4) + value


def result(number: int, kind: int, code: int = 0) -> bytes:
    done = put(kind, put(0x0A, bytes([code])), put(4), put(4))
    return put(0x30, put(2, bytes([number])), done)


GRANTED = result(1, 0x78)


def read_message(inside: socket.socket) -> bytes:
    """The next whole message; empty at the end of the connection."""
    data = inside.recv(2)
    if len(data) < 2:
        return b""
    size = data[1]
    if size & 0x80:
        size = int.from_bytes(inside.recv(size & 0x7F))
    value = bytearray()
    while len(value) < size and (more := inside.recv(size - len(value))):
        value += more
    return bytes(value)


class Server:
    """Runs `behaviour` with each connection in a thread, and closes it at the server's end."""

    def __init__(self, behaviour: Behaviour, scheme: str = "ldaps") -> None:
        self.came = 0
        self._behaviour = behaviour
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"{scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.came += 1
                self._open.append(connection)
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with suppress(OSError):
            self._behaviour(connection)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)  # ends `accept`
        self._listening.close()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(behaviour: Behaviour, scheme: str = "ldaps") -> Server:
            made = Server(behaviour, scheme)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_bytes(AUTHORITY.pem)
    return path


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    return context(tmp_path, "127.0.0.1")


@pytest.fixture(autouse=True)
def everything_ends() -> Iterator[None]:
    """After each test, wait until no relay thread and no socket of the test is left."""
    before = sockets()
    yield
    gc.collect()
    until(lambda: not relays())
    until(lambda: sockets() <= before)


def relays() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == THREAD_NAME]


def sockets() -> set[str]:
    """The sockets that this process has open."""
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.add(str(each.readlink()))
    return {each for each in found if each.startswith("socket:")}


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.01)


def servers_of(server: Server, ca: Path, timeout: float = 20.0) -> Servers:
    return Servers((server.url,), ca, "cn=reader", SECRET, timeout=timeout)


def over_tls(behaviour: Behaviour, tls: ssl.SSLContext, granted: bytes = b"") -> Behaviour:
    """`behaviour` inside TLS, after an answer to StartTLS if there is one."""

    def run(plain: socket.socket) -> None:
        if granted:
            read_message(plain)
            plain.sendall(granted)
        with tls.wrap_socket(plain, server_side=True) as inside:
            behaviour(inside)

    return run


def answer(inside: socket.socket) -> None:
    """Answer binds and searches with success; a search with one entry that has a large value."""
    while message := read_message(inside):
        number, operation = message[2], message[3]
        if operation == SEARCH:
            value = put(0x30, put(4, b"description"), put(0x31, put(4, b"x" * LARGE)))
            entry = put(ENTRY, put(4, b"cn=one"), put(0x30, value))
            inside.sendall(put(0x30, put(2, bytes([number])), entry))
            inside.sendall(result(number, SEARCHED))
        elif operation == BIND:
            inside.sendall(result(number, BOUND))


# ---- Servers that stop answering -----------------------------------------------------------------


def take_and_stay_silent(plain: socket.socket) -> None:
    while plain.recv(4096):
        pass


def begin_a_record(plain: socket.socket) -> None:
    """The first byte of a ServerHello."""
    plain.recv(4096)
    plain.sendall(b"\x16")
    take_and_stay_silent(plain)


def close_in_the_handshake(plain: socket.socket) -> None:
    plain.recv(4096)
    plain.sendall(b"\x16\x03\x03\x00\x50\x02")
    plain.shutdown(socket.SHUT_RDWR)


def close_at_once(plain: socket.socket) -> None:
    plain.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
@pytest.mark.parametrize(
    "behaviour", [take_and_stay_silent, begin_a_record, close_in_the_handshake, close_at_once]
)
def test_a_server_that_stops_before_tls_is_up_is_unavailable(serve, ca, scheme, behaviour):
    heard = bytearray()

    def run(plain: socket.socket) -> None:
        if scheme == "ldap":
            heard.extend(read_message(plain))
            plain.sendall(YES_TLS)
        behaviour(plain)

    server = serve(run, scheme)
    with pytest.raises(Unavailable):
        servers_of(server, ca, timeout=0.5).open()
    assert tls_trouble(server.url, ca, 0.5) is not None
    assert SECRET.encode() not in heard


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
@pytest.mark.parametrize("size", [0, 1, 3, 5, 8, 9, 12])
def test_a_server_that_stops_within_an_answer_is_unavailable(serve, ca, tls, scheme, size):
    def begin(inside: socket.socket) -> None:
        read_message(inside)
        inside.sendall(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"[:size])
        take_and_stay_silent(inside)

    server = serve(over_tls(begin, tls, GRANTED if scheme == "ldap" else b""), scheme)
    with pytest.raises(Unavailable):
        servers_of(server, ca, timeout=0.5).open()


def test_a_server_that_stops_within_a_tls_record_is_unavailable(serve, ca, tls):
    def run(plain: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        inside = tls.wrap_bio(incoming, outgoing, server_side=True)

        def step(act: Callable[[], object]) -> None:
            while True:
                try:
                    act()
                    return
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(65536))

        step(inside.do_handshake)
        step(lambda: inside.read(4096))
        plain.sendall(outgoing.read())
        inside.write(result(1, BOUND))
        plain.sendall(outgoing.read()[:9])
        take_and_stay_silent(plain)

    with pytest.raises(Unavailable):
        servers_of(serve(run), ca, timeout=0.5).open()


# ---- StartTLS ------------------------------------------------------------------------------------


@pytest.mark.parametrize("granted", [GRANTED, YES_TLS])
def test_an_answer_to_starttls_may_come_byte_by_byte(serve, ca, tls, granted):
    def run(plain: socket.socket) -> None:
        read_message(plain)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for each in granted:
            plain.sendall(bytes([each]))
            time.sleep(0.001)
        over_tls(answer, tls)(plain)

    with servers_of(serve(run, "ldap"), ca).opened() as connected:
        assert connected.ldap.search_s("", ldap.SCOPE_BASE)


@pytest.mark.parametrize(
    "answered",
    [
        YES_TLS[:-1],  # less than it announces
        YES_TLS + b"\x30\x0c",  # clear text behind the answer
        result(1, 0x78, 1),  # operationsError
        result(2, 0x78),  # the answer to another message
        result(1, BOUND),
        b"\x30\x84\xff\xff\xff\xff\x02\x01\x01",
        b"\x30\x80\x02\x01\x01\x78\x03\x0a\x01\x00\x00\x00",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_any_other_answer_to_starttls_ends_the_connection(serve, ca, tls, answered):
    server = serve(over_tls(answer, tls, answered), "ldap")
    with pytest.raises(Unavailable):
        servers_of(server, ca, timeout=0.5).open()


def test_a_refused_starttls_is_told_apart_from_an_outage(serve, ca, tls):
    refusing = serve(over_tls(answer, tls, result(1, 0x78, 52)), "ldap")
    with pytest.raises(StartTlsRefused):
        connect_tls(parse(refusing.url), load_context(ca), 5.0)
    words, _ = tls_trouble(refusing.url, ca, 5.0) or ("", "")
    assert "no StartTLS" in words


@pytest.mark.parametrize(
    "address",
    ["ldaps://dc1..corp.test", "ldaps://.corp.test", f"ldaps://{'a' * 64}.test",
     "ldaps://dc1.corp.test:99999", "ldaps://"],
)  # fmt: skip
def test_an_address_that_no_server_can_have_is_unavailable(ca, address):
    with pytest.raises(Unavailable):
        Servers((address,), ca, "cn=reader", SECRET).open()
    words, _ = tls_trouble(address, ca, 1.0) or ("", "")
    assert "not a valid server address" in words


# ---- Verification --------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_without_a_ca_is_unavailable(serve, tmp_path, content):
    server, path = serve(take_and_stay_silent), tmp_path / "other.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Unavailable, match="holds no CA"):
        servers_of(server, path).open()
    assert not server.came


def test_an_intermediate_ca_is_enough(serve, tmp_path):
    """As with libldap and GnuTLS: the file `ca` need not hold the root."""
    root, key = make_authority("Root", today()), generate_private_key(SECP256R1())
    name, lifetime = certificates._name("Intermediate"), timedelta(days=1)
    certificate = (
        certificates._builder(name, root.certificate.subject, key, today(), lifetime)
        .add_extension(BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root.key, SHA256())
    )
    intermediate = certificates.Authority(certificate, key)
    server = serve(over_tls(answer, context(tmp_path, "127.0.0.1", intermediate)))
    ca = tmp_path / "intermediate.pem"
    ca.write_bytes(intermediate.pem)
    assert tls_trouble(server.url, ca, 5.0) is None
    servers_of(server, ca).open().close()


# ---- The relay -----------------------------------------------------------------------------------


@pytest.fixture
def opened(serve, ca, tls) -> Iterator[Connected]:
    connected = servers_of(serve(over_tls(answer, tls)), ca).open()
    yield connected
    connected.close()


def test_a_large_answer_arrives_whole(opened):
    number = opened.ldap.search("", ldap.SCOPE_BASE)
    time.sleep(0.2)  # until every buffer between the server and libldap is full
    _, found = opened.ldap.result(number)
    assert found == [("cn=one", {"description": [b"x" * LARGE]})]


def test_a_large_request_arrives_whole(serve, ca, tls):
    sizes = []

    def run(inside: socket.socket) -> None:
        read_message(inside)
        inside.sendall(result(1, BOUND))
        time.sleep(0.2)  # until every buffer between libldap and the server is full
        sizes.append(len(read_message(inside)))
        inside.sendall(result(2, SEARCHED))
        take_and_stay_silent(inside)

    with servers_of(serve(over_tls(run, tls)), ca).opened() as connected:
        assert connected.ldap.search_s("", ldap.SCOPE_BASE, f"(cn={'x' * LARGE})") == []
    assert sizes[0] > LARGE


def test_answers_of_several_requests_at_once_arrive(opened):
    numbers = [opened.ldap.search("", ldap.SCOPE_BASE) for _ in range(3)]
    for number in reversed(numbers):
        _, found = opened.ldap.result(number)
        assert len(found[0][1]["description"][0]) == LARGE


def test_closing_ends_the_thread_and_the_connection(serve, ca, tls):
    last = []

    def run(inside: socket.socket) -> None:
        answer(inside)
        last.append("closed")

    connected = servers_of(serve(over_tls(run, tls)), ca).open()
    assert len(relays()) == 1
    connected.close()
    until(lambda: not relays() and last == ["closed"])


def test_a_connection_that_is_dropped_without_closing_ends_too(serve, ca, tls):
    connected = servers_of(serve(over_tls(answer, tls)), ca).open()
    assert len(relays()) == 1
    del connected
    gc.collect()
    until(lambda: not relays())


def test_closing_ends_the_thread_while_the_server_takes_nothing(serve, ca, tls):
    over = threading.Event()

    def run(inside: socket.socket) -> None:
        inside.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        read_message(inside)
        inside.sendall(result(1, BOUND))
        over.wait()

    connected = servers_of(serve(over_tls(run, tls)), ca).open()
    number = connected.ldap.search("", ldap.SCOPE_BASE, f"(cn={'x' * LARGE})")
    with pytest.raises(ldap.TIMEOUT):  # until every buffer between libldap and the server is full
        connected.ldap.result(number, timeout=0.5)
    connected.close()
    until(lambda: not relays())
    over.set()


def test_the_relay_ends_if_libldap_has_closed_and_the_server_takes_nothing():
    tls, server = socket.socketpair()
    pair, libldap = socket.socketpair()
    with tls, server, pair:
        for each in (tls, pair):
            each.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                tls.send(b"x" * 65536)
        libldap.sendall(b"unbind")
        libldap.close()
        _copy(tls, pair)  # type: ignore[arg-type]  # any stream socket will do


def test_closing_ends_the_thread_while_an_answer_is_on_its_way(serve, ca, tls):
    connected = servers_of(serve(over_tls(answer, tls)), ca).open()
    connected.ldap.search("", ldap.SCOPE_BASE)
    connected.close()
    until(lambda: not relays())


def test_after_an_outage_libldap_connects_nowhere_by_itself(serve, ca, tls):
    def run(inside: socket.socket) -> None:
        read_message(inside)
        inside.sendall(result(1, BOUND))

    server = serve(over_tls(run, tls))
    connected = servers_of(server, ca).open()
    until(lambda: not relays())
    for _ in range(3):
        with pytest.raises(ldap.SERVER_DOWN):
            connected.ldap.simple_bind_s("cn=reader", SECRET)
    assert server.came == 1
    connected.close()


def test_a_slow_reader_stops_the_sender():
    source, sender = socket.socketpair()
    sink, reader = socket.socketpair()
    with source, sender, sink, reader:
        for each in (source, sender, sink):
            each.setblocking(False)
        flow = _Flow(source, sink)
        sent = received = 0
        with suppress(BlockingIOError):
            while sent < LARGE:
                sent += sender.send(b"x" * 65536)
                while flow.advance({}):
                    pass
        assert flow.kept
        assert sent < LARGE
        while received < sent:
            received += len(reader.recv(65536))
            while flow.advance({}):
                pass
        assert not flow.kept
