"""The console's web application: from a request to a page, and everything that stands between.

Each request passes, in this order: the address that it names, its size, who it is from, for every
method that may change something where it was sent from and the form's token, and the rules.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vedette.admin.door import Doing, foreseen, foreseen_anywhere
from vedette.admin.rejected import Rejected
from vedette.console.desks import Desks
from vedette.console.entrance import Entered, Entrance, Out, inside
from vedette.console.ordering import order_pages
from vedette.console.page import Page, View, Visit
from vedette.console.problems import problem
from vedette.console.registry import NAVIGATION, PAGES
from vedette.console.render import HEADERS, STATIC, go, render, static
from vedette.core.asks import Act
from vedette.core.language import Language
from vedette.pages.forms import bounded_body, fields_of, is_form, set_cookie
from vedette.pages.language import choose
from vedette.ports.errors import Unavailable
from vedette.ports.incidents import Incidents
from vedette.protocol.oauth.console import BACK

COOKIE = "__Host-vedette-console"
WAY_COOKIE = "__Host-vedette-console-way"
LANGUAGE_COOKIE = "__Host-vedette-language"
LARGEST_FORM = 1 << 20
"""Bytes of a form; a larger draft of the settings goes through the command line."""
_MOST_FIELDS = 400
_SAFE = frozenset({"GET", "HEAD"})
_YEAR = 365 * 86400
_AWAY = View(template="notice", title="away", context={"says": "away-says"}, status=503)
_FOREIGN = View(template="notice", title="foreign", context={"says": "foreign-says"}, status=403)
_LARGE = View(template="notice", title="too-large", status=413, context={
    "says": "too-large-says", "says_fill": {"bytes": str(LARGEST_FORM)}})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """Everything behind the application."""

    desks: Desks
    entrance: Entrance
    incidents: Incidents
    pages: tuple[Page, ...] = PAGES

    # ---- one request -----------------------------------------------------------------------------

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The page for whoever is in; anybody else is told how to come in."""

        async def answer(request: Request) -> Response:
            language = language_of(request)
            body = await bounded_body(request, LARGEST_FORM)
            if body is None:
                return self.bare(_LARGE, language)
            try:
                who = await self.who(request)
                if isinstance(who, Out):
                    return self.out(request, language, who)
                if not self.is_theirs(request, body, who):
                    return self.bare(_FOREIGN, language)
                return await self.shown(page, _visit(request, body, language, who))
            except Unavailable:
                return self.bare(_AWAY, language)

        return answer

    async def who(self, request: Request) -> Entered | Out:
        """Who has the request's cookie."""
        address = request.client.host if request.client else ""
        return await run_in_threadpool(self.entrance.who, request.cookies.get(COOKIE, ""), address)

    def is_theirs(self, request: Request, body: bytes, who: Entered) -> bool:
        """Whether a request that may change something was sent by a page of ours that they opened.

        The token alone would be enough; where the browser says from where it was sent (Fetch
        Metadata, RFC 6454), that must be here too.
        """
        if request.method in _SAFE:
            return True
        given = fields_of(body, _MOST_FIELDS).get("csrf", "") if is_form(request) else ""
        return self.from_here(request) and secrets.compare_digest(given.encode(), who.csrf.encode())

    def from_here(self, request: Request) -> bool:
        """Whether the browser says that the request was made by a page of this very origin."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site is None and origin is None:
            return False
        return site in (None, "same-origin") and origin in (None, self.entrance.url)

    async def shown(self, page: Page, visit: Visit) -> Response:
        """The page, once the rules allow it, or why not."""
        try:
            if page.act is not None and page.asks:
                await self.desks.door.permit(Doing(act=page.act, author=visit.by))
            found = await page.handler(self.desks, visit)
        except Rejected as rejected:
            found = problem(rejected, part=visit.part)
        if isinstance(found, Response):
            found.headers.update(HEADERS)
            return found
        return render(found, visit.language, self.around(visit))

    # ---- what stands around every page -----------------------------------------------------------

    def around(self, visit: Visit) -> dict[str, Any]:
        """What every page shows of the organisation, of who is there, and where they may go."""
        policy = self.desks.settings.policy.current()
        return {
            "organisation": policy.directory.document.organisation.name,
            "user": visit.by.name,
            "csrf": visit.csrf,
            "here": visit.path,
            "navigation": self._navigation(visit),
            "revision": policy.rules.revision,
            "trial": self._trial(visit),
        }

    def _trial(self, visit: Visit) -> dict[str, str] | None:
        """The revision that returns by itself, for whoever may let it stay."""
        desk, act = self.desks.settings, Act.ADMINISTRATION_SETTINGS_CONFIRM
        policy, today = desk.policy.current(), desk.clock.today()
        if not foreseen(policy, Doing(act=act, author=visit.by), today):
            return None
        trial = desk.on_trial()
        if trial is None:
            return None
        at = datetime.fromtimestamp(trial.until, UTC).strftime("%H:%M UTC")
        return {"revision": str(trial.revision), "back": str(trial.back_to), "at": at}

    def _navigation(self, visit: Visit) -> list[tuple[str, str]]:
        policy, clock = self.desks.settings.policy.current(), self.desks.settings.clock
        today = clock.today()
        entries = {
            page.entry: page.path
            for page in self.pages
            if page.entry
            and (page.act is None or foreseen_anywhere(policy, visit.by, page.act, today))
        }
        return [(word, entries[word]) for word in NAVIGATION if word in entries]

    def bare(self, view: View, language: Language) -> Response:
        """A page for somebody of whom nothing is known."""
        return render(view, language, self._nobody())

    def _nobody(self) -> dict[str, Any]:
        try:
            name = self.desks.settings.policy.current().directory.document.organisation.name
        except Unavailable:
            name = ""
        return {"organisation": name, "user": "", "csrf": "", "here": "", "navigation": [],
                "revision": 0, "trial": None}  # fmt: skip

    # ---- coming and going ------------------------------------------------------------------------

    def out(self, request: Request, language: Language, out: Out) -> Response:
        """Whoever merely opens a page goes to sign in; anybody else is told what became of theirs."""
        to = request.url.path if request.method in _SAFE else "/"
        if not out.why and request.method in _SAFE:
            return go(f"/sign-in?to={quote(to)}")
        response = self._outside(language, out.why or "ended-session", to)
        set_cookie(response, COOKIE, "")
        return response

    def _outside(self, language: Language, why: str, to: str = "/") -> Response:
        context = {"says": why, "again": f"/sign-in?to={quote(inside(to))}"}
        view = View(template="notice", title="out", context=context, status=401)
        return self.bare(view, language)

    async def sign_in(self, request: Request) -> Response:
        """Send the browser to the sign-in page."""
        try:
            begun = await run_in_threadpool(
                self.entrance.begin, request.query_params.get("to", "/")[:600]
            )
        except Unavailable:
            return self.bare(_AWAY, language_of(request))
        response = go(begun.location)
        set_cookie(response, WAY_COOKIE, begun.cookie)
        return response

    async def back(self, request: Request) -> Response:
        """Take the answer of the sign-in page, and let its person in."""
        language, entrance = language_of(request), self.entrance
        query = fields_of(bytes(request.scope.get("query_string", b"")))
        cookie = request.cookies.get(WAY_COOKIE, "")
        try:
            way = await run_in_threadpool(entrance.returned, cookie, query)
            if isinstance(way, Out):
                return self._outside(language, way.why)
            token = await entrance.exchange(way, query["code"])
            if isinstance(token, Out):
                return self._outside(language, token.why)
            come = await run_in_threadpool(entrance.enter, way, token)
        except Unavailable:
            return self.bare(_AWAY, language)
        if isinstance(come, Out):
            return self._outside(language, come.why)
        response = go(come.to)
        set_cookie(response, COOKIE, come.cookie)
        set_cookie(response, WAY_COOKIE, "")
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        language = language_of(request)
        body = await bounded_body(request, LARGEST_FORM)
        try:
            who = await self.who(request)
            if isinstance(who, Entered):
                if not self.is_theirs(request, body or b"", who):
                    return self.bare(_FOREIGN, language)
                await run_in_threadpool(self.entrance.leave, request.cookies[COOKIE], who)
        except Unavailable:
            return self.bare(_AWAY, language)
        context = {"says": "signed-out-says", "again": "/sign-in?to=/"}
        response = self.bare(View(template="notice", title="signed-out", context=context), language)
        set_cookie(response, COOKIE, "")
        return response

    async def speak(self, request: Request) -> Response:
        """Change the language. It decides nothing, so whoever asks may."""
        chosen = request.query_params.get("to", "")
        response = go(inside(request.query_params.get("back", "/")[:600]))
        if chosen in set(Language):
            set_cookie(response, LANGUAGE_COOKIE, chosen, life=_YEAR)
        return response


def make_app(console: Console) -> Starlette:
    """The application."""

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404)
        return Response(static(name), headers=HEADERS, media_type=STATIC[name])

    def nothing_here(request: Request, fault: Exception) -> Response:
        status = fault.status_code if isinstance(fault, HTTPException) else 404
        context = {"says": "nothing-here-says"}
        view = View(template="notice", title="nothing-here", context=context, status=status)
        return console.bare(view, language_of(request))

    def broken(request: Request, bug: Exception) -> Response:
        # Only the path: what else a request holds may be secret.
        console.incidents.report(bug, f"{request.method} {request.url.path}")
        view = View(template="notice", title="broken", context={"says": "broken-says"}, status=500)
        return console.bare(view, language_of(request))

    routes = [
        Route("/static/{name}", file),
        Route("/sign-in", console.sign_in),
        Route(BACK, console.back),
        Route("/sign-out", console.sign_out, methods=["POST"]),
        Route("/language", console.speak),
        *(
            Route(page.path, console.endpoint(page), methods=list(page.methods))
            for page in (*console.pages, *order_pages())
        ),
    ]
    return Starlette(
        routes=routes,
        exception_handlers={404: nothing_here, 405: nothing_here, Exception: broken},
    )


def only_here(app: Any, url: str) -> Any:
    """The application for requests that name this address alone (RFC 9110, section 7.4)."""
    here = urlsplit(url).netloc.encode()

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if hosts != [here]:
                response = Response("misdirected request\n", 421, HEADERS, "text/plain")
                await response(scope, receive, send)
                return
        await app(scope, receive, send)

    return guarded


def language_of(request: Request) -> Language:
    """The language that was chosen here, or that the browser likes best."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in set(Language):
        return Language(chosen)
    return choose(request.headers.get("accept-language", ""))


def _visit(request: Request, body: bytes, language: Language, who: Entered) -> Visit:
    form: Mapping[str, str] = fields_of(body, _MOST_FIELDS) if is_form(request) else {}
    return Visit(
        method=request.method,
        path=request.url.path,
        names={name: str(value) for name, value in request.path_params.items()},
        query=fields_of(bytes(request.scope.get("query_string", b"")), _MOST_FIELDS),
        form=form if request.method not in _SAFE else {},
        language=language,
        by=who.actor,
        csrf=who.csrf,
        part=request.headers.get("x-part") == "yes",
    )
