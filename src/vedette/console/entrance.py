"""Who is in the console: sign-in at our own authorization server, and what is kept of it.

The console is a client like any other (authorization code, PKCE, `state`, `nonce`, `iss`; RFC 6749,
7636, 9207). What it is told is not enough: at each request it reads the session itself, which must
live, be of the console, and show two independent factors, whatever the settings say.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vedette.admin.actor import Actor, is_active
from vedette.core.facts import Facts
from vedette.core.names import UserId
from vedette.core.sessions import CONSOLE as KIND
from vedette.core.sessions import Session, SessionState, facts_for, independent
from vedette.pages.sealed import Sealed
from vedette.ports.authorization import TokenEndpoint
from vedette.ports.clock import Clock
from vedette.ports.policy import PolicySource
from vedette.ports.sign_in import SignInStore
from vedette.protocol.oauth.console import BACK, CONSOLE, CONSOLE_SCOPE, FACTORS
from vedette.protocol.oauth.id_tokens import IdClaims, IdTokenFault, read_id_token

WAY_LIFE = 15 * 60
"""Seconds within which somebody must be back from the sign-in page."""
_RENEWED = 60
"""Seconds after which the store hears of another request."""
_PATH = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500}")

SIGNED_OUT = "signed out of the console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """Somebody who came in: by which session, and what their forms carry. `at` is in Unix seconds."""

    session: str
    user: UserId
    csrf: str = field(repr=False)
    at: int
    signed: Facts = field(default_factory=Facts, compare=False)
    """What is known of their sign-in, at this request."""

    @property
    def actor(self) -> Actor:
        """Them, as whoever acts."""
        return Actor(self.user, session=self.session, signed=self.signed)


@dataclass(frozen=True, slots=True)
class Out:
    """Nobody is in, and the key of the sentence that says why; empty where nobody ever was."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser goes to sign in, and the cookie by which it is known when it is back."""

    location: str
    cookie: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Come:
    """Somebody is back and in: their cookie, and where they wanted to go."""

    cookie: str = field(repr=False)
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Lets people in and knows who is. `issuer` ends with a slash, `url` is the console's without.

    All but `back` block: for worker threads. Each raises Unavailable.
    """

    store: SignInStore
    policy: PolicySource
    clock: Clock
    tokens: TokenEndpoint
    issuer: str
    url: str

    def begin(self, to: str) -> Begun:
        """Send somebody to the sign-in page; they are led to `to` afterwards."""
        way = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
        digest = hashlib.sha256(way["verifier"].encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": CONSOLE,
            "redirect_uri": f"{self.url}{BACK}",
            "scope": f"openid {CONSOLE_SCOPE}",
            "state": way["state"],
            "nonce": way["nonce"],
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        body = json.dumps({**way, "to": inside(to)}).encode()
        cookie = Sealed(self.store, "console-way").put(body, self._now() + WAY_LIFE)
        return Begun(f"{self.issuer}oauth2/authorize?{urlencode(asked)}", cookie)

    def returned(self, cookie: str, query: Mapping[str, str]) -> dict[str, str] | Out:
        """The way that an answer belongs to, which is used up, or why it is none.

        1. The browser is the one that was sent. 2. The answer is from our issuer (RFC 9207) and to
        this request. 3. It brings a code.
        """
        sealed, now = Sealed(self.store, "console-way"), self._now()
        body = sealed.find(cookie, now) if cookie else None
        if body is None or not sealed.end(cookie, now):  # (1)
            return Out("way-lost")
        way: dict[str, str] = json.loads(body)
        theirs = (query.get("iss", ""), query.get("state", ""))
        ours = (self.issuer, way["state"])
        if not all(_same(*each) for each in zip(theirs, ours, strict=True)):  # (2)
            return Out("way-other")
        if "code" not in query:  # (3)
            return Out("way-refused")
        return way

    async def exchange(self, way: Mapping[str, str], code: str) -> str | Out:
        """The ID token for a code. Raises Unavailable."""
        form = {
            "grant_type": "authorization_code",
            "client_id": CONSOLE,
            "redirect_uri": f"{self.url}{BACK}",
            "code": code,
            "code_verifier": way["verifier"],
        }
        status, body = await self.tokens.exchange(form)
        token = body.get("id_token")
        return token if status == 200 and isinstance(token, str) else Out("way-refused")

    def enter(self, way: Mapping[str, str], token: str) -> Come | Out:
        """Let in whoever the ID token names, if their session is enough."""
        now = self._now()
        expected = IdClaims(issuer=self.issuer, user=_NOBODY, client=CONSOLE, issued=now, expires=0,
                            signed_in=0, nonce=way["nonce"])  # fmt: skip
        try:
            claims = read_id_token(token, self._keys(), expected)
        except IdTokenFault:
            return Out("way-other")
        entered = Entered(
            session=claims.session, user=claims.user, csrf=secrets.token_urlsafe(32), at=now
        )
        found = self._session(entered)
        if isinstance(found, Out):
            return found
        cookie = Sealed(self.store, "console").put(_to_bytes(entered), self._until(found))
        return Come(cookie, way["to"])

    def who(self, cookie: str, address: str) -> Entered | Out:
        """Who has this cookie, asked anew at each request.

        Their session may have been ended, suspended or have expired since, they may have been
        deactivated, or have done nothing for too long.
        """
        sealed, now = Sealed(self.store, "console"), self._now()
        body = sealed.find(cookie, now) if cookie else None
        if body is None:
            return Out("" if not cookie else "ended-idle")
        entered = _from_bytes(body)
        found = self._session(entered)
        if isinstance(found, Out):
            sealed.end(cookie, now)
            return found
        if now >= entered.at + _RENEWED:
            sealed.replace(cookie, _to_bytes(replace(entered, at=now)), self._until(found))
            self.store.touch(entered.session, now, address)
        return replace(entered, signed=self._facts(found))

    def leave(self, cookie: str, entered: Entered) -> None:
        """They go: their session ends as every other does."""
        now = self._now()
        self.store.move_session(entered.session, SessionState.ENDED, SIGNED_OUT, now)
        Sealed(self.store, "console").end(cookie, now)

    def _session(self, entered: Entered) -> Session | Out:
        """Their session, if it is good for the console now."""
        session = self.store.session(entered.session)
        if session is None or session.user != entered.user or session.kind != KIND:
            return Out("ended-session")
        if session.state is SessionState.SUSPENDED:
            return Out("ended-suspended")
        if session.state is not SessionState.LIVE or session.expires <= self._now():
            return Out("ended-session")
        if independent(session.facts.factors) < FACTORS:
            return Out("one-factor")
        if not is_active(self.policy.current().directory, entered.user):
            return Out("ended-person")
        return session

    def _facts(self, session: Session) -> Facts:
        """What rules on `administer` may read of their sign-in. The console is no device."""
        document = self.policy.current().directory.document
        networks = {str(name): ranges for name, ranges in document.networks.items()}
        facts = facts_for(session, now=self._now(), networks=networks)
        known = {name: each for name, each in facts.known.items() if name.startswith("sign_in.")}
        return Facts(known, facts.claims)

    def _until(self, session: Session) -> int:
        idle = self.policy.current().directory.document.sign_in.console_idle
        return min(session.expires, self._now() + idle)

    def _keys(self) -> dict[str, Ed25519PublicKey]:
        found = self.store.token_keys()
        return {key.kid: Ed25519PublicKey.from_public_bytes(key.public) for key in found}

    def _now(self) -> int:
        return int(self.clock.now())


_NOBODY = UserId("@nobody:invalid")


def inside(path: str) -> str:
    """A path of the console's own; its first page for anything else."""
    fine = _PATH.fullmatch(path) is not None and not path.startswith("//")
    return path if fine else "/"


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _to_bytes(entered: Entered) -> bytes:
    body = {
        "session": entered.session,
        "user": entered.user,
        "csrf": entered.csrf,
        "at": entered.at,
    }
    return json.dumps(body).encode()


def _from_bytes(data: bytes) -> Entered:
    plain = json.loads(data)
    return Entered(
        session=str(plain["session"]),
        user=UserId(plain["user"]),
        csrf=str(plain["csrf"]),
        at=int(plain["at"]),
    )
