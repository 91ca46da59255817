"""Whoever fetches revocations promises the same: in memory, over HTTP, from files."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.memory.certificates import MemoryRevocations
from vedette.adapters.revocation_places import RevocationFolder, RevocationPlaces
from vedette.ports.certificates import RevocationFetcher, RevocationFiles
from vedette.ports.errors import Unavailable

Put = Callable[[str, bytes], str]
"""Puts something under a name; returns its place."""


class _Web(BaseHTTPRequestHandler):
    there: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[tuple[str, bytes]]] = []

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/list")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/trickle":
            self._trickle()
            return
        found = self.there.get(self.path)
        self.send_response(404 if found is None else 200)
        broken = self.path == "/broken"
        self.send_header("Content-Length", str(len(found or b"") + 9 * broken))
        self.end_headers()
        self.wfile.write(found or b"")

    def _trickle(self) -> None:
        """A header that goes on and on, each byte soon after the other."""
        self.send_response(200)
        self.flush_headers()
        with suppress(OSError):
            for each in b"X-Slow: " + b"x" * 80:
                self.wfile.write(bytes([each]))
                time.sleep(0.05)
        self.close_connection = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.headers["Content-Type"], body))
        self.do_GET()

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["memory", "http", "file"])
def places(
    request: pytest.FixtureRequest, web: str, tmp_path: Path
) -> tuple[RevocationFetcher, Put]:
    real = RevocationPlaces(ssl.create_default_context())
    memory = MemoryRevocations()

    def in_memory(name: str, data: bytes) -> str:
        memory.there[name] = data
        return name

    def on_the_web(name: str, data: bytes) -> str:
        _Web.there[f"/{name}"] = data
        return f"{web}/{name}"

    def on_disk(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    if request.param == "memory":
        return memory, in_memory
    return real, on_the_web if request.param == "http" else on_disk


def test_what_is_there_is_brought_whole(places: tuple[RevocationFetcher, Put]) -> None:
    fetcher, put = places
    for data in (b"", b"a list", bytes(200_000)):
        assert fetcher.fetch(put("list", data)) == data


def test_what_is_not_there_is_an_outage(places: tuple[RevocationFetcher, Put]) -> None:
    fetcher, put = places
    there = put("list", b"x")
    with pytest.raises(Unavailable):
        fetcher.fetch(there + "-not")


@pytest.fixture(params=["memory", "disk"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> RevocationFiles:
    return MemoryRevocations() if request.param == "memory" else RevocationFolder(tmp_path / "r")


def test_what_was_kept_last_is_there_again(files: RevocationFiles) -> None:
    assert files.load("http://crl.test/a") is None
    files.save("http://crl.test/a", b"one")
    files.save("http://crl.test/a", b"two")
    files.save("/etc/a.crl", b"three")
    assert files.load("http://crl.test/a") == b"two"
    assert files.load("/etc/a.crl") == b"three"


# ---- Over HTTP alone ---------------------------------------------------------------------------------

REAL = RevocationPlaces(ssl.create_default_context())


def test_no_redirection_is_followed(web: str) -> None:
    _Web.there["/list"] = b"x"
    with pytest.raises(Unavailable, match="302"):
        REAL.fetch(f"{web}/away")


def test_an_answer_that_breaks_off_or_is_too_large_is_none(
    web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Web.there["/broken"] = b"half"
    with pytest.raises(Unavailable):
        REAL.fetch(f"{web}/broken")
    monkeypatch.setattr("vedette.protocol.x509.crls.MOST_BYTES", 100)
    _Web.there["/large"] = bytes(101)
    with pytest.raises(Unavailable, match="more than 100 bytes"):
        REAL.fetch(f"{web}/large")


def test_an_answer_without_end_is_given_up(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.adapters.revocation_places._LIST_SECONDS", -1.0)
    _Web.there["/list"] = b"x"
    with pytest.raises(Unavailable, match="too long"):
        REAL.fetch(f"{web}/list")


def test_a_header_without_end_is_given_up(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vedette.adapters.revocation_places._LIST_SECONDS", 0.3)
    with pytest.raises(Unavailable, match="too long"):
        REAL.fetch(f"{web}/trickle")


@pytest.fixture
def mute() -> Iterator[int]:
    """A port on which connections are taken, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_whoever_takes_the_connection_and_says_nothing_is_given_up(
    mute: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr("vedette.adapters.revocation_places._LIST_SECONDS", 0.3)
    with pytest.raises(Unavailable, match="too long"):
        REAL.fetch(f"{scheme}://127.0.0.1:{mute}/list")


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()

    def hangs(*_: object, **__: object) -> list[object]:
        assert goes_on.wait(60)
        raise OSError("nobody answered")

    monkeypatch.setattr("vedette.adapters.revocation_places._LIST_SECONDS", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        with pytest.raises(Unavailable, match="too long"):
            REAL.fetch("http://crl.corp.test/list")
    finally:
        goes_on.set()


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "0.0.0.1", "224.0.0.1", "255.255.255.255", "[fe80::1]", "[::]", "[ff02::1]",
     "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]"],
)  # fmt: skip
def test_addresses_that_are_nobodys_are_never_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *to, **_: asked.append(to))
    with pytest.raises(Unavailable, match="nobody's"):
        REAL.fetch(f"http://{address}/latest/meta-data/")
    bare = address.strip("[]")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (bare, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(Unavailable, match="nobody's"):
        REAL.fetch("http://crl.corp.test/latest/meta-data/")
    assert asked == []


def test_of_several_addresses_the_first_that_takes_the_connection_is_asked(
    web: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _Web.there["/list"] = b"x"
    port = int(web.rpartition(":")[2])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
             for each in ("169.254.169.254", "127.0.0.2", "127.0.0.1")]  # fmt: skip
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert REAL.fetch(f"http://crl.corp.test:{port}/list") == b"x"


def test_a_responder_is_posted_the_question(web: str) -> None:
    _Web.there["/ocsp"] = b"the answer"
    assert REAL.fetch(f"{web}/ocsp", b"the question") == b"the answer"
    assert _Web.asked[-1] == ("application/ocsp-request", b"the question")


@pytest.mark.parametrize(
    "place",
    [
        "ftp://crl.test/a", "file:///etc/passwd", "ldap://dc/cn=x", "http://", "http://u@crl.test/",
        "http://crl.test/#a", "http://crl.test:0/", "http://crl test/", "relative", "http://crl.test:x/",
    ],
)  # fmt: skip
def test_other_addresses_are_never_asked(place: str) -> None:
    with pytest.raises(Unavailable):
        REAL.fetch(place)
    with pytest.raises(Unavailable):
        REAL.fetch(place, b"question")


@given(st.text(max_size=40))
def test_any_text_is_an_outage_and_nothing_else(text: str) -> None:
    with pytest.raises(Unavailable):
        REAL.fetch(f"nowhere:{text}")


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "missing"):
        with pytest.raises(Unavailable):
            REAL.fetch(str(tmp_path / name))
    with pytest.raises(Unavailable):
        REAL.fetch("/etc/hostname", b"question")
