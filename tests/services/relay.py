"""Somebody between a client and its server: passes everything on, elsewhere, or not as it was said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Place = tuple[str, int]


def as_it_is(data: bytes) -> bytes:
    return data


@dataclass
class Relay:
    """Listens at 127.0.0.1. Each new connection goes to the next of `towards`, around and around.

    `said` may change what the client says (and so hears it), `answered` what the server answers.
    """

    towards: list[Place]
    said: Callable[[bytes], bytes] = as_it_is
    answered: Callable[[bytes], bytes] = as_it_is
    heard: bytearray = field(default_factory=bytearray)
    """Everything that clients said, as it came."""
    came: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            place = self.towards[self.came % len(self.towards)]
            self.came += 1
            try:
                server = socket.create_connection(place, 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._open += [client, server]
            for source, sink, change in (
                (client, server, self._hear),
                (server, client, self._answer),
            ):
                threading.Thread(target=_pass_on, args=(source, sink, change), daemon=True).start()

    def _hear(self, data: bytes) -> bytes:
        self.heard += data
        return self.said(data)

    def _answer(self, data: bytes) -> bytes:
        return self.answered(data)

    def cut(self) -> None:
        """End every connection that is open."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def close(self) -> None:
        self._listening.close()
        self.cut()


def _pass_on(source: socket.socket, sink: socket.socket, change: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(change(data))
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(*towards: Place) -> Iterator[Relay]:
    made = Relay(list(towards))
    try:
        yield made
    finally:
        made.close()
