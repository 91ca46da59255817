"""The sign-in pages: from a request to a step of the walk, and from where it stands to a page."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from vedette.core.language import Language
from vedette.pages.forms import set_cookie
from vedette.ports.errors import Unavailable
from vedette.protocol import totp
from vedette.protocol.kerberos import negotiate
from vedette.signin import certificate_way, first_factor, ticket_way
from vedette.signin.actions import act
from vedette.signin.flow import ASKED, NoSuchMove, Step
from vedette.signin.render import STATIC, Page, go, picture, render, static
from vedette.signin.step_up import KIND
from vedette.signin.visit import (
    FLOW_COOKIE,
    KNOWN_COOKIE,
    OWN_COOKIE,
    Handler,
    Visit,
    page_route,
)
from vedette.signin.walk import KNOWN_LIFE, Seen, Turn, Walk

PAGE = "/sign-in"
UPSTREAM = "/sign-in/upstream"
_GONE = Page(template="notice", title="gone", status=410,
             context={"says": "gone-says", "again": False, "link": "", "csrf": ""})  # fmt: skip
_STALE = Page(template="notice", title="stale", status=409,
              context={"says": "stale-says", "again": False, "link": PAGE, "csrf": ""})  # fmt: skip
_AWAY = Page(template="notice", title="away-now", status=503,
             context={"says": "away-now-says", "again": False, "link": "", "csrf": ""})  # fmt: skip
_NOT_OURS = Page(template="notice", title="not-allowed", status=403,
                 context={"says": "stale-says", "again": False, "link": PAGE, "csrf": ""})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """What every page has in common. `origin` is ours, with scheme; `organisation` its name."""

    origin: str
    organisation: Callable[[], str]

    def show(self, page: Page, language: Language) -> Response:
        """The page as a response."""
        return render(page, language, self.organisation())

    def guarded(self, handler: Handler) -> Handler:
        """The handler, whose outages and out-of-date forms become pages, and which takes no form
        that another site sent.
        """

        def answer(visit: Visit) -> Response:
            if visit.method == "POST" and not visit.ours:
                return self.show(_NOT_OURS, visit.language)
            try:
                return handler(visit)
            except NoSuchMove:
                return self.show(_STALE, visit.language)
            except Unavailable:
                response = self.show(_AWAY, visit.language)
                response.headers["Retry-After"] = "5"
                return response

        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPages:
    """The pages under `/sign-in`."""

    walk: Walk
    shell: Shell

    def routes(self) -> list[Route]:
        """Where they are."""
        origin, guarded = self.shell.origin, self.shell.guarded
        return [
            page_route(PAGE, guarded(self._page), origin),
            page_route(UPSTREAM, guarded(self._back), origin),
            page_route(certificate_way.VISIT, guarded(self._shows), origin),
            page_route(certificate_way.BACK, guarded(self._shown_before), origin),
            page_route(ticket_way.VISIT, guarded(self._ticket), origin),
            *(page_route(f"{PAGE}/static/{name}", _file(name), origin) for name in STATIC),
        ]

    def _page(self, visit: Visit) -> Response:
        if visit.method == "POST":
            return self._form(visit)
        seen, name = seen_of(visit), visit.cookies.get(FLOW_COOKIE, "")
        purpose = visit.query.get("for")
        turn = (
            self.walk.begin(purpose, seen, name)
            if purpose is not None
            else self.walk.look(name, seen)
        )
        if turn is None:
            return self.shell.show(_GONE, visit.language)
        asked = ticket_way.at_once(self.walk, turn, seen)
        if asked is not None:
            return self._cookies(go(asked.leave), asked, visit)
        return self._answered(turn, visit, typed=turn.purpose.user_hint or "")

    def _form(self, visit: Visit) -> Response:
        turn = self.walk.find(visit.cookies.get(FLOW_COOKIE, ""))
        if turn is None:
            return self.shell.show(_GONE, visit.language)
        if not secrets.compare_digest(visit.form.get("csrf", "").encode(), turn.flow.csrf.encode()):
            raise NoSuchMove("the form belongs to another sign-in")
        after = act(self.walk, turn, visit.form.get("do", ""), visit.form, seen_of(visit))
        return self._after(after, visit)

    def _back(self, visit: Visit) -> Response:
        turn = self.walk.find(visit.cookies.get(FLOW_COOKIE, ""))
        if turn is None or visit.method != "GET":
            return self.shell.show(_GONE, visit.language)
        return self._after(first_factor.back(self.walk, turn, visit.query, seen_of(visit)), visit)

    def _shows(self, visit: Visit) -> Response:
        """Whoever comes here is asked for a certificate, and goes back with what was shown.

        No cookie of the flow reaches this address unless the page itself was opened here, by a
        program that knows no other address: then it goes on here, under the same name.
        """
        store, now = self.walk.means.store, self.walk.means.now()
        ticket = visit.query.get("for", "")
        answer = certificate_way.shown(store, ticket, visit.certificate, now)
        if answer is None or visit.method != "GET":
            return self.shell.show(_GONE, visit.language)
        here = visit.cookies.get(FLOW_COOKIE, "") and certificate_way.apart(self.walk)
        return go(f"{'' if here else self.shell.origin}{certificate_way.BACK}?answer={answer}")

    def _shown_before(self, visit: Visit) -> Response:
        turn = self.walk.find(visit.cookies.get(FLOW_COOKIE, ""))
        if turn is None or visit.method != "GET":
            return self.shell.show(_GONE, visit.language)
        answer = visit.query.get("answer", "")
        return self._after(
            certificate_way.come_back(self.walk, turn, answer, seen_of(visit)), visit
        )

    def _ticket(self, visit: Visit) -> Response:
        """Ask the browser for a Kerberos ticket, with the form as the page; or take the one it shows."""
        turn = self.walk.find(visit.cookies.get(FLOW_COOKIE, ""))
        if turn is None or visit.method != "GET":
            return self.shell.show(_GONE, visit.language)
        if not ticket_way.waits(self.walk, turn):
            return go(PAGE)
        token = negotiate.token_in(visit.authorization)
        if token is None:
            return self._challenge(turn, visit)
        after, proof = ticket_way.answer(self.walk, turn, token, visit.end_point, seen_of(visit))
        response = self._after(after, visit)
        if proof:
            response.headers["WWW-Authenticate"] = negotiate.answered(proof)
        return response

    def _challenge(self, turn: Turn, visit: Visit) -> Response:
        """401 (RFC 4559, section 4.1). Whoever asked by a click is told why they see the form again."""
        response = self._answered(turn, visit, typed=turn.purpose.user_hint or "")
        response.status_code = 401
        response.headers["WWW-Authenticate"] = negotiate.SCHEME
        return response

    def _after(self, turn: Turn, visit: Visit) -> Response:
        """Show at once what must be seen now, and otherwise let the browser ask for the page."""
        if turn.flow.step is Step.AWAY and turn.leave:
            return self._departing(turn, visit)
        if turn.leave:
            return self._cookies(go(turn.leave), turn, visit)
        if turn.error or turn.codes or not turn.name:
            return self._answered(turn, visit, typed=visit.form.get("name", "")[:255])
        return self._cookies(go(PAGE), turn, visit)

    def _answered(self, turn: Turn, visit: Visit, *, typed: str) -> Response:
        prepared, options = self.walk.prepared(turn)
        page = self._shown(prepared, {"typed": typed, "options": options})
        return self._cookies(self.shell.show(page, visit.language), prepared, visit)

    def _departing(self, turn: Turn, visit: Visit) -> Response:
        """A page that leads on by itself: a form of ours may lead to no other site."""
        context = {"location": turn.leave, **_away(self.walk, turn), "csrf": turn.flow.csrf}
        page = Page(template="depart", title=_title(turn), context=context)
        return self._cookies(self.shell.show(page, visit.language), turn, visit)

    @staticmethod
    def _cookies(response: Response, turn: Turn, visit: Visit) -> Response:
        if turn.name != visit.cookies.get(FLOW_COOKIE, ""):
            set_cookie(response, FLOW_COOKIE, turn.name)
        if turn.known:
            set_cookie(response, KNOWN_COOKIE, turn.known, life=KNOWN_LIFE)
        if turn.own:
            set_cookie(response, OWN_COOKIE, turn.own)
        return response

    def _shown(self, turn: Turn, more: Mapping[str, Any]) -> Page:
        flow, purpose = turn.flow, turn.purpose
        specific = _STEPS[flow.step][1]
        context = {
            **more,
            "csrf": flow.csrf,
            "error": turn.error,
            "localpart": flow.localpart,
            "client": purpose.client_name,
            "client_uri": purpose.client_uri,
            "leads_to": purpose.redirect_host,
            "own": purpose.kind == "own",
            "device": "" if purpose.console else flow.device,
            "action": PAGE,
            "in_flow": True,
            **specific(self.walk, turn),
        }
        return Page(
            template=_TEMPLATES.get(flow.step, flow.step.value),
            title=_title(turn),
            context=context,
            fill={"client": purpose.client_name or purpose.redirect_host or "?"}
            if flow.step is Step.CONSENT
            else {},
            status=403 if turn.error else 200,
            leads_to=purpose.redirect_host if flow.step is Step.CONSENT else "",
        )


def moment(at: int) -> str:
    """A time as people read it, in UTC; empty for never."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") if at else ""


def seen_of(visit: Visit) -> Seen:
    """What a request brings besides its form."""
    return Seen(
        address=visit.address,
        user_agent=visit.user_agent,
        known=visit.cookies.get(KNOWN_COOKIE, ""),
    )


def _file(name: str) -> Handler:
    def answer(visit: Visit) -> Response:
        del visit
        return Response(
            static(name),
            headers={
                "Content-Type": STATIC[name],
                "Cache-Control": "public, max-age=3600",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )

    return answer


# ---- What each step shows ------------------------------------------------------------------------

Specific = Callable[[Walk, Turn], Mapping[str, Any]]


def _title(turn: Turn) -> str:
    """The title of the page, by the step and by what it is for."""
    if turn.flow.step is Step.CONSENT and turn.purpose.kind == KIND:
        return "prove"
    if certificate_way.awaited(turn.flow):
        return "certificate-show"
    return _STEPS[turn.flow.step][0]


def _nothing(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del walk, turn
    return {}


def _who(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    return {
        "kerberos": ticket_way.desk(walk) is not None,
        "no_ticket": turn.flow.ticket == ticket_way.CLICKED,
        "providers": sorted(walk.means.upstream),
        "certificate": walk.certificates() is not None,
        "company": walk.means.directory is not None,
    }


def _away(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del walk
    return {
        "certificate": certificate_way.awaited(turn.flow),
        "localpart": turn.flow.localpart,
    }


def _second(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    asked = turn.flow.device_proof == ASKED
    return {
        "choices": () if asked else walk.choices(turn.flow),
        "device_proof": asked,
        "later": asked and walk.follows(turn),
    }


def _answer(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del walk
    return {"prompt": turn.flow.prompt}


def _change(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del turn
    return {"shortest": str(walk.values().password_min_length)}


def _enrol(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    return {"offered": walk.offered(turn.flow)}


def _enrol_totp(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    secret = base64.urlsafe_b64decode(turn.flow.memory)
    return app_setup(secret, turn.flow.localpart, walk.means.domain)


def app_setup(secret: bytes, localpart: str, domain: str) -> Mapping[str, Any]:
    """What a page shows to set up an app: a picture of the secret, and the secret for typing."""
    address = totp.uri(secret, f"{localpart}@{domain}", domain)
    return {"picture": picture(address), "key": totp.written(secret)}


def _codes(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del walk
    return {"codes": turn.codes}


def _wait(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del turn
    return {"confirms": walk.values().registration == "confirmed"}


def _consent(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    """For whom the device is that goes on by these proofs; nothing where a program is let in."""
    if turn.purpose.kind != KIND:
        return {"stepping": None}
    session = walk.step_up.session(turn.purpose, walk.user(turn.flow))
    if session is None:
        raise NoSuchMove("the session has ended meanwhile")
    return {"stepping": session, "since": moment(session.created)}


def _refused(walk: Walk, turn: Turn) -> Mapping[str, Any]:
    del walk
    says = turn.flow.sentence or "turned-away"
    return {"says": says, "again": bool(turn.name), "link": ""}


_STEPS: Mapping[Step, tuple[str, Specific]] = MappingProxyType(
    {
        Step.WHO: ("who", _who),
        Step.AWAY: ("away", _away),
        Step.SECOND: ("second", _second),
        Step.ANSWER: ("answer", _answer),
        Step.CHANGE: ("change", _change),
        Step.ENROL: ("enrol", _enrol),
        Step.ENROL_TOTP: ("enrol-totp", _enrol_totp),
        Step.ENROL_PASSKEY: ("enrol-passkey", _nothing),
        Step.CODES: ("codes", _codes),
        Step.WAIT: ("wait", _wait),
        Step.CONSENT: ("consent", _consent),
        Step.REFUSED: ("refused", _refused),
        Step.DONE: ("changed", _refused),
    }
)
"""The title of each step's page, and what only that page needs."""
_TEMPLATES = {Step.REFUSED: "notice", Step.DONE: "notice"}
