"""Whatever is sent to any endpoint of the sign-in service, it is answered, and lets nobody in."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.system.sign_in.house import CALLBACK, PASSWORD, V3, House
from vedette.protocol.matrix import paths
from vedette.protocol.matrix.paths import ServedBy
from vedette.protocol.matrix.paths_types import spellings

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
PLACE = "127.9.0.1"
"""From here, so that no limit is used up at which others arrive."""
EXAMPLES = 400
"""Requests of each kind."""

PATHS = sorted(
    {
        (method, re.sub(r":\w+\??", "q", spelling.removesuffix("/*path")) + tail)
        for row in (*paths.ENDPOINTS, *paths.OWN_ENDPOINTS)
        if row.served_by is ServedBy.SIGNIN
        for spelling in spellings(row.pattern)
        for tail in (("", "/device", "/factors/totp") if spelling.endswith("*path") else ("",))
        for method in row.methods
    }
)
NAMES = (
    "type", "token", "user", "password", "identifier", "device_id", "initial_device_display_name",
    "refresh_token", "auth", "session", "devices", "do", "csrf", "name", "code", "response", "new",
    "again", "user_code", "provider", "factor", "client_id", "grant_type", "code_verifier",
    "redirect_uri", "redirect_uris", "client_name", "client_uri", "grant_types", "response_types",
    "application_type", "token_endpoint_auth_method", "scope", "state", "nonce", "prompt",
    "response_type", "response_mode", "code_challenge", "code_challenge_method", "login_hint",
    "redirectUrl", "action", "device_code", "for", "to", "done", "iss", "logo_uri", "tos_uri",
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(), max_size=10),
    st.sampled_from(
        (
            "m.login.token", "m.login.password", "m.id.user", "anna", "@anna:example.test",
            "authorization_code", "refresh_token", "code", "S256", "native", "none", "login",
            "vrt_" + "A" * 43, "a" * 43, "a" * 5000, "\ud800", "\x00", "\u202e", "٣٤٥٦٧٨", "1e999",
            "https://a.example/x", "http://127.0.0.1/", "http://[::1", "x://", "urn:matrix:client:api:*",
            "urn:matrix:client:device:\ud800ABCDEFGHIJ", "%", "%ff", "{}", "../..", "eyJ.e30.", "MFRGG===",
        )
    ),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    ),
    max_leaves=8,
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"),
                 max_size=60)  # fmt: skip
COOKIES = ("__Host-vedette-flow", "__Host-vedette-own", "__Host-vedette-known",
           "__Host-vedette-form")  # fmt: skip


@dataclass(slots=True)
class Wire:
    """A connection that sends what it is given, without improving on it."""

    house: House
    connection: http.client.HTTPSConnection | None = None
    asked: int = 0
    closed: int = 0

    def ask(
        self, method: str, target: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, str]:
        at, self.asked = urlsplit(self.house.url), self.asked + 1
        if self.connection is None:
            tls = ssl.create_default_context(cadata=self.house.ca.decode())
            self.connection = http.client.HTTPSConnection(
                at.netloc, timeout=60, context=tls, source_address=(PLACE, 0)
            )
        try:
            self.connection.request(method, target, body, headers)
            answer = self.connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            return answer.status, f"{answer.headers}{text}"
        except (http.client.HTTPException, OSError):
            # refused by closing the connection, which is an answer, too
            self.connection.close()
            self.connection, self.closed = None, self.closed + 1
            return 0, ""


@pytest.fixture(scope="module")
def wire(house: House) -> Wire:
    return Wire(house)


SETTINGS = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def check(wire: Wire, method: str, target: str, body: bytes, headers: dict[str, str]) -> None:
    """One request: no fault of ours, and no session."""
    status, said = wire.ask(method, target, body, headers)
    assert status not in (500, 502, 504), (method, target, body, headers, said)
    assert not re.search(r'"(access_token|refresh_token|login_token|id_token)"\s*:', said)
    assert "vedette-own=" not in said or 'vedette-own=""' in said


@SETTINGS
@given(
    where=st.sampled_from(PATHS),
    body=st.dictionaries(st.one_of(st.sampled_from(NAMES), TEXTS), VALUES, max_size=8),
    token=HEADER,
)
def test_any_json(wire: Wire, where: tuple[str, str], body: dict[str, Any], token: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    method, path = where
    check(wire, method, path, json.dumps(body).encode(), headers)


@SETTINGS
@given(
    where=st.sampled_from(PATHS),
    form=st.lists(st.tuples(st.sampled_from(NAMES), TEXTS), max_size=10),
    cookie=st.tuples(st.sampled_from(COOKIES), HEADER),
)
def test_any_form(
    wire: Wire, where: tuple[str, str], form: list[tuple[str, str]], cookie: tuple[str, str]
) -> None:
    method, path = where
    data = urlencode(form, errors="surrogatepass")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": "=".join(cookie),
        "Sec-Fetch-Site": "same-origin",
    }
    if method == "GET":
        check(wire, method, f"{path}?{data}", b"", headers)
    else:
        check(wire, method, path, data.encode(), headers)


@SETTINGS
@given(
    where=st.sampled_from(PATHS),
    tail=st.text(max_size=20),
    body=st.binary(max_size=300),
    kind=st.sampled_from(("application/json", "application/x-www-form-urlencoded",
                          "multipart/form-data; boundary=x", "text/plain", "", "application/cbor")),
    agent=HEADER,
    language=HEADER,
    network=HEADER,
)  # fmt: skip
def test_any_bytes(
    wire: Wire, where: tuple[str, str], tail: str, body: bytes, kind: str, agent: str,
    language: str, network: str,
) -> None:  # fmt: skip
    method, path = where
    headers = {
        "Content-Type": kind, "User-Agent": agent, "Accept-Language": language,
        "X-Forwarded-For": network, "Origin": network, "Sec-Fetch-Site": language,
    }  # fmt: skip
    check(wire, method, f"{path}{quote(tail, safe='')}", body, headers)


@SETTINGS
@given(
    device=TEXTS.filter(bool), name=VALUES,
    kind=st.sampled_from(("m.login.token", "m.login.password")),
    who=VALUES, token=VALUES, refreshes=VALUES, stage=TEXTS,
)  # fmt: skip
def test_any_login(
    wire: Wire, device: str, name: Any, kind: str, who: Any, token: Any, refreshes: Any, stage: str
) -> None:
    body = {
        "type": kind, "device_id": device, "initial_device_display_name": name, "token": token,
        "identifier": who, "user": who, "password": token, "refresh_token": refreshes,
    }  # fmt: skip
    headers = {"Content-Type": "application/json"}
    check(wire, "POST", f"{V3}/login", json.dumps(body).encode(), headers)
    path = f"{V3}/login/sso/redirect/{quote(stage, safe='', errors='surrogatepass')}"
    check(wire, "GET", path, b"", {})


@SETTINGS
@given(name=VALUES, uri=TEXTS, redirect=TEXTS, grants=VALUES, kind=VALUES, logo=VALUES, more=VALUES)
def test_any_registration(
    wire: Wire, name: Any, uri: str, redirect: str, grants: Any, kind: Any, logo: Any, more: Any
) -> None:
    body = {
        "client_name": name, "client_uri": uri, "redirect_uris": [redirect, "https://a.example/x"],
        "grant_types": grants, "application_type": kind, "logo_uri": logo,
        "token_endpoint_auth_method": "none", "response_types": ["code"], "contacts": more,
        "client_name#de": more,
    }  # fmt: skip
    check(wire, "POST", "/oauth2/registration", json.dumps(body).encode(),
          {"Content-Type": "application/json"})  # fmt: skip


PASSKEY = (
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA",'
    '"authenticatorData":"AA","signature":"AA","userHandle":"AA","attestationObject":"AA"}}'
)
DOES = ("password", "passkey", "upstream", "totp", "recovery", "webauthn", "radius", "answer",
        "change", "other", "seen", "new", "check", "agree", "codes", "remove", "confirm",
        "end", "reset", "leave", "")  # fmt: skip
FIELDS = st.dictionaries(
    st.sampled_from(("code", "response", "label", "factor", "session", "device_id", "old", "new",
                     "again", "name", "password", "provider", "user_code")),
    st.one_of(TEXTS, st.sampled_from((
        "{}", "[]", "null", '{"id":"x","rawId":"x","type":"public-key","response":{}}',
        PASSKEY,
    ))),
    max_size=6,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody's cookies and the path at which they are."""

    cookies: str
    path: str


@pytest.fixture(scope="module")
async def visits(house: House) -> tuple[Visit, ...]:
    """Browsers at the first page, at the second factor, and at the person's own pages."""
    udo = await house.person("udo", apps=8)
    found = []
    for stop in ("who", "second", "consent", "/account/factors/totp", "/account/factors/webauthn",
                 "/account/password", "/account/devices", "/account/devices/end"):  # fmt: skip
        async with house.browser() as browser:
            if stop.startswith("/"):
                await browser.sign_in(udo, stop)
            elif stop == "consent":
                await browser.sign_in(udo, SSO)
            else:
                who = await browser.open(SSO)
                if stop == "second":
                    await browser.send(who, "password", name="udo", password=PASSWORD)
            cookies = "; ".join(f"{name}={text}" for name, text in browser.cookies().items())
            found.append(Visit(cookies, stop if stop.startswith("/") else "/sign-in"))
    return tuple(found)


_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@SETTINGS
@given(which=st.integers(0, 7), do=st.sampled_from(DOES), fields=FIELDS)
def test_any_form_of_whoever_is_on_the_way(
    wire: Wire, visits: tuple[Visit, ...], which: int, do: str, fields: dict[str, str]
) -> None:
    visit = visits[which]
    headers = {"Cookie": visit.cookies, "Sec-Fetch-Site": "same-origin"}
    _, shown = wire.ask("GET", visit.path, b"", headers)
    csrf = _CSRF.search(shown)
    form = {**fields, "do": do, "csrf": csrf[1] if csrf else ""}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    data = urlencode(form, errors="surrogatepass").encode()
    check(wire, "POST", visit.path, data, headers)


def test_nobody_was_let_in(house: House, wire: Wire) -> None:
    before = house.sessions()
    check(wire, "GET", "/health", b"", {})
    assert house.sessions() == before
    assert "Traceback" not in house.log()
    # most of it came as far as an answer
    assert wire.closed * 4 <= wire.asked, (wire.closed, wire.asked)
