"""CRLs and OCSP answers from their addresses and files, and the last good ones on disk.

Nothing is followed elsewhere, no proxy is asked, and what comes is bounded in size and time, the look-up
of its name and the handshake included. What it is worth is judged by whoever asked: most CAs publish
over plain HTTP, since everything is signed.
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
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from vedette.core.language import as_is, said_by, told
from vedette.ports.errors import Unavailable
from vedette.protocol.addresses import is_somebodys, literal
from vedette.protocol.x509 import crls, ocsp

_CONNECT_SECONDS = 5.0
_LIST_SECONDS = 30.0
"""Seconds for a whole list; some have tens of megabytes."""
_ANSWER_SECONDS = 5.0
"""Seconds for a responder's answer: somebody waits for it to sign in."""
_MOST_ADDRESSES = 8
"""How many addresses of one name are tried."""
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
            with closing(self._connected(parts, end)) as connection:
                _ask(connection, parts, request)
                return _answer(connection, largest, end)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            _in_time(end)
            raise Unavailable(told("it did not answer: {fault}", fault=said_by(fault))) from fault

    def _connected(self, parts: SplitResult, end: float) -> _Connection:
        """A connection to where the name leads now, proven where it has to be; cut off at the end."""
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        connection = _Connection(host, port if parts.port else None, default_port=port)
        connection.begin(_reached(_addresses(host, port, end), port, end), end)
        try:
            if secure:
                connection.secure(self.tls)
        except BaseException:
            connection.close()
            raise
        return connection


def revocation_places(trusted_ca: Path | None) -> RevocationPlaces:
    """Places of which those over TLS prove themselves to the machine's CAs or the boot file's.

    Raises OSError: the file can't be read.
    """
    tls = ssl.create_default_context()
    if trusted_ca is not None:
        tls.load_verify_locations(trusted_ca)
    return RevocationPlaces(tls)


class _Connection(http.client.HTTPConnection):
    """One that is cut off at the end of its time: a trickle of bytes never meets its own time-out."""

    def __init__(self, host: str, port: int | None, *, default_port: int) -> None:
        super().__init__(host, port or default_port)
        self.default_port = default_port  # what needs not be said in `Host`
        self._timer: threading.Timer | None = None

    def begin(self, sock: socket.socket, end: float) -> None:
        """Go on by this socket, which is closed with it, until the end. Raises Unavailable."""
        self.sock = sock
        try:
            _in_time(end)
        except Unavailable:
            self.close()
            raise
        self._timer = threading.Timer(max(0.0, end - time.monotonic()), self._cut)
        self._timer.daemon = True
        self._timer.start()

    def secure(self, tls: ssl.SSLContext) -> None:
        """Have the other side prove itself. Raises OSError."""
        self.sock = tls.wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock.do_handshake()  # by now the timer can cut it off

    def close(self) -> None:
        """End it, and the timer."""
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def _cut(self) -> None:
        sock = self.sock
        with suppress(OSError, AttributeError):  # it may be closed by now
            # Beneath TLS, which another thread is busy with.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _parts(place: str) -> SplitResult:
    """The parts of an address. Raises ValueError for what is none."""
    parts = urlsplit(place)
    plain = place.isascii() and place.isprintable() and " " not in place and len(place) <= _LONGEST
    if not plain or parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(told("this is no address of the web"))
    if "@" in parts.netloc or parts.fragment or parts.port == 0:
        raise ValueError(told("this is no plain address of the web"))
    return parts


def _in_time(end: float) -> None:
    """Raises Unavailable once the time is over."""
    if time.monotonic() > end:
        raise Unavailable(told("its answer takes too long"))


# ---- Names and addresses -----------------------------------------------------------------------------

_LOOK_UPS = threading.BoundedSemaphore(16)
"""The system's resolver can't be hurried: a look-up that hangs keeps its thread, so there are not many."""


def _addresses(host: str, port: int, end: float) -> list[str]:
    """The addresses of a name that may be asked. Raises Unavailable."""
    if (one := literal(host)) is not None:
        return _permitted([one])
    if not _LOOK_UPS.acquire(timeout=max(0.0, end - time.monotonic())):
        raise Unavailable(told("too many names are being looked up"))
    found: Future[list[str]] = Future()
    threading.Thread(target=_look_up, args=(host, port, found), daemon=True).start()
    try:
        return _permitted(found.result(timeout=max(0.0, end - time.monotonic())))
    except TimeoutError as fault:
        raise Unavailable(told("its answer takes too long")) from fault


def _look_up(host: str, port: int, found: Future[list[str]]) -> None:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(each[4][0]) for each in entries)))
    except OSError as fault:
        why = as_is(str(fault.strerror or fault))
        found.set_exception(Unavailable(told("its name is not known: {fault}", fault=why)))
    except ValueError as fault:  # a name with a label that is none
        found.set_exception(fault)
    finally:
        _LOOK_UPS.release()


def _permitted(found: list[str]) -> list[str]:
    """Those that may be asked; a company's CA is mostly inside, so addresses inside are."""
    good = [each for each in found if is_somebodys(each)]
    if not good:
        address = found[0] if found else "-"
        raise Unavailable(
            told("its address can be nobody's who may be asked ({address})", address=address)
        )
    return good


def _reached(addresses: list[str], port: int, end: float) -> socket.socket:
    """A connection to the first of them that takes it. Raises OSError and Unavailable."""
    fault: OSError = TimeoutError("timed out")
    for address in addresses[:_MOST_ADDRESSES]:
        _in_time(end)
        left = min(_CONNECT_SECONDS, max(0.01, end - time.monotonic()))
        try:
            sock = socket.create_connection((address, port), timeout=left)
        except OSError as refused:
            fault = refused
            continue
        sock.settimeout(_CONNECT_SECONDS)
        return sock
    raise fault


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
            raise Unavailable(told("it answered {status}", status=response.status))
        pieces, size = [], 0
        while piece := response.read1(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                raise Unavailable(told("it answered with more than {most} bytes", most=largest))
            _in_time(end)
        _in_time(end)
        if response.length:
            raise Unavailable(told("its answer broke off"))
    return b"".join(pieces)


def _file(path: str) -> bytes:
    """A regular file of bounded size. Raises Unavailable."""
    try:
        # Not to wait for whoever writes to a pipe that lies there.
        with open(path, "rb", opener=lambda p, f: os.open(p, f | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unavailable(told("it is no file"))
            data = file.read(crls.MOST_BYTES + 1)
    except OSError as fault:
        why = as_is(str(fault.strerror))
        raise Unavailable(told("the file can't be read: {fault}", fault=why)) from fault
    if len(data) > crls.MOST_BYTES:
        raise Unavailable(told("it answered with more than {most} bytes", most=crls.MOST_BYTES))
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
