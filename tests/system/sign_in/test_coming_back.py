"""Sessions whose time is over, whose proofs grew old or whose program was updated: the way back.

And tokens that were fetched with a certificate: elsewhere they are worth nothing.
"""

from __future__ import annotations

import asyncio
import datetime
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from nio import AsyncClient, AsyncClientConfig, Event

from tests.ports import free_port
from tests.system import two_organisations as two
from tests.system.matrix_client import Person, signed_in
from tests.system.sign_in import live
from tests.system.sign_in.house import (
    HERE,
    SURE,
    V3,
    App,
    Browser,
    House,
    Json,
    Someone,
    bearer,
    house_of,
)
from vedette.protocol.internal.certificates import thumbprint_of
from vedette.suite.certificates import Authority, make_authority, today

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred")
OLD, NEW = "Element/1.11.9 (X11; Linux x86_64)", "Element/1.12.3 (X11; Linux x86_64)"
NEXT_ROUND = 50.0
"""Seconds; after sixty every session is asked again by itself."""


@pytest.fixture(scope="module")
def devices() -> Authority:
    """The organisation's CA for its devices."""
    return make_authority("devices", today())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, devices: Authority) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("back")
    (folder / "devices.crt").write_bytes(devices.pem)
    port = free_port()
    apart = (
        f'certificates = {{ listen = "{HERE}:{port}", url = "https://{HERE}:{port}", '
        f'ca = "{folder}/devices.crt" }}\n'
    )
    with house_of(folder / "org", PEOPLE, gateway=apart) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with house.at(HERE) as session:
        yield session


# ---- Time ------------------------------------------------------------------------------------------


async def test_after_a_session_expired_its_device_reads_on_with_the_keys_it_had(
    house: House, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    anna, bert = await house.person("anna"), await house.person("bert")
    office = _as_organisation(house, tmp_path, anna, bert)
    async with signed_in(office, "anna", tmp_path / "anna") as sender:
        house.cli("settings", "set", "sign_in.session", "1 minute", *SURE)
        begun = time.monotonic()
        async with signed_in(office, "bert", tmp_path / "bert") as reader:
            room = await sender.create_room(reader, encrypted=True)
            await reader.join(room)
            await sender.knows(room, 2)
            await reader.knows(room, 2)
            await sender.say(room, "before")
            await reader.sees(room, "before")
            before = reader.client
            identity = before.olm.account.identity_keys  # type: ignore[union-attr]
        token, device = before.access_token, before.device_id
        while (said := await live.answer(http, token))[0] == 200:
            await asyncio.sleep(0.02)  # through the last second, in which Synapse rounds down
        print(f"\nexpired {time.monotonic() - begun:.0f} s after it began")
        assert said[0] == 401
        assert (said[1]["errcode"], said[1]["soft_logout"]) == ("M_UNKNOWN_TOKEN", True)
        await sender.say(room, "meanwhile")
        house.cli("settings", "set", "sign_in.session", "30 days", *SURE)
        await live.until(lambda: house.state(bert.user, device) == "expired")
        assert (bert.user, device) in house.held_by_synapse()
        again = await house.login(bert, device)
        assert again["device_id"] == device
        async with _restored(office, bert, again, tmp_path / "bert") as reader:
            await reader.sees(room, "meanwhile")
            await sender.say(room, "after")
            await reader.sees(room, "after")
            assert reader.client.olm.account.identity_keys == identity  # type: ignore[union-attr]
        assert (bert.user, device) in house.held_by_synapse()


@asynccontextmanager
async def _restored(
    office: two.Organisation, who: Someone, login: Json, folder: Path
) -> AsyncIterator[Person]:
    """The same client with the keys that it had, and the token of a new login on its device."""
    client = AsyncClient(
        office.client_url,
        who.user,
        store_path=str(folder),
        config=AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True),
        ssl=ssl.create_default_context(cafile=str(office.ca_file)),
    )
    client.restore_login(who.user, login["device_id"], login["access_token"])
    person = Person(client, office)
    client.add_event_callback(person.hear, (Event,))
    syncing = asyncio.create_task(
        client.sync_forever(timeout=10_000, full_state=True, set_presence="offline")
    )
    try:
        yield person
    finally:
        syncing.cancel()
        with suppress(asyncio.CancelledError):
            await syncing
        await client.close()


async def test_proofs_that_grew_old_are_shown_again_at_the_page_that_the_client_is_told(
    house: House, http: aiohttp.ClientSession
) -> None:
    cleo = await house.person("cleo")
    made = await house.login(cleo, "CLEOS")
    token = made["access_token"]
    await live.becomes(http, token, 200)
    await asyncio.sleep(max(0.0, 41 - (time.time() - _proved(house, cleo))))
    house.cli("rule", "add", "fresh", "--from", "us", "--forbid", "sign-in", "--unless",
              "sign_in.age <= 40 seconds", "--say", "Show once more that it is you.", *SURE)  # fmt: skip
    try:
        await live.becomes(http, token, 403)
        _, said = await live.answer(http, token)
        why = said["vedette"]
        assert (why["rule"], why["reason"]) == ("fresh", "fact-pending")
        assert "sign_in.age" in why["pending"]
        assert why["url"] == f"{house.url.rstrip('/')}/account/devices/prove?device_id=CLEOS"
        assert why["url"] in said["error"]
        async with house.browser() as browser:
            start = why["url"].removeprefix(house.url.rstrip("/"))
            shown = await browser.sign_in(cleo, start)
            assert "CLEOS" in shown.text
            begun = time.monotonic()
            shown = await browser.send(shown, "agree")
            assert "The device goes on" in shown.text
        took = await live.becomes(http, token, 200, patience=NEXT_ROUND)
        print(
            f"\nwent on {time.monotonic() - begun:.2f} s after the last form, {took:.2f} s after the page"
        )
        notice = await _notice(http, token, house)
        assert "Suspended: your device" in notice
        assert why["url"] in notice
    finally:
        house.cli("rule", "remove", "fresh", *SURE)


def _proved(house: House, who: Someone) -> int:
    (session,) = house.sessions(who.user).values()
    return max(use.at for use in session.facts.factors)


async def _notice(http: aiohttp.ClientSession, token: str, house: House) -> str:
    """What the notice account last said about a suspended device.

    Each sync goes on from the one before: Synapse answers a first one from a cache for two minutes.
    """
    end, since = time.monotonic() + 60, ""
    while time.monotonic() < end:
        _, sync = await live.answer(http, token, f"{V3}/sync?timeout=0{since}")
        since = f"&since={sync['next_batch']}" if "next_batch" in sync else since
        for room in sync.get("rooms", {}).get("join", {}).values():
            for event in room["timeline"]["events"]:
                body = event.get("content", {}).get("body", "")
                if body.startswith("Suspended"):
                    return str(body)
        await asyncio.sleep(0.5)
    print("\nSYNC", sync)
    print("\nLOG", (house.boot.folder / "log/synapse.log").read_text()[-12000:])
    raise AssertionError("nobody was told")


# ---- Programs --------------------------------------------------------------------------------------


async def test_a_program_that_was_updated_goes_on_by_its_next_refresh(
    house: House, http: aiohttp.ClientSession
) -> None:
    dora = await house.person("dora")
    async with house.browser() as browser:
        browser.session.headers["User-Agent"] = OLD
        app = await App.new(house, browser, client_name="Element")
        back = await app.code(browser.session, dora)
        made = (await app.exchange(browser, back["code"])).json()
        await live.becomes(http, made["access_token"], 200)
        house.cli("rule", "add", "element-version", "--from", "us", "--forbid", "sign-in",
                  "--when", "claimed client.name = element", "--unless", "claimed client.version >= 1.12",
                  *SURE)  # fmt: skip
        try:
            await live.becomes(http, made["access_token"], 403)
            refused = await app.refresh(browser, made["refresh_token"])
            assert refused.status == 403
            assert "error" not in refused.json()
            browser.session.headers["User-Agent"] = NEW
            newer = await app.refresh(browser, made["refresh_token"])
            assert newer.status == 200, newer.text
            await live.becomes(http, newer.json()["access_token"], 200, patience=NEXT_ROUND)
            assert await live.status(http, made["access_token"]) == 200
        finally:
            house.cli("rule", "remove", "element-version", *SURE)


async def test_a_client_that_never_refreshes_is_asked_again_where_it_moves_to(
    house: House, http: aiohttp.ClientSession
) -> None:
    fred = await house.person("fred")
    made = await house.login(fred, "FREDS")
    token = made["access_token"]
    await live.becomes(http, token, 200)
    house.cli("settings", "set", "networks.office", f'["{HERE}/32"]', *SURE)
    house.cli("rule", "add", "office-only", "--from", "us", "--forbid", "sign-in", "--unless",
              "sign_in.networks = office", *SURE)  # fmt: skip
    try:
        await asyncio.sleep(1)
        assert await live.status(http, token) == 200
        async with house.at("127.0.0.9") as outside:
            await live.becomes(outside, token, 403, patience=150)
            (session,) = house.sessions(fred.user).values()
            assert (session.because, session.facts.network) == ("office-only", "127.0.0.9")
        await live.becomes(http, token, 200, patience=150)
    finally:
        house.cli("rule", "remove", "office-only", *SURE)


# ---- Certificates ----------------------------------------------------------------------------------


async def test_a_stolen_token_that_is_bound_to_a_certificate_is_worth_nothing_without_it(
    house: House, devices: Authority, tmp_path: Path
) -> None:
    emil = await house.person("emil")
    own, other = _device(devices, tmp_path, "own"), _device(devices, tmp_path, "other")
    stranger = _device(make_authority("strangers", today()), tmp_path, "stranger")
    async with house.browser() as page, _at(house, own) as mine:
        metadata = (await page.get("/_matrix/client/v1/auth_metadata")).json()
        assert metadata["tls_client_certificate_bound_access_tokens"] is True
        token_at = metadata["mtls_endpoint_aliases"]["token_endpoint"]
        assert token_at == f"{_apart(house)}/oauth2/token"
        app = await App.new(house, page)
        back = await app.code(page.session, emil)
        device = Browser(mine, _apart(house))
        made = (await app.exchange(device, back["code"])).json()
        await live.becomes(mine, made["access_token"], 200)
        for thief in (house.at(HERE), _at(house, None), _at(house, other)):
            async with thief as session:
                await _gets_nothing(app, session, made)
        async with house.at(HERE) as forger:
            thumbprint = thumbprint_of((tmp_path / "own.crt").read_bytes())
            forger.headers["X-Vedette-Certificate"] = thumbprint
            await _gets_nothing(app, forger, made)
        async with _at(house, stranger) as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"{V3}/capabilities")
        newer = await app.refresh(device, made["refresh_token"])
        assert newer.status == 200, newer.text
        assert await live.status(mine, newer.json()["access_token"]) == 200
        (session_,) = house.sessions(emil.user).values()
        assert session_.state.value == "live"


async def _gets_nothing(app: App, session: aiohttp.ClientSession, made: dict[str, str]) -> None:
    status, said = await live.answer(session, made["access_token"])
    assert (status, said["soft_logout"]) == (401, True)
    thief = Browser(session, "")
    refused = await app.refresh(thief, made["refresh_token"])
    assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
    await thief.ask(
        "POST", "/oauth2/revoke", data={"client_id": app.id, "token": made["refresh_token"]}
    )
    for path in ("logout", "logout/all"):
        async with session.post(f"{V3}/{path}", headers=bearer(made["access_token"])) as answer:
            assert answer.status == 401


def _apart(house: House) -> str:
    assert house.boot.gateway.certificates is not None
    return house.boot.gateway.certificates.url


def _at(house: House, device: Path | None) -> aiohttp.ClientSession:
    """A connection to where certificates are shown, with this one, or with none."""
    tls = ssl.create_default_context(cadata=house.ca.decode())
    if device is not None:
        tls.load_cert_chain(device)
    return aiohttp.ClientSession(_apart(house), connector=aiohttp.TCPConnector(ssl=tls))


def _device(authority: Authority, folder: Path, name: str) -> Path:
    """A device's certificate and key, as a company's CA makes them."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    hour = datetime.timedelta(hours=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(secrets.token_bytes(8)) >> 1)
        .not_valid_before(today() - hour)
        .not_valid_after(today() + 24 * hour)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    at = folder / f"{name}.pem"
    at.write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(Encoding.DER))
    return at


def _as_organisation(house: House, folder: Path, *people: Someone) -> two.Organisation:
    """The same organisation, as the tests with matrix-nio know it."""
    certificate = folder / "ca.crt"
    certificate.write_bytes(house.ca)
    known = {
        each.name: two.Someone(each.user, each.apps[0].password, (), each.apps) for each in people
    }
    return two.Organisation(house.boot.folder, "Example", house.boot.organisation, certificate,
                            known, "")  # fmt: skip
