"""The way out for pushes: CONNECT to an address on the push allowlist, and to nothing else.

Synapse is configured to use this as its proxy, so nothing that it sends by itself can leave
another way. TLS runs through the tunnel untouched; what a push carries was bound to ids when the
pusher was set.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.towards import routine
from vedette.ports.policy import Policy
from vedette.spine import Permit, Spine, refuse

_ACT = Act.NETWORK_REQUEST_SEND
_LONGEST_HEAD = 4096
_HEAD_SECONDS = 10.0
_IDLE_SECONDS = 300.0
_CHUNK = 64 << 10


@dataclass(slots=True)
class PushTunnel:
    """Listens on a loopback address."""

    spine: Spine
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def listen(self, address: str) -> None:
        """Begin to listen. Raises OSError."""
        host, _, port = address.rpartition(":")
        self._server = await asyncio.start_server(
            self._serve, host.strip("[]"), int(port), limit=_LONGEST_HEAD
        )

    async def close(self) -> None:
        """Stop, and cut what is under way."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # stream callbacks run as tasks
        self._tasks.add(task)
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _HEAD_SECONDS)
            await self._tunnel(head, reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever connected went away or spoke something else
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _tunnel(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        target = _target(head)
        settled = self._settle(target)
        if target is None or not isinstance(settled, Permit):
            writer.write(
                b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            await writer.drain()
            return
        await connect(settled, target, reader, writer)

    def _settle(self, target: tuple[str, int] | None) -> object:
        where = f"{target[0]}:{target[1]}" if target else None

        def prepare(policy: Policy) -> tuple[Ask, Facts] | Decision:
            allowed = {_address(url) for url in policy.directory.document.push.gateways}
            if target is None or target not in allowed:
                return refuse(policy, Reason.NOT_SUPPORTED, where)
            return routine(_ACT, "the homeserver", where), Facts()

        return self.spine.settle(_ACT, "the homeserver", prepare)


def _target(head: bytes) -> tuple[str, int] | None:
    """The address of a CONNECT request (RFC 9110, section 9.3.6)."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3 or words[0] != "CONNECT":
        return None
    host, colon, port = words[1].rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        return None
    return host.strip("[]").lower(), int(port)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or 443


async def connect(
    permit: Permit,
    target: tuple[str, int],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Join the two connections until either side ends."""
    del permit  # being given one is the point
    out_reader, out_writer = await asyncio.open_connection(*target)
    try:
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await asyncio.gather(_pipe(reader, out_writer), _pipe(out_reader, writer))
    finally:
        out_writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await asyncio.wait_for(reader.read(_CHUNK), _IDLE_SECONDS):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
