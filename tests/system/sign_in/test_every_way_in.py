"""Every way in that Synapse knows or that we serve, tried over the gateway with less than two proofs.

The list is Synapse's own: its servlets are asked for their paths, as they are with a sign-in
service behind which nobody signs in at Synapse, and as they are without one. What is looked at in
the end is where sessions are kept: no try may leave one, whatever was answered.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.architecture.test_endpoint_table import (
    BEHIND_A_SIGN_IN_SERVICE,
    EVERYTHING,
    PLAIN,
    routes_with,
    samples,
    segments,
)
from tests.system.sign_in.house import PASSWORD, House, Shown, Someone
from vedette.core.names import UserId
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.protocol.matrix import paths
from vedette.protocol.matrix.paths import Endpoint, ServedBy
from vedette.protocol.matrix.paths_types import spellings
from vedette.protocol.oauth.scopes import scope_of

FOREIGN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJAYW5uYTpleGFtcGxlLnRlc3QifQ."
LOGIN_LIKE = re.compile(
    r"login|regist|auth|refresh|sso|oidc|saml|cas/|openid|password|rendezvous|consent|session|"
    r"token|3pid|dehydrated|shared_secret|appservice",
    re.IGNORECASE,
)
"""What a path or a servlet is called that may have to do with letting somebody in."""

Body = dict[str, Any]
"""What is sent."""
NAMED: Body = {"identifier": {"type": "m.id.user", "user": "anna"}, "password": PASSWORD}
MATRIX_BODIES: tuple[Body, ...] = (
    {},
    {"type": "m.login.password", **NAMED},
    {"type": "m.login.password", "user": "anna", "password": PASSWORD},
    {"type": "m.login.token", "token": FOREIGN},
    {"type": "m.login.token", "token": "x" * 43},
    {"type": "m.login.sso"},
    {"type": "m.login.dummy", "auth": {"type": "m.login.dummy"}, "username": "eve"},
    {"type": "m.login.application_service", **NAMED},
    {"type": "org.matrix.login.jwt", "token": FOREIGN},
    {"type": "uk.half-shot.msc2778.login.application_service", **NAMED},
    {"type": "m.login.email.identity", "threepid_creds": {"sid": "1", "client_secret": "x"}},
    {"auth": {"type": "m.login.password", **NAMED}, "new_password": "another long password"},
    {"refresh_token": FOREIGN},
    {"refresh_token": "vrt_" + "A" * 43},
    {"username": "eve", "password": PASSWORD, "inhibit_login": False},
    {"nonce": "x", "username": "eve", "password": PASSWORD, "mac": "0" * 40, "admin": True},
)
"""Every kind of login that the specification, Synapse and unfinished proposals know."""
GRANTS = (
    "authorization_code", "refresh_token", "password", "client_credentials", "implicit",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba", "",
)  # fmt: skip
FORMS: tuple[dict[str, str], ...] = (
    {},
    {"do": "password", "name": "anna", "password": PASSWORD, "csrf": "x" * 43},
    {"do": "agree", "csrf": ""},
    *(
        {
            "grant_type": grant, "username": "anna", "password": PASSWORD, "code": "x" * 43,
            "refresh_token": FOREIGN, "device_code": "x" * 43, "assertion": FOREIGN,
            "subject_token": FOREIGN, "client_id": "synapse", "client_secret": "x", "scope": "*",
        }
        for grant in GRANTS
    ),
)  # fmt: skip
"""Every grant of OAuth, those that nobody should serve any more included."""
TOKENS = ("", FOREIGN, "syt_YW5uYQ_AAAAAAAAAAAAAAAAAAAA_1AAAAA", "vrt_" + "A" * 43, PASSWORD)

SIGN_IN_ROWS = {
    "auth.metadata", "auth.metadata.msc2965", "auth.issuer", "login.flows", "login", "login.page",
    "login.page.named", "refresh", "auth.fallback", "logout", "logout.all", "account.password",
    "device.delete", "devices.delete", "pages.sign-in", "pages.account", "oauth.configuration",
    "oauth.authorize", "oauth.token", "oauth.register", "oauth.revoke", "oauth.device",
    "oauth.keys", "pages.kerberos",
}  # fmt: skip
"""What the sign-in service serves. A row that is new has to be looked at, and is then put here."""


NO_WAY_IN = {
    "account.addresses",  # lists addresses of whoever is signed in
    "federation.event-auth",
    "openid.request",  # proves to another service who somebody is; wants their token
    "openid.userinfo",  # tells that service
    "password-policy",
}
"""What sounds like a way in, is Synapse's, and is none."""


@dataclass(frozen=True, slots=True)
class Way:
    """One method of one path."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Ways:
    """Every path of Synapse with each method, in each of its modes; `like_login` and ours apart."""

    all: tuple[Way, ...]
    like_login: tuple[Way, ...]


@pytest.fixture(scope="module")
def ways() -> Ways:
    every: dict[Way, None] = {}
    like_login: dict[Way, None] = {}
    for settings in (PLAIN, EVERYTHING, BEHIND_A_SIGN_IN_SERVICE):
        for route in routes_with(settings):
            for path in () if route["pattern"] is None else samples(route["pattern"]):
                way = Way(route["method"], path)
                every[way] = None
                if LOGIN_LIKE.search(path) or LOGIN_LIKE.search(route["servlet"]):
                    like_login[way] = None
    ours = {way: None for row in _rows() for way in _ways_of(row)}
    return Ways(tuple(every | ours), tuple(like_login | ours))


def _rows() -> tuple[Endpoint, ...]:
    every = (*paths.ENDPOINTS, *paths.OWN_ENDPOINTS)
    return tuple(row for row in every if row.served_by is ServedBy.SIGNIN)


def _ways_of(row: Endpoint) -> Iterator[Way]:
    for spelling in spellings(row.pattern):
        for tail in ("", "/device", "/factors", "/devices/end", "/reset", "/password"):
            if tail and not spelling.endswith("/*path"):
                continue
            path = re.sub(r":\w+\??", "q", spelling.removesuffix("/*path")) + tail
            for method in row.methods:
                yield Way(method, path)


@pytest.fixture(scope="module")
async def anna(house: House) -> Someone:
    return await house.person("anna")


def test_whatever_the_sign_in_service_serves_was_looked_at() -> None:
    assert {row.name for row in _rows()} == SIGN_IN_ROWS


def test_every_way_that_sounds_like_one_in_is_ours_or_refused(ways: Ways) -> None:
    elsewhere = set()
    for way in ways.like_login:
        parts = segments(way.path)
        row = paths.match(way.method, parts) or paths.match_own(way.method, parts)
        if row is None:
            assert paths.refusal(way.method, parts) is not None or way.method == "OPTIONS", way
        elif row.endpoint.served_by is not ServedBy.SIGNIN:
            elsewhere.add(row.endpoint.name)
    assert elsewhere == NO_WAY_IN


def _sent(way: Way) -> Iterator[dict[str, Any]]:
    if way.method in ("GET", "DELETE"):
        yield {}
        return
    yield from ({"json": body} for body in MATRIX_BODIES)
    yield from ({"data": form} for form in FORMS)


async def test_no_way_in_yields_a_session_for_less_than_both_proofs(
    house: House, anna: Someone, ways: Ways
) -> None:
    before, in_synapse = house.kept()
    faults = []
    async with house.browser() as browser:
        for way in ways.like_login:
            for sent in _sent(way):
                answer = await browser.ask(way.method, way.path, **sent)
                faults += _faults(way, sent, answer)
    assert faults == []
    assert house.sessions() == before
    assert house.held_by_synapse() == in_synapse
    accounts = {each.localpart for each in house.store.accounts()}
    assert anna.name in accounts
    assert "eve" not in accounts


async def test_no_token_of_anybody_else_opens_anything(
    house: House, anna: Someone, ways: Ways
) -> None:
    before, in_synapse = house.kept()
    faults = []
    async with house.browser() as browser:
        for way in ways.like_login:
            for token in (*TOKENS, _signed_by_somebody_else(house, anna)):
                headers = {"Authorization": f"Bearer {token}"}
                sent = {} if way.method in ("GET", "DELETE") else {"json": {}}
                answer = await browser.ask(way.method, way.path, headers, **sent)
                in_address = await browser.ask(
                    way.method, f"{way.path}?access_token={token}", **sent
                )
                faults += _faults(way, sent, answer) + _faults(way, sent, in_address)
    assert faults == []
    assert (house.sessions(), house.held_by_synapse()) == (before, in_synapse)


async def test_no_path_at_all_yields_a_session_to_whoever_proved_nothing(
    house: House, ways: Ways
) -> None:
    before, in_synapse = house.kept()
    faults = []
    async with house.browser() as browser:
        for way in ways.all:
            sent = {} if way.method in ("GET", "DELETE") else {"json": MATRIX_BODIES[1]}
            faults += _faults(way, sent, await browser.ask(way.method, way.path, **sent))
    assert faults == []
    assert (house.sessions(), house.held_by_synapse()) == (before, in_synapse)


def _signed_by_somebody_else(house: House, who: Someone) -> str:
    """A token that is right in everything but the key."""
    now = int(time.time())
    claims = AccessClaims(
        issuer=f"{house.url}/", user=UserId(who.user), client="", id="x", issued=now,
        expires=now + 600, session="x" * 32, device="PHONE", scope=scope_of("PHONE"),
    )  # fmt: skip
    return mint(claims, SigningKey.generate())


async def test_both_proofs_do_yield_a_session_where_these_tests_look(
    house: House, anna: Someone
) -> None:
    login = await house.login(anna, "PHONE")
    assert house.state(anna.user, "PHONE") == "live"
    assert (anna.user, "PHONE") in house.held_by_synapse()
    assert _A_SESSION.search(json.dumps(login))


_A_SESSION = re.compile(r'"(access_token|refresh_token|login_token|device_id|id_token)"\s*:')


def _faults(way: Way, sent: Any, answer: Shown) -> list[str]:
    """What is wrong with an answer to somebody who proved nothing."""
    said = f"{way.method} {way.path} {sent}: {answer.status} {answer.text[:200]}"
    wrong = answer.status in (500, 502, 504) or _A_SESSION.search(answer.text)
    wrong = wrong or "vedette-known" in answer.headers.get("set-cookie", "")
    wrong = wrong or "vedette-own" in answer.headers.get("set-cookie", "")
    return [said] if wrong else []
