"""The looker: a fork server that makes a fresh, confined process for each content.

It has no secret and an empty environment. One that hangs or died is ended and started again; what
was being looked at by it is not judged.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vedette.core.files import Content
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Kept, Limits
from vedette.protocol.internal.files import content_from_json

_LOG = logging.getLogger("vedette.inspection")
_START_SECONDS = 60.0
_GRACE_SECONDS = 25.0
"""How much longer than its limit the looking may take before the fork server counts as hanging."""
_LONGEST_ANSWER = 256 << 10
_LONGEST_HELLO = 64 << 10
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}
"""Without the last, the wheels of onnxruntime tell their makers of each start, on a thread of their own."""


@dataclass(slots=True)
class _Running:
    process: asyncio.subprocess.Process
    talk: socket.socket
    rules: str
    holds: tuple[str, ...]
    server: tuple[str, ...]


@dataclass(slots=True)
class ForkServer:
    """The Looker over a fork server, which is started when it is needed and not there."""

    scratch: Path
    yara: Path | None = None
    """The compiled rules of the organisation."""
    _running: _Running | None = None
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _rules: str = ""

    @property
    def rules(self) -> str:
        """Its detectors and their versions, as it told them when it started last."""
        return self._rules

    @property
    def holds(self) -> tuple[str, ...]:
        """What confines a looking on this machine."""
        return self._running.holds if self._running else ()

    @property
    def server_holds(self) -> tuple[str, ...]:
        """What confines the fork server itself."""
        return self._running.server if self._running else ()

    @property
    def pid(self) -> int | None:
        """The fork server's process id, while it runs."""
        running = self._running
        return running.process.pid if running and running.process.returncode is None else None

    async def start(self) -> None:
        """Start the fork server if none runs. Raises Unavailable."""
        async with self._starting:
            if self.pid is None:
                await self._end(self._running)
                self._running = await self._start()
                self._rules = self._running.rules

    async def look(self, kept: Kept, limits: Limits) -> Content:
        """What the content is. Raises Unavailable."""
        await self.start()
        running = self._running
        assert running is not None  # it was started just now
        try:
            async with asyncio.timeout(limits.seconds + _GRACE_SECONDS):
                told = await self._ask(running, kept, limits)
        except TimeoutError:
            await self._end(running)
            raise Unavailable("the looking took too long and was ended") from None
        return _content(told, kept)

    async def restart(self) -> None:
        """End the fork server, so that the next looking starts one with the rules of now."""
        await self._end(self._running)

    async def end(self) -> None:
        """End the fork server and everything that it does."""
        await self._end(self._running)

    async def _ask(self, running: _Running, kept: Kept, limits: Limits) -> bytes:
        request = {"sha256": kept.sha256, "size": kept.size, "limits": asdict(limits)}
        try:
            reading, writing = os.pipe2(os.O_CLOEXEC)
        except OSError as fault:
            raise Unavailable(f"the looker can't be asked: {fault.strerror}") from fault
        try:
            content = _opened(kept)
            try:
                socket.send_fds(running.talk, [json.dumps(request).encode()], [content, writing])
            except OSError as fault:
                raise Unavailable(f"the looker can't be asked: {fault.strerror}") from fault
            finally:
                os.close(content)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        return await _read_all(reading)

    async def _start(self) -> _Running:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-m", "vedette.inspection.look.server",
                str(theirs.fileno()), str(self.scratch), str(self.yara or ""),
                env=_ENVIRONMENT,
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as fault:
            ours.close()
            raise Unavailable(f"the looker can't be started: {fault.strerror}") from fault
        finally:
            theirs.close()
        try:
            async with asyncio.timeout(_START_SECONDS):
                loop = asyncio.get_running_loop()
                hello = json.loads(await loop.sock_recv(ours, _LONGEST_HELLO))
            told = (tuple(map(str, hello[each])) for each in ("holds", "server"))
            return _Running(process, ours, str(hello["rules"]), *told)
        except (TimeoutError, OSError, ValueError, KeyError) as fault:
            ours.close()
            await _kill(process)
            raise Unavailable("the looker did not start; its log says why") from fault

    async def _end(self, running: _Running | None) -> None:
        if running is None:
            return
        if self._running is running:
            self._running = None
        running.talk.close()
        await _kill(running.process)


def _opened(kept: Kept) -> int:
    """A descriptor of the content. Raises Unavailable."""
    try:
        return kept.open()
    except OSError as fault:
        raise Unavailable(f"a content can't be opened: {fault.strerror}") from fault


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def _read_all(descriptor: int) -> bytes:
    """Everything that is written into a pipe until all ends are closed, up to a bound."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LONGEST_ANSWER)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    try:
        data = bytearray()
        while chunk := await reader.read(65536):
            data += chunk
            if len(data) > _LONGEST_ANSWER:
                raise Unavailable("the looking gave an answer that is too long")
        return bytes(data)
    finally:
        transport.close()


def _content(told: bytes, kept: Kept) -> Content:
    """The answer, strictly read. Raises Unavailable."""
    if not told:
        raise Unavailable("the looking ended without an answer")
    try:
        data: Any = json.loads(told)
        content = content_from_json(data)
    except (ValueError, RecursionError) as fault:
        raise Unavailable("the looking gave an answer that makes no sense") from fault
    if (content.sha256, content.size) != (kept.sha256, kept.size):
        raise Unavailable("the looking gave an answer about something else")
    return content
