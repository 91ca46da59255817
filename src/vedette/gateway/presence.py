"""Whether the sign-in service answers: while it does not, no client can get a new token."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

_EVERY_SECONDS = 2.0
_PATIENCE_SECONDS = 2.0
_MISSES = 2
"""How many tries in a row must fail: one may fall into a restart."""
_QUESTION = b"GET /health HTTP/1.1\r\nhost: signin\r\nconnection: close\r\n\r\n"


@dataclass(slots=True)
class Presence:
    """Looks at a process behind a Unix socket, again and again."""

    socket: str
    every: float = _EVERY_SECONDS
    _missed: int = 0
    _task: asyncio.Task[None] | None = None

    def is_away(self) -> bool:
        """Whether it did not answer the last times it was asked."""
        return self._missed >= _MISSES

    def watch(self) -> None:
        """Begin to look, until `close`."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _watch(self) -> None:
        while True:
            self._missed = 0 if await self._answers() else self._missed + 1
            await asyncio.sleep(self.every)

    async def _answers(self) -> bool:
        """Whether anything but a failure of its own comes back."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                reader, writer = await asyncio.open_unix_connection(self.socket)
                try:
                    writer.write(_QUESTION)
                    line = await reader.readline()
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (OSError, TimeoutError, ValueError):
            return False
        return line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 5")
