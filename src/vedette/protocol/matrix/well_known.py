"""What another server says in `/.well-known/matrix/server`, and how long it is believed.

Matrix server-server API v1.15, "Resolving server names" and "Well-known URI". Parsing only: who
fetches it decides what may be dialled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urljoin, urlsplit

from vedette.core.names import InvalidName, ServerName

PATH = "/.well-known/matrix/server"
LARGEST_ANSWER = 64 << 10
USUAL_SECONDS = 24 * 3600.0
LONGEST_SECONDS = 48 * 3600.0
SHORTEST_SECONDS = 300.0
"""Not in the specification: a server that forbids keeping must not make us ask with each request."""
MOST_REDIRECTS = 5

_DIRECTIVE = re.compile(
    r"\s*(?P<name>[A-Za-z-]+)\s*"
    r'(?:=\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^",\s]*)))?\s*(?:,|$)'
)
_TARGET = re.compile(r"/[\x21-\x7e]*")
_LONGEST_LOCATION = 2048


class WellKnownFault(ValueError):
    """The answer says nothing that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Hop:
    """Where to ask: a host, a port, and the path with its query. Always over TLS."""

    host: ServerName
    port: int
    target: str

    @property
    def http_host(self) -> str:
        """The `Host` header."""
        return self.host if self.port == 443 else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, for people."""
        return f"https://{self.http_host}{self.target}"


def first_hop(host: str) -> Hop:
    """Where the document of a host lies. Raises InvalidName."""
    return Hop(ServerName(host), 443, PATH)


def next_hop(hop: Hop, location: str) -> Hop:
    """Where a redirect leads (RFC 9110, 10.2.2).

    Raises:
        WellKnownFault: it is no address over TLS, or carries a name and password.
    """
    if len(location) > _LONGEST_LOCATION or not location.isascii() or not location.isprintable():
        raise WellKnownFault("the redirect's address can't be read")
    try:
        parts = urlsplit(urljoin(hop.url, location))
        port = parts.port
        host = ServerName(_bracketed(parts))
    except (ValueError, InvalidName):
        raise WellKnownFault("the redirect's address can't be read") from None
    if parts.scheme != "https":
        raise WellKnownFault("the redirect leads away from TLS")
    if "@" in parts.netloc:
        raise WellKnownFault("the redirect carries a name or password")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _TARGET.fullmatch(target) is None or port == 0:
        raise WellKnownFault("the redirect's address can't be read")
    return Hop(host, port or 443, target)


def _bracketed(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def parse_delegation(body: bytes) -> ServerName:
    """The server named by `m.server`.

    Raises:
        WellKnownFault: the body is too large, not a JSON object, or names no server.
    """
    if len(body) > LARGEST_ANSWER:
        raise WellKnownFault("the document is too large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise WellKnownFault("the document is not JSON") from None
    named = found.get("m.server") if isinstance(found, dict) else None
    if not isinstance(named, str):
        raise WellKnownFault("the document has no text `m.server`")
    try:
        server = ServerName(named)
    except InvalidName as fault:
        raise WellKnownFault(str(fault)) from None
    if server.port == 0:
        raise WellKnownFault("the document names port 0")
    return server


def believed_for(headers: Mapping[str, str]) -> float:
    """How many seconds an answer with these headers is believed (RFC 9111, 4.2).

    1. `Cache-Control`: `no-store` and `no-cache` as short as possible, else `max-age`.
    2. Otherwise `Expires`, counted from `Date`, so that no clock but theirs matters.
    3. Otherwise a day. Never more than two, never less than five minutes. Names are lower case.
    """
    control = _directives(headers.get("cache-control", ""))
    if "no-store" in control or "no-cache" in control:
        return SHORTEST_SECONDS
    if "max-age" in control:
        given = control["max-age"]
        return _bounded(float(given) if given.isascii() and given.isdigit() else 0.0)
    if "expires" in headers:
        return _bounded(_between(headers.get("date", ""), headers["expires"]))
    return USUAL_SECONDS


def _directives(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _DIRECTIVE.match(text, position)
        if match is None:
            return {"no-store": ""}  # what can't be read is not believed for long
        found.setdefault(match["name"].lower(), match["quoted"] or match["plain"] or "")
        position = match.end()
    return found


def _between(date: str, expires: str) -> float:
    """Seconds from one HTTP date to another; 0 where either can't be read (RFC 9111, 5.3)."""
    try:
        return (parsedate_to_datetime(expires) - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _bounded(seconds: float) -> float:
    return min(max(seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
