"""Copies bytes between libldap and a TLS connection that Python made.

libldap gets one end of a pair of connected Unix sockets; a thread copies between the other end and
the TLS connection. The thread ends, and closes both, when either side closes.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import dataclass

THREAD_NAME = "ldap-relay"
_CHUNK = 65536
"""Bytes that are copied at once, and the most that are kept for a slow reader."""


def start_relay(tls: ssl.SSLSocket) -> socket.socket:
    """Return a socket whose bytes travel over `tls`. `tls` is closed when the relay ends.

    The socket does not block: libldap observes its timeout only while it waits in `poll`, and would
    block in `read` for the rest of a message.

    Raises OSError if there is no descriptor or thread left for it; `tls` is closed then.
    """
    try:
        near, far = socket.socketpair()
    except OSError:
        tls.close()
        raise
    for each in (tls, near, far):
        each.setblocking(False)
    try:
        threading.Thread(target=_relay, args=(tls, far), name=THREAD_NAME, daemon=True).start()
    except RuntimeError as fault:  # the process has as many threads as it may have
        for each in (tls, near, far):
            each.close()
        raise OSError("no thread can be started") from fault
    return near


def _relay(tls: ssl.SSLSocket, pair: socket.socket) -> None:
    with closing(tls), closing(pair):
        with suppress(OSError):
            _copy(tls, pair)
        with suppress(OSError):
            tls.unwrap()  # sends close_notify, and does not wait for the server's


@dataclass(slots=True)
class _Flow:
    """One direction. Nothing is received before the last chunk is sent, so a slow reader slows
    the sender down.
    """

    source: socket.socket
    sink: socket.socket
    kept: bytes = b""
    source_closed: bool = False

    @property
    def is_ended(self) -> bool:
        """Whether the source is closed and everything from it was sent."""
        return self.source_closed and not self.kept

    def advance(self, awaited: dict[socket.socket, int]) -> bool:
        """Receive or send once, and return whether that was possible.

        If not, the events to wait for are added to `awaited`. Raises OSError.
        """
        at, event = (self.sink, select.POLLOUT) if self.kept else (self.source, select.POLLIN)
        try:
            if self.kept:
                self.kept = self.kept[self.sink.send(self.kept) :]
            else:
                self.kept = self.source.recv(_CHUNK)
                self.source_closed = not self.kept
        except ssl.SSLWantReadError:
            event = select.POLLIN
        except ssl.SSLWantWriteError:
            event = select.POLLOUT
        except BlockingIOError:
            pass
        else:
            return True
        awaited[at] = awaited.get(at, 0) | event
        return False


def _copy(tls: ssl.SSLSocket, pair: socket.socket) -> None:
    """Copy in both directions until one side has closed. Raises OSError."""
    outgoing, incoming = _Flow(pair, tls), _Flow(tls, pair)
    while not (outgoing.is_ended or incoming.is_ended):
        awaited: dict[socket.socket, int] = {pair: 0}
        moved = [flow.advance(awaited) for flow in (outgoing, incoming)]
        if any(moved):
            continue
        poll = select.poll()
        for each, events in awaited.items():
            poll.register(each, events)
        found = dict(poll.poll())
        if outgoing.kept and found.get(pair.fileno(), 0) & select.POLLHUP:
            return  # libldap has closed its end, and the server takes nothing: nobody waits for it
