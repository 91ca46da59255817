"""Paths of our own on the public address: the sign-in pages and the OAuth endpoints behind them.

No specification of Matrix has them; clients and browsers are led there. All of them are the sign-in
service's, which decides what becomes of a request; at the client door they are routine.
"""

from __future__ import annotations

from typing import Final, Unpack

from vedette.protocol.matrix.paths_types import (
    NO_BODY,
    DecidedAt,
    Door,
    Endpoint,
    RowWords,
    ServedBy,
    Token,
)

_GET: Final = ("GET",)
_POST: Final = ("POST",)

KERBEROS: Final = "pages.kerberos"
"""The row on which browsers show Kerberos tickets."""


def _row(name: str, methods: tuple[str, ...], pattern: str, **words: Unpack[RowWords]) -> Endpoint:
    words["token"] = Token.NONE
    words["served_by"] = ServedBy.SIGNIN
    words["decided_at"] = DecidedAt.SIGN_IN_DOOR
    words["doors"] = frozenset({Door.CLIENT})
    return Endpoint(name=name, methods=methods, pattern=pattern, **words)


OWN_ENDPOINTS: Final = (
    _row("pages.sign-in", ("GET", "POST"), "/sign-in/*path", note="the one sign-in page"),
    _row(
        KERBEROS,
        _GET,
        "/sign-in/kerberos",
        body_limit=NO_BODY,
        note="RFC 4559; the only path on which `Authorization: Negotiate` is passed on",
    ),
    _row("pages.account", ("GET", "POST"), "/account/*path", note="the person's own pages"),
    _row(
        "oauth.configuration",
        _GET,
        "/.well-known/<openid-configuration|oauth-authorization-server>",
        body_limit=NO_BODY,
        note="RFC 8414 and OpenID Connect Discovery 1.0",
    ),
    _row("oauth.authorize", _GET, "/oauth2/authorize", note="RFC 6749, section 3.1"),
    _row("oauth.token", _POST, "/oauth2/token", note="RFC 6749, section 3.2"),
    _row("oauth.register", _POST, "/oauth2/registration", note="RFC 7591"),
    _row("oauth.revoke", _POST, "/oauth2/revoke", note="RFC 7009"),
    _row("oauth.device", _POST, "/oauth2/device", note="RFC 8628, section 3.1"),
    _row("oauth.keys", _GET, "/oauth2/keys.json", body_limit=NO_BODY, note="RFC 7517"),
)
