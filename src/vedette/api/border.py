"""The border of the admin API: who may ask, how much, and how every error looks."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from vedette.admin.actor import LOCAL, RECOVERING, Actor
from vedette.admin.rejected import Rejected
from vedette.admin.tokens import TokensDesk, digest_of
from vedette.api.acting import ACTOR
from vedette.api.render import STATUS, error, plain_error
from vedette.api.shapes import ErrorShape
from vedette.api.token import LocalToken
from vedette.core.record import RecordFault
from vedette.ports.errors import Unavailable

LARGEST_BODY = 8 << 20
"""Bytes of a request body; a document of 4 MiB may grow when it is escaped as JSON."""

OPEN = frozenset({"/health", "/ready"})
"""Paths that need no token; they say nothing about anybody."""
METRICS = "/metrics"
"""The path that a token of its own opens, which opens nothing else."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

COUNTING = Actor("whoever counts")
"""Whoever holds the token of the counts. No rule knows it, so it may do nothing that is asked."""

_NOBODY = plain_error(
    "unauthorized",
    "this needs the local administrator token, or one of the API that is still good",
    "send `Authorization: Bearer …` with the content of the boot file's control.token, or with what "
    "`vedette token add` has shown",
)
_ELSEWHERE = plain_error(
    "refused",
    "the local token is good on control's own host alone",
    "elsewhere, use a token that was made for a person: `vedette token add`, or the console",
)
_PLAIN = {
    404: ("not-found", "nothing is served at this path"),
    405: ("method", "this path does not take this method"),
}


@dataclass(frozen=True, slots=True)
class Border:
    """ASGI middleware: token first, then the body's limit, before anything is parsed."""

    app: App
    token: LocalToken
    tokens: TokensDesk
    metrics_token: LocalToken | None = None
    recovering: Callable[[], bool] = lambda: False
    """Whether recovery is open; asked at every request, so that it ends by itself."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if scope["path"] not in OPEN:
            try:
                actor = await self._actor(scope, headers)
            except Unavailable as outage:
                await _answer(send, 503, plain_error("unavailable", str(outage)))
                return
            if actor is None:
                await _answer(send, 401, _NOBODY, ((b"www-authenticate", b"Bearer"),))
                return
            if actor in (LOCAL, RECOVERING) and not _from_here(scope):
                await _answer(send, 403, _ELSEWHERE)
                return
            scope = {**scope, ACTOR: actor}
        await self._limited(scope, receive, send)

    async def _actor(self, scope: Message, headers: list[tuple[bytes, bytes]]) -> Actor | None:
        """Whoever the token makes it, read anew each time: a removed token is nothing at once.

        The counts are nobody's act: the local token opens them, and one of their own, which opens
        nothing else. Raises Unavailable.
        """
        shown = [value for name, value in headers if name == b"authorization"]
        if len(shown) != 1:
            return None
        scheme, _, value = shown[0].decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if self.token.matches(value.strip()):
            return RECOVERING if await asyncio.to_thread(self.recovering) else LOCAL
        if scope["path"] == METRICS:
            known = self.metrics_token is not None and self.metrics_token.matches(value.strip())
            return COUNTING if known else None
        found = await asyncio.to_thread(self.tokens.store.by_digest, digest_of(value.strip()))
        good = found is not None and found.good_at(self.tokens.clock.now())
        return Actor.through(found) if found is not None and good else None

    async def _limited(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand the request on; once its body is too large, whatever is answered is this."""
        length, begun = 0, False

        async def counted() -> Message:
            nonlocal length
            message = await receive()
            length += len(message.get("body", b""))
            return message if length <= LARGEST_BODY else {"type": "http.disconnect"}

        async def watched(message: Message) -> None:
            nonlocal begun
            if length <= LARGEST_BODY or begun:
                begun = True
                await send(message)

        with suppress(ClientDisconnect):
            await self.app(scope, counted, watched)
        if length > LARGEST_BODY and not begun:
            words = f"a request has at most {LARGEST_BODY} bytes"
            await _answer(send, 413, plain_error("too-large", words))


def _from_here(scope: Message) -> bool:
    """Whether a request comes from control's own host: over loopback, or from the very address that
    it came to. What a proxy on this host passes on counts as from here.
    """
    client, server = scope.get("client"), scope.get("server")
    if client is None:
        return True  # a socket that is a file of this host
    try:
        loopback = ipaddress.ip_address(str(client[0]).partition("%")[0]).is_loopback
    except ValueError:
        return False
    return loopback or (server is not None and client[0] == server[0])


async def _answer(
    send: Send, status: int, shape: ErrorShape, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    body = json.dumps(shape.model_dump()).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*head, *headers]})
    await send({"type": "http.response.body", "body": body})


def add_errors(app: FastAPI) -> None:
    """Give every error the one shape."""

    @app.exception_handler(Rejected)
    async def _rejected(_: Request, rejected: Rejected) -> JSONResponse:
        return JSONResponse(error(rejected).model_dump(), STATUS[rejected.code])

    @app.exception_handler(Unavailable)
    async def _unavailable(_: Request, outage: Unavailable) -> JSONResponse:
        return _json(503, "unavailable", str(outage), "`vedette doctor` says what is wrong")

    @app.exception_handler(RecordFault)
    async def _broken(_: Request, fault: RecordFault) -> JSONResponse:
        return _json(503, "unavailable", str(fault), "`vedette audit verify` says where")

    @app.exception_handler(RequestValidationError)
    async def _unreadable(_: Request, fault: RequestValidationError) -> JSONResponse:
        return _json(422, "invalid", _in_words(fault.errors()[0]), f"see `{app.openapi_url}`")

    @app.exception_handler(HTTPException)
    async def _http(_: Request, fault: HTTPException) -> JSONResponse:
        code, words = _PLAIN.get(fault.status_code, ("invalid", str(fault.detail)))
        answer = _json(fault.status_code, code, words, None)
        answer.headers.update(fault.headers or {})
        return answer


_NAMES = {
    "record": "`{}` is not a record's id; one looks like `synapse:4711`, see `vedette audit list`",
    "id_": "`{}` is not a session's id; `vedette session list` shows them",
}
"""Names in a path, for whoever mistyped one. The client sends them as they were typed."""


def _in_words(first: Mapping[str, Any]) -> str:
    """What can't be read about a request, by the first fault that was found in it."""
    *_, last = first["loc"]
    named = _NAMES.get(str(last)) if first["loc"][0] == "path" else None
    if named is not None:
        return named.format(str(first.get("input"))[:100])
    # a pattern or a word that is wanted is a thing to be typed: it keeps its case
    words = str(first["msg"])
    where = ".".join(str(part) for part in first["loc"])
    return f"`{where}`: {words[:1].lower()}{words[1:]}"


def _json(status: int, code: str, message: str, hint: str | None) -> JSONResponse:
    return JSONResponse(plain_error(code, message, hint).model_dump(), status)
