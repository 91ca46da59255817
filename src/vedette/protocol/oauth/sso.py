"""Where an older client wants its login token (Matrix client-server API, "Client login via SSO").

Unlike an OAuth client it registered no address, so anybody can send a person here with any
address: the page shows where it leads, and only kinds of address that a client can own are taken.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from vedette.protocol.oauth.redirects import Redirect, RedirectKind, parse_redirect

OLD_SCHEMES = frozenset({"element"})
"""Private-use schemes without a dot, of clients from before RFC 8252 was followed."""

_TOKEN = "loginToken"  # noqa: S105  # the name of a parameter
_FRAGMENT = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]{0,500}")
_OLD = re.compile(r"(?P<scheme>[a-z]{1,30})://(?P<rest>[A-Za-z0-9\-._~/]{0,200})")


@dataclass(frozen=True, slots=True)
class SsoRedirect:
    """An address that may get a login token; `base` is all of it before its fragment."""

    base: Redirect
    fragment: str

    def with_token(self, token: str) -> str:
        """The address with the token, in the query, before any fragment."""
        text = self.base.text
        query = urlencode({_TOKEN: token})
        tail = f"#{self.fragment}" if self.fragment else ""
        return f"{text}{'&' if '?' in text else '?'}{query}{tail}"


def parse_sso_redirect(text: str) -> SsoRedirect:
    """Read a `redirectUrl`.

    It is as a registered address may be, with a fragment if it likes; or of a scheme of old. One
    that brings a login token of its own is refused: a client might take that one, and sign the
    person in as somebody else.

    Raises:
        ValueError: it is none of these; the message does not repeat it.
    """
    base, _, fragment = text.partition("#")
    if _FRAGMENT.fullmatch(fragment) is None:
        raise ValueError("the address to return to has an unusual fragment")
    # Names are compared decoded by clients, so nothing that could spell it is let through.
    if _TOKEN.lower() in base.lower() or (("?" in base) and "%" in base.partition("?")[2]):
        raise ValueError("the address to return to has a query that could hide a login token")
    old = _OLD.fullmatch(base)
    if old is not None and old["scheme"] in OLD_SCHEMES:
        return SsoRedirect(
            Redirect(base, RedirectKind.PRIVATE, old["scheme"] + ":", base), fragment
        )
    return SsoRedirect(parse_redirect(base), fragment)
