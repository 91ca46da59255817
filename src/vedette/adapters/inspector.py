"""The inspector over its Unix socket, asked on a thread so that no loop waits for it.

The same adapter serves every loop: `run` takes a blocking function to a thread and waits for it in
the way of that loop. Each request has a connection of its own; nothing is kept open to a process
that may be killed at any time.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol, TypeVar
from urllib.parse import quote

from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.inspection import NotFound
from vedette.protocol.internal.files import content_from_json, file_from_json, file_to_json

_MOST_ANSWERED = 256 << 10
_BLOCK = 256 << 10

_Done = TypeVar("_Done")


class Run(Protocol):
    """Calls a blocking function on a thread, and waits for it."""

    def __call__(self, doing: Callable[[], _Done]) -> Awaitable[_Done]:
        """What `doing` returned, or raised."""


class _Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket; every single wait ends after `seconds`."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("inspector", timeout=seconds, blocksize=_BLOCK)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class Inspector:
    """The Inspection port over the inspector's API. `patience`: seconds of silence that are borne."""

    socket: Path
    run: Run
    patience: float = 2.0

    async def file(self, server: ServerName, media: MediaId) -> File | None:
        """What the register knows. Raises Unavailable."""
        status, body = await self.run(lambda: self._ask("GET", _of(server, media)))
        if status == 404:
            return None
        if status != 200:
            _not_an_answer(status)
        return _read(file_from_json, body)

    async def register(self, file: File, sha256: Digest | None) -> None:
        """Have the register remember a file. Raises Unavailable."""
        told = {**file_to_json(file), "content": None, "sha256": sha256}
        await self._done("PUT", _of(file.server, file.media), told)

    async def hold(
        self, server: ServerName, media: MediaId, by: str, *, held: bool, released: bool = False
    ) -> bool:
        """Have it hold a file, or no longer. Raises Unavailable."""
        word = "hold" if held else "release"
        told = {"by": by, "released": released}
        return await self._done("POST", f"{_of(server, media)}/{word}", told)

    async def use_as(self, server: ServerName, media: MediaId, class_: str) -> bool:
        """Have it remember what a file is used as. Raises Unavailable."""
        return await self._done("POST", f"{_of(server, media)}/class", {"class": class_})

    async def content(self, sha256: Digest, seconds: float) -> Content | NotFound:
        """What bytes with this digest are. Raises Unavailable."""
        path = f"/contents/{sha256}?wait={seconds:.3f}"
        return _found(*await self.run(lambda: self._ask("GET", path, waits=seconds)))

    async def look_at(self, path: str, seconds: float) -> Content | NotFound:
        """Send a file's bytes. Raises Unavailable."""
        return _found(*await self.run(lambda: self._send(path, seconds)))

    def _send(self, path: str, seconds: float) -> tuple[int, Any]:
        try:
            with Path(path).open("rb") as bytes_:
                length = os.fstat(bytes_.fileno()).st_size
                target = f"/contents?wait={seconds:.3f}"
                return self._ask("PUT", target, bytes_, length=length, waits=seconds)
        except OSError as fault:
            raise Unavailable(f"the bytes can't be read: {fault}") from fault

    async def _done(self, method: str, path: str, told: dict[str, Any]) -> bool:
        body = json.dumps(told).encode()
        status, _ = await self.run(lambda: self._ask(method, path, body, length=len(body)))
        if status not in (204, 404):
            _not_an_answer(status)
        return status == 204

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] | None = None,
        *,
        length: int = 0,
        waits: float = 0.0,
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer. Raises Unavailable."""
        connection = _Connection(str(self.socket), self.patience + waits)
        headers = {} if body is None else {"Content-Length": str(length)}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read(_MOST_ANSWERED)
            return answer.status, json.loads(text) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise Unavailable(f"the inspector did not answer: {fault}") from fault
        finally:
            connection.close()


def digest_of(path: str) -> Digest:
    """The digest of a file's bytes. Blocks. Raises Unavailable."""
    try:
        with Path(path).open("rb") as bytes_:
            return Digest(hashlib.file_digest(bytes_, "sha256").hexdigest())
    except OSError as fault:
        raise Unavailable(f"the bytes can't be read: {fault}") from fault


def _of(server: ServerName, media: MediaId) -> str:
    return f"/files/{quote(server, safe='')}/{quote(media, safe='')}"


def _found(status: int, body: Any) -> Content | NotFound:
    if status == 200:
        return _read(content_from_json, body)
    found = _NOT_FOUND.get(status)
    if found is None:
        _not_an_answer(status)
    return found


_NOT_FOUND = {
    202: NotFound.LOOKING,
    404: NotFound.UNSENT,
    413: NotFound.TOO_LARGE,
    422: NotFound.NOT_JUDGED,
}


def _read(read: Callable[[Any], _Done], body: Any) -> _Done:
    try:
        return read(body)
    except ValueError as fault:
        raise Unavailable(f"the inspector answered something else: {fault}") from fault


def _not_an_answer(status: int) -> NoReturn:
    raise Unavailable(f"the inspector answered with {status}")
