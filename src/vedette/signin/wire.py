"""Requests and replies of the endpoints that programs use, apart from any web framework.

A handler is a plain function from `Asked` to `Reply`; `endpoint` mounts it. It runs on a worker
thread and may wait. What a port can't answer becomes a 503 here, and nowhere else.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from vedette.core.language import NOTHING, Sentence, told
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.certificates import CERTIFICATE_HEADER, certificate_in
from vedette.signin.presented import Presented

CLIENT_API = "/_matrix/"
"""How every path of the client-server API begins."""

VERSIONS = ("r0", "v3", "unstable")
"""Versions in the paths of the client-server API under which clients look for what is old."""

LARGEST_BODY = 64 << 10
"""Bytes of a request's body."""

_LONGEST_TOKEN = 8192
_LONGEST_AGENT = 512

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "X-Requested-With, Content-Type, Authorization, Date",
    "Access-Control-Expose-Headers": "Retry-After",
}
"""Web clients of any origin use these endpoints (Matrix client-server API, "Web browser clients").

No cookie counts at any of them, so another origin gains nothing that it can't do by itself.
"""
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache", "X-Content-Type-Options": "nosniff"}
_PAGE = {
    **_NO_STORE,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}

BROKEN = "Something went wrong here."
AWAY = told("This can't be done right now. Please try again in a moment.")
CROWDED = told("Too many sign-ins were begun from here. Please try again in a few minutes.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, bounded. `token` is the bearer token; `address` is empty if none was told.

    `certificate` is the one that the client showed to the gateway, in DER, or empty: the gateway
    alone writes that header, and passes none on.
    """

    method: str = "GET"
    query: bytes = b""
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    user_agent: str = ""
    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)

    @property
    def presented(self) -> Presented:
        """What the request brings besides its token."""
        return Presented(
            address=self.address, user_agent=self.user_agent, certificate=self.certificate
        )

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; None if it is none. An empty body is an empty object."""
        if not self.body.strip():
            return {}
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer: JSON, a redirection to `location`, or a plain sentence for a person."""

    status: int = 200
    json: Mapping[str, Any] | None = None
    location: str = field(default="", repr=False)
    sentence: Sentence = NOTHING
    headers: Mapping[str, str] = field(default_factory=dict)
    cached: int = 0
    """Seconds for which a JSON answer may be kept; 0: not at all."""

    def response(self) -> Response:
        """The answer as the web framework sends it."""
        if self.location:
            return RedirectResponse(self.location, 303, {**_PAGE, **self.headers})
        if self.json is not None:
            keep = {"Cache-Control": f"public, max-age={self.cached}"} if self.cached else _NO_STORE
            return JSONResponse(self.json, self.status, {**CORS, **keep, **self.headers})
        text = f'<!DOCTYPE html><html lang="en"><title>Sign-in</title><p>{escape(self.sentence)}'
        return Response(text, self.status, {**_PAGE, **self.headers}, "text/html; charset=utf-8")


Handler = Callable[[Asked], Reply]
Page = Callable[[Request, Reply], Response]
"""How a sentence for a person is shown."""


def bare_page(request: Request, reply: Reply) -> Response:
    """The plainest page there is."""
    del request  # nothing of it is shown
    return reply.response()


def matrix_error(status: int, errcode: str, error: str, **more: Any) -> Reply:
    """A standard error response of the Matrix client-server API."""
    return Reply(status=status, json={"errcode": errcode, "error": error, **more})


RETRY = {"Retry-After": "5"}
"""The header of every answer that asks the client to repeat the request (RFC 9110, 10.2.3)."""


def unavailable(sentence: str = AWAY) -> Reply:
    """The answer of the client-server API when a port does not answer."""
    body = {"errcode": "M_UNAVAILABLE", "error": sentence}
    return Reply(status=503, json=body, headers=RETRY)


def oauth_unavailable() -> Reply:
    """The same answer of an OAuth endpoint, without a member `error`.

    OAuth clients make an OAuth error of any such member (oidc-client-ts does), and may take that for
    the end of their session.
    """
    return Reply(status=503, json={"errcode": "M_UNAVAILABLE", "message": AWAY}, headers=RETRY)


def broken() -> Reply:
    """The answer of the client-server API after a bug."""
    return Reply(status=500, json={"errcode": "M_UNKNOWN", "error": BROKEN})


def oauth_broken() -> Reply:
    """The answer of an OAuth endpoint after a bug; without `error`, as `oauth_unavailable`."""
    return Reply(status=500, json={"errcode": "M_UNKNOWN", "message": BROKEN})


def endpoint(path: str, method: str, handler: Handler, page: Page | None = None) -> Route:
    """Mount a handler. `page` shows its sentences, and says that people come here, not programs."""
    outage = _outage(path, for_people=page is not None)

    async def answer(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return matrix_error(413, "M_TOO_LARGE", "the body is too large").response()
        reply = await run_in_threadpool(_handled, handler, _asked(request, body), outage)
        shown = page is not None and reply.json is None and not reply.location
        return page(request, reply) if page is not None and shown else reply.response()

    return Route(path, answer, methods=[method])


def _outage(path: str, *, for_people: bool) -> Reply:
    """The reply of this endpoint when a port does not answer."""
    if for_people:
        return Reply(status=503, sentence=AWAY, headers=RETRY)
    return unavailable() if path.startswith(CLIENT_API) else oauth_unavailable()


def _handled(handler: Handler, asked: Asked, outage: Reply) -> Reply:
    """The handler's reply, or `outage` if a port does not answer."""
    try:
        return handler(asked)
    except Unavailable:
        return outage


async def _body(request: Request) -> bytes | None:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_BODY:
                return None
            parts.append(part)
    except ClientDisconnect:
        return b""
    return b"".join(parts)


def _asked(request: Request, body: bytes) -> Asked:
    headers = request.headers
    return Asked(
        method=request.method,
        query=bytes(request.scope.get("query_string", b"")),
        body=body,
        content_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        params={name: str(value) for name, value in request.path_params.items()},
        address=address_of(headers.get("x-forwarded-for", "")),
        user_agent=headers.get("user-agent", "")[:_LONGEST_AGENT],
        token=_bearer(headers.get("authorization", "")),
        certificate=certificate_in(headers.get(CERTIFICATE_HEADER, "")),
    )


def address_of(text: str) -> str:
    """The address that the gateway says a request came from; empty if it is none."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def _bearer(header: str) -> str:
    """The token of an Authorization header (RFC 6750 section 2.1); never one from the address."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or len(token) > _LONGEST_TOKEN:
        return ""
    return token.strip()
