"""What the company's other services push to control, at an address of its own.

Nothing else is served there: no administration, no console. Whoever knocks has no name yet, so that
everything is bounded before anything is parsed: the head of a request and its body in size and time,
the answer in time, the connections in number. What is served says itself who may push.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS, BODY_SECONDS, ANSWER_SECONDS = 10.0, 20.0, 60.0
MOST_CONNECTIONS = 200
LONGEST_TARGET = 8 << 10
"""Bytes of a request's path and query."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pushed:
    """One thing that is served: an ASGI application for `prefix` and all below it.

    It is called with the whole path, and its `receive` gives the whole body at once, of which there
    are at most `largest` bytes.
    """

    prefix: str
    app: App
    largest: int


def inbound_app(served: Iterable[Pushed]) -> App:
    """The application that serves these and nothing else."""
    places = tuple(served)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        place = next((each for each in places if _is_below(scope["path"], each.prefix)), None)
        if place is None:
            await answer(send, 404, "nothing is served at this path")
        elif len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            await answer(send, 414, f"a path and its query have at most {LONGEST_TARGET} bytes")
        else:
            await _bounded(place, scope, receive, send)

    return app


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


async def _bounded(place: Pushed, scope: Message, receive: Receive, send: Send) -> None:
    """Read the body within its bounds, then have the request answered within its time."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(receive, place.largest)
    except TimeoutError:
        await answer(send, 408, "the request took too long to arrive")
        return
    if body is None:
        await answer(send, 413, f"a request has at most {place.largest} bytes here")
        return
    begun = False

    async def whole() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def watched(message: Message) -> None:
        nonlocal begun
        begun = True
        await send(message)

    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await place.app(scope, whole, watched)
    except TimeoutError:
        if not begun:
            await answer(send, 503, "this takes too long just now; try again")


async def _body(receive: Receive, largest: int) -> bytes | None:
    """The whole body; None where it is too large, of which no more is read."""
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TimeoutError
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > largest:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def answer(send: Send, status: int, words: str) -> None:
    """Answer with a status and a sentence, and end the connection."""
    body = json.dumps({"detail": words, "status": str(status)}).encode()
    head = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 whose client must have sent the head of a request within its time, each time anew."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request, not for ever."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._begin_to_wait()

    def data_received(self, data: bytes) -> None:
        """Go on waiting for the head unless it has come."""
        super().data_received(data)
        answering: RequestResponseCycle | None = self.cycle
        if answering is not None and not answering.response_complete:
            self._end_to_wait()
        elif self._deadline is None:
            self._begin_to_wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is waited for."""
        self._end_to_wait()
        super().connection_lost(exc)

    def _begin_to_wait(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _end_to_wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None
