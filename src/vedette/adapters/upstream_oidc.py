"""Another sign-in service vouches for our people: OpenID Connect Core 1.0, code flow.

RFC 9700 throughout: PKCE (RFC 7636) and a nonce against injected codes, `state` against forged
requests, `iss` against mix-up (RFC 9207), exact redirect addresses, the client proven at the token
endpoint. The access token serves for the provider's own user information and is then forgotten.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError

from vedette.adapters.upstream_documents import Description, UpstreamDocuments
from vedette.ports.errors import Unavailable
from vedette.ports.factors import Departure, UpstreamFault, UpstreamPerson

_SCOPE = "openid profile email"
_PROFILE = ("preferred_username", "name")
_SKEW = 60
_OLDEST_TOKEN = 600
_FRESH_SECONDS = 300
_LONGEST_TOKEN = 32 << 10
_LONGEST_PARAMETER = 4096
_LONGEST_TEXT = 255  # OpenID Connect Core section 2: of `sub`; the others are kept as short
_LAST_TIME = 1 << 40
_A_YEAR = 365 * 24 * 3600
_CODE_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class UpstreamOidc:
    """The UpstreamProvider port over one provider. `name` is its name in the boot file."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    documents: UpstreamDocuments

    def begin(
        self, redirect_uri: str, *, acr_values: Collection[str] = (), fresh: bool = False
    ) -> Departure:
        """Send somebody there. Raises Unavailable."""
        description = self.documents.description()
        kept = _Memory(
            self.name, _chance(), _chance(), _chance(), redirect_uri, description.issuer, fresh
        )
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": _SCOPE,
            "state": kept.state,
            "nonce": kept.nonce,
            "code_challenge": _unpadded(hashlib.sha256(kept.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if acr_values:
            asked["acr_values"] = " ".join(acr_values)
        # With `max_age` a provider must say when the proof was given (section 3.1.2.1). Zero would
        # say it best, but there are providers that then ask again and again.
        asked["max_age"] = str(_FRESH_SECONDS if fresh else _A_YEAR)
        if fresh:
            asked["prompt"] = "login"
        joint = "&" if "?" in description.authorization else "?"
        url = f"{description.authorization}{joint}{urlencode(asked)}"
        return Departure(url, kept.state, kept.packed())

    def finish(self, memory: bytes, query: Mapping[str, str], now: int) -> UpstreamPerson:
        """Whom the provider vouches for. Raises UpstreamFault, Unavailable."""
        kept = _Memory.unpacked(memory)
        description = self.documents.description()
        if kept.provider != self.name or kept.issuer != description.issuer:
            raise UpstreamFault("the answer belongs to a flow with another provider")
        code = _code(query, kept, description)
        answer = self._redeemed(code, kept, description)
        claims = self._verified(answer.get("id_token"), kept, description, now)
        return self._person(self._completed(claims, answer.get("access_token"), description), now)

    def _redeemed(self, code: str, kept: _Memory, description: Description) -> dict[str, Any]:
        """What the provider gives for the code (RFC 6749 section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept.redirect_uri,
            "code_verifier": kept.verifier,
        }
        headers = {}
        if description.secret_in_body:
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            headers["Authorization"] = f"Basic {self._basic()}"
        answer = self.documents.post(description.token, urlencode(form), headers)
        if answer.status == 200:
            return answer.json()
        word = answer.json().get("error") if answer.status in (400, 401) else None
        if word == "invalid_grant":
            raise UpstreamFault("the provider does not know the code (any more)")
        raise Unavailable(f"the provider refused the code: {answer.status} {_word(word)}")

    def _basic(self) -> str:
        """RFC 6749 section 2.3.1: both parts are form-encoded first."""
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return base64.b64encode(pair.encode()).decode()

    def _verified(
        self, token: object, kept: _Memory, description: Description, now: int
    ) -> dict[str, Any]:
        """The claims of the ID token (OpenID Connect Core section 3.1.3.7)."""
        claims = self._signed(token, description)
        if claims.get("iss") != description.issuer:
            raise UpstreamFault("the ID token is of another issuer")
        self._check_audience(claims)
        _check_times(claims, kept, now)
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not _same(nonce, kept.nonce):
            raise UpstreamFault("the ID token is for another flow")
        if not _text(claims.get("sub")):
            raise UpstreamFault("the ID token names nobody")
        return claims

    def _signed(self, token: object, description: Description) -> dict[str, Any]:
        if (
            not isinstance(token, str)
            or len(token) > _LONGEST_TOKEN
            or not _COMPACT.fullmatch(token)
        ):
            raise UpstreamFault("the provider gave no ID token")
        try:
            keys = self.documents.keys(_key_id(token))
            return jwt.decode(token, keys, algorithms=description.algorithms).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError) as fault:
            raise UpstreamFault(f"the ID token can't be verified: {fault}") from fault

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """For us, and if for others too, made out to us (`azp`)."""
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        authorised = claims.get("azp")
        if self.client_id not in several:
            raise UpstreamFault("the ID token is for another client")
        if authorised != self.client_id and (len(several) > 1 or authorised is not None):
            raise UpstreamFault("the ID token was made out to another client")

    def _completed(
        self, claims: dict[str, Any], token: object, description: Description
    ) -> dict[str, Any]:
        """With the user information, where the ID token has no name (section 5.3).

        It is not signed, so it tells how to call somebody, never how or when they proved it.
        """
        if "preferred_username" in claims or not description.userinfo:
            return claims
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            return claims
        answer = self.documents.get(description.userinfo, token)
        if answer.status != 200:
            raise Unavailable(f"the provider gave no user information: {answer.status}")
        found = answer.json()
        if found.get("sub") != claims["sub"]:  # section 5.3.2: else it must not be used
            raise UpstreamFault("the user information is of somebody else")
        email = ("email", "email_verified") if "email" not in claims else ()
        return {name: found.get(name) for name in (*_PROFILE, *email)} | claims

    def _person(self, claims: Mapping[str, Any], now: int) -> UpstreamPerson:
        amr = claims.get("amr")
        return UpstreamPerson(
            provider=self.name,
            issuer=claims["iss"],
            subject=claims["sub"],
            at=min(_time(claims.get("auth_time")) or 0, now),
            acr=_text(claims.get("acr")),
            amr=tuple(filter(None, map(_text, amr))) if isinstance(amr, list) else (),
            username=_text(claims.get("preferred_username")),
            name=_text(claims.get("name")),
            email=_text(claims.get("email")),
            email_verified=claims.get("email_verified") is True,
        )


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is kept between departure and return."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    issuer: str
    fresh: bool

    def packed(self) -> bytes:
        return json.dumps({name: getattr(self, name) for name in self.__slots__}).encode()

    @classmethod
    def unpacked(cls, memory: bytes) -> _Memory:
        try:
            body = json.loads(memory)
            found = cls(**body)
        except (ValueError, TypeError, RecursionError) as fault:
            raise UpstreamFault("what was kept of the flow can't be read") from fault
        texts = [getattr(found, name) for name in cls.__slots__ if name != "fresh"]
        if not all(isinstance(one, str) and one for one in texts) or found.fresh not in (0, 1):
            raise UpstreamFault("what was kept of the flow can't be read")
        return found


def _code(query: Mapping[str, str], kept: _Memory, description: Description) -> str:
    """The code of a redirect that is this flow's answer, of this provider."""
    if not _same(query.get("state", ""), kept.state):
        raise UpstreamFault("the answer is for another flow")
    issuer = query.get("iss")
    if issuer != description.issuer and (issuer is not None or description.names_itself):
        raise UpstreamFault("the answer is of another provider")
    if "error" in query:
        raise UpstreamFault(f"the provider said no: {_word(query['error'])}")
    code = query.get("code", "")
    if not code or len(code) > _LONGEST_PARAMETER:
        raise UpstreamFault("the answer has no code")
    return code


def _check_times(claims: Mapping[str, Any], kept: _Memory, now: int) -> None:
    issued, expires = _time(claims.get("iat")), _time(claims.get("exp"))
    if issued is None or expires is None:
        raise UpstreamFault("the ID token does not say when it is good")
    if expires <= now - _SKEW or not now - _OLDEST_TOKEN <= issued <= now + _SKEW:
        raise UpstreamFault("the ID token is not good now")
    at = _time(claims.get("auth_time")) or 0
    if kept.fresh and not now - _FRESH_SECONDS <= at <= now + _SKEW:
        raise UpstreamFault("a new proof was asked for, and the provider gave an old one")


def _time(value: object) -> int | None:
    """Unix seconds, which JSON may write with a fraction (RFC 7519 section 2)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < _LAST_TIME else None


def _key_id(token: str) -> str | None:
    head = token.partition(".")[0]
    found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    kid = found.get("kid") if isinstance(found, dict) else None
    return kid if isinstance(kid, str) else None


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), kept.encode())


def _text(value: object) -> str:
    """A claim as text that can be kept and shown; empty if it is none."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not value.isprintable():
        return ""
    return value


def _word(value: object) -> str:
    """An error code of OAuth as it may stand in a record."""
    return value if isinstance(value, str) and _CODE_WORD.fullmatch(value) else "(no code)"


def _chance() -> str:
    return _unpadded(secrets.token_bytes(32))


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
