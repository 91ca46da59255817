"""The person's own pages under `/account/`: devices, proofs, password, last sign-ins.

Whoever is not signed in to them is sent through the sign-in page first, with a purpose of its own.
What changes proofs, or lets keys be replaced, wants a proof that was shown just now.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from vedette.core.decision import Verdict
from vedette.core.names import DeviceId, InvalidName
from vedette.core.sessions import OUTCOMES, Session, SessionState, by_rule
from vedette.pages.forms import set_cookie
from vedette.ports.errors import Unavailable
from vedette.ports.provisioning import Provisioning
from vedette.ports.sign_in import Factor
from vedette.protocol.oauth.account_pages import PROVE
from vedette.signin import proofs, setting_up
from vedette.signin.candidates import Client, candidate, new_session_name
from vedette.signin.entered import Entered, Entrances
from vedette.signin.flow import NoSuchMove
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.render import Page, go
from vedette.signin.sign_in_pages import Shell, app_setup, moment
from vedette.signin.visit import OWN_COOKIE, Visit, page_route
from vedette.signin.walk import Walk
from vedette.signin.wire import CROWDED
from vedette.signin.words import spoken
from vedette.spine import Permit

ROOT = "/account/"
ENDED_HERE = "ended on the person's own page"
_LAST = 20
_NAV = (
    ("devices", "/account/devices"),
    ("factors", "/account/factors"),
    ("password-title", "/account/password"),
    ("history", "/account/history"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A person at one of their pages."""

    visit: Visit
    name: str
    entered: Entered
    now: int

    @property
    def who(self) -> str:
        """Their localpart."""
        return self.entered.localpart


Own = Callable[["OwnPages", At], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPages:
    """The pages under `/account`."""

    walk: Walk
    shell: Shell
    entrances: Entrances
    provisioning: Provisioning

    def routes(self) -> list[Route]:
        """Where they are."""
        guarded, origin = self.shell.guarded, self.shell.origin
        return [
            page_route(f"/{PROVE}", guarded(self.prove), origin),
            *(page_route(path, guarded(self._entered(own)), origin) for path, own in PAGES.items()),
        ]

    def prove(self, visit: Visit) -> Response:
        """Where clients and notices send a person whose device was suspended for want of a proof.

        Nobody has to be signed in to these pages for that: the proofs are shown for the device.
        """
        if visit.query.get("done") == "yes":
            return self._say(visit, "proven", "proven-says")
        try:
            device = DeviceId(visit.query.get("device_id", ""))
        except InvalidName:
            return self._say(visit, "nothing-here", "nothing-here-says", 404)
        to = self.walk.step_up.begin(device, visit.address)
        return go(to) if to else self._say(visit, "not-allowed", spoken(CROWDED), 429)

    def _say(self, visit: Visit, title: str, says: str, status: int = 200) -> Response:
        context = {"says": says, "again": False, "link": "", "csrf": ""}
        page = Page(template="notice", title=title, context=context, status=status)
        return self.shell.show(page, visit.language)

    def _entered(self, own: Own) -> Callable[[Visit], Response]:
        """The page for whoever is in; anybody else goes through the sign-in page first."""

        def answer(visit: Visit) -> Response:
            now, name = self.walk.means.now(), visit.cookies.get(OWN_COOKIE, "")
            entered = self.entrances.find(name, now) if name else None
            if entered is None or not self._may_stay(entered):
                return self.sign_in(visit)
            at = At(visit=visit, name=name, entered=entered, now=now)
            if visit.method == "POST":
                self._check(at)
            self.entrances.keep(name, entered, now, memory=entered.memory)
            return own(self, at)

        return answer

    def _check(self, at: At) -> None:
        given = at.visit.form.get("csrf", "").encode()
        if not secrets.compare_digest(given, at.entered.csrf.encode()):
            raise NoSuchMove("the form belongs to another visit")

    def _may_stay(self, entered: Entered) -> bool:
        """Ask the door again: rules and people change while somebody reads."""
        settled = self.walk.door.visit(self._candidate(entered), more_factors=False)
        if isinstance(settled, Permit):
            return True
        if settled.in_doubt:
            raise Unavailable("it could not be decided whether this person may stay")
        return settled.decision.verdict is Verdict.NOT_YET

    def sign_in(self, visit: Visit) -> Response:
        """Send them through the sign-in page, and back to where they wanted to go.

        What is kept for that is counted, as everywhere where nobody had to show anything.
        """
        if not self.walk.step_up.issuing.may_begin(visit.address):
            return self._say(visit, "not-allowed", spoken(CROWDED), 429)
        query = f"?{urlencode(visit.query)}" if visit.method == "GET" and visit.query else ""
        to = f"{visit.path}{query}" if visit.method == "GET" else ROOT
        purpose = Purpose(
            kind="own",
            client_name="",
            client_uri="",
            redirect_host="",
            device=None,
            user_hint=None,
            action=None,
            body={"to": to},
        )
        name = keep_purpose(self.walk.means.store, purpose, self.walk.means.now())
        return go(sign_in_address(name))

    def show(self, at: At, template: str, title: str, **context: Any) -> Response:
        """One of the pages, with its navigation."""
        page = Page(
            template=template,
            title=title,
            context={
                "csrf": at.entered.csrf,
                "user": at.entered.signed.user,
                "nav": _NAV,
                "here": at.visit.path,
                "error": "",
                "in_flow": False,
                "action": at.visit.path,
                **context,
            },
            status=403 if context.get("error") else 200,
        )
        return self.shell.show(page, at.visit.language)

    # ---- Devices ---------------------------------------------------------------------------------

    def first(self, at: At) -> Response:
        """The first page, and where clients' links lead (MSC4191, `action`)."""
        if at.visit.method == "POST":
            return self._leave(at)
        action = at.visit.query.get("action", "").removeprefix("org.matrix.")
        device = at.visit.query.get("device_id", "")
        query = f"?{urlencode({'device_id': device})}" if device else ""
        to = ACTIONS.get(action)
        return go(to + query) if to else self.show(at, "own", "own")

    def _leave(self, at: At) -> Response:
        self.entrances.leave(at.name, at.now)
        response = go(ROOT)
        set_cookie(response, OWN_COOKIE, "")
        return response

    def devices(self, at: At) -> Response:
        """The devices that are signed in as this person; one that waits can be confirmed."""
        store = self.walk.means.store
        if at.visit.method == "POST":
            return self._confirm(at)
        seen = store.seen(at.entered.signed.user)
        one = at.visit.query.get("device_id", "")
        things = [
            {
                "session": session,
                "since": moment(session.created),
                "seen": moment(seen[session.id].at) if session.id in seen else "",
                "confirms": self._confirms(at, session),
                "proves": urlencode({"device_id": session.device}) if self._proves(session) else "",
            }
            for session in store.sessions(at.entered.signed.user)
            if one in ("", session.device)
        ]
        return self.show(at, "devices", "devices", things=things)

    def _proves(self, session: Session) -> bool:
        """Whether proofs shown anew may bring the session back."""
        held = session.state is SessionState.SUSPENDED and by_rule(session.because)
        return held and bool(self.walk.door.proof_wanted(session))

    def _confirms(self, at: At, session: Session) -> bool:
        """Whether the device waits to be confirmed, and this browser is one that may do it."""
        waits = session.state is SessionState.WAITING and not session.facts.confirmed
        return waits and at.entered.trusted

    def _confirm(self, at: At) -> Response:
        session = self._mine(at, at.visit.form.get("session", ""))
        if session is None or not self._confirms(at, session):
            return self.show(at, "notice", "not-allowed", says="confirm-elsewhere",
                             again=False, link="/account/devices")  # fmt: skip
        store = self.walk.means.store
        store.set_facts(session.id, replace(session.facts, confirmed=True))
        return go("/account/devices")

    def end(self, at: At) -> Response:
        """End one device, after asking whether they are sure. This only takes away."""
        session = self._mine(at, at.visit.form.get("session", at.visit.query.get("session", "")),
                             at.visit.query.get("device_id", ""))  # fmt: skip
        if session is None:
            return self.show(at, "notice", "nothing-here", says="nothing-here-says", again=False,
                             link="/account/devices")  # fmt: skip
        if at.visit.method == "GET":
            return self.show(at, "end", "end", session=session)
        self.walk.means.store.move_session(session.id, SessionState.ENDED, ENDED_HERE, at.now)
        return go("/account/devices")

    def _mine(self, at: At, name: str, device: str = "") -> Session | None:
        there = self.walk.means.store.sessions(at.entered.signed.user)
        return next((each for each in there if each.id == name or each.device == device), None)

    # ---- Proofs ----------------------------------------------------------------------------------

    def factors(self, at: At) -> Response:
        """The person's proofs; removing one, or making recovery codes, wants a fresh one."""
        if at.visit.method == "POST":
            return self._changed_factors(at)
        return self._listed(at)

    def _listed(self, at: At, error: str = "") -> Response:
        means, kinds = self.walk.means, self.walk.values().second_factors
        things = [
            {
                "factor": each,
                "made": moment(each.created),
                "used": moment(each.last_used),
                "model": proofs.model_of(each),
            }
            for each in means.store.factors(at.who)
        ]
        left = means.store.recovery_left(at.who) if "recovery" in kinds else None
        return self.show(at, "factors", "factors", things=things, left=left,
                         offered=proofs.enrollable(kinds), error=error)  # fmt: skip

    def _changed_factors(self, at: At) -> Response:
        if not self._fresh(at):
            return self.sign_in(at.visit)
        do, means = at.visit.form.get("do", ""), self.walk.means
        if do == "codes" and "recovery" in self.walk.values().second_factors:
            codes = proofs.new_recovery_codes(means, at.who)
            return self.show(at, "codes", "codes", codes=codes)
        if do != "remove":
            raise NoSuchMove("nothing asks for this here")
        there = means.store.factors(at.who)
        if self._is_last(there, at.visit.form.get("factor", "")):
            return self._listed(at, "last-factor")
        means.store.remove_factor(at.who, at.visit.form.get("factor", ""))
        return go("/account/factors")

    @staticmethod
    def _is_last(there: tuple[Factor, ...], name: str) -> bool:
        """Whether it is the only one: without any, nothing but the help desk gets them in again."""
        return [each.id for each in there] == [name]

    def new_app(self, at: At) -> Response:
        """Set up one more app."""
        means = self.walk.means
        if not self._may_add(at, "totp"):
            return self.sign_in(at.visit)
        if at.visit.method == "POST" and at.entered.memory:
            secret = base64.urlsafe_b64decode(at.entered.memory)
            form = at.visit.form
            use = proofs.keep_totp(
                means, at.who, secret, form.get("code", ""), form.get("label", "")
            )
            if use is not None:
                self.entrances.keep(at.name, at.entered, at.now)
                return go("/account/factors")
        else:
            secret = proofs.new_secret()
        memory = base64.urlsafe_b64encode(secret).decode()
        self.entrances.keep(at.name, at.entered, at.now, memory=memory)
        error = "wrong-code" if at.visit.method == "POST" else ""
        setup = app_setup(secret, at.who, means.domain)
        return self.show(at, "enrol-totp", "enrol-totp", error=error, **setup)

    def new_passkey(self, at: At) -> Response:
        """Set up one more passkey."""
        means, error = self.walk.means, ""
        account = means.store.account(at.who)
        if not self._may_add(at, "webauthn") or account is None:
            return self.sign_in(at.visit)
        if at.visit.method == "POST":
            state = base64.urlsafe_b64decode(at.entered.memory)
            form = at.visit.form
            made = proofs.keep_passkey(means, at.who, state, form.get("response", ""),
                                       form.get("label", ""))  # fmt: skip
            if made is not None:
                self.entrances.keep(at.name, at.entered, at.now)
                return go("/account/factors")
            error = "wrong-passkey"
        asked = proofs.offer_passkey(means, account)
        memory = base64.urlsafe_b64encode(asked.state).decode()
        self.entrances.keep(at.name, at.entered, at.now, memory=memory)
        return self.show(at, "enrol-passkey", "enrol-passkey", options=asked.options, error=error)

    def _may_add(self, at: At, kind: str) -> bool:
        """Whether the settings have this kind, the proof is fresh, and the rules say yes."""
        if kind not in self.walk.values().second_factors or not self._fresh(at):
            return False
        return isinstance(self.walk.door.enrol(self._candidate(at.entered)), Permit)

    def _fresh(self, at: At) -> bool:
        held = bool(self.walk.means.store.factors(at.who))
        return at.entered.fresh(at.now, held=held)

    # ---- Password, sign-ins, keys ----------------------------------------------------------------

    def password(self, at: At) -> Response:
        """Change the password; the present one is asked for, within the limits.

        That of the company's directory is changed there.
        """
        if self.walk.passwords.is_elsewhere(at.who):
            return self.show(at, "notice", "password-title", says="password-elsewhere",
                             again=False, link=ROOT)  # fmt: skip
        shortest = str(self.walk.values().password_min_length)
        if at.visit.method == "GET":
            return self.show(at, "password", "password-title", shortest=shortest)
        form, means = at.visit.form, self.walk.means
        within = self.walk.attempts.may(
            self.walk.values(), at.who, at.visit.address, known=at.entered.trusted
        )
        right = proofs.password(means, at.who, form.get("old", ""), dead=not within)
        if right is not None:
            self.walk.attempts.proved(at.who, at.visit.address, known=at.entered.trusted)
        error = (
            "wrong-old"
            if right is None
            else setting_up.new_password(
                self.walk, at.who, form.get("new", ""), form.get("again", "")
            )
        )
        if error:
            return self.show(at, "password", "password-title", shortest=shortest, error=error)
        return self.show(at, "notice", "password-title", says="changed", again=False, link=ROOT)

    def history(self, at: At) -> Response:
        """The last sign-ins as this person, wrong ones too."""
        rows = [
            {
                "when": moment(each.at),
                "where": each.address,
                "client": each.client,
                "outcome": OUTCOMES.get(each.outcome, OUTCOMES["refused"]),
            }
            for each in self.walk.means.store.last_sign_ins(at.who, _LAST)
        ]
        return self.show(at, "history", "history", rows=rows)

    def reset(self, at: At) -> Response:
        """Let the person replace the cross-signing keys, once a fresh proof was shown."""
        if not self._fresh(at):
            return self.sign_in(at.visit)
        if at.visit.method == "GET":
            return self.show(at, "reset", "reset")
        account = self.walk.means.store.account(at.who)
        # Whoever came to these pages before any client is not known there yet.
        self.provisioning.person(at.who, account.display_name if account else "")
        self.provisioning.allow_cross_signing_reset(at.who)
        return self.show(at, "notice", "reset", says="reset-done", again=False, link="")

    def _candidate(self, entered: Entered) -> Session:
        """What the rules are asked about: this person with what was shown."""
        client = Client(kind="oauth", id="", name="", user_agent=entered.signed.user_agent,
                        device=None, device_name="")  # fmt: skip
        now = self.walk.means.now()
        return candidate(
            self.walk.means.store,
            entered.signed,
            client,
            name=new_session_name(),
            now=now,
            life=self.walk.values().session,
            proofs=self.walk.means.devices,
        )


PAGES: Mapping[str, Own] = MappingProxyType(
    {
        "/account": OwnPages.first,
        ROOT: OwnPages.first,
        "/account/devices": OwnPages.devices,
        "/account/devices/end": OwnPages.end,
        "/account/factors": OwnPages.factors,
        "/account/factors/totp": OwnPages.new_app,
        "/account/factors/webauthn": OwnPages.new_passkey,
        "/account/password": OwnPages.password,
        "/account/history": OwnPages.history,
        "/account/reset": OwnPages.reset,
    }
)
"""Every page and who makes it."""

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "sessions_list": "/account/devices",
        "devices_list": "/account/devices",
        "session_view": "/account/devices",
        "device_view": "/account/devices",
        "session_end": "/account/devices/end",
        "device_delete": "/account/devices/end",
        "cross_signing_reset": "/account/reset",
    }
)
"""Where links of clients lead: names of MSC4191 and, for devices, its older ones."""
