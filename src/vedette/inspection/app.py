"""The inspector's HTTP API, for the module inside Synapse and the gateway, over a Unix socket.

Contents are named by their SHA-256 digest, files by server and media id. While nothing can be judged
the answer is 503; about a single content whose inspection failed it is 422 (RFC 9110, section
15.5.21). Both have Retry-After: whoever asks holds the file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from aiohttp import web

from vedette.core.facts import FILE_CLASSES
from vedette.core.files import Content, Digest, File
from vedette.core.names import InvalidName, MediaId, ServerName
from vedette.inspection.contents import Answer, BeingLookedAt, Contents, NotJudged, Passing
from vedette.ports.errors import Unavailable
from vedette.ports.register import OwnerFixed, Register
from vedette.protocol.internal.files import content_to_json, file_from_json, file_to_json

MOST_AT_ONCE = 256
"""So many contents arrive or are looked at side by side; more are asked to come again."""
_AT_ONCE = 256 << 10
_LONGEST_WAIT = 300.0
_LONGEST_TOLD = 64 << 10
_COME_AGAIN = 5


class Arriving(Passing, Protocol):
    """A content that is still arriving."""

    def write(self, data: bytes) -> None:
        """Take more of it. Raises Unavailable when there is no room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """What the API stands on. `begin` takes the expected size, 0 if unknown, and may be Unavailable.

    `largest` is the size over which a content is refused; it raises Unavailable while no settings
    are known. `ready` says what is in force, and why nothing can be judged now, if so.
    """

    contents: Contents
    register: Register
    begin: Callable[[int], Arriving]
    largest: Callable[[], int]
    ready: Callable[[], tuple[str, dict[str, Any]]]


def make_app(inspector: Inspector) -> web.Application:
    """The application, with `/health` and `/ready` beside it."""
    api = _Api(inspector)
    app = web.Application(middlewares=[_answers], client_max_size=0)
    app.add_routes(
        [
            web.get("/health", api.health),
            web.get("/ready", api.ready),
            web.put("/contents", api.put_content),
            web.get("/contents/{sha256}", api.get_content, allow_head=False),
            web.put("/files/{server}/{media}", api.put_file),
            web.get("/files/{server}/{media}", api.get_file, allow_head=False),
            web.post("/files/{server}/{media}/hold", api.hold),
            web.post("/files/{server}/{media}/release", api.release),
            web.post("/files/{server}/{media}/class", api.classify),
        ]
    )
    return app


@dataclass(frozen=True, slots=True)
class _Api:
    inspector: Inspector

    async def health(self, request: web.Request) -> web.Response:
        del request
        return web.Response(text="ok\n")

    async def ready(self, request: web.Request) -> web.Response:
        """What is in force here; 503 while nothing can be judged."""
        del request
        why, state = self.inspector.ready()
        return _json({"why": why, **state}, 503 if why else 200)

    async def put_content(self, request: web.Request) -> web.Response:
        """Take the bytes, and say what they are if that is known in time."""
        largest, expected = self.inspector.largest(), request.content_length or 0
        wait = _wait(request)
        if expected > largest:
            return _too_large(largest)
        if self.inspector.contents.under_way >= MOST_AT_ONCE:
            raise Unavailable("too many contents are being looked at")
        arriving = self.inspector.begin(expected)
        announced = self.inspector.contents.arriving()
        try:
            if not await _receive(request, arriving, largest):
                arriving.close()
                return _too_large(largest)
            self.inspector.contents.take(arriving)
        except BaseException:
            arriving.close()
            raise
        finally:
            announced.set_result(None)
        return _said(arriving.sha256, await self.inspector.contents.ask(arriving.sha256, wait))

    async def get_content(self, request: web.Request) -> web.Response:
        """What is known of a content."""
        sha256 = Digest(request.match_info["sha256"])
        return _said(sha256, await self.inspector.contents.ask(sha256, _wait(request)))

    async def put_file(self, request: web.Request) -> web.Response:
        """Remember a file."""
        told = await _told(request)
        said = told.pop("sha256", None)
        file = file_from_json(told)
        if (file.server, file.media) != _named(request):
            raise ValueError("the file is not the one that the address names")
        sha256 = None if said is None else Digest(str(said))
        await asyncio.to_thread(self.inspector.register.put_file, file, sha256)
        return web.Response(status=204)

    async def get_file(self, request: web.Request) -> web.Response:
        """What is known of a file, with what was found in it under the rules in force."""
        found = self.inspector.register.file(*_named(request))
        if found is None:
            return _unknown("nobody registered this file")
        file, sha256 = found
        answer = None if sha256 is None else await self.inspector.contents.ask(sha256, 0)
        content = answer if isinstance(answer, Content) else None
        return _json(file_to_json(_with(file, content)), 200)

    async def hold(self, request: web.Request) -> web.Response:
        """Hold a file from everybody, whatever is known of it."""
        return await self._hold(request, held=True)

    async def release(self, request: web.Request) -> web.Response:
        """Let a held file go again."""
        return await self._hold(request, held=False)

    async def classify(self, request: web.Request) -> web.Response:
        """Say what a file is used as."""
        class_ = (await _told(request)).get("class")
        if class_ not in FILE_CLASSES:
            raise ValueError(f"a file is used as {', '.join(sorted(FILE_CLASSES))}")
        register = self.inspector.register
        return _done(await asyncio.to_thread(register.classify, *_named(request), str(class_)))

    async def _hold(self, request: web.Request, *, held: bool) -> web.Response:
        told = await _told(request)
        by, released = told.get("by"), told.get("released", False)
        if not isinstance(by, str) or not by or not isinstance(released, bool):
            raise ValueError("`by` says who does this, `released` whether they answer for it")
        register, (server, media) = self.inspector.register, _named(request)
        done = await asyncio.to_thread(
            register.hold, server, media, by[:255], held=held, released=released
        )
        return _done(done)


async def _receive(request: web.Request, arriving: Arriving, largest: int) -> bool:
    """Take the body as it comes; False if it is larger than it may be. Raises Unavailable."""
    pending, total = bytearray(), 0
    async for chunk in request.content.iter_any():
        total += len(chunk)
        if total > largest:
            return False
        pending += chunk
        if len(pending) >= _AT_ONCE:
            await asyncio.to_thread(arriving.write, bytes(pending))
            pending.clear()
    if pending:
        arriving.write(bytes(pending))
    return True


def _with(file: File, content: Content | None) -> File:
    return file if content is None else replace(file, content=content)


def _named(request: web.Request) -> tuple[ServerName, MediaId]:
    told = request.match_info
    return ServerName(told["server"]), MediaId(told["media"])


def _wait(request: web.Request) -> float:
    """The seconds that the request waits. Raises ValueError."""
    told = float(request.query.get("wait", "0"))
    if not 0 <= told <= _LONGEST_WAIT:
        raise ValueError(f"`wait` is from 0 to {_LONGEST_WAIT:.0f} seconds")
    return told


async def _told(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body. Raises ValueError."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > _LONGEST_TOLD:
            raise ValueError("the body is longer than what is told of a file")
    told = json.loads(bytes(body))
    if not isinstance(told, dict):
        raise ValueError("the body is not an object")  # noqa: TRY004  # the answer is 400 alike
    return told


def _said(sha256: Digest, answer: Answer) -> web.Response:
    match answer:
        case Content():
            return _json(content_to_json(answer), 200)
        case BeingLookedAt():
            return _json({"sha256": sha256}, 202)
        case NotJudged(why, again):
            return _later(422, why, again)
        case None:
            return _unknown("nobody sent this content under the rules in force; send its bytes")


def _done(done: bool) -> web.Response:
    return web.Response(status=204) if done else _unknown("nobody registered this file")


def _unknown(why: str) -> web.Response:
    return _json({"why": why}, 404)


def _too_large(largest: int) -> web.Response:
    """Refuse a content, whose rest nobody reads."""
    answer = _json({"why": f"a content has at most {largest} bytes here"}, 413)
    answer.force_close()
    return answer


def _later(status: int, why: str, again: int) -> web.Response:
    answer = _json({"why": why}, status)
    answer.headers["Retry-After"] = str(again)
    return answer


def _json(told: dict[str, Any], status: int) -> web.Response:
    return web.json_response(told, status=status)


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def _answers(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Turn refusals and outages into their answers; a bug is 500, which nobody takes for a verdict."""
    try:
        return await handler(request)
    except OwnerFixed as fixed:
        return _json({"why": str(fixed)}, 409)
    except (InvalidName, ValueError, RecursionError) as fault:
        return _json({"why": str(fault)}, 400)
    except Unavailable as outage:
        return _later(503, str(outage), _COME_AGAIN)
