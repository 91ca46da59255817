"""TLS connections to directory servers: `ldaps://`, or `ldap://` with StartTLS (RFC 4511, 4.14).

Python makes them rather than libldap, whose TLS handshake ignores the network timeout: up to 2.6.8
it uses all of a core for ever if the server sends nothing (ITS#8047), and later versions still wait
for ever in the middle of a TLS record.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_LDAPS_PORT, _LDAP_PORT = 636, 389
_START_TLS = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"
"""The StartTLS request, with message id 1."""
_LENGTH = rb"(?:[\x00-\x7f]|\x81.|\x82..|\x83.{3}|\x84.{4})"
_GRANTED = re.compile(rb"\x30_\x02_\x01\x78_\x0a_\x00".replace(b"_", _LENGTH), re.DOTALL)
"""The start of an ExtendedResponse to message 1 with the result `success`, in BER: an Active
Directory writes lengths in four bytes."""
_MAX_ANSWER = 65536
"""Bytes of a StartTLS answer; a longer one is refused."""


class StartTlsRefused(ConnectionError):
    """The server does not grant StartTLS."""


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Host and port of a server, and whether TLS is begun by StartTLS."""

    host: str
    port: int
    starttls: bool


def parse_address(server: str) -> ServerAddress:
    """Parse `ldap[s]://host[:port]`. Raises OSError if it cannot be the address of a server."""
    try:
        where = urlsplit(server)
        host = where.hostname or ""
        port = where.port or (_LDAPS_PORT if where.scheme == "ldaps" else _LDAP_PORT)
        host.encode("idna")
    except ValueError as fault:
        raise OSError(f"`{server}` is not a valid address: {fault}") from fault
    if not host:
        raise OSError(f"`{server}` names no host")
    return ServerAddress(host, port, where.scheme == "ldap")


def load_context(ca: Path) -> ssl.SSLContext:
    """Return a context that verifies name and CA and needs TLS 1.2.

    Every certificate in the file `ca` is trusted to issue others, roots and intermediates alike.
    Raises OSError, of which SSLError is a kind, if the file holds no CA that can be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(ca)
    return context


def connect_tls(address: ServerAddress, context: ssl.SSLContext, timeout: float) -> ssl.SSLSocket:
    """Open a TLS connection whose server is verified.

    `timeout` is in seconds. It limits the TCP connection to each IP address of the host, and then
    StartTLS and the handshake together.

    Raises:
        StartTlsRefused: the server does not grant StartTLS.
        SSLError: the handshake failed; SSLCertVerificationError if the name or the CA is wrong.
        OSError: the server cannot be reached, or does not answer in time.
    """
    plain = socket.create_connection((address.host, address.port), timeout)
    try:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        deadline = time.monotonic() + timeout
        if address.starttls:
            _start_tls(plain, deadline)
        _limit(plain, deadline)
        # without an explicit handshake, `wrap_socket` leaves it out if the server is already gone
        tls = context.wrap_socket(
            plain, server_hostname=address.host, do_handshake_on_connect=False
        )
        _shake_hands(tls)
    except TimeoutError as fault:
        raise TimeoutError("the server does not answer in time") from fault
    finally:
        plain.close()  # does nothing once `wrap_socket` has taken over the descriptor
    return tls


def _shake_hands(tls: ssl.SSLSocket) -> None:
    """Do the TLS handshake; close the connection if it fails. Raises OSError."""
    try:
        tls.do_handshake()
    except OSError:
        tls.close()
        raise


def describe_fault(fault: OSError) -> str:
    """Return why a connection failed, without Python's file names and error numbers."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        return fault.verify_message
    if isinstance(fault, ssl.SSLError):
        return fault.reason or str(fault)
    return fault.strerror or str(fault)


def _start_tls(plain: socket.socket, deadline: float) -> None:
    """Ask for StartTLS. Raises StartTlsRefused, OSError."""
    plain.sendall(_START_TLS)
    answer = _receive(plain, 2, deadline)
    size = answer[1]
    if size >= 0x80:
        length = _receive(plain, min(size & 0x7F, 4), deadline)
        answer, size = answer + length, int.from_bytes(length)
    if size > _MAX_ANSWER:
        raise StartTlsRefused("the answer to StartTLS is not LDAP")
    answer += _receive(plain, size, deadline)
    if not _GRANTED.match(answer):
        raise StartTlsRefused("the server does not grant StartTLS")


def _receive(plain: socket.socket, size: int, deadline: float) -> bytes:
    """Receive exactly `size` bytes, and none of what follows. Raises OSError."""
    received = b""
    while len(received) < size:
        _limit(plain, deadline)
        chunk = plain.recv(size - len(received))
        if not chunk:
            raise ConnectionError("the server closed the connection")
        received += chunk
    return received


def _limit(plain: socket.socket, deadline: float) -> None:
    """Make the next step end at the deadline. Raises TimeoutError if it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    plain.settimeout(left)
