"""The authorization, token and revocation endpoints (RFC 6749, 7009, 7636, 9207, 9700).

A code is 256 random bits, bound to its client, redirection address and PKCE challenge, good for one
minute and for one use. Whoever presents it again ends the session that it made (RFC 6749 section
4.1.2): one of the two parties stole it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from starlette.routing import Route

from vedette.core.language import Sentence, told
from vedette.core.sessions import CONSOLE, DEVICE_GRANT, Session, SessionState
from vedette.ports.sign_in import OAuthClient, Taken
from vedette.protocol.oauth.authorize import (
    Answering,
    AuthorizeRequest,
    ToClient,
    ToPerson,
    read_authorize,
)
from vedette.protocol.oauth.clients import AUTHORIZATION_CODE, REFRESH_TOKEN
from vedette.protocol.oauth.console import BACK, CONSOLE_NAME
from vedette.protocol.oauth.console import CONSOLE as CONSOLE_CLIENT
from vedette.protocol.oauth.forms import FormFault, parse_form
from vedette.protocol.oauth.id_tokens import IdClaims, mint_id_token
from vedette.protocol.oauth.redirects import parse_redirect, with_answer
from vedette.protocol.oauth.scopes import parse_scope
from vedette.signin.candidates import Client, candidate, life_of, new_session_name
from vedette.signin.device_grant import DeviceGrants, DevicePolled
from vedette.signin.issuing import GONE, Issuing, Withheld, digest
from vedette.signin.oauth_server import Tokens, TokenServer, body_of, halt, make_server
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.redeemed import Redeemed
from vedette.signin.signed_in import SignedIn
from vedette.signin.starting import returned_if_unavailable, started
from vedette.signin.wire import CROWDED, Asked, Page, Reply, bare_page, endpoint

CODE_LIFE = 60
"""Seconds within which a code must be exchanged."""

_CODE = "code"
_REPLAYED = "code-replayed"
_REUSED = "an authorization code was used twice"


@dataclass(frozen=True, slots=True)
class OAuth:
    """The endpoints under `/oauth2/` that sign in and out."""

    issuing: Issuing
    devices: DeviceGrants
    console: OAuthClient | None = None
    """The console where there is one: it is known by the boot file, and never registers."""

    def authorize(self, asked: Asked) -> Reply:
        """Send a browser to the pages, or say why not (RFC 6749 section 4.1.1)."""
        try:
            form = parse_form(asked.query)
        except FormFault as fault:
            return _to_person(
                told(
                    "This sign-in was asked for in a way that can't be read: {fault}.", fault=fault
                )
            )
        client = self._client(form.get("client_id", ""))
        if client is None:
            return _to_person(
                told("This app is not registered here. Start signing in from the app again.")
            )
        match read_authorize(form, client.redirect_uris):
            case ToPerson(sentence=sentence):
                return _to_person(sentence)
            case ToClient() as fault_:
                answer = {"error": fault_.error, "error_description": fault_.description}
                return Reply(location=self._back(fault_.answering, answer))
            case AuthorizeRequest() as request:
                if request.scope.console is not (client.id == CONSOLE_CLIENT):
                    return Reply(location=self._back(request.answering, _NOT_ITS_SCOPE))
                if not self.issuing.may_begin(asked.address):
                    return Reply(status=429, sentence=CROWDED)
                purpose = _purpose(client, request)
                name = keep_purpose(self.issuing.store, purpose, self.issuing.now())
                return Reply(location=sign_in_address(name))

    def complete(self, purpose: Purpose, signed: SignedIn) -> str:
        """Where the browser goes when its person is through: back to the client, with a code.

        Raises:
            Unavailable: the store does not answer.
        """
        code = secrets.token_urlsafe(32)
        body = purpose.body
        redeemed = Redeemed(
            client=body["client_id"],
            redirect_uri=body["redirect_uri"],
            challenge=body["challenge"],
            scope=body["scope"],
            nonce=body["nonce"],
            session=new_session_name(),
            signed=signed,
            key="",
        )
        end = self.issuing.now() + CODE_LIFE
        self.issuing.store.put_once(_CODE, digest(code), redeemed.to_bytes(), end)
        return self._back(_answering(purpose), {"code": code})

    def refused(self, purpose: Purpose) -> str:
        """Where the browser goes when its person, or a rule, said no."""
        return self._back(_answering(purpose), {"error": "access_denied"})

    def token(self, asked: Asked) -> Reply:
        """Exchange a code, a refresh token or a device code for tokens."""
        form = _form(asked)
        return form if isinstance(form, Reply) else self._server(asked).token(form, self._base())

    def revoke(self, asked: Asked) -> Reply:
        """End the session of a token (RFC 7009): both its tokens are worth nothing at once."""
        form = _form(asked)
        return form if isinstance(form, Reply) else self._server(asked).revoke(form, self._base())

    def _client(self, id_: str) -> OAuthClient | None:
        if id_ == CONSOLE_CLIENT:
            return self.console
        return self.issuing.store.client(id_)

    def _base(self) -> str:
        return self.issuing.issuer

    def _server(self, asked: Asked) -> TokenServer:
        """The endpoints for one request: what is granted depends on where it came from."""
        return make_server(
            Tokens(
                find_client=self._client,
                code=self._redeem,
                begin=lambda granted, client: self._begin(granted, client, asked),
                refresh=lambda token, client: self._refresh(token, client, asked),
                polled=self._polled,
                session_of=lambda token: self.issuing.session_behind(token, asked.presented),
                end=self.issuing.end,
            )
        )

    def _back(self, to: Answering, answer: Mapping[str, str]) -> str:
        """The client's address with our answer; `iss` says whose it is (RFC 9207)."""
        state = {"state": to.state} if to.state else {}
        return with_answer(
            to.redirect_uri, {**answer, **state, "iss": self.issuing.issuer}, to.mode
        )

    def _redeem(self, code: str, client: str) -> Redeemed | None:
        """Take a code. Whatever is wrong afterwards, it is used up."""
        key, store = digest(code), self.issuing.store
        body = store.take(_CODE, key, self.issuing.now())
        if body is None:
            self._replayed(key)
            return None
        redeemed = Redeemed.from_bytes(body, key)
        return redeemed if redeemed.client == client else None

    def _replayed(self, key: str) -> None:
        """End what a code made, or see to it that what it is just making ends."""
        spent = self.issuing.store.spent(_CODE, key)
        if spent is None:
            return
        now, store = self.issuing.now(), self.issuing.store
        with suppress(Taken):
            store.put_once(_REPLAYED, key, b"", now + 2 * CODE_LIFE)
        session = Redeemed.from_bytes(spent, key).session
        store.move_session(session, SessionState.ENDED, _REUSED, now)

    def _begin(self, granted: Any, client: OAuthClient, asked: Asked) -> dict[str, Any]:
        """Make the session of a redeemed code and return the body of the token response."""
        assert isinstance(granted, Redeemed)
        scope = parse_scope(granted.scope)
        again = replace(granted, session=new_session_name()).to_bytes()
        give_back = partial(self.issuing.store.give_back, _CODE, granted.key, again)
        with returned_if_unavailable(give_back):
            session = self._candidate(granted, client, asked, scope.device)
        issued = started(
            self.issuing,
            session,
            granted.signed,
            refreshes=REFRESH_TOKEN in client.grant_types,
            give_back=give_back,
        )
        if isinstance(issued, Withheld):
            raise halt(issued)
        now = self.issuing.now()
        if granted.key and self.issuing.store.peek(_REPLAYED, granted.key, now) is not None:
            self.issuing.end(session, _REUSED)
            raise halt(GONE)
        if scope.console:
            return self._console_body(granted, session, now)
        body = {**body_of(issued), "scope": scope.on(session.device)}
        if scope.openid:
            body["id_token"] = self._id_token(granted, session, now, issued.expires_in)
        return body

    def _console_body(self, granted: Redeemed, session: Session, now: int) -> dict[str, Any]:
        """The console learns who signed in and by which session; it is handed no access token."""
        token = self._id_token(granted, session, now, CODE_LIFE, session.id)
        return {
            "id_token": token,
            "token_type": "N_A",  # RFC 8693, section 2.2.1: what is given is no access token
            "expires_in": CODE_LIFE,
            "scope": granted.scope,
        }

    def _candidate(
        self, granted: Redeemed, client: OAuthClient, asked: Asked, device: str | None
    ) -> Session:
        issuing = self.issuing
        shown, proof = issuing.connection(asked.certificate, granted.signed.user)
        program = Client(
            kind=CONSOLE if client.id == CONSOLE_CLIENT else "oauth",
            id=client.id,
            name=client.name,
            user_agent=asked.user_agent,
            device=device,
            device_name="",
            flow=granted.flow,
            software_version=client.software_version,
            certificate=asked.presented.thumbprint(issuing.now()),
            connection=shown,
            proof=proof,
        )
        values = issuing.policy.current().directory.document.sign_in
        return candidate(
            issuing.store,
            granted.signed,
            program,
            name=granted.session,
            now=issuing.now(),
            life=life_of(values, program.kind),
            proofs=issuing.devices,
        )

    def _id_token(
        self, granted: Redeemed, session: Session, now: int, life: int, named: str = ""
    ) -> str:
        claims = IdClaims(
            issuer=self.issuing.issuer,
            user=session.user,
            client=granted.client,
            issued=now,
            expires=now + life,
            signed_in=granted.signed.at,
            nonce=granted.nonce,
            session=named,
        )
        return mint_id_token(claims, self.issuing.signing_key(self.issuing.listed.current()))

    def _refresh(self, token: str, client: str, asked: Asked) -> Any:
        found = self.issuing.refresh(token, client, asked.presented)
        if isinstance(found, Withheld):
            raise halt(found)
        return found

    def _polled(self, device_code: str) -> DevicePolled | None:
        return self.devices.polled(device_code, self._granted_to_device)

    def _granted_to_device(self, client: str, scope: str, signed: SignedIn) -> Redeemed:
        return Redeemed(
            client=client,
            redirect_uri="",
            challenge="",
            scope=scope,
            nonce="",
            session=new_session_name(),
            signed=signed,
            key="",
            flow=DEVICE_GRANT,
        )


def _form(asked: Asked) -> dict[str, str] | Reply:
    if asked.content_type != "application/x-www-form-urlencoded" or asked.query:
        return _invalid("send application/x-www-form-urlencoded, and nothing in the address")
    try:
        return parse_form(asked.body)
    except FormFault as fault:
        return _invalid(str(fault))


def _invalid(description: str) -> Reply:
    body = {"error": "invalid_request", "error_description": description.replace("`", "'")}
    return Reply(status=400, json=body)


_NOT_ITS_SCOPE = {
    "error": "invalid_scope",
    "error_description": "this scope is not for this client",
}


def console_client(address: str) -> OAuthClient | None:
    """The console at this address (with scheme, without a slash); None where there is none."""
    if not address:
        return None
    return OAuthClient(
        id=CONSOLE_CLIENT,
        name=CONSOLE_NAME,
        uri=f"{address}/",
        redirect_uris=(f"{address}{BACK}",),
        grant_types=(AUTHORIZATION_CODE,),
        created=0,
    )


def _to_person(sentence: Sentence) -> Reply:
    return Reply(status=400, sentence=sentence)


def _purpose(client: OAuthClient, request: AuthorizeRequest) -> Purpose:
    to = request.answering
    return Purpose(
        kind="oauth",
        client_name=client.name,
        client_uri=client.uri,
        redirect_host=parse_redirect(to.redirect_uri).where,
        device=request.scope.device,
        user_hint=request.hint or None,
        action=request.prompt or None,
        body={
            "client_id": client.id,
            "redirect_uri": to.redirect_uri,
            "mode": to.mode,
            "state": to.state,
            "scope": request.scope.granted,
            "challenge": request.challenge,
            "nonce": request.nonce,
        },
    )


def _answering(purpose: Purpose) -> Answering:
    body = purpose.body
    return Answering(
        redirect_uri=body["redirect_uri"],
        mode="fragment" if body["mode"] == "fragment" else "query",
        state=body["state"],
    )


def routes(oauth: OAuth, page: Page | None = None) -> list[Route]:
    """The endpoints, to be mounted. `page` shows a sentence to whoever came with a browser."""
    return [
        endpoint("/oauth2/authorize", "GET", oauth.authorize, page or bare_page),
        endpoint("/oauth2/token", "POST", oauth.token),
        endpoint("/oauth2/revoke", "POST", oauth.revoke),
    ]
