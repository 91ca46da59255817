"""The web application of the sign-in process: every route, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from vedette.pages.language import choose
from vedette.ports.incidents import Incidents
from vedette.signin import wire
from vedette.signin.render import Page, render
from vedette.signin.sign_in_pages import Shell
from vedette.signin.wire import CLIENT_API, CORS, Reply
from vedette.signin.words import spoken

Ready = Callable[[], str]
"""Why the process can't let anybody in now, in words for an operator; empty when it can."""


def make_app(
    routes: Iterable[BaseRoute], shell: Shell, incidents: Incidents, ready: Ready
) -> Starlette:
    """The application over these routes, with `/health` and `/ready` beside them."""

    def nothing_here(request: Request, fault: Exception) -> Response:
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        if request.url.path.startswith(("/_matrix/", "/oauth2/")):
            body = {"errcode": "M_UNRECOGNIZED", "error": "Unrecognized request"}
            return JSONResponse(body, status, CORS)
        return _notice(request, shell, "nothing-here", "nothing-here-says", status)

    def broken(request: Request, bug: Exception) -> Response:
        # Only the path: what else a request holds may be secret.
        incidents.report(bug, f"{request.method} {request.url.path}")
        if request.url.path.startswith(CLIENT_API):
            return wire.broken().response()
        if request.url.path.startswith("/oauth2/"):
            return wire.oauth_broken().response()
        return _notice(request, shell, "broken", "broken-says", 500)

    def health(request: Request) -> Response:
        del request
        return PlainTextResponse("ok\n")

    def is_ready(request: Request) -> Response:
        del request
        why = ready()
        return PlainTextResponse(f"{why or 'ready'}\n", 503 if why else 200)

    return Starlette(
        routes=[Route("/health", health), Route("/ready", is_ready), *routes],
        exception_handlers={404: nothing_here, 405: nothing_here, Exception: broken},
    )


def sentence_page(shell: Shell) -> Callable[[Request, Reply], Response]:
    """How endpoints for programs show a sentence to whoever came there with a browser."""

    def page(request: Request, reply: Reply) -> Response:
        response = _notice(request, shell, "program-error", spoken(reply.sentence), reply.status)
        response.headers.update(reply.headers)
        return response

    return page


def _notice(request: Request, shell: Shell, title: str, says: str, status: int) -> Response:
    context = {"says": says, "again": False, "link": "", "csrf": ""}
    page = Page(template="notice", title=title, context=context, status=status)
    language = choose(request.headers.get("accept-language", ""))
    return render(page, language, shell.organisation())
