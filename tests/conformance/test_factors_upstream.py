"""Sign-in by another OpenID provider: a real one, and one that lies in every way it can."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.services.openid_provider import OpenIdProvider, Person, openid_provider
from vedette.adapters.upstream_documents import UpstreamDocuments
from vedette.adapters.upstream_oidc import UpstreamOidc
from vedette.ports.errors import Unavailable
from vedette.ports.factors import Departure, UpstreamFault, UpstreamPerson

ALICE = Person(
    "alice", "alice's long password", "Alice A", "alice@corp.test", "0123456789abcdefghij"
)
BACK = "https://chat.example.test/sign-in/upstream"
SECRET = "a secret/+"
KEY = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
OTHER = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
WEAK = RSAKey.generate_key(1024, {"kid": "weak", "use": "sig"})


def now() -> int:
    return int(time.time())


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    folder = tmp_path_factory.mktemp("openid")
    with openid_provider(folder, [ALICE], factors=("password", "otp")) as running:
        yield running


def at(provider: OpenIdProvider, secret: str = "") -> UpstreamOidc:
    documents = UpstreamDocuments(provider.issuer, provider.tls)
    return UpstreamOidc("office", provider.client_id, secret or provider.client_secret, documents)


def test_a_real_provider_vouches_for_a_person_and_how_they_proved_it(real):
    upstream, began = at(real), now()
    departure = upstream.begin(real.redirect_uri)
    back = real.browser().sign_in(departure.url, ALICE)
    person = upstream.finish(departure.memory, query_of(back), now())
    assert (person.provider, person.issuer, person.subject) == ("office", real.issuer, "alice")
    assert (person.username, person.name, person.email) == ("alice", "Alice A", "alice@corp.test")
    assert set(person.amr) == {"pwd", "otp", "mfa"}
    assert began - 1 <= person.at <= now()

    with pytest.raises(UpstreamFault, match="does not know the code"):  # RFC 6749 section 4.1.2
        upstream.finish(departure.memory, query_of(back), now())


def test_a_new_proof_is_newer_than_the_old_one(real):
    upstream, browser = at(real), real.browser()
    times = []
    for fresh in (False, False, True):
        time.sleep(1.1)  # this provider gives one token a second
        departure = upstream.begin(real.redirect_uri, fresh=fresh)
        back = browser.sign_in(departure.url, ALICE)
        times.append(upstream.finish(departure.memory, query_of(back), now()).at)
    first, same, fresh = times
    assert first == same < fresh


def test_a_code_is_worth_nothing_in_another_flow(real):
    upstream = at(real)
    stolen = upstream.begin(real.redirect_uri)
    back = real.browser().sign_in(stolen.url, ALICE)
    mine = upstream.begin(real.redirect_uri)
    with pytest.raises(UpstreamFault, match="another flow"):
        upstream.finish(mine.memory, query_of(back), now())
    injected = query_of(back) | {"state": mine.state}
    with pytest.raises(UpstreamFault, match="does not know the code"):  # PKCE
        upstream.finish(mine.memory, injected, now())


def test_a_wrong_client_secret_is_the_operators_matter(real):
    upstream = at(real, "not the secret")
    departure = upstream.begin(real.redirect_uri)
    back = real.browser().sign_in(departure.url, ALICE)
    with pytest.raises(Unavailable, match="invalid_client"):
        upstream.finish(departure.memory, query_of(back), now())


def test_a_certificate_of_nobody_we_know_is_no_provider(real):
    documents = UpstreamDocuments(real.issuer, ssl.create_default_context())
    with pytest.raises(Unavailable, match="did not answer"):
        UpstreamOidc("office", real.client_id, real.client_secret, documents).begin(BACK)


@dataclass
class Liar:
    """A provider on loopback that says whatever a test wants.

    What is in `description`, `claims`, `userinfo` replaces what an honest one says; None leaves it
    out. `raw` replaces whole bodies, by path.
    """

    issuer: str = ""
    description: dict = field(default_factory=dict)
    claims: dict = field(default_factory=dict)
    token: dict = field(default_factory=dict)
    userinfo: dict = field(default_factory=dict)
    keys: list = field(default_factory=lambda: [KEY.as_dict(private=False)])
    sign: object = None
    raw: dict = field(default_factory=dict)
    status: dict = field(default_factory=dict)
    nonce: str = ""
    asked: list = field(default_factory=list)

    def body(self, path: str) -> object:
        if path.endswith("openid-configuration"):
            return changed(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize?tenant=1",
                    "token_endpoint": f"{self.issuer}/token",
                    "userinfo_endpoint": f"{self.issuer}/userinfo",
                    "jwks_uri": f"{self.issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
                    "authorization_response_iss_parameter_supported": True,
                },
                self.description,
            )
        if path == "/keys":
            return {"keys": self.keys}
        if path == "/userinfo":
            return changed({"sub": "alice", "preferred_username": "al"}, self.userinfo)
        claims = changed(
            {
                "iss": self.issuer,
                "sub": "alice",
                "aud": "vedette",
                "iat": now(),
                "exp": now() + 60,
                "auth_time": now() - 5,
                "nonce": self.nonce,
            },
            self.claims,
        )
        sign = self.sign or signed
        return changed({"access_token": "at", "id_token": sign(claims)}, self.token)

    def upstream(self, secret: str = SECRET) -> UpstreamOidc:
        documents = UpstreamDocuments(self.issuer, ssl.create_default_context())
        return UpstreamOidc("office", "vedette", secret, documents)

    def meets(self, upstream: UpstreamOidc | None = None, **query: str | None) -> UpstreamPerson:
        """Goes there and comes back with an honest redirect, but for `query`."""
        upstream = upstream or self.upstream()
        departure = upstream.begin(BACK)
        return self.comes_back(upstream, departure, query)

    def comes_back(
        self, upstream: UpstreamOidc, departure: Departure, query: dict[str, str | None]
    ) -> UpstreamPerson:
        self.nonce = query_of(departure.url)["nonce"]
        honest = {"code": "a code", "state": departure.state, "iss": self.issuer}
        return upstream.finish(departure.memory, changed(honest, query), now())


def changed(honest: dict, lies: dict) -> dict:
    return {key: value for key, value in (honest | lies).items() if value is not None}


def signed(claims: dict, key: object = KEY, algorithm: str = "ES256", kid: str = "first") -> str:
    header = {"alg": algorithm, "kid": kid}
    return jwt.encode(header, claims, key, algorithms=[algorithm])


@pytest.fixture
def liar() -> Iterator[Liar]:
    with lying() as telling:
        yield telling


@contextmanager
def lying() -> Iterator[Liar]:
    telling = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            path = urlsplit(self.path).path
            telling.asked.append((path, dict(self.headers), self.rfile.read(length).decode()))
            body = telling.raw.get(path)
            body = json.dumps(telling.body(path)).encode() if body is None else body
            self.send_response(telling.status.get(path, 200))
            self.send_header("Location", f"{telling.issuer}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name is the library's

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    telling.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield telling
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_honest_answer_is_taken(liar):
    person = liar.meets()
    assert (person.subject, person.username, person.amr, person.acr) == ("alice", "al", (), "")
    assert now() - 10 < person.at <= now()


def test_the_question_carries_proof_keys_and_nothing_of_ours(liar):
    departure = liar.upstream().begin(BACK, acr_values=("urn:high", "urn:mid"), fresh=True)
    asked = query_of(departure.url)
    assert departure.url.startswith(f"{liar.issuer}/authorize?tenant=1&")
    verifier = json.loads(departure.memory)["verifier"]
    digest = hashlib.sha256(verifier.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256"
    assert (asked["redirect_uri"], asked["state"]) == (BACK, departure.state)
    assert (asked["acr_values"], asked["prompt"]) == ("urn:high urn:mid", "login")
    assert verifier not in departure.url
    assert departure.state not in repr(departure)
    assert len({liar.upstream().begin(BACK).state for _ in range(5)}) == 5


def test_the_client_is_proven_without_its_secret_in_an_address(liar):
    liar.meets()
    [(_, headers, body)] = [one for one in liar.asked if one[0] == "/token"]
    given = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert given == "vedette:a+secret%2F%2B"
    assert "secret" not in body
    liar.description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    liar.meets()
    _, headers, body = next(one for one in reversed(liar.asked) if one[0] == "/token")
    assert "Authorization" not in headers
    assert dict(parse_qsl(body))["client_secret"] == SECRET


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iss": "https://other.example"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "someone-else"}, "another client"),
        ({"aud": ["someone-else"]}, "another client"),
        ({"aud": ["vedette", "someone-else"]}, "another client"),
        ({"aud": ["vedette", "someone-else"], "azp": "someone-else"}, "another client"),
        ({"azp": "someone-else"}, "another client"),
        ({"aud": None}, "another client"),
        ({"nonce": "another"}, "another flow"),
        ({"nonce": None}, "another flow"),
        ({"nonce": 7}, "another flow"),
        ({"sub": None}, "names nobody"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "a" * 256}, "names nobody"),
        ({"sub": "a\nb"}, "names nobody"),
        ({"exp": 1}, "not good now"),
        ({"exp": None}, "does not say when"),
        ({"exp": "tomorrow"}, "does not say when"),
        ({"exp": True}, "does not say when"),
        ({"iat": None}, "does not say when"),
        ({"iat": 1}, "not good now"),
        ({"iat": 1 << 39}, "not good now"),
    ],
)
def test_an_id_token_that_is_not_for_us_and_now_proves_nothing(liar, claims, words):
    liar.claims = claims
    with pytest.raises(UpstreamFault, match=words):
        liar.meets()


def test_an_id_token_for_several_is_taken_when_made_out_to_us(liar):
    liar.claims = {"aud": ["vedette", "someone-else"], "azp": "vedette"}
    assert liar.meets().subject == "alice"


def by_hand(claims: dict, algorithm: str, secret: bytes = b"") -> str:
    head = {"alg": algorithm, "kid": "first"}
    parts = [unpadded(json.dumps(part).encode()) for part in (head, claims)]
    made = hmac.digest(secret, ".".join(parts).encode(), "sha256") if secret else b""
    return ".".join([*parts, unpadded(made)])


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(claims: dict) -> str:
    return by_hand(claims, "none")


def by_public_key(claims: dict) -> str:
    """The old confusion: the public key taken for a shared secret."""
    return by_hand(claims, "HS256", KEY.as_pem(private=False))


def by_client_secret(claims: dict) -> str:
    return by_hand(claims, "HS256", SECRET.encode())


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        by_public_key,
        by_client_secret,
        lambda claims: signed(claims, OTHER),
        lambda claims: signed(claims, OTHER, kid="unheard-of"),
        lambda claims: signed(claims)[:-4] + "AAAA",
        lambda _: "not.a.token",
        lambda _: "e30.e30.e30",
        lambda _: "",
        lambda _: 7,
        lambda _: None,
        lambda claims: "a" * 40_000 + signed(claims),
    ],
)
def test_a_signature_that_is_not_the_providers_proves_nothing(liar, sign):
    liar.sign = sign
    with pytest.raises(UpstreamFault):
        liar.meets()


def test_a_signature_that_the_provider_does_not_offer_is_not_taken(liar):
    liar.description["id_token_signing_alg_values_supported"] = ["RS256"]
    with pytest.raises(UpstreamFault):
        liar.meets()
    liar.description["id_token_signing_alg_values_supported"] = ["HS256", "none"]
    with pytest.raises(Unavailable, match="no signature"):
        liar.meets()


def test_keys_that_can_not_be_used_are_left_out(liar):
    secret = OctKey.generate_key(256, {"kid": "first"}).as_dict()
    broken = {"kty": "EC", "crv": "P-256", "x": "!", "y": "!", "kid": "first"}
    liar.keys = [secret, broken, {}, 7, OTHER.as_dict(private=True), *liar.keys]
    assert liar.meets().subject == "alice"
    liar.keys = [secret, broken, WEAK.as_dict(private=False)]
    with pytest.raises(Unavailable, match="no key"):
        liar.meets()


def test_a_new_key_is_fetched_once_and_a_forged_key_id_makes_no_flood(liar, monkeypatch):
    upstream = liar.upstream()
    liar.meets(upstream)
    monkeypatch.setattr("vedette.adapters.upstream_documents._KEYS_AT_MOST_EVERY", 0.0)
    turned = ECKey.generate_key("P-256", {"kid": "second", "use": "sig"})
    liar.keys.append(turned.as_dict(private=False))
    liar.sign = lambda claims: signed(claims, turned, kid="second")
    assert liar.meets(upstream).subject == "alice"
    fetched = [path for path, _, _ in liar.asked].count("/keys")
    assert fetched == 2
    monkeypatch.undo()
    liar.sign = lambda claims: signed(claims, OTHER, kid="third")
    for _ in range(3):
        with pytest.raises(UpstreamFault):
            liar.meets(upstream)
    assert [path for path, _, _ in liar.asked].count("/keys") == fetched


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"state": None}, "another flow"),
        ({"state": "forged"}, "another flow"),
        ({"state": "\N{SNOWMAN}\ud800"}, "another flow"),
        ({"iss": "https://other.example"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"code": None}, "no code"),
        ({"code": ""}, "no code"),
        ({"code": "x" * 5000}, "no code"),
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "<b>\n"}, r"\(no code\)"),
    ],
)
def test_a_redirect_that_is_no_answer_of_this_flow_is_refused(liar, query, words):
    with pytest.raises(UpstreamFault, match=words):
        liar.meets(**query)
    assert not any(path == "/token" for path, _, _ in liar.asked)


def test_a_provider_that_names_itself_falsely_is_found_even_if_it_never_promised_to(liar):
    liar.description["authorization_response_iss_parameter_supported"] = None
    assert liar.meets(iss=None).subject == "alice"
    with pytest.raises(UpstreamFault, match="another provider"):
        liar.meets(iss="https://other.example")


def test_a_flow_with_one_provider_is_never_finished_with_another(liar):
    departure = liar.upstream().begin(BACK)
    for lie in ({"provider": "home"}, {"issuer": "https://other.example"}):
        memory = json.dumps(json.loads(departure.memory) | lie).encode()
        elsewhere = Departure(departure.url, departure.state, memory)
        with pytest.raises(UpstreamFault, match="another provider"):
            liar.comes_back(liar.upstream(), elsewhere, {})


@pytest.mark.parametrize("at_time", [None, 0, "now", 1 << 39])
def test_an_old_proof_is_no_new_one(liar, at_time):
    liar.claims = {"auth_time": at_time}
    upstream = liar.upstream()
    with pytest.raises(UpstreamFault, match="new proof"):
        liar.comes_back(upstream, upstream.begin(BACK, fresh=True), {})
    assert liar.meets(upstream).at in (0, now(), now() - 1)  # unknown is old, never in the future


def test_user_information_of_somebody_else_is_not_used(liar):
    liar.userinfo = {"sub": "eve"}
    with pytest.raises(UpstreamFault, match="somebody else"):
        liar.meets()
    liar.claims = {"preferred_username": "alice.a"}
    assert liar.meets().username == "alice.a"


def test_user_information_overrides_nothing_that_is_signed(liar):
    liar.userinfo = {"amr": ["mfa"], "acr": "high", "email": "eve@x.example", "iss": "x"}
    liar.claims = {"amr": ["pwd"], "acr": "low", "email": "a@x.example"}
    person = liar.meets()
    assert (person.amr, person.acr, person.email) == (("pwd",), "low", "a@x.example")
    assert person.issuer == liar.issuer


def test_an_address_is_verified_only_together_with_itself(liar):
    liar.userinfo = {"email": "alice@corp.test", "email_verified": True}
    assert liar.meets().email_verified
    liar.claims = {"email": "eve@x.example"}
    person = liar.meets()
    assert (person.email, person.email_verified) == ("eve@x.example", False)


def test_how_somebody_proved_it_is_taken_only_as_signed(liar):
    liar.userinfo = {"amr": ["mfa"], "acr": "high", "auth_time": now()}
    liar.claims = {"auth_time": None}
    person = liar.meets()
    assert (person.amr, person.acr, person.at) == ((), "", 0)


def test_claims_that_are_no_text_are_left_out(liar):
    liar.claims = {"amr": ["pwd", 7, None, "x" * 300], "acr": {}, "name": "A\x1b[2J", "email": []}
    liar.claims |= {"email_verified": "true"}
    person = liar.meets()
    assert (person.amr, person.acr, person.name, person.email) == (("pwd",), "", "", "")
    assert not person.email_verified


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://other.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://user@other.example/"},
        {"token_endpoint": "https://other.example:port/"},
        {"token_endpoint": "https://other.example/\r\nX: y"},
        {"jwks_uri": 7},
        {"userinfo_endpoint": "http://other.example/"},
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(liar, lie):
    liar.description = lie
    with pytest.raises(Unavailable):
        liar.meets()


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"]
)
@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_provider_that_is_out_of_order_counts_against_nobody(liar, path, status):
    liar.status[path] = status
    with pytest.raises(Unavailable):
        liar.meets()
    assert all(asked != "/elsewhere" for asked, _, _ in liar.asked)


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/keys", "/token", "/userinfo"]
)
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b" " * 600_000])
def test_garbage_of_a_provider_counts_against_nobody(liar, path, body):
    liar.raw[path] = body
    with pytest.raises(Unavailable):
        liar.meets()


def test_a_silent_address_is_unavailable():
    documents = UpstreamDocuments("http://127.0.0.1:9", ssl.create_default_context())
    with pytest.raises(Unavailable, match="did not answer"):
        UpstreamOidc("office", "vedette", "secret", documents).begin(BACK)


@pytest.mark.parametrize("issuer", ["http://idp.example", "ftp://x", "https://", "idp.example"])
def test_an_issuer_in_the_clear_is_refused_at_once(issuer):
    with pytest.raises(ValueError, match="`"):
        UpstreamDocuments(issuer, ssl.create_default_context())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
CLAIM = st.sampled_from(
    ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "amr", "acr", "name"]
)


@given(claims=st.dictionaries(CLAIM, JSON, max_size=4), memory=st.binary(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_is_claimed_is_a_person_or_a_fault(claims, memory):
    with lying() as liar:
        upstream = liar.upstream()
        liar.claims = claims
        try:
            person = liar.meets(upstream)
        except UpstreamFault:
            pass
        else:
            assert person.subject
            assert 0 <= person.at <= now()
        with pytest.raises(UpstreamFault):
            upstream.finish(memory, {"code": "a code"}, now())
