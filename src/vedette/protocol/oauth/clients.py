"""What a client says of itself when it registers (RFC 7591, Matrix specification v1.15).

All of it is a claim. What is taken are addresses and a name, bounded, and only of public clients:
nobody is given a secret, since a program on people's own devices can't keep one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vedette.protocol.oauth.redirects import Redirect, RedirectKind, parse_redirect

AUTHORIZATION_CODE = "authorization_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105  # the name of a grant
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANTS = (AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE)
"""The grants that there are here."""

MOST_REDIRECTS = 10
LONGEST_NAME = 100
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,64}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class RegistrationFault(ValueError):
    """Why a client is not registered: RFC 7591 section 3.2.2's code, and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """A client that may be registered as far as its form goes."""

    name: str
    uri: str
    redirects: tuple[Redirect, ...]
    grants: tuple[str, ...]
    kind: Literal["web", "native"]
    logo: str
    version: str = ""


def read_registration(body: object) -> ClientRequest:
    """Read registration metadata. Unknown members are left out, as section 2 wants.

    1. It is a public client that wants codes. 2. `client_uri` is there and has TLS (a loopback
    address is taken from a client whose redirects are all loopback: somebody's own program).
    3. The redirects are of the kinds that `parse_redirect` takes; a web client's are under the
    host of `client_uri` or loopback, a private-use scheme is its domain read backwards (RFC 8252
    section 7.1). 4. The name is bounded and has nothing in it that can't be seen.

    Raises:
        RegistrationFault: one of these does not hold.
    """
    if not isinstance(body, Mapping):
        raise RegistrationFault("invalid_client_metadata", "the body must be a JSON object")
    _check_public(body)  # (1)
    kind = body.get("application_type", "web")
    if kind not in ("web", "native"):
        raise RegistrationFault(
            "invalid_client_metadata", "application_type must be `web` or `native`"
        )
    grants = _grants(body)
    redirects = _redirects(body, needed=AUTHORIZATION_CODE in grants)
    home = _home(body, redirects)  # (2)
    for redirect in redirects:
        _check_redirect(redirect, home, web=kind == "web")  # (3)
    return ClientRequest(
        name=_name(body),
        uri=home.text,
        redirects=redirects,
        grants=grants,
        kind="web" if kind == "web" else "native",
        logo=_logo(body, home),
        version=_version(body),
    )


def _version(body: Mapping[object, object]) -> str:
    """The client's own version (section 2); one in a form that says nothing here is left out."""
    said = body.get("software_version", "")
    return said if isinstance(said, str) and _VERSION.fullmatch(said) else ""


def _check_public(body: Mapping[object, object]) -> None:
    method = body.get("token_endpoint_auth_method", "none")
    if method != "none":
        raise RegistrationFault(
            "invalid_client_metadata",
            "token_endpoint_auth_method must be `none`: clients get no secret here",
        )
    if body.get("response_types", ["code"]) not in (["code"], []):
        raise RegistrationFault("invalid_client_metadata", "response_types must be `code`")


def _grants(body: Mapping[object, object]) -> tuple[str, ...]:
    asked = _texts(body.get("grant_types", [AUTHORIZATION_CODE]), "grant_types", most=20)
    granted = tuple(grant for grant in GRANTS if grant in asked)
    if not set(granted) & {AUTHORIZATION_CODE, DEVICE_CODE}:
        raise RegistrationFault(
            "invalid_client_metadata", "grant_types must have one of those that there are here"
        )
    return granted


def _redirects(body: Mapping[object, object], *, needed: bool) -> tuple[Redirect, ...]:
    texts = _texts(body.get("redirect_uris", []), "redirect_uris", most=MOST_REDIRECTS)
    if needed and not texts:
        raise RegistrationFault("invalid_redirect_uri", "redirect_uris must name at least one")
    try:
        return tuple(parse_redirect(text) for text in texts)
    except ValueError as fault:
        raise RegistrationFault("invalid_redirect_uri", str(fault)) from None


def _home(body: Mapping[object, object], redirects: tuple[Redirect, ...]) -> Redirect:
    home = _address(body.get("client_uri"), "client_uri")
    local = bool(redirects) and all(each.kind is RedirectKind.LOOPBACK for each in redirects)
    if home.kind is RedirectKind.HTTPS or (home.kind is RedirectKind.LOOPBACK and local):
        return home
    raise RegistrationFault("invalid_client_metadata", "client_uri must be an `https` address")


def _check_redirect(redirect: Redirect, home: Redirect, *, web: bool) -> None:
    match redirect.kind:
        case RedirectKind.LOOPBACK:
            return
        case RedirectKind.HTTPS if _under(redirect.host, home.host):
            return
        case RedirectKind.PRIVATE if not web and _under(redirect.host, home.host):
            return
    raise RegistrationFault(
        "invalid_redirect_uri",
        "every redirect must be at a loopback address, under the host of client_uri, or, of a"
        " native client, a scheme that is that host read backwards",
    )


def _under(host: str, home: str) -> bool:
    """Whether `host` is `home` or below it."""
    return host == home or host.endswith(f".{home}")


def _name(body: Mapping[object, object]) -> str:
    name = body.get("client_name", "")
    if not isinstance(name, str) or len(name) > LONGEST_NAME or _CONTROLS.search(name):
        raise RegistrationFault(
            "invalid_client_metadata",
            f"client_name must be a text of at most {LONGEST_NAME} visible characters",
        )
    return name.strip()


def _logo(body: Mapping[object, object], home: Redirect) -> str:
    """The address of a logo, kept if it is the client's own. No page of ours ever loads it."""
    try:
        logo = _address(body.get("logo_uri"), "logo_uri")
    except RegistrationFault:
        return ""
    return logo.text if _under(logo.host, home.host) else ""


def _address(found: object, name: str) -> Redirect:
    try:
        if not isinstance(found, str):
            raise ValueError  # noqa: TRY004, TRY301  # one fault for all that is no address
        address = parse_redirect(found)
    except ValueError:
        raise RegistrationFault(
            "invalid_client_metadata", f"{name} must be an `https` address"
        ) from None
    if address.kind is RedirectKind.PRIVATE:
        raise RegistrationFault("invalid_client_metadata", f"{name} must be an `https` address")
    return address


def _texts(found: object, name: str, *, most: int) -> tuple[str, ...]:
    if (
        not isinstance(found, list)
        or len(found) > most
        or not all(isinstance(each, str) for each in found)
    ):
        raise RegistrationFault(
            "invalid_redirect_uri" if name == "redirect_uris" else "invalid_client_metadata",
            f"{name} must be a list of at most {most} texts",
        )
    return tuple(found)


def allowed_by(patterns: tuple[str, ...], redirect: Redirect) -> bool:
    """Whether the allowlist lets clients send people to this address.

    A pattern is `https://<server>`, `https://*.<domain>`, `https://*`, `loopback` or
    `private-use`; ports and paths are the client's.
    """
    match redirect.kind:
        case RedirectKind.LOOPBACK:
            return "loopback" in patterns
        case RedirectKind.PRIVATE:
            return "private-use" in patterns
        case RedirectKind.HTTPS:
            return any(_host_allowed(pattern, redirect) for pattern in patterns)


def _host_allowed(pattern: str, redirect: Redirect) -> bool:
    wanted = pattern.removeprefix("https://")
    if wanted == pattern:
        return False
    if wanted == "*":
        return True
    if wanted.startswith("*."):
        return redirect.host.endswith(wanted[1:])
    return wanted in (redirect.host, redirect.where.removeprefix("https://"))
