"""Redirection addresses: which may be registered, and which of them a request names.

RFC 6749 section 3.1.2, RFC 8252 sections 7 and 8, RFC 9700 section 2.1. Addresses are compared as
texts; nothing is normalised, so two programs can't disagree on what is the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address
from typing import Literal
from urllib.parse import urlencode

LONGEST = 1024
"""Characters of an address."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]{{2,45}}\]"
# RFC 3986 without user part and fragment. Backslash, controls, spaces and non-ASCII are not in it:
# browsers and libraries disagree on them. Host names are written in lower case.
_WEB = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_HOST})(?::(?P<port>[1-9][0-9]{{0,4}}))?"
    r"(?P<path>/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)
# RFC 8252 section 7.1: a reverse domain name under the app's control, so with at least one dot.
_PRIVATE = re.compile(
    r"(?P<scheme>[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+):"
    r"(?P<path>[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)(?P<query>\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?"
)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class RedirectKind(StrEnum):
    """The three ways in which an answer can reach a client."""

    HTTPS = "https"
    LOOPBACK = "loopback"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection address that was read.

    `where` is what a person is shown and a page's `form-action` allows: the origin, or the scheme
    with its colon. `port_free` is the address with its port left out.
    """

    text: str
    kind: RedirectKind
    where: str
    port_free: str

    @property
    def host(self) -> str:
        """The host name of a web address; of a private-use scheme its domain, read backwards."""
        if self.kind is RedirectKind.PRIVATE:
            return ".".join(reversed(self.where[:-1].split(".")))
        found = _WEB.fullmatch(self.text)
        assert found is not None  # read before
        return found["host"]


def parse_redirect(text: str) -> Redirect:
    """Read an address that may be registered.

    It is `https://`, `http://` at a loopback literal or `localhost`, or a private-use scheme with
    a dot. No user part, no fragment, no wildcard.

    Raises:
        ValueError: it is none of these; the message says so without repeating it.
    """
    if len(text) > LONGEST or _BAD_ESCAPE.search(text):
        raise ValueError("a redirect address is too long or has a broken escape")
    web = _WEB.fullmatch(text)
    if web is not None:
        return _web(text, web)
    private = _PRIVATE.fullmatch(text)
    if private is None:
        raise ValueError(
            "a redirect address must be `https`, `http` at a loopback address, or a scheme that is"
            " a reversed domain name; without user, fragment or unescaped bytes"
        )
    if private["path"].startswith("//") and not _plain_authority(private["path"]):
        raise ValueError("a redirect address with a private-use scheme may have no user or port")
    return Redirect(text, RedirectKind.PRIVATE, private["scheme"] + ":", text)


def _web(text: str, found: re.Match[str]) -> Redirect:
    host, port = found["host"], found["port"]
    if int(port or 0) > 65535 or not _real(host):
        raise ValueError("a redirect address has no valid host or port")
    if found["scheme"] == "http" and host not in _LOOPBACK:
        raise ValueError("a redirect address without TLS must be at a loopback address")
    shown = host if port is None else f"{host}:{port}"
    kind = RedirectKind.LOOPBACK if found["scheme"] == "http" else RedirectKind.HTTPS
    rest = (found["path"] or "") + (found["query"] or "")
    return Redirect(text, kind, f"{found['scheme']}://{shown}", f"http://{host}{rest}")


def _real(host: str) -> bool:
    if not host.startswith("["):
        # `1.2.3` or `0x7f.1` is read as an IPv4 address by browsers: only four plain numbers are.
        last = host.rpartition(".")[2]
        plain = re.fullmatch(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", host)
        numeric = last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None
        return len(host) <= 253 and (
            not numeric or (plain is not None and all(int(n) < 256 for n in host.split(".")))
        )
    try:
        return str(IPv6Address(host[1:-1])) == host[1:-1]
    except ValueError:
        return False


def _plain_authority(path: str) -> bool:
    return not set("@:") & set(path[2:].partition("/")[0])


def redirect_matches(registered: str, presented: str) -> bool:
    """Whether a request may lead to `presented`, given one registered address.

    Exactly the same text (RFC 9700 section 4.1.3); of loopback addresses the port is left free,
    since an app listens where it can (RFC 8252 section 7.3).
    """
    try:
        there, here = parse_redirect(registered), parse_redirect(presented)
    except ValueError:
        return False
    if there.kind is RedirectKind.LOOPBACK and here.kind is RedirectKind.LOOPBACK:
        return there.port_free == here.port_free
    return there.text == here.text


ResponseMode = Literal["query", "fragment"]


def with_answer(address: str, answer: dict[str, str], mode: ResponseMode = "query") -> str:
    """The address with an answer added, as RFC 6749 section 4.1.2 and OAuth's response modes say.

    `address` MUST have been read by `parse_redirect`, so it has no fragment of its own.
    """
    encoded = urlencode(answer)
    if mode == "fragment":
        return f"{address}#{encoded}"
    return f"{address}{'&' if '?' in address else '?'}{encoded}"
