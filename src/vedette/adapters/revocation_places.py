"""CRLs and OCSP answers from their addresses and files, and the last good ones on disk.

Nothing is followed elsewhere, no proxy is asked, and what comes is bounded in size and time. What it is
worth is judged by whoever asked: most CAs publish over plain HTTP, since everything is signed.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from vedette.ports.errors import Unavailable
from vedette.protocol.x509 import crls, ocsp

_CONNECT_SECONDS = 5.0
_LIST_SECONDS = 30.0
"""Seconds for a whole list; some have tens of megabytes."""
_ANSWER_SECONDS = 5.0
"""Seconds for a responder's answer: somebody waits for it to sign in."""
_PIECE = 64 << 10
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class RevocationPlaces:
    """The RevocationFetcher. `tls` is what addresses with `https:` must prove themselves by."""

    tls: ssl.SSLContext

    def fetch(self, place: str, request: bytes | None = None) -> bytes:
        """What is there. Raises Unavailable."""
        if request is None and place.startswith("/"):
            return _file(place)
        largest = crls.MOST_BYTES if request is None else ocsp.MOST_BYTES
        end = time.monotonic() + (_LIST_SECONDS if request is None else _ANSWER_SECONDS)
        try:
            parts = _parts(place)
            with closing(self._connection(parts)) as connection:
                connection.connect()
                with _cut_off(connection, end):
                    _ask(connection, parts, request)
                    return _answer(connection, largest, end)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            _in_time(end)
            raise Unavailable(f"it did not answer: {fault}") from fault

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                host, parts.port, timeout=_CONNECT_SECONDS, context=self.tls
            )
        return http.client.HTTPConnection(host, parts.port, timeout=_CONNECT_SECONDS)


def _parts(place: str) -> SplitResult:
    """The parts of an address. Raises ValueError for what is none."""
    parts = urlsplit(place)
    plain = place.isascii() and place.isprintable() and " " not in place and len(place) <= _LONGEST
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("this is no address of the web")
    if "@" in parts.netloc or parts.fragment or parts.port == 0:
        raise ValueError("this is no plain address of the web")
    return parts


def _in_time(end: float) -> None:
    """Raises Unavailable once the time is over."""
    if time.monotonic() > end:
        raise Unavailable("its answer takes too long")


@contextmanager
def _cut_off(connection: http.client.HTTPConnection, end: float) -> Iterator[None]:
    """Cut a connection off at the end of its time; a trickle of bytes never meets its own time-out.

    Raises Unavailable if it is over already.
    """
    _in_time(end)
    timer = threading.Timer(max(0.0, end - time.monotonic()), _cut, (connection.sock,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):  # it may be closed by now
        # Beneath TLS, which another thread is busy with.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _ask(connection: http.client.HTTPConnection, parts: SplitResult, request: bytes | None) -> None:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if request is None:
        connection.request("GET", target)
    else:
        kind = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
        connection.request("POST", target, request, kind)


def _answer(connection: http.client.HTTPConnection, largest: int, end: float) -> bytes:
    """The body of a success. Raises Unavailable for all else, redirections too."""
    with connection.getresponse() as response:
        if response.status != http.client.OK:
            raise Unavailable(f"it answered {response.status}")
        pieces, size = [], 0
        while piece := response.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                raise Unavailable(f"it answered with more than {largest} bytes")
            _in_time(end)
        _in_time(end)
        if response.length:
            raise Unavailable("its answer broke off")
    return b"".join(pieces)


def _file(path: str) -> bytes:
    """A regular file of bounded size. Raises Unavailable."""
    try:
        # Not to wait for whoever writes to a pipe that lies there.
        with open(path, "rb", opener=lambda p, f: os.open(p, f | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unavailable("it is no file")
            data = file.read(crls.MOST_BYTES + 1)
    except OSError as fault:
        raise Unavailable(f"the file can't be read: {fault.strerror}") from fault
    if len(data) > crls.MOST_BYTES:
        raise Unavailable(f"it has more than {crls.MOST_BYTES} bytes")
    return data


@dataclass(frozen=True, slots=True)
class RevocationFolder:
    """The RevocationFiles in a folder: one file for each place, named by its SHA-256."""

    folder: Path

    def load(self, place: str) -> bytes | None:
        """What was kept last, or None."""
        try:
            return self._path(place).read_bytes()
        except OSError:
            return None

    def save(self, place: str, data: bytes) -> None:
        """Keep it, whole or not at all. Raises Unavailable."""
        path = self._path(place)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_bytes(data)
            new.replace(path)
        except OSError as fault:
            raise Unavailable(f"`{path}` can't be written: {fault.strerror}") from fault

    def _path(self, place: str) -> Path:
        return self.folder / f"{hashlib.sha256(place.encode()).hexdigest()}.crl"
