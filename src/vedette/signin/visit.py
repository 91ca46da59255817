"""One request of a browser for a page: bounded, parsed, and told apart from other sites' requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from vedette.signin.wire import address_of
from vedette.signin.words import Language, choose

LARGEST_FORM = 64 << 10
"""Bytes of a form; a passkey's answer with its attestation is a few thousand."""
_MOST_FIELDS = 32
_LONGEST_AGENT = 512
_FORM = "application/x-www-form-urlencoded"

FLOW_COOKIE = "__Host-vedette-flow"
OWN_COOKIE = "__Host-vedette-own"
KNOWN_COOKIE = "__Host-vedette-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a browser sent. `ours` says that the form, if there is one, came from our own page."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    address: str
    user_agent: str
    language: Language
    ours: bool


Handler = Callable[[Visit], Response]


def page_route(path: str, handler: Handler, origin: str) -> Route:
    """Mount a handler for a page; it runs on a worker thread and may wait."""

    async def answer(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return Response("the form is too large", 413, media_type="text/plain")
        return await run_in_threadpool(handler, visit_of(request, body, origin))

    return Route(path, answer, methods=["GET", "POST"])


def visit_of(request: Request, body: bytes, origin: str) -> Visit:
    """The request as the pages take it."""
    headers = request.headers
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Visit(
        method=request.method,
        path=request.url.path,
        query=_fields(bytes(request.scope.get("query_string", b""))),
        form=_fields(body) if request.method == "POST" and kind == _FORM else {},
        cookies=request.cookies,
        address=address_of(headers.get("x-forwarded-for", "")),
        user_agent=headers.get("user-agent", "")[:_LONGEST_AGENT],
        language=choose(headers.get("accept-language", "")),
        ours=is_ours(headers, origin),
    )


def is_ours(headers: Mapping[str, str], origin: str) -> bool:
    """Whether a request was made by one of our own pages.

    Browsers say so in `Sec-Fetch-Site` (Fetch Metadata). Those that don't send `Origin`, which
    under our `no-referrer` is `null` for our own forms too: then the form's token alone decides.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    said = headers.get("origin")
    return said is None or said in ("null", origin)


def set_cookie(response: Response, name: str, value: str, *, life: int | None = None) -> None:
    """Give the browser a cookie that only this host gets and no script reads; empty takes it away."""
    if value:
        response.set_cookie(
            name, value, max_age=life, path="/", secure=True, httponly=True, samesite="lax"
        )
    else:
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


async def _body(request: Request) -> bytes | None:
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > LARGEST_FORM:
                return None
            parts.append(part)
    except ClientDisconnect:
        return b""
    return b"".join(parts)


def _fields(data: bytes) -> dict[str, str]:
    """The fields of a form or a query. One that is named twice is left out: it has no meaning."""
    try:
        pairs = parse_qsl(data.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, value in pairs:
        if name in found:
            twice.add(name)
        found[name] = value
    return {name: value for name, value in found.items() if name not in twice}
