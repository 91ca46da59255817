"""Signing in as clients did before OAuth (Matrix client-server API v1.15, "Legacy API").

The one way is the page: `m.login.sso` leads there and `m.login.token` brings back what it gave. A
login token is 256 random bits, good for one minute and one use. `m.login.password` is asked of the
rules as its own way in, with one factor; by default they refuse it, and then it is not listed and
no password is looked at.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.routing import Route

from vedette.core.asks import Act
from vedette.core.decision import Verdict
from vedette.core.facts import DEVICE_PROOF, Facts, Missing, Value
from vedette.core.language import told
from vedette.core.names import DeviceId, InvalidName, UserId
from vedette.core.sessions import (
    PAGE,
    PASSWORD_LOGIN,
    Session,
    SessionState,
    sign_in_ask,
)
from vedette.ports.policy import Policy
from vedette.ports.sign_in import Taken
from vedette.protocol.oauth.clients import allowed_by
from vedette.protocol.oauth.forms import FormFault, parse_form
from vedette.protocol.oauth.sso import parse_sso_redirect
from vedette.signin.attempts import Attempts
from vedette.signin.candidates import MOST_NAME, Client, candidate, new_session_name
from vedette.signin.issuing import Issued, Issuing, Withheld, digest
from vedette.signin.leaving import Leaving
from vedette.signin.leaving import routes as leaving_routes
from vedette.signin.password import PasswordProof, Turned, own
from vedette.signin.proofs import Means
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.signed_in import SignedIn
from vedette.signin.starting import returned_if_unavailable, started
from vedette.signin.wire import (
    CROWDED,
    VERSIONS,
    Asked,
    Page,
    Reply,
    bare_page,
    endpoint,
    matrix_error,
)
from vedette.signin.withheld import in_matrix

TOKEN_LIFE = 60
"""Seconds within which a login token must be used."""

_TOKEN = "login-token"  # noqa: S105  # a kind of one-time thing
_REPLAYED = "login-token-replayed"
_REUSED = "a login token was used twice"
_WAYS_IN = (
    "This way of signing in was not accepted. Check name and password, or sign in with the browser."
)
_ACTIONS = frozenset({"login", "register"})


@dataclass(frozen=True, slots=True)
class _Opened:
    """For which policy it was found out whether a password alone could be enough."""

    policy: Policy
    could: bool


@dataclass(slots=True)
class Compat:
    """The older endpoints that sign in."""

    issuing: Issuing
    means: Means
    _opened: _Opened | None = field(default=None, repr=False)

    def flows(self, asked: Asked) -> Reply:
        """GET /login: the ways in.

        MSC3824 tells clients that speak OAuth as well to show one button for all of it.
        """
        del asked
        page = {
            "type": "m.login.sso",
            "oauth_aware_preferred": True,
            "org.matrix.msc3824.delegated_oidc_compatibility": True,
        }
        flows = [page, {"type": "m.login.token"}]
        if self._password_could():
            flows.append({"type": "m.login.password"})
        return Reply(json={"flows": flows})

    def redirect(self, asked: Asked) -> Reply:
        """GET /login/sso/redirect: lead the browser to the page."""
        try:
            query = parse_form(asked.query)
            target = parse_sso_redirect(query.get("redirectUrl", ""))
        except (FormFault, ValueError) as fault:
            return Reply(
                status=400, sentence=told("This app can't be signed in: {fault}.", fault=fault)
            )
        values = self.issuing.policy.current().directory.document.sign_in
        if not allowed_by(values.clients, target.base):
            return Reply(
                status=403,
                sentence=told(
                    "Your organisation does not allow apps that lead to {where}. If you "
                    "need it, ask your administrator.",
                    where=target.base.where,
                ),
            )
        if not self.issuing.may_begin(asked.address):
            return Reply(status=429, sentence=CROWDED)
        action = query.get("action") or query.get("org.matrix.msc3824.action")
        purpose = Purpose(
            kind="sso",
            client_name="",
            client_uri="",
            redirect_host=target.base.where,
            device=None,
            user_hint=None,
            action=action if action in _ACTIONS else None,
            body={"redirect": query["redirectUrl"]},
        )
        name = keep_purpose(self.issuing.store, purpose, self.issuing.now())
        return Reply(location=sign_in_address(name))

    def complete(self, purpose: Purpose, signed: SignedIn) -> str:
        """Where the browser goes when its person is through: to the client, with a login token.

        Raises:
            Unavailable: the store does not answer.
        """
        token, body = secrets.token_urlsafe(32), _token_body(signed)
        end = self.issuing.now() + TOKEN_LIFE
        self.issuing.store.put_once(_TOKEN, digest(token), body, end)
        return parse_sso_redirect(purpose.body["redirect"]).with_token(token)

    def login(self, asked: Asked) -> Reply:
        """POST /login: a token from the page, or, where rules let it in, a password."""
        body = asked.json()
        if body is None:
            return matrix_error(400, "M_NOT_JSON", "the body must be a JSON object")
        wanted = _wanted(body)
        if isinstance(wanted, Reply):
            return wanted
        match body.get("type"):
            case "m.login.token":
                return self._by_token(asked, body, wanted)
            case "m.login.password":
                return self._by_password(asked, body, wanted)
            case _:
                return matrix_error(400, "M_UNKNOWN", "this type of login is not known here")

    def _by_token(self, asked: Asked, body: Mapping[str, Any], wanted: _Wanted) -> Reply:
        token = body.get("token")
        if not isinstance(token, str):
            return matrix_error(400, "M_MISSING_PARAM", "the login token is missing")
        key, store, now = digest(token), self.issuing.store, self.issuing.now()
        kept = store.take(_TOKEN, key, now)
        if kept is None:
            self._replayed(key)
            return matrix_error(403, "M_FORBIDDEN", "this login token is used up or too old")
        fields = json.loads(kept)
        signed = SignedIn.from_json(fields["signed"])
        give_back = partial(store.give_back, _TOKEN, key, _token_body(signed))
        reply = self._started(asked, signed, wanted, str(fields["session"]), PAGE, give_back)
        if store.peek(_REPLAYED, key, now) is not None:
            store.move_session(fields["session"], SessionState.ENDED, _REUSED, now)
            return matrix_error(403, "M_FORBIDDEN", "this login token is used up or too old")
        return reply

    def _replayed(self, key: str) -> None:
        """End what a login token made, or see to it that what it is just making ends."""
        store, now = self.issuing.store, self.issuing.now()
        spent = store.spent(_TOKEN, key)
        if spent is None:
            return
        with suppress(Taken):
            store.put_once(_REPLAYED, key, b"", now + 2 * TOKEN_LIFE)
        store.move_session(json.loads(spent)["session"], SessionState.ENDED, _REUSED, now)

    def _by_password(self, asked: Asked, body: Mapping[str, Any], wanted: _Wanted) -> Reply:
        """Sign in with a password alone, as far as rules let that in.

        1. Where no rule could, no password is looked at. 2. Attempts are counted. 3. A stranger's
        name takes the same work. 4. Every no sounds the same, so that nobody learns here whether a
        password was right.
        """
        if not self._password_could():  # (1)
            return matrix_error(403, "M_FORBIDDEN", "sign in with the browser")
        name, typed = _named(body), body.get("password")
        if name is None or not isinstance(typed, str) or len(typed) > 1024:
            return matrix_error(400, "M_BAD_JSON", "name or password are missing")
        proof = PasswordProof(means=self.means, door=self.issuing.door, policy=self.issuing.policy)
        localpart = proof.who(name)
        values = self.issuing.policy.current().directory.document.sign_in
        attempts = Attempts(self.issuing.store, self.issuing.clock)
        if not attempts.may(values, localpart or "-", asked.address, known=False):  # (2)
            return matrix_error(
                429, "M_LIMIT_EXCEEDED", "too many attempts, wait a while", retry_after_ms=60_000
            )
        found = proof.check(localpart, typed, known=False, dead=False)  # (3)
        if isinstance(found, Turned) or (found.account.must_change and own(found.use)):
            return matrix_error(403, "M_FORBIDDEN", _WAYS_IN)  # (4)
        account = found.account
        attempts.proved(account.localpart, asked.address, known=False)
        now = self.issuing.now()
        signed = SignedIn(
            user=UserId(f"@{account.localpart}:{self.means.domain}"),
            factors=(found.use,),
            address=asked.address,
            user_agent=asked.user_agent,
            at=now,
        )
        reply = self._started(asked, signed, wanted, new_session_name(), PASSWORD_LOGIN)
        outcome = "signed in" if reply.status == 200 else "refused"
        self.issuing.store.note_sign_in(
            account.localpart, now, asked.address, wanted.device_name, outcome
        )
        return matrix_error(403, "M_FORBIDDEN", _WAYS_IN) if reply.status == 403 else reply  # (4)

    def _started(
        self,
        asked: Asked,
        signed: SignedIn,
        wanted: _Wanted,
        name: str,
        flow: str,
        give_back: Callable[[], None] = lambda: None,
    ) -> Reply:
        with returned_if_unavailable(give_back):
            session = self._candidate(asked, signed, wanted, name, flow)
        issued = started(
            self.issuing, session, signed, refreshes=wanted.refreshes, give_back=give_back
        )
        if isinstance(issued, Withheld):
            return in_matrix(issued, refused=True)
        return Reply(json=_logged_in(issued, self.means.domain))

    def _candidate(
        self, asked: Asked, signed: SignedIn, wanted: _Wanted, name: str, flow: str
    ) -> Session:
        issuing = self.issuing
        shown, proof = issuing.connection(asked.certificate, signed.user)
        program = Client(
            kind="compat",
            id="",
            name="",
            user_agent=asked.user_agent,
            device=wanted.device,
            device_name=wanted.device_name,
            flow=flow,
            certificate=asked.presented.thumbprint(issuing.now()),
            connection=shown,
            proof=proof,
        )
        life = issuing.policy.current().directory.document.sign_in.session
        return candidate(
            issuing.store,
            signed,
            program,
            name=name,
            now=issuing.now(),
            life=life,
            proofs=issuing.devices,
        )

    def _password_could(self) -> bool:
        """Whether anybody here could come in with a password alone, by the rules in force."""
        policy = self.issuing.policy.current()
        opened = self._opened
        if opened is None or opened.policy is not policy:
            opened = self._opened = _Opened(policy, password_could(policy))
        return opened.could


def password_could(policy: Policy) -> bool:
    """Whether the rules let anybody in with a password alone, whatever else may be known."""
    directory = policy.directory
    nobody_named = directory.someone(UserId(f"@-:{directory.domain}"))
    known: dict[str, Value | Missing] = {
        **dict.fromkeys(_OPEN_FACTS, Missing.PENDING),
        "sign_in.flow": PASSWORD_LOGIN,
        "sign_in.factors": 1,
        "sign_in.kinds": frozenset({"password"}),
        "sign_in.age": 0,
        "sign_in.attested": False,
        "sign_in.models": frozenset(),
    }
    asks = (
        sign_in_ask(Act.SIGN_IN_SESSION_START, person)
        for person in (*directory.ours(), nobody_named)
    )
    answers = (policy.decide(ask, Facts(known), directory.today) for ask in asks)
    return any(answer.verdict is not Verdict.NO for answer in answers)


_OPEN_FACTS = (
    *sorted(DEVICE_PROOF),
    "sign_in.networks",
    "client.name",
    "client.version",
    "device.count",
    "device.approved",
    "device.confirmed",
)
"""What differs from one sign-in to the next, and so is left open here."""


def _token_body(signed: SignedIn) -> bytes:
    """The stored body of a login token, with the id of the session that it will make."""
    return json.dumps({"signed": signed.to_json(), "session": new_session_name()}).encode()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a login asks for besides being let in."""

    device: str | None
    device_name: str
    refreshes: bool


def _wanted(body: Mapping[str, Any]) -> _Wanted | Reply:
    device, name = body.get("device_id"), body.get("initial_device_display_name") or ""
    refreshes = body.get("refresh_token", False)
    if not isinstance(name, str) or not isinstance(refreshes, bool):
        return matrix_error(400, "M_BAD_JSON", "the device's name or `refresh_token` is misshapen")
    try:
        device = None if device is None else DeviceId(device)
    except (InvalidName, TypeError):
        return matrix_error(400, "M_INVALID_PARAM", "`device_id` is not a device id")
    return _Wanted(device, name[:MOST_NAME], refreshes)


def _named(body: Mapping[str, Any]) -> str | None:
    """The person whom a password login names; the form of before 2018 is still in use."""
    identifier = body.get("identifier")
    if isinstance(identifier, dict):
        if identifier.get("type") != "m.id.user":
            return None
        name = identifier.get("user")
    else:
        name = body.get("user")
    return name if isinstance(name, str) and 0 < len(name) <= 255 else None


def _logged_in(issued: Issued, domain: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "user_id": str(issued.session.user),
        "access_token": issued.access_token,
        "device_id": issued.session.device,
        "home_server": domain,
    }
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
        body["expires_in_ms"] = issued.expires_in * 1000
    return body


def routes(compat: Compat, page: Page | None = None) -> list[Route]:
    """The endpoints, to be mounted. `page` shows a sentence to whoever came with a browser."""
    shown, mounted = page or bare_page, []
    for version in VERSIONS:
        base = f"/_matrix/client/{version}/login"
        mounted += [
            endpoint(base, "GET", compat.flows),
            endpoint(base, "POST", compat.login),
            endpoint(f"{base}/sso/redirect", "GET", compat.redirect, shown),
            endpoint(f"{base}/sso/redirect/{{idp}}", "GET", compat.redirect, shown),
        ]
    return [*mounted, *leaving_routes(Leaving(compat.issuing))]
