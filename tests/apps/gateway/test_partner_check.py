"""Trying to reach a partner: control's socket in front, a real TLS server of the partner behind."""

from __future__ import annotations

import base64
import datetime
import json
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.apps.gateway.test_outgoing import pin
from tests.apps.scene import DOCUMENT, Scene, policy_of
from tests.services.dns_server import Zone, dns_server
from tests.services.tls_server import Asked, Said, authority, tls_server
from vedette.adapters.dns_names import DnsNames
from vedette.adapters.federation_discovery import FederationDiscovery
from vedette.adapters.gateway_inner import GatewayInner
from vedette.adapters.partner_probe import TlsProbe
from vedette.adapters.system_clock import SystemClock
from vedette.adapters.well_known import WellKnown
from vedette.core.reasons import Reason
from vedette.gateway.carrier import Unix, serve
from vedette.gateway.inner import InnerDoor
from vedette.gateway.partner_check import PartnerCheck
from vedette.gateway.partner_tls import PartnerTls
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.partner_checks import (
    CheckFault,
    Part,
    ServerChecked,
    State,
    decode,
    encode,
)
from vedette.protocol.matrix.canonical_json import canonical
from vedette.suite.certificates import ServerCertificate, issue, today

CA = authority()
ACME = issue(CA, ("acme.example",), today())
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = base64.b64encode(KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
PUBLIC = PUBLIC.rstrip("=")
DAY_MS = 86_400_000


def published(
    valid_for: int = DAY_MS, name: str = "acme.example", key: Ed25519PrivateKey = KEY
) -> bytes:
    """What a server says of its keys; `key` signs it."""
    body: dict[str, object] = {
        "server_name": name,
        "verify_keys": {"ed25519:a": {"key": PUBLIC}},
        "old_verify_keys": {},
        "valid_until_ts": int(SystemClock().now() * 1000) + valid_for,
    }
    signature = base64.b64encode(key.sign(canonical(body))).decode().rstrip("=")
    return json.dumps({**body, "signatures": {name: {"ed25519:a": signature}}}).encode()


@dataclass
class Acme:
    """Acme's server: what it answers, and how it is known here."""

    keys: bytes = field(default_factory=published)
    version: Said = field(default_factory=lambda: Said(200, {}, b'{"server":{"name":"Synapse"}}'))
    skew: float = 0.0
    certificate: ServerCertificate = ACME
    entry: str = 'domains = ["acme.example"]'
    route: bool = True

    def script(self, asked: Asked) -> Said:
        now = today() + datetime.timedelta(seconds=self.skew)
        dated = {"Date": format_datetime(now, usegmt=True)}
        if asked.target == "/_matrix/key/v2/server":
            return Said(200, dated, self.keys)
        return self.version


@dataclass
class World:
    """The gateway's inside socket, and control's end of it."""

    scene: Scene
    folder: Path
    checker: GatewayInner

    async def check(self, acme: Acme) -> ServerChecked:
        found = await self.checked(acme)
        assert len(found) == 1
        return found[0]

    async def checked(self, acme: Acme) -> tuple[ServerChecked, ...]:
        text = DOCUMENT.replace(
            'acme = { domains = ["acme.example"] }', f"acme = {{ {acme.entry} }}"
        )
        self.scene.policy.policy = policy_of(text)
        tls = PartnerTls(self.folder / "ca.crt")
        async with (
            tls_server(acme.script, certificate=acme.certificate) as server,
            dns_server(Zone()) as dns,
        ):
            names = DnsNames([dns])
            routes = {"acme.example": f"127.0.0.1:{server.port if acme.route else 9}"}
            finding = FederationDiscovery(routes, names, tls.finding, WellKnown(names))
            checks = PartnerCheck(finding, TlsProbe(tls.strict), SystemClock())
            door = InnerDoor(self.scene.spine, checks)
            running = await serve(door.plan, [Unix(str(self.checker.socket))])
            try:
                return await self.checker.check("acme")
            finally:
                await running.close(0)
                self.checker.socket.unlink(missing_ok=True)  # Python 3.13 removes it


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "ca.crt").write_bytes(CA.pem)
    return World(Scene(), tmp_path, GatewayInner(tmp_path / "gateway.sock"))


def states(found: ServerChecked, part: Part) -> list[State]:
    return [each.state for each in found.findings if each.part is part]


def words(found: ServerChecked) -> str:
    return "\n".join(f"{each.part}: {each.words}" for each in found.findings)


async def test_of_a_healthy_partner_everything_is_good(world: World) -> None:
    entry = f'domains = ["acme.example"], keys = ["ed25519:a {PUBLIC}"], tls = ["{pin(ACME)}"]'
    found = await world.check(Acme(entry=entry))
    assert {each.state for each in found.findings} == {State.GOOD}, words(found)
    assert {each.part for each in found.findings} == set(Part)
    assert pin(ACME) in words(found)
    assert "fixed route" in words(found)


async def test_a_check_is_recorded_before_anybody_is_dialled(world: World) -> None:
    await world.check(Acme())
    ask, _, decision = world.scene.audit.kept[-1]
    assert (ask.act.value, ask.who, ask.where) == ("federation:partner:check", "control", "acme")
    assert decision.reason is Reason.ROUTINE


async def test_what_is_not_pinned_is_weak_and_the_pin_to_compare_is_shown(world: World) -> None:
    found = await world.check(Acme())
    assert found.broken(*Part) is None
    weak = [each for each in found.findings if each.state is State.WEAK]
    assert {each.part for each in weak} == {Part.TLS, Part.KEYS}
    assert f"ed25519:a {PUBLIC}" in words(found)
    assert pin(ACME) in words(found)


async def test_expired_keys_are_broken_and_the_rest_is_not(world: World) -> None:
    found = await world.check(Acme(keys=published(-1000)))
    assert found.broken(Part.KEYS).words == "the keys that `acme.example` publishes have expired"
    assert found.broken(Part.FINDING, Part.TLS, Part.VERSION) is None


@pytest.mark.parametrize(
    "keys",
    [
        published(key=Ed25519PrivateKey.from_private_bytes(b"z" * 32)),
        published(name="other.example"),
        b"{}",
        b"not json",
        b"",
        b"[" * 20_000,
    ],
    ids=["another's signature", "another's name", "empty", "no json", "nothing", "deep"],
)
async def test_keys_that_prove_nothing_are_broken(world: World, keys: bytes) -> None:
    assert (await world.check(Acme(keys=keys))).broken(Part.KEYS) is not None


async def test_keys_other_than_the_pinned_ones_are_broken(world: World) -> None:
    other = base64.b64encode(b"o" * 32).decode().rstrip("=")
    entry = f'domains = ["acme.example"], keys = ["ed25519:a {other}"]'
    found = await world.check(Acme(entry=entry))
    assert "none of the keys that are pinned" in found.broken(Part.KEYS).words


async def test_another_tls_key_than_the_pinned_one_is_broken_and_nothing_is_asked(
    world: World,
) -> None:
    wrong = pin(issue(CA, ("acme.example",), today()))
    found = await world.check(Acme(entry=f'domains = ["acme.example"], tls = ["{wrong}"]'))
    fault = found.broken(Part.TLS)
    assert "none of those pinned" in fault.words
    assert pin(ACME) in fault.words
    assert states(found, Part.KEYS) == states(found, Part.VERSION) == []


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        (issue(CA, ("other.example",), today()), "Hostname mismatch"),
        (issue(authority("B"), ("acme.example",), today()), "self-signed certificate in"),
        (issue(CA, ("acme.example",), today() - datetime.timedelta(days=800)), "expired"),
    ],
    ids=["another name", "another CA", "expired"],
)
async def test_a_certificate_that_is_not_valid_is_broken_and_said_why(
    world: World, certificate: ServerCertificate, why: str
) -> None:
    found = await world.check(Acme(certificate=certificate))
    fault = found.broken(Part.TLS)
    assert why in fault.words
    assert pin(certificate) in fault.words
    assert states(found, Part.KEYS) == []


async def test_where_nobody_answers_that_is_said(world: World) -> None:
    found = await world.check(Acme(route=False))
    assert "nobody answers" in found.broken(Part.TLS).words


async def test_a_name_that_leads_nowhere_is_said_step_by_step(world: World) -> None:
    found = await world.check(Acme(entry='domains = ["nowhere.example"]'))
    assert "has no address" in found.broken(Part.FINDING).words


async def test_a_clock_that_is_wrong_is_weak(world: World) -> None:
    found = await world.check(Acme(skew=-300))
    assert states(found, Part.CLOCK) == [State.WEAK]
    assert "seconds behind ours" in words(found)


async def test_a_server_that_answers_no_federation_requests_is_broken(world: World) -> None:
    found = await world.check(Acme(version=Said(404)))
    assert "answered with 404" in found.broken(Part.VERSION).words


@pytest.mark.parametrize("raw", [b"", b"garbage", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000])
async def test_an_answer_that_is_none_is_broken(world: World, raw: bytes) -> None:
    found = await world.check(Acme(version=Said(raw=raw)))
    assert found.broken(Part.VERSION) is not None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"server":{"name":"Synapse","version":"1.163.2"}}', "calls itself `Synapse 1.163.2`"),
        (b'{"server":{"name":"Dendrite"}}', "calls itself `Dendrite`"),
        (b'{"server":{"name":"A\\n\\u001b[1mB","version":""}}', r"calls itself `A\n\x1b[1mB`"),
        (b'{"server":{"name":["Synapse"]}}', "does not say what it is"),
        (b'{"server":"Synapse"}', "does not say what it is"),
        (b"[]", "does not say what it is"),
        (b"Synapse", "does not say what it is"),
        (b"[" * 5000, "does not say what it is"),
    ],
)
async def test_what_a_server_calls_itself_is_told_in_words(
    world: World, body: bytes, said: str
) -> None:
    told = words(await world.check(Acme(version=Said(200, {}, body))))
    assert said in told
    assert "{" not in told


async def test_names_below_a_domain_can_not_be_tried_and_every_other_one_is(world: World) -> None:
    entry = 'domains = ["*.acme.example", "acme.example", "nowhere.example"]'
    found = await world.checked(Acme(entry=entry))
    assert [each.server for each in found] == ["acme.example", "nowhere.example"]


async def test_whom_the_settings_do_not_name_nobody_tries(world: World) -> None:
    world.scene.policy.policy = policy_of()
    checks = PartnerCheck(None, None, SystemClock())  # type: ignore[arg-type]  # never reached
    door = InnerDoor(world.scene.spine, checks)
    running = await serve(door.plan, [Unix(str(world.checker.socket))])
    try:
        for name in ("evil.example", "acme/../x", "", "example.org"):
            with pytest.raises(Unavailable):
                await world.checker.check(name)
    finally:
        await running.close(0)
        world.checker.socket.unlink(missing_ok=True)  # Python 3.13 removes it


async def test_a_gateway_that_is_away_is_said(world: World) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        await world.checker.check("acme")


async def test_what_was_found_travels_whole(world: World) -> None:
    found = await world.checked(Acme())
    assert decode(encode(found)) == found
    for bad in (
        b"",
        b"{}",
        b'{"servers":[{}]}',
        b'{"servers":[{"server":"a","findings":[{"part":1}]}]}',
    ):
        with pytest.raises(CheckFault):
            decode(bad)
