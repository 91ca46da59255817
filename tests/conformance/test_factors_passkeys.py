"""Passkeys, made and used by a real browser with a virtual authenticator."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import CDPSession, Page, async_playwright
from playwright.async_api import Error as BrowserError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_attestation_object

from tests.services.requirements import CHROMIUM, needs
from vedette.adapters.webauthn_ceremony import WebAuthnCeremony
from vedette.ports.factors import (
    CeremonyFault,
    KnownPasskey,
    NewPasskey,
    PasskeyOwner,
    RelyingParty,
)

pytestmark = [
    pytest.mark.browser,
    needs(CHROMIUM),
]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost",
]
ALICE = PasskeyOwner(b"0123456789abcdef", "alice", "Alice")
PARTY = RelyingParty("example.org", "Example AG", "https://example.org")
CEREMONY = WebAuthnCeremony()
CREATE = """async options => JSON.stringify((await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options))})).toJSON())"""
GET = """async options => JSON.stringify((await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options))})).toJSON())"""


class EmptyPage(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Sign in</title>")

    def log_message(self, *args):
        pass


@dataclass
class Browser:
    """A page, and the authenticator plugged in."""

    page: Page
    devices: CDPSession
    authenticator: str
    party: RelyingParty

    async def make(self, ceremony=CEREMONY, existing=()) -> tuple[NewPasskey, bytes, str]:
        asked = ceremony.begin_registration(ALICE, existing, self.party)
        response = await self.page.evaluate(CREATE, asked.options)
        return ceremony.finish_registration(asked.state, response), asked.state, response

    async def use(self, *passkeys: KnownPasskey) -> tuple[bytes, str]:
        asked = CEREMONY.begin_authentication(passkeys, self.party)
        return asked.state, await self.page.evaluate(GET, asked.options)

    async def verifies_the_user(self, yes: bool) -> None:
        await self.devices.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": yes},
        )

    async def credentials(self) -> list[dict]:
        answer = await self.devices.send(
            "WebAuthn.getCredentials", {"authenticatorId": self.authenticator}
        )
        return answer["credentials"]


@pytest_asyncio.fixture(scope="module")
async def page() -> AsyncIterator[tuple[Page, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyPage)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    async with AsyncExitStack() as cleanup:
        cleanup.callback(server.server_close)
        cleanup.callback(server.shutdown)
        playwright = await cleanup.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        cleanup.push_async_callback(browser.close)
        opened = await browser.new_page()
        await opened.goto(f"http://localhost:{server.server_port}/")
        yield opened, server.server_port


@pytest_asyncio.fixture
async def browser(page: tuple[Page, int]) -> AsyncIterator[Browser]:
    opened, port = page
    devices = await opened.context.new_cdp_session(opened)
    await devices.send("WebAuthn.enable")
    added = await devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    party = RelyingParty("localhost", "Example AG", f"http://localhost:{port}")
    yield Browser(opened, devices, added["authenticatorId"], party)
    await devices.send("WebAuthn.disable")
    await devices.detach()


def a_root() -> bytes:
    """A certificate that vouches for none of the authenticators here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Another maker")])
    made = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(made).not_valid_after(made + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def known(made: NewPasskey) -> KnownPasskey:
    return KnownPasskey(made.id, made.public_key, made.sign_count, made.transports)


async def test_a_passkey_is_made_and_used(browser):
    made, _, _ = await browser.make()
    assert made.user_verified
    assert made.transports == ("usb",)
    assert (made.format, made.attested) == ("packed", False)  # nobody vouches for this maker
    state, response = await browser.use(known(made))
    used = CEREMONY.finish_authentication(state, response, known(made))
    assert used.id == made.id
    assert used.user_verified
    assert used.new_count > made.sign_count


async def test_a_passkey_finds_its_person_by_itself(browser):
    made, _, _ = await browser.make()
    state, response = await browser.use()
    presented = CEREMONY.presented(response)
    assert (presented.id, presented.handle) == (made.id, ALICE.handle)
    assert CEREMONY.finish_authentication(state, response, known(made)).id == made.id


async def test_a_device_has_one_passkey_only(browser):
    made, _, _ = await browser.make()
    with pytest.raises(BrowserError, match="InvalidState"):
        await browser.make(existing=[known(made)])


async def test_without_the_user_there_is_no_answer(browser):
    made, _, _ = await browser.make()
    await browser.verifies_the_user(False)
    with pytest.raises(BrowserError, match="NotAllowed"):
        await browser.use(known(made))


async def test_an_answer_without_the_user_is_refused_even_if_a_browser_gives_one(browser):
    made, _, _ = await browser.make()
    await browser.verifies_the_user(False)
    asked = CEREMONY.begin_authentication([known(made)], browser.party)
    lax = json.dumps(json.loads(asked.options) | {"userVerification": "discouraged"})
    response = await browser.page.evaluate(GET, lax)
    with pytest.raises(CeremonyFault, match="erif"):
        CEREMONY.finish_authentication(asked.state, response, known(made))


async def test_an_answer_is_good_for_its_own_question(browser):
    made, _, _ = await browser.make()
    _, response = await browser.use(known(made))
    another = CEREMONY.begin_authentication([known(made)], browser.party).state
    with pytest.raises(CeremonyFault, match="challenge"):
        CEREMONY.finish_authentication(another, response, known(made))


async def test_a_replayed_answer_is_seen_by_its_count(browser):
    made, _, _ = await browser.make()
    state, response = await browser.use(known(made))
    used = CEREMONY.finish_authentication(state, response, known(made))
    with pytest.raises(CeremonyFault, match="count"):
        CEREMONY.finish_authentication(
            state, response, replace(known(made), sign_count=used.new_count)
        )


async def test_a_cloned_passkey_is_seen_by_its_count(browser):
    made, _, _ = await browser.make()
    [copy] = await browser.credentials()
    used = known(made)
    for _ in range(3):
        state, response = await browser.use(used)
        count = CEREMONY.finish_authentication(state, response, used).new_count
        used = replace(used, sign_count=count)
    await browser.devices.send(
        "WebAuthn.clearCredentials", {"authenticatorId": browser.authenticator}
    )
    await browser.devices.send(
        "WebAuthn.addCredential", {"authenticatorId": browser.authenticator, "credential": copy}
    )
    state, response = await browser.use(used)
    with pytest.raises(CeremonyFault, match="count"):
        CEREMONY.finish_authentication(state, response, used)


async def test_a_passkey_that_was_not_asked_for_is_refused(browser):
    made, _, _ = await browser.make()
    _, response = await browser.use(known(made))
    other = replace(known(made), id=b"another passkey of the person")
    state = CEREMONY.begin_authentication([other], browser.party).state
    with pytest.raises(CeremonyFault, match="not asked for"):
        CEREMONY.finish_authentication(state, response, known(made))
    with pytest.raises(CeremonyFault, match="another passkey"):
        CEREMONY.finish_authentication(state, response, other)


async def test_another_site_gets_nothing_from_a_passkey(browser):
    made, _, _ = await browser.make()
    state, response = await browser.use(known(made))
    elsewhere = json.dumps(json.loads(state) | {"origin": "https://example.org"}).encode()
    with pytest.raises(CeremonyFault, match="origin"):
        CEREMONY.finish_authentication(elsewhere, response, known(made))
    elsewhere = json.dumps(json.loads(state) | {"party": "example.org"}).encode()
    with pytest.raises(CeremonyFault, match="RP ID"):
        CEREMONY.finish_authentication(elsewhere, response, known(made))


async def test_an_answer_from_a_frame_is_refused(browser):
    _, state, response = await browser.make()
    answer = json.loads(response)
    framed = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))
    framed["crossOrigin"] = True
    encoded = bytes_to_base64url(json.dumps(framed).encode())
    answer["response"]["clientDataJSON"] = encoded
    with pytest.raises(CeremonyFault, match="another site"):
        CEREMONY.finish_registration(state, json.dumps(answer))


async def test_a_state_serves_one_purpose(browser):
    made, state, _ = await browser.make()
    _, response = await browser.use(known(made))
    with pytest.raises(CeremonyFault, match="state"):
        CEREMONY.finish_authentication(state, response, known(made))


async def test_the_maker_counts_only_under_a_root_that_is_trusted(browser):
    _, state, response = await browser.make()
    body = base64url_to_bytes(json.loads(response)["response"]["attestationObject"])
    [maker] = parse_attestation_object(body).att_stmt.x5c or []
    root = x509.load_der_x509_certificate(maker).public_bytes(Encoding.PEM)
    for roots, attested in (((root,), True), ((a_root(),), False), ((a_root(), root), True)):
        made = WebAuthnCeremony(roots).finish_registration(state, response)
        assert made.attested is attested


async def test_a_damaged_registration_makes_no_other_passkey(browser):
    """Real answers cut, turned over and replaced: a fault, or the same passkey unattested.

    What nobody vouches for (the maker's certificate, unless its root is trusted) may be anything.
    """
    made, state, response = await browser.make()
    for damaged in damages(json.loads(response), {"clientDataJSON", "attestationObject"}):
        try:
            found = CEREMONY.finish_registration(state, damaged)
        except CeremonyFault:
            continue
        assert found == made


async def test_a_damaged_answer_opens_nothing(browser):
    made, _, _ = await browser.make()
    state, response = await browser.use(known(made))
    parts = {"clientDataJSON", "authenticatorData", "signature"}
    for damaged in damages(json.loads(response), parts):
        with pytest.raises(CeremonyFault):
            CEREMONY.finish_authentication(state, damaged, known(made))


def damages(answer: dict, parts: set[str]) -> Iterator[str]:
    """The answer with one thing wrong, in many ways."""
    inner = answer["response"]
    for name in parts:
        value = base64url_to_bytes(inner[name])
        for position in range(0, len(value), 7):
            turned = bytearray(value)
            turned[position] ^= 0x55
            for wrong in (bytes(turned), value[:position]):
                encoded = bytes_to_base64url(wrong)
                yield json.dumps(answer | {"response": inner | {name: encoded}})
        for wrong in (None, 7, [], {}, "", "!", "\N{SNOWMAN}"):
            yield json.dumps(answer | {"response": inner | {name: wrong}})
    for name in ("id", "rawId", "type", "response"):
        for wrong in (None, 7, [], "", "AAAA"):
            yield json.dumps(answer | {name: wrong})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "signature"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(text=st.text(max_size=60) | JSON.map(json.dumps), state=st.binary(max_size=40))
def test_whatever_is_sent_is_a_fault_and_never_more(text, state):
    passkey = KnownPasskey(b"id", b"key", 0)
    good = CEREMONY.begin_registration(ALICE, (), PARTY).state
    other = CEREMONY.begin_authentication((), PARTY).state
    for first, second in ((good, other), (state, state)):
        with pytest.raises(CeremonyFault):
            CEREMONY.finish_registration(first, text)
        with pytest.raises(CeremonyFault):
            CEREMONY.finish_authentication(second, text, passkey)
    with pytest.raises(CeremonyFault):
        CEREMONY.presented(text)


def test_a_flood_is_not_read():
    with pytest.raises(CeremonyFault, match="long"):
        CEREMONY.presented("[" * 100_000)
