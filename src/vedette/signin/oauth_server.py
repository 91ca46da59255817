"""Authlib's authorization server, made ours: the token and revocation endpoints.

Authlib does what is generic: which grant a request is, client lookup for public clients, which
grants a client may use, PKCE verification (RFC 7636), the comparison of the redirection address,
the polling answers of RFC 8628, the order of RFC 7009, and the wire form of errors (RFC 6749
section 5.2). Ours, by its hooks, are codes that are taken in one step, the session a code makes,
forgiving rotation, and the Permit without which there is no token.

Where its shape does not fit:
- It can let PKCE go missing or be `plain`: requests are read by `vedette.protocol.oauth.authorize`
  before a code exists, and the method here is fixed.
- It logs tokens at debug level: `_Handed` hides them in its own text.
- An error of its own that quotes the request can fail on unusual letters: forms are read and
  bounded by `vedette.protocol.oauth.forms` first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from authlib.oauth2.rfc6749 import (  # type: ignore[import-untyped]  # ships no types
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.errors import (  # type: ignore[import-untyped]  # ships no types
    InvalidGrantError,
    InvalidScopeError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import (  # type: ignore[import-untyped]  # ships no types
    AuthorizationCodeGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc6749.requests import (  # type: ignore[import-untyped]  # ships no types
    BasicOAuth2Payload,
)
from authlib.oauth2.rfc7009 import (  # type: ignore[import-untyped]  # ships no types
    RevocationEndpoint,
)
from authlib.oauth2.rfc7636 import CodeChallenge  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc8628 import (  # type: ignore[import-untyped]  # ships no types
    DeviceCodeGrant,
)
from authlib.oauth2.rfc8628.errors import (  # type: ignore[import-untyped]  # ships no types
    ExpiredTokenError,
)

from vedette.core.sessions import Session
from vedette.ports.sign_in import OAuthClient
from vedette.protocol.oauth.scopes import ScopeFault, parse_scope
from vedette.signin.issuing import Issued, Standing, Withheld
from vedette.signin.wire import Reply, oauth_unavailable
from vedette.signin.withheld import way_back

_PUBLIC = ["none"]
"""How clients authenticate: not at all. There are no secrets of clients here."""


class Halted(Exception):
    """The request ends with this reply, which is no OAuth error."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def halt(withheld: Withheld) -> Halted | OAuth2Error:
    """How a client is told that it gets no token.

    Only of what is gone does it hear an OAuth error, which makes clients forget their keys. What is
    held or in doubt has no member `error`, and they keep them.
    """
    match withheld.standing:
        case Standing.GONE | Standing.EXPIRED:
            return InvalidGrantError()
        case Standing.HELD:
            body = {"errcode": "M_FORBIDDEN", "message": withheld.sentence}
            return Halted(Reply(status=403, json={**body, **way_back(withheld)}))
        case Standing.DOUBT:
            return Halted(oauth_unavailable())


class Granted(Protocol):
    """A code that was redeemed, as far as Authlib looks at it."""

    @property
    def redirect_uri(self) -> str:
        """Where the code went."""

    @property
    def challenge(self) -> str:
        """The PKCE challenge, of the method S256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the endpoints do; each may raise what `halt` returns, or Unavailable.

    `code(code, client id)` redeems a code, to one caller only; None: it is worth nothing.
    `begin(redeemed)` makes the session. `refresh(token, client id)` exchanges. `polled(device
    code)` finds a device grant. `revoked(token)` finds whose token it is, and `end` ends that.
    """

    find_client: Callable[[str], OAuthClient | None]
    code: Callable[[str, str], Granted | None]
    begin: Callable[[Granted, OAuthClient], Mapping[str, Any]]
    refresh: Callable[[str, str], Issued]
    polled: Callable[[str], Polled | None]
    session_of: Callable[[str], Session | None]
    end: Callable[[Session], None]


class Polled(Protocol):
    """A device grant that its client asks about."""

    @property
    def client(self) -> str:
        """The id of the client that began it."""

    @property
    def redeemed(self) -> Granted | None:
        """What its person agreed to, once they have."""

    @property
    def denied(self) -> bool:
        """Whether the answer is no."""

    @property
    def too_fast(self) -> bool:
        """Whether the client asks more often than it should."""


def make_server(tokens: Tokens) -> TokenServer:
    """The endpoints that do this."""
    return TokenServer(_Server(tokens))


@dataclass(frozen=True, slots=True)
class TokenServer:
    """The token and the revocation endpoint, from a form that was read to a reply."""

    server: _Server

    def token(self, form: Mapping[str, str], address: str) -> Reply:
        """Answer a token request. Raises Unavailable."""
        return self._answered(
            lambda: self.server.create_token_response((form, f"{address}oauth2/token"))
        )

    def revoke(self, form: Mapping[str, str], address: str) -> Reply:
        """Answer a revocation request (RFC 7009). Raises Unavailable."""
        request = (form, f"{address}oauth2/revoke")
        return self._answered(
            lambda: self.server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME, request)
        )

    @staticmethod
    def _answered(answer: Callable[[], Any]) -> Reply:
        try:
            reply = answer()
        except Halted as halted:
            return halted.reply
        assert isinstance(reply, Reply)  # `handle_response` makes nothing else
        return reply


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request whose form was read before."""

    def __init__(self, form: Mapping[str, str], uri: str) -> None:
        super().__init__("POST", uri)
        self.payload = BasicOAuth2Payload(dict(form))

    @property
    def form(self) -> Any:
        return self.payload.data


class _Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """A registered client, as Authlib asks about it."""

    def __init__(self, client: OAuthClient) -> None:
        self.registered = client

    def __repr__(self) -> str:
        return f"client {self.registered.id}"

    def get_client_id(self) -> str:
        return self.registered.id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        del endpoint  # the same everywhere
        return method in _PUBLIC

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.registered.grant_types


class _Handed(dict[str, Any]):
    """The body of a token response, which no log shows."""

    def __repr__(self) -> str:
        return "tokens"


class _Server(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.register_grant(_CodeGrant, [_S256(required=True)])
        self.register_grant(_RefreshGrant)
        self.register_grant(_DeviceGrant)
        self.register_endpoint(_Revocation)

    def query_client(self, client_id: str) -> _Client | None:
        found = self.tokens.find_client(client_id)
        return None if found is None else _Client(found)

    def save_token(self, token: object, request: object) -> None:
        """Nothing is left to keep: a token is kept before it is made."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: Any) -> _Request:
        if isinstance(request, _Request):
            return request
        form, uri = request
        return _Request(form, uri)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Reply:
        del headers  # replies set their own
        return Reply(status=status, json=json.loads(json.dumps(body)) if body else {})

    def handle_error_response(self, request: Any, error: OAuth2Error) -> Reply:
        if isinstance(error, UnsupportedGrantTypeError):
            body = {"error": error.error, "error_description": "grant_type is not supported here"}
            return Reply(status=400, json=body)
        reply = super().handle_error_response(request, error)
        assert isinstance(reply, Reply)
        return reply


class _S256(CodeChallenge):  # type: ignore[misc]  # Authlib ships no types
    """PKCE with SHA-256 alone."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"

    def get_authorization_code_challenge(self, authorization_code: _Code) -> str:
        return authorization_code.granted.challenge

    def get_authorization_code_challenge_method(self, authorization_code: _Code) -> str:
        del authorization_code  # there is no other
        return "S256"


@dataclass(frozen=True, slots=True)
class _Code:
    granted: Granted

    def get_redirect_uri(self) -> str:
        return self.granted.redirect_uri

    def get_scope(self) -> str:
        return ""


class _CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = _PUBLIC

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        granted = self.server.tokens.code(code, client.registered.id)
        return None if granted is None else _Code(granted)

    def authenticate_user(self, authorization_code: _Code) -> Granted:
        return authorization_code.granted

    def generate_token(self, user: Granted, **_: object) -> _Handed:
        return _Handed(self.server.tokens.begin(user, self.request.client.registered))

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """It was taken when it was looked up."""


@dataclass(frozen=True, slots=True)
class _Exchanged:
    """A refresh token that was exchanged; that it was this client's was asked with it."""

    issued: Issued

    def check_client(self, client: _Client) -> bool:
        return bool(self.issued.session.client == client.registered.id)


class _RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = _PUBLIC

    def authenticate_refresh_token(self, refresh_token: str) -> _Exchanged:
        issued = self.server.tokens.refresh(refresh_token, self.request.client.registered.id)
        return _Exchanged(issued)

    def _validate_token_scope(self, token: _Exchanged) -> None:
        # What is granted is always the same, in two spellings: only the device can be wrong.
        asked = self.request.payload.scope
        try:
            device = parse_scope(asked).device if asked else None
        except ScopeFault as fault:
            raise InvalidScopeError(str(fault)) from None
        if device not in (None, token.issued.session.device):
            raise InvalidScopeError("the scope names another device")

    def authenticate_user(self, refresh_token: _Exchanged) -> Issued:
        return refresh_token.issued

    def issue_token(self, user: Issued, refresh_token: _Exchanged) -> _Handed:
        del refresh_token  # the same thing
        return _Handed(body_of(user))

    def revoke_old_credential(self, refresh_token: _Exchanged) -> None:
        """It is good until its successor was used: an answer may be lost."""


def body_of(issued: Issued) -> dict[str, Any]:
    """A token response (RFC 6749 section 5.1) without scope."""
    body: dict[str, Any] = {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": issued.expires_in,
    }
    if issued.refresh_token is not None:
        body["refresh_token"] = issued.refresh_token
    return body


@dataclass(frozen=True, slots=True)
class _Credential:
    polled: Polled

    def get_client_id(self) -> str:
        return self.polled.client

    def get_user_code(self) -> Polled:
        return self.polled

    def get_scope(self) -> str:
        return ""

    def is_expired(self) -> bool:
        return False


class _DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = _PUBLIC

    def query_device_credential(self, device_code: str) -> _Credential:
        polled = self.server.tokens.polled(device_code)
        if polled is None:
            raise ExpiredTokenError
        return _Credential(polled)

    def query_user_grant(self, user_code: Polled) -> tuple[Granted | None, bool] | None:
        if user_code.denied:
            return None, False
        return None if user_code.redeemed is None else (user_code.redeemed, True)

    def should_slow_down(self, credential: _Credential) -> bool:
        return credential.polled.too_fast

    def generate_token(self, user: Granted, **_: object) -> _Handed:
        return _Handed(self.server.tokens.begin(user, self.request.client.registered))


@dataclass(frozen=True, slots=True)
class _Owned:
    session: Session

    def check_client(self, client: _Client) -> bool:
        return self.session.client == client.registered.id


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib ships no types
    CLIENT_AUTH_METHODS = _PUBLIC

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Owned | None:
        del token_type_hint  # a token of ours shows by itself what it is
        session = self.server.tokens.session_of(token_string)
        return None if session is None else _Owned(session)

    def revoke_token(self, token: _Owned, request: object) -> None:
        del request
        self.server.tokens.end(token.session)
