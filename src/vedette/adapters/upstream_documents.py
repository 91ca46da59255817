"""What an OpenID provider publishes of itself: its description and its keys.

OpenID Connect Discovery 1.0. Everything is fetched over TLS from where the boot file says, without
following redirects and without a proxy; plain HTTP is for loopback only.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, KeySet, OKPKey, RSAKey

from vedette.ports.errors import Unavailable

_TIMEOUT = 5.0
_TOTAL_SECONDS = 10.0
_LARGEST_ANSWER = 512 << 10
_PIECE = 64 << 10
_REMEMBERED_SECONDS = 3600.0
_KEYS_AT_MOST_EVERY = 10.0  # a forged key id must not make us knock at the provider all day
_SHORTEST_RSA = 2048

# RS256 is what every provider must offer; nothing with a shared secret, and never `none`
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "RS384", "RS512", "PS384", "PS512", "EdDSA")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the provider, whatever its status."""

    status: int
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Unavailable."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as fault:
            raise Unavailable("the provider answered something that is no JSON") from fault
        if not isinstance(found, dict):
            raise Unavailable("the provider answered something that is no JSON object")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The part of a provider's description that we need, checked."""

    issuer: str
    authorization: str
    token: str
    userinfo: str
    keys: str
    algorithms: tuple[str, ...]
    names_itself: bool
    secret_in_body: bool


@dataclass(slots=True)
class UpstreamDocuments:
    """Fetches and remembers what the provider at `issuer` publishes. For several threads.

    Raises ValueError when the issuer is neither `https:` nor on loopback.
    """

    issuer: str
    tls: ssl.SSLContext
    _description: tuple[float, Description] | None = None
    _keys: tuple[float, KeySet] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        _checked(self.issuer)

    def description(self) -> Description:
        """The provider's description. Raises Unavailable."""
        with self._lock:
            if self._description is None or self._description[0] < time.monotonic():
                found = self._fetched_description()
                self._description = (time.monotonic() + _REMEMBERED_SECONDS, found)
            return self._description[1]

    def keys(self, kid: str | None) -> KeySet:
        """The provider's keys, fetched anew when `kid` is not among them. Raises Unavailable."""
        address = self.description().keys
        with self._lock:
            now = time.monotonic()
            if self._keys is not None:
                fetched, keys = self._keys
                age = now - fetched
                known = kid is None or any(key.kid == kid for key in keys)
                if age < _KEYS_AT_MOST_EVERY or (known and age < _REMEMBERED_SECONDS):
                    return keys
            found = _usable(self.get(address))
            self._keys = (now, found)
            return found

    def get(self, address: str, token: str = "") -> Answer:
        """GET, with a bearer token if there is one. Raises Unavailable."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self._exchange("GET", address, headers, None)

    def post(self, address: str, form: str, headers: Mapping[str, str]) -> Answer:
        """POST a form. Raises Unavailable."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._exchange("POST", address, {**headers, **kind}, form)

    def _fetched_description(self) -> Description:
        answer = self.get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if answer.status != 200:
            raise Unavailable(f"the provider `{self.issuer}` does not describe itself")
        return described(answer.json(), self.issuer)

    def _exchange(
        self, method: str, address: str, headers: Mapping[str, str], body: str | None
    ) -> Answer:
        parts = _checked(address)
        connection = self._connection(parts)
        try:
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request(method, path, body, {"Accept": "application/json", **headers})
            with connection.getresponse() as response:
                return Answer(response.status, _read(response))
        except (OSError, http.client.HTTPException, UnicodeError) as fault:
            raise Unavailable(f"the provider `{self.issuer}` did not answer: {fault}") from fault
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT, context=self.tls)
        return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT)


def described(body: Mapping[str, Any], issuer: str) -> Description:
    """A description, checked.

    The issuer must be the very one that was asked (Discovery section 4.3), and every address must
    be one that we would talk to.

    Raises:
        Unavailable: it is another's, or it lacks or offers nothing that we can use.
    """
    if body.get("issuer") != issuer:
        raise Unavailable(f"the description at `{issuer}` is of another issuer")
    offered = body.get("id_token_signing_alg_values_supported", ["RS256"])
    algorithms = tuple(one for one in ALGORITHMS if isinstance(offered, list) and one in offered)
    if not algorithms:
        raise Unavailable(f"the provider `{issuer}` offers no signature that we accept")
    ways = body.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Description(
        issuer=issuer,
        authorization=_address(body, "authorization_endpoint"),
        token=_address(body, "token_endpoint"),
        userinfo=_address(body, "userinfo_endpoint") if "userinfo_endpoint" in body else "",
        keys=_address(body, "jwks_uri"),
        algorithms=algorithms,
        names_itself=body.get("authorization_response_iss_parameter_supported") is True,
        secret_in_body=isinstance(ways, list) and "client_secret_basic" not in ways,
    )


def _address(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    if not isinstance(found, str):
        raise Unavailable(f"the provider's description has no `{name}`")
    try:
        _checked(found)
    except ValueError as fault:
        raise Unavailable(f"the provider's `{name}` can't be used: {fault}") from fault
    return found


def _checked(address: str) -> SplitResult:
    """The parts of an address that we would talk to. Raises ValueError for any other."""
    parts = urlsplit(address)
    host, _ = parts.hostname or "", parts.port  # reading a port that is none raises ValueError
    plain = parts.scheme == "http" and _is_loopback(host)
    written = all("!" <= letter <= "~" for letter in address)
    if not host or parts.fragment or "@" in parts.netloc or not written:
        raise ValueError(f"`{address}` is not the address of a provider")
    if parts.scheme != "https" and not plain:
        raise ValueError(f"`{address}` is neither https nor on loopback")
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(response: http.client.HTTPResponse) -> bytes:
    """The body, if it is not too long and does not take too long."""
    end = time.monotonic() + _TOTAL_SECONDS
    pieces, size = [], 0
    while piece := response.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST_ANSWER or time.monotonic() > end:
            raise Unavailable("the provider's answer is too long, or takes too long")
    return b"".join(pieces)


def _usable(answer: Answer) -> KeySet:
    """The public signing keys; what we can't use is left out. Raises Unavailable if none is left.

    A symmetric or private key has no business in public, so such a key signs nothing here.
    """
    offered = answer.json().get("keys")
    if answer.status != 200 or not isinstance(offered, list):
        raise Unavailable("the provider does not publish its keys")
    found = [key for one in offered if (key := _key(one)) is not None]
    if not found:
        raise Unavailable("the provider publishes no key that we can use")
    return KeySet(list(found))


def _key(offered: Any) -> RSAKey | ECKey | OKPKey | None:
    if not isinstance(offered, dict) or offered.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(offered)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if not isinstance(key, RSAKey | ECKey | OKPKey) or key.is_private:
        return None
    if isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_RSA:
        return None
    return key
