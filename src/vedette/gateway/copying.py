"""A second taker of a request's body: what arrives is also sent to somebody who may have it early.

Losing such a copy costs nothing but the copy. It is never waited for, holds little in memory, and
gives up where its taker is slow, away, or answers before it has everything.
"""

from __future__ import annotations

import asyncio
from typing import cast

from vedette.gateway.plan import CopyTo, Tcp

MOST_WAITING = 4 << 20
"""Bytes that may wait for a slow taker; a copy that falls further behind is given up."""
_ANSWER_SECONDS = 10.0


class BodyCopy(asyncio.Protocol):
    """One copy on its way. `give` takes the pieces of the body, `end` says that it is whole."""

    __slots__ = ("_copy", "_ended", "_length", "_loop", "_over", "_task", "_transport", "_waiting")

    def __init__(self, copy: CopyTo, length: int | None, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to connect; `length` is the body's, None where it comes in chunks."""
        self._copy = copy
        self._length = length
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = [self._head()]
        self._ended = False
        self._over = False
        self._task = loop.create_task(self._connect())

    def _head(self) -> bytes:
        framing = (
            b"transfer-encoding: chunked"
            if self._length is None
            else b"content-length: %d" % self._length
        )
        return b"%s %s HTTP/1.1\r\nhost: copy\r\nconnection: close\r\n%s\r\n\r\n" % (
            self._copy.method,
            self._copy.target,
            framing,
        )

    async def _connect(self) -> None:
        address = self._copy.address
        try:
            async with asyncio.timeout(self._copy.connect_seconds):
                if isinstance(address, Tcp):
                    await self._loop.create_connection(lambda: self, address.host, address.port)
                else:
                    await self._loop.create_unix_connection(lambda: self, address.path)
        except OSError:  # TimeoutError is one
            self.drop()

    def give(self, data: bytes) -> None:
        """Send a piece of the body on, unless the copy was given up."""
        if self._over:
            return
        if self._length is None:
            self._send(b"%x\r\n" % len(data), data, b"\r\n")
        else:
            self._send(data)

    def end(self) -> None:
        """The body is whole; the taker's answer is read by nobody."""
        if self._over:
            return
        if self._length is None:
            self._send(b"0\r\n\r\n")
        self._ended = True
        # The taker closes once it has answered; one that does not is left behind.
        self._loop.call_later(_ANSWER_SECONDS, self.drop)

    def drop(self) -> None:
        """Give the copy up."""
        self._over = True
        self._waiting.clear()
        self._task.cancel()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _send(self, *pieces: bytes) -> None:
        if self._transport is None:
            self._waiting += pieces
            behind = sum(map(len, self._waiting))
        else:
            self._transport.writelines(pieces)
            behind = self._transport.get_write_buffer_size()
        if behind > MOST_WAITING:
            self.drop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what has come by now."""
        self._transport = cast("asyncio.Transport", transport)
        if self._over:
            self.drop()
            return
        waiting, self._waiting = self._waiting, []
        self._transport.writelines(waiting)

    def data_received(self, data: bytes) -> None:
        """An answer before the end says that the taker wants no more."""
        del data
        if not self._ended:
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever became of it, it is over."""
        del exc
        self._over = True
        self._transport = None
        self._waiting.clear()
