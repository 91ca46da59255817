"""Bad requests at a running gateway's public ports: refused there, and never seen by Synapse.

What Synapse saw is read from its own access records, which the tests switch on while they run.
Every request carries a word of its own in `User-Agent`, and Synapse writes that down.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.architecture.test_endpoint_table import EVERYTHING, routes_with, samples
from tests.system import raw
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.admin.homeserver import log_file
from vedette.suite.client import session_to
from vedette.suite.sign_in_walk import sign_in

VERSIONS = b"/_matrix/client/versions"
SMUGGLED = "/_synapse/admin/v1/server_version"
"""Nobody else asks for it: other paths of the engine are asked for by the suite itself."""
SECOND = b"GET %s HTTP/1.1\r\nHost: example.test\r\n\r\n" % SMUGGLED.encode()
WRITTEN_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """The gateway of one organisation, and the log of the Synapse behind it."""

    organisation: Organisation

    @property
    def log(self) -> Path:
        return self.organisation.folder / "synapse/log/synapse.log"

    @property
    def doors(self) -> tuple[str, str]:
        boot = self.organisation.boot
        return boot.gateway.client, boot.gateway.federation

    async def ask(self, data: bytes, door: int = 0) -> raw.Reply:
        return await raw.ask(self.doors[door], self.organisation.ca_file, data)

    async def get(self, target: bytes, *headers: bytes, word: str = "probe") -> raw.Reply:
        return await self.ask(request(target, *headers, word=word))

    async def seen(self, *words: str) -> dict[str, list[str]]:
        """Synapse's access records with each word, once it surely wrote all that it saw."""
        sentinel = a_word()
        assert (await self.get(VERSIONS, word=sentinel)).status == 200
        end = time.monotonic() + WRITTEN_SECONDS
        while sentinel not in (text := self.log.read_text(encoding="utf-8")):
            assert time.monotonic() < end, "Synapse keeps no access records"
            await asyncio.sleep(0.1)
        lines = text.splitlines()
        return {word: [line for line in lines if word in line] for word in words}


def a_word() -> str:
    return f"word-{secrets.token_hex(6)}"


def request(target: bytes, *headers: bytes, word: str, method: bytes = b"GET") -> bytes:
    lines = [method + b" " + target + b" HTTP/1.1", b"Host: example.test"]
    lines += [b"User-Agent: " + word.encode(), *headers, b"", b""]
    return b"\r\n".join(lines)


@pytest.fixture(scope="module")
def gateway(organisations: TwoOrganisations) -> Iterator[Gateway]:
    """Example's gateway, while its Synapse keeps access records (it reads its log file on SIGHUP)."""
    example = organisations.example
    example.apply(example.first_document)
    file = log_file(example.boot)
    before = file.read_text(encoding="utf-8")
    head, _, text = before.partition("\n")
    config = json.loads(text)
    config["loggers"]["synapse.access"]["level"] = "INFO"
    file.write_text(f"{head}\n{json.dumps(config)}\n", encoding="utf-8")
    example.kill("synapse", signal.SIGHUP)
    yield Gateway(example)
    file.write_text(before, encoding="utf-8")
    example.kill("synapse", signal.SIGHUP)


REFUSED = ("M_UNRECOGNIZED", "M_TOO_LARGE", "M_UNKNOWN")
"""The last one is said to what is no HTTP at all."""

PATHS = {
    "two slashes first": b"//_matrix/client/versions",
    "two slashes inside": b"/_matrix//client/versions",
    "two slashes last": b"/_matrix/client/versions//",
    "climbing": b"/_matrix/client/../../_synapse/admin/v1/server_version",
    "climbing, encoded": b"/_matrix/client/%2e%2e/%2e%2e/_synapse/admin/v1/server_version",
    "climbing, half encoded": b"/_matrix/client/.%2E/.%2E/_synapse/admin/v1/server_version",
    "climbing, encoded twice": b"/_matrix/%252e%252e/_synapse/admin/v1/server_version",
    "climbing with a parameter": b"/_matrix/..;/_synapse/admin/v1/server_version",
    "climbing with an encoded parameter": b"/_matrix/..%3b/_synapse/admin/v1/server_version",
    "staying": b"/_matrix/./client/versions",
    "encoded slash": b"/_matrix%2fclient/versions",
    "encoded slashes all": b"/%2F_synapse%2Fadmin%2Fv1%2Fserver_version",
    "encoded backslash": b"/_matrix%5c..%5c_synapse/admin/v1/server_version",
    "backslash": b"/_matrix\\..\\_synapse/admin/v1/server_version",
    "encoded NUL": b"/_matrix/client/versions%00.png",
    "fragment": b"/_matrix/client/versions#x",
    "not an escape": b"/_matrix/client/%zzversions",
    "not UTF-8": b"/_matrix/client/%ff/versions",
    "absolute form": b"http://example.test/_matrix/client/versions",
    "absolute form of the engine": b"https://localhost/_synapse/admin/v1/server_version",
    "a scheme of ours": b"matrix-federation://acme.test/_matrix/federation/v1/version",
    "authority form": b"example.test:443",
    "asterisk form": b"*",
    "upper case": b"/_MATRIX/client/versions",
    "mixed case": b"/_matrix/Client/Versions",
    "mixed case of the engine": b"/_Synapse/Admin/v1/server_version",
    "trailing slash": b"/_matrix/client/versions/",
    "trailing dot": b"/_matrix/client/versions.",
    "over-long": b"/_matrix/client/" + b"a" * 9000,
    "over-long query": b"/_matrix/client/versions?x=" + b"a" * 9000,
    "root": b"/",
}  # fmt: skip


@pytest.mark.parametrize("door", [0, 1], ids=["client port", "federation port"])
async def test_a_path_that_can_be_read_in_two_ways_never_reaches_synapse(
    gateway: Gateway, door: int
) -> None:
    words = {name: a_word() for name in PATHS}
    wrong = []
    for name, target in PATHS.items():
        got = await gateway.ask(request(target, word=words[name]), door)
        errcode = json.loads(got.body).get("errcode", "")
        if not 400 <= got.status < 500 or errcode not in REFUSED:
            wrong.append(f"{name}: {got.status} {errcode or got.body!r}")
    assert wrong == []
    assert not any((await gateway.seen(*words.values())).values())


LINE = b"POST /_matrix/client/v3/keys/query HTTP/1.1\r\nHost: example.test\r\nUser-Agent: %s\r\n"
"""The beginning of a request that Synapse itself answers, if its token is good."""
TOKEN = b"Authorization: Bearer %s\r\n"
WHOLE = b'Content-Length: 19\r\n\r\n{"device_keys": {}}'


def beginning(word: str, token: str) -> bytes:
    return LINE % word.encode() + TOKEN % token.encode()


GAMES = {
    "two equal lengths": b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two different lengths": b"Content-Length: 2\r\nContent-Length: 90\r\n\r\n{}" + SECOND,
    "list of lengths": b"Content-Length: 2, 2\r\n\r\n{}",
    "signed length": b"Content-Length: +2\r\n\r\n{}" + SECOND,
    "negative length": b"Content-Length: -2\r\n\r\n{}" + SECOND,
    "length in hex": b"Content-Length: 0x2\r\n\r\n{}" + SECOND,
    "length and chunked": b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n" + SECOND,
    "unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "two codings": b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding before a space": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "coding after a tab": b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "identity": b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}" + SECOND,
    "chunk size with 0x": b"Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n" + SECOND,
    "bare line feeds": b"Transfer-Encoding: chunked\n\n0\n\n" + SECOND,
    "connection names authorization": (
        b"Connection: Authorization\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "connection names length": b"Connection: content-length\r\nContent-Length: 2\r\n\r\n{}",
    "connection names our address": (
        b"Connection: X-Forwarded-For\r\nContent-Length: 2\r\n\r\n{}"
    ),
    "two tokens": b"Authorization: Bearer b\r\nContent-Length: 2\r\n\r\n{}",
    "two hosts": b"Host: localhost\r\nContent-Length: 2\r\n\r\n{}",
    "upgrade": b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}" + SECOND,
    "NUL in a value": b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}",
    "too many headers": b"X: y\r\n" * 101 + b"Content-Length: 2\r\n\r\n{}",
    "expectation": b"Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def token(gateway: Gateway) -> str:
    """A live token of a person: with it, whatever is carried on is answered by Synapse."""
    return await _token(gateway.organisation)


@pytest.mark.parametrize("door", [0, 1], ids=["client port", "federation port"])
async def test_header_games_are_refused_and_smuggle_nothing(
    gateway: Gateway, token: str, door: int
) -> None:
    honest = a_word()
    assert (await gateway.ask(beginning(honest, token) + WHOLE, door)).status == 200
    assert any("POST" in line for line in (await gateway.seen(honest))[honest]), "not by Synapse"
    words = {name: a_word() for name in GAMES}
    before = gateway.log.read_text(encoding="utf-8").count(SMUGGLED)
    wrong = []
    for name, game in GAMES.items():
        async with raw.tls(gateway.doors[door], gateway.organisation.ca_file) as (reader, writer):
            writer.write(beginning(words[name], token) + game)
            got = await raw.reply(reader)
            rest = await asyncio.wait_for(reader.read(), 60)
        # A crooked chunk shows only after the head went on: that exchange ends without an answer.
        if not 400 <= got.status <= 505 or rest:
            wrong.append(f"{name}: {got.status} {got.body!r} then {rest!r}")
    assert wrong == []
    seen = await gateway.seen(*words.values())
    assert {name for name, word in words.items() if seen[word]} == set()
    assert gateway.log.read_text(encoding="utf-8").count(SMUGGLED) == before


async def test_synapse_is_told_the_true_address_whatever_the_client_says(gateway: Gateway) -> None:
    word = a_word()
    forged = (
        b"X-Forwarded-For: 10.6.6.6", b"X-Forwarded-Proto: gopher", b"X-Forwarded-Host: evil.test",
        b"X-Real-IP: 10.6.6.6", b"Forwarded: for=10.6.6.6", b"X_Forwarded_For: 10.6.6.6",
        b"Via: 1.1 evil", b"True-Client-IP: 10.6.6.6", b"X-Original-URL: /_synapse/admin/v1/users",
        b"X-HTTP-Method-Override: DELETE", b"Proxy-Authorization: Bearer x",
    )  # fmt: skip
    assert (await gateway.get(VERSIONS, *forged, word=word)).status == 200
    (line,) = (await gateway.seen(word))[word]
    assert " 127.0.0.1 - " in line
    assert '"GET /_matrix/client/versions HTTP/1.1"' in line
    assert not any(sign in line for sign in ("10.6.6.6", "evil", "_synapse", "DELETE"))


async def test_synapse_keeps_the_true_address_of_a_session_with_forged_headers(
    gateway: Gateway,
) -> None:
    example = gateway.organisation
    alice = example.people["alice"]
    async with session_to(example.client_url, example.ca_file.read_bytes()) as session:
        token = (await sign_in(session, alice.walker(), {}))["access_token"]
        bearer = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "10.7.7.7"}
        who = f"{example.client_url}/_matrix/client/v3/account/whoami"
        async with session.get(who, headers=bearer) as got:
            assert (got.status, (await got.json())["user_id"]) == (200, alice.user)
        assert await _addresses(session, example, bearer) <= {"127.0.0.1"}


async def _addresses(
    session: aiohttp.ClientSession, example: Organisation, bearer: dict[str, str]
) -> set[str]:
    """Under which addresses Synapse remembers the devices of a person."""
    async with session.get(
        f"{example.client_url}/_matrix/client/v3/devices", headers=bearer
    ) as got:
        found = (await got.json())["devices"]
    return {device["last_seen_ip"] for device in found if device.get("last_seen_ip")}


async def test_a_token_in_the_address_is_not_taken(gateway: Gateway) -> None:
    got = await gateway.get(b"/_matrix/client/v3/account/whoami?access_token=x")
    assert (got.status, json.loads(got.body)["errcode"]) == (401, "M_MISSING_TOKEN")


async def test_endless_headers_are_cut_off(gateway: Gateway) -> None:
    async with raw.tls(gateway.doors[0], gateway.organisation.ca_file) as (reader, writer):
        writer.write(b"GET /_matrix/client/versions HTTP/1.1\r\nHost: example.test\r\n")
        sent = 0
        got = asyncio.create_task(raw.reply(reader))
        while not got.done() and sent < 4 << 20:
            try:
                writer.write(b"X-%d: " % sent + b"y" * 1000 + b"\r\n")
                await writer.drain()
            except ConnectionError:
                break
            sent += 1000
            await asyncio.sleep(0)
        assert (await got).status in (400, 431)
        assert sent < 1 << 20, f"{sent} bytes of head were taken"


async def test_slow_headers_are_cut_off(gateway: Gateway) -> None:
    async with raw.tls(gateway.doors[0], gateway.organisation.ca_file) as (reader, writer):
        begun = time.monotonic()
        closed = asyncio.create_task(reader.read())
        for byte in (
            b"GET /_matrix/client/versions HTTP/1.1\r\nHost: example.test\r\nX: " + b"y" * 60
        ):
            if closed.done():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.25)
        answer = await asyncio.wait_for(closed, 20)
        assert answer == b"" or b" 408 " in answer.splitlines()[0]
        assert 5 < time.monotonic() - begun < 40


async def test_a_slow_body_is_cut_off_and_never_becomes_a_request(
    gateway: Gateway, token: str
) -> None:
    word = a_word()
    async with raw.tls(gateway.doors[0], gateway.organisation.ca_file) as (reader, writer):
        begun = time.monotonic()
        writer.write(beginning(word, token) + b"Content-Length: 4000\r\n\r\n")
        closed = asyncio.create_task(reader.read())
        while not closed.done() and time.monotonic() - begun < 60:
            writer.write(b"x")
            await asyncio.sleep(0.5)
        answer = await asyncio.wait_for(closed, 20)
    print(f"\na body of two bytes a second was cut off after {time.monotonic() - begun:.1f} s")
    assert b" 408 " in answer.splitlines()[0]
    assert (await gateway.seen(word))[word] == []
    # Whoever is slow slows nobody else down.
    assert (await gateway.get(VERSIONS)).status == 200


async def test_a_body_over_its_limit_is_refused(gateway: Gateway, token: str) -> None:
    word = a_word()
    got = await gateway.ask(beginning(word, token) + b"Content-Length: 999999999\r\n\r\n")
    assert (got.status, json.loads(got.body)["errcode"]) == (413, "M_TOO_LARGE")
    assert (await gateway.seen(word))[word] == []


def engine_paths() -> list[tuple[str, str]]:
    """Method and path of everything below `/_synapse` that this Synapse serves in any setting."""
    found: set[tuple[str, str]] = set()
    for settings in ({}, EVERYTHING):
        for entry in routes_with(settings):
            mount, pattern = entry["mount"], entry["pattern"]
            if pattern is None and mount.startswith("/_synapse"):
                below = [mount, *(f"{mount}/{child}" for child in entry["children"])]
                found |= {(method, path) for path in below for method in ("GET", "POST")}
            elif pattern is not None and "/_synapse" in pattern:
                found |= {(entry["method"], path) for path in samples(pattern)}
    others = ("", "/", "/replication", "/mas/query_user", "/metrics", "/ess/version")
    found |= {(method, f"/_synapse{path}") for path in others for method in ("GET", "POST")}
    found |= {("GET", "/_synapse/vedette/media/x"), ("GET", "/_synapse/admin/v1/server_version")}
    return sorted(found)


async def test_no_path_of_the_engine_itself_reaches_synapse(gateway: Gateway, token: str) -> None:
    every = engine_paths()
    assert len(every) > 100
    words, wrong = [], []
    async with raw.tls(gateway.doors[0], gateway.organisation.ca_file) as (reader, writer):
        for method, path in every:
            words.append(a_word())
            body = b"Content-Length: 2" if method in ("POST", "PUT") else b"Accept: */*"
            bearer = b"Authorization: Bearer " + token.encode()
            head = request(path.encode(), bearer, body, word=words[-1], method=method.encode())
            writer.write(head + (b"{}" if b"Length" in body else b""))
            got = await raw.reply(reader)
            if (got.status, json.loads(got.body)["errcode"]) != (404, "M_UNRECOGNIZED"):
                wrong.append(f"{method} {path}: {got.status} {got.body!r}")
    print(f"\n{len(every)} paths of the engine were asked for with a person's token")
    assert wrong == []
    assert not any((await gateway.seen(*words)).values())


async def _token(example: Organisation) -> str:
    alice = example.people["alice"]
    async with session_to(example.client_url, example.ca_file.read_bytes()) as session:
        return str((await sign_in(session, alice.walker(), {}))["access_token"])


async def test_the_engines_paths_are_closed_to_partners_too(gateway: Gateway) -> None:
    got = await gateway.ask(request(b"/_synapse/admin/v1/server_version", word="x"), door=1)
    assert (got.status, json.loads(got.body)["errcode"]) == (404, "M_UNRECOGNIZED")
    unsigned = request(b"/_matrix/federation/v1/publicRooms", word="x")
    assert (await gateway.ask(unsigned, door=1)).status in (401, 404)
