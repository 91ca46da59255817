"""One request of a browser for a page: bounded, parsed, and told apart from other sites' requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vedette.core.language import Language
from vedette.pages.forms import bounded_body, fields_of, is_form
from vedette.pages.language import choose
from vedette.protocol.internal.certificates import CERTIFICATE_HEADER, certificate_in
from vedette.protocol.internal.end_points import END_POINT_HEADER, end_point_in
from vedette.signin.wire import address_of

LARGEST_FORM = 64 << 10
"""Bytes of a form; a passkey's answer with its attestation is a few thousand."""
_LONGEST_AGENT = 512

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
    certificate: bytes = field(default=b"", repr=False)
    """The one that the connection showed, in DER; empty if none."""
    authorization: str = field(default="", repr=False)
    end_point: bytes = b""
    """The hash of the certificate by which the gateway is known on this connection, where it says so."""


Handler = Callable[[Visit], Response]


def page_route(path: str, handler: Handler, origin: str) -> Route:
    """Mount a handler for a page; it runs on a worker thread and may wait."""

    async def answer(request: Request) -> Response:
        body = await bounded_body(request, LARGEST_FORM)
        if body is None:
            return Response("the form is too large", 413, media_type="text/plain")
        return await run_in_threadpool(handler, visit_of(request, body, origin))

    return Route(path, answer, methods=["GET", "POST"])


def visit_of(request: Request, body: bytes, origin: str) -> Visit:
    """The request as the pages take it."""
    headers = request.headers
    return Visit(
        method=request.method,
        path=request.url.path,
        query=fields_of(bytes(request.scope.get("query_string", b""))),
        form=fields_of(body) if request.method == "POST" and is_form(request) else {},
        cookies=request.cookies,
        address=address_of(headers.get("x-forwarded-for", "")),
        user_agent=headers.get("user-agent", "")[:_LONGEST_AGENT],
        language=choose(headers.get("accept-language", "")),
        ours=is_ours(headers, origin),
        certificate=certificate_in(headers.get(CERTIFICATE_HEADER, "")),
        authorization=headers.get("authorization", ""),
        end_point=end_point_in(headers.get(END_POINT_HEADER, "")),
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
