"""Finding servers, with a real DNS server and real TLS servers on loopback.

Addresses 127.0.1.x count as outside here and all others as inside, so that what is dialled can be
real and what must not be dialled too.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from tests.services.dns_server import Zone, dns_server
from tests.services.tls_server import Asked, Said, TlsServer, authority, tls_server
from vedette.adapters.dns_names import DnsNames
from vedette.adapters.federation_discovery import FederationDiscovery
from vedette.adapters.well_known import WellKnown
from vedette.core.names import ServerName
from vedette.ports.discovery import Target, Trust
from vedette.ports.errors import Unavailable

WEB = "127.0.1.1"
"""Where web servers are: `.well-known` is asked there."""
CA = authority()
NAMES = ("acme.example", "www.acme.example", "other.example", "loop.example")


def outside(address: str) -> bool:
    return address.startswith(("127.0.1.", "2001:db8:1:"))


def says(server: str, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(200, named, json.dumps({"m.server": server}).encode())


NOTHING = Said(404)


@dataclass
class World:
    """DNS, one web server for all names, and the discovery between them."""

    zone: Zone
    web: TlsServer
    discovery: FederationDiscovery
    answers: dict[str, Said] = field(default_factory=dict)

    async def find(self, server: str) -> tuple[list[str], str, str]:
        found = await self.discovery.find(ServerName(server))
        targets = [f"{each.host}:{each.port}" for each in found.targets]
        return targets, found.tls_name, found.http_host

    async def why_not(self, server: str) -> str:
        with pytest.raises(Unavailable) as found:
            await self.discovery.find(ServerName(server))
        return str(found.value)

    def new(self) -> FederationDiscovery:
        """A discovery that remembers nothing."""
        old = self.discovery
        return FederationDiscovery(old.routes, old.names, old.contexts, old.well_known)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    zone = Zone()
    answers: dict[str, Said] = {}

    def script(asked: Asked) -> Said:
        return answers.get(f"{asked.host}{asked.target}", answers.get(asked.host, NOTHING))

    for name in NAMES:
        zone.records[name, "A"] = [WEB]
    trusting = ssl.create_default_context(cadata=CA.pem.decode())
    async with (
        dns_server(zone) as at,
        tls_server(script, names=NAMES, ca=CA, addresses=(WEB,)) as web,
    ):
        names = DnsNames([at])
        well_known = WellKnown(names, port=web.port, outside=outside)
        discovery = FederationDiscovery({}, names, lambda _: trusting, well_known)
        yield World(zone, web, discovery, answers)


# -- literal addresses, ports, and nothing at all ---------------------------------------------------


async def test_a_literal_address_is_taken_as_it_is(world: World) -> None:
    assert await world.find("127.0.1.7") == (["127.0.1.7:8448"], "127.0.1.7", "127.0.1.7")
    assert await world.find("127.0.1.7:1") == (["127.0.1.7:1"], "127.0.1.7", "127.0.1.7:1")
    assert world.zone.asked == []


async def test_an_ipv6_literal_loses_its_brackets_only_where_it_is_dialled(world: World) -> None:
    found = await world.find("[2001:db8:1::7]:99")
    assert found == (["2001:db8:1::7:99"], "2001:db8:1::7", "[2001:db8:1::7]:99")


async def test_brackets_around_no_address_lead_nowhere(world: World) -> None:
    assert "not an address" in await world.why_not("[::::]")
    assert world.zone.asked == []


async def test_a_name_with_a_port_asks_neither_well_known_nor_srv(world: World) -> None:
    world.answers["acme.example"] = says("elsewhere.example:1")
    world.zone.records["_matrix-fed._tcp.acme.example", "SRV"] = ["1 1 9 www.acme.example."]
    found = await world.find("acme.example:8449")
    assert found == ([f"{WEB}:8449"], "acme.example", "acme.example:8449")
    assert world.web.asked == []


async def test_with_nothing_else_port_8448_of_the_name_is_taken(world: World) -> None:
    assert await world.find("acme.example") == ([f"{WEB}:8448"], "acme.example", "acme.example")


async def test_a_name_that_does_not_exist_is_not_found(world: World) -> None:
    assert "has no address" in await world.why_not("nowhere.example")


@pytest.mark.parametrize("name", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1"])
async def test_an_address_in_disguise_is_a_name_like_any_other(world: World, name: str) -> None:
    assert "has no address" in await world.why_not(f"{name}:8448")


# -- .well-known ------------------------------------------------------------------------------------


async def test_a_delegated_name_with_a_port_is_looked_up_and_named_in_full(world: World) -> None:
    world.answers["acme.example"] = says("other.example:4443")
    found = await world.find("acme.example")
    assert found == ([f"{WEB}:4443"], "other.example", "other.example:4443")
    assert [each.sni for each in world.web.asked] == ["acme.example"]


async def test_a_delegated_address_is_taken_as_it_is(world: World) -> None:
    world.answers["acme.example"] = says("127.0.1.9")
    assert await world.find("acme.example") == (["127.0.1.9:8448"], "127.0.1.9", "127.0.1.9")


async def test_a_delegated_name_without_a_port_may_have_srv_records(world: World) -> None:
    world.answers["acme.example"] = says("other.example")
    world.zone.records["_matrix-fed._tcp.other.example", "SRV"] = ["1 1 444 www.acme.example."]
    found = await world.find("acme.example")
    assert found == ([f"{WEB}:444"], "other.example", "other.example")


async def test_a_delegated_inside_address_is_refused(world: World) -> None:
    world.answers["acme.example"] = says("127.0.0.1:6379")
    assert "inside address" in await world.why_not("acme.example")


@pytest.mark.parametrize(
    "said",
    [
        Said(200, {}, b"no json"),
        Said(200, {}, b"[]"),
        Said(200, {}, b'{"m.server": 7}'),
        Said(200, {}, b'{"m.server": "a b"}'),
        Said(200, {}, b'{"m.server": "other.example:1", "x": "' + b"y" * 70_000 + b'"}'),
        Said(204),
        Said(403, {}, b'{"m.server": "other.example:1"}'),
        Said(302),
        Said(302, {"Location": "http://other.example/"}),
        Said(302, {"Location": "https://user:word@other.example/"}),
        Said(302, {"Location": "https://127.0.0.1:1/"}),
        Said(302, {"Location": "file:///etc/passwd"}),
        Said(302, {"Location": "/.well-known/matrix/server"}),
        Said(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"),
        Said(raw=b"\x00\x01\x02"),
    ],
    ids=lambda said: str(said)[:60],
)
async def test_a_document_that_says_nothing_leaves_the_name_itself(
    world: World, said: Said
) -> None:
    world.answers["acme.example"] = said
    assert await world.find("acme.example") == ([f"{WEB}:8448"], "acme.example", "acme.example")


async def test_a_redirect_is_followed_to_another_name_over_tls(world: World) -> None:
    world.answers["acme.example"] = Said(301, {"Location": "https://www.acme.example/m?x=1"})
    world.answers["www.acme.example/m?x=1"] = says("other.example:7")
    assert (await world.find("acme.example"))[2] == "other.example:7"
    assert [each.sni for each in world.web.asked] == ["acme.example", "www.acme.example"]


async def test_a_redirect_to_a_name_at_an_inside_address_is_not_followed(world: World) -> None:
    world.zone.records["loop.example", "A"] = ["127.0.0.1"]
    world.answers["acme.example"] = Said(302, {"Location": "https://loop.example/"})
    assert (await world.find("acme.example"))[2] == "acme.example"
    assert len(world.web.asked) == 1


async def test_redirects_without_end_are_followed_five_times(world: World) -> None:
    world.answers["acme.example"] = Said(302, {"Location": "https://www.acme.example/"})
    world.answers["www.acme.example"] = Said(302, {"Location": "https://acme.example/"})
    assert (await world.find("acme.example"))[2] == "acme.example"
    assert len(world.web.asked) == 6


async def test_a_web_server_with_another_name_s_certificate_is_not_believed(world: World) -> None:
    world.zone.records["stranger.example", "A"] = [WEB]
    world.answers["stranger.example"] = says("other.example:1")
    assert (await world.find("stranger.example"))[2] == "stranger.example"
    assert world.web.asked == []


async def test_what_was_found_is_not_asked_for_again(world: World) -> None:
    world.answers["acme.example"] = says("other.example:1")
    for _ in range(3):
        await world.find("acme.example")
    assert len(world.web.asked) == 1


async def test_many_who_look_at_once_ask_once(world: World) -> None:
    world.answers["acme.example"] = says("other.example:1")
    await asyncio.gather(*[world.find("acme.example") for _ in range(20)])
    assert len(world.web.asked) == 1


async def test_one_who_leaves_does_not_end_the_search_of_others(world: World) -> None:
    world.answers["acme.example"] = Said(200, {}, b'{"m.server": "other.example:1"}', stall=0.3)
    leaving = asyncio.create_task(world.find("acme.example"))
    staying = asyncio.create_task(world.find("acme.example"))
    await asyncio.sleep(0.1)
    leaving.cancel()
    assert (await staying)[2] == "other.example:1"


def _age(discovery: FederationDiscovery, seconds: float) -> None:
    """Let time pass for what is remembered."""
    from dataclasses import replace  # noqa: PLC0415

    for key, found in discovery._found.items():
        discovery._found[key] = replace(found, until=found.until - seconds)
    for key, last in discovery._delegated.items():
        discovery._delegated[key] = replace(
            last, until=last.until - seconds, at_latest=last.at_latest - seconds
        )


async def test_a_delegation_is_believed_as_long_as_its_headers_say(world: World) -> None:
    world.answers["acme.example"] = says("other.example:1", Cache_Control="max-age=600")
    await world.find("acme.example")
    _age(world.discovery, 590)
    await world.find("acme.example")
    assert len(world.web.asked) == 1
    _age(world.discovery, 100)
    await world.find("acme.example")
    assert len(world.web.asked) == 2


async def test_a_document_that_fails_to_come_does_not_undo_the_last_good_one(world: World) -> None:
    world.answers["acme.example"] = says("other.example:1", Cache_Control="max-age=600")
    await world.find("acme.example")
    _age(world.discovery, 700)
    world.answers["acme.example"] = Said(503)
    assert (await world.find("acme.example"))[2] == "other.example:1"
    _age(world.discovery, 49 * 3600)
    assert (await world.find("acme.example"))[2] == "acme.example"


async def test_a_document_that_is_gone_counts_at_once(world: World) -> None:
    world.answers["acme.example"] = says("other.example:1", Cache_Control="max-age=600")
    await world.find("acme.example")
    _age(world.discovery, 700)
    world.answers["acme.example"] = NOTHING
    assert (await world.find("acme.example"))[2] == "acme.example"


async def test_a_missing_document_is_asked_for_less_and_less_often(world: World) -> None:
    await world.find("acme.example")
    for waited, asked in ((310, 2), (310, 2), (310, 3), (620, 3), (620, 4)):
        _age(world.discovery, waited)
        await world.find("acme.example")
        assert len(world.web.asked) == asked, waited


# -- SRV --------------------------------------------------------------------------------------------

FED = "_matrix-fed._tcp.acme.example"
OLD = "_matrix._tcp.acme.example"


async def test_srv_records_say_where_and_the_name_stays_in_the_certificate(world: World) -> None:
    world.zone.records[FED, "SRV"] = ["10 5 443 www.acme.example."]
    assert await world.find("acme.example") == ([f"{WEB}:443"], "acme.example", "acme.example")


async def test_the_deprecated_srv_record_serves_where_the_new_one_is_missing(world: World) -> None:
    world.zone.records[OLD, "SRV"] = ["10 5 443 www.acme.example."]
    assert (await world.find("acme.example"))[0] == [f"{WEB}:443"]
    world.zone.records[FED, "SRV"] = ["10 5 444 www.acme.example."]
    world.discovery = world.new()
    assert (await world.find("acme.example"))[0] == [f"{WEB}:444"]


async def test_all_hosts_are_kept_by_priority_and_inside_ones_are_passed_over(world: World) -> None:
    for number in (3, 4):
        world.zone.records[f"h{number}.example", "A"] = [f"127.0.1.{number}"]
    world.zone.records["inside.example", "A"] = ["127.0.0.1"]
    world.zone.records[FED, "SRV"] = [
        "30 0 3 h3.example.", "10 0 1 inside.example.", "20 0 4 h4.example.", "5 0 5 gone.example.",
    ]  # fmt: skip
    assert (await world.find("acme.example"))[0] == ["127.0.1.4:4", "127.0.1.3:3"]


async def test_srv_records_that_lead_inside_alone_are_no_reason_to_try_elsewhere(
    world: World,
) -> None:
    world.zone.records["inside.example", "A"] = ["10.0.0.1"]
    world.zone.records[FED, "SRV"] = ["1 1 1 inside.example."]
    assert "outside address" in await world.why_not("acme.example")


async def test_a_root_target_says_that_there_is_no_server(world: World) -> None:
    world.zone.records[FED, "SRV"] = ["0 0 0 ."]
    assert "no such service" in await world.why_not("acme.example")


async def test_a_dns_that_fails_is_no_sign_that_there_is_no_srv_record(world: World) -> None:
    world.zone.broken.add(FED)
    assert FED in await world.why_not("acme.example")


# -- addresses --------------------------------------------------------------------------------------


async def test_aliases_are_followed_and_both_families_kept_in_turn(world: World) -> None:
    world.zone.records["alias.example", "CNAME"] = ["real.example."]
    world.zone.records["real.example", "A"] = ["127.0.1.2", "127.0.1.3"]
    world.zone.records["real.example", "AAAA"] = ["2001:db8:1::2"]
    targets = (await world.discovery.find(ServerName("alias.example:8448"))).targets
    assert {targets[0].host} == {"2001:db8:1::2"}
    assert {each.host for each in targets[1:]} == {"127.0.1.2", "127.0.1.3"}


async def test_an_alias_to_an_inside_address_is_refused(world: World) -> None:
    world.zone.records["alias.example", "CNAME"] = ["real.example."]
    world.zone.records["real.example", "A"] = ["192.168.1.1"]
    assert "inside address" in await world.why_not("alias.example:8448")


async def test_a_circle_of_aliases_ends(world: World) -> None:
    world.zone.records["a.example", "CNAME"] = ["b.example."]
    world.zone.records["b.example", "CNAME"] = ["a.example."]
    await world.why_not("a.example:8448")


async def test_of_mixed_addresses_only_outside_ones_are_dialled(world: World) -> None:
    world.zone.records["mixed.example", "A"] = ["10.0.0.1", "127.0.1.5", "127.0.0.1"]
    assert (await world.find("mixed.example:1"))[0] == ["127.0.1.5:1"]


async def test_a_name_that_means_something_else_a_moment_later_gains_nothing(world: World) -> None:
    """DNS rebinding: the second answer would lead inside, and is never asked for."""
    world.zone.once["rebind.example", "A"] = ["127.0.1.1"]
    world.zone.records["rebind.example", "A"] = ["127.0.0.1"]
    assert (await world.find("rebind.example:1"))[0] == ["127.0.1.1:1"]
    assert (await world.find("rebind.example:1"))[0] == ["127.0.1.1:1"]
    assert world.zone.asked.count(("rebind.example", "A")) == 1


async def test_well_known_dials_the_address_that_was_looked_at(world: World) -> None:
    world.zone.once["acme.example", "A"] = [WEB]
    world.zone.records["acme.example", "A"] = ["127.0.0.1"]
    world.answers["acme.example"] = says("127.0.1.9")
    assert (await world.find("acme.example"))[0] == ["127.0.1.9:8448"]
    assert [each.address for each in world.web.asked] == [WEB]


async def test_an_address_is_looked_up_again_when_its_time_is_over(world: World) -> None:
    world.zone.ttl = 120
    world.zone.records["moves.example", "A"] = ["127.0.1.2"]
    await world.find("moves.example:1")
    world.zone.records["moves.example", "A"] = ["127.0.1.3"]
    assert (await world.find("moves.example:1"))[0] == ["127.0.1.2:1"]
    _age(world.discovery, 121)
    assert (await world.find("moves.example:1"))[0] == ["127.0.1.3:1"]


async def test_a_server_that_was_not_found_is_not_looked_for_again_at_once(world: World) -> None:
    for _ in range(3):
        await world.why_not("nowhere.example:8448")
    assert len(world.zone.asked) == 2  # both families, once


# -- routes, traces ---------------------------------------------------------------------------------


async def test_a_fixed_route_alone_may_lead_inside(world: World) -> None:
    world.discovery.routes = {"acme.example": "127.0.0.1:8448"}
    assert await world.find("acme.example") == (["127.0.0.1:8448"], "acme.example", "acme.example")


async def test_a_trace_says_each_step_and_is_never_remembered(world: World) -> None:
    world.answers["acme.example"] = says("other.example")
    world.zone.records["_matrix._tcp.other.example", "SRV"] = ["1 2 444 www.acme.example."]
    traced = await world.discovery.trace(ServerName("acme.example"))
    assert [(step.led, step.words) for step in traced.steps] == [
        (True, "`.well-known` says `other.example` (3)"),
        (False, "there is no SRV record `_matrix-fed._tcp.other.example`"),
        (True, "SRV: `www.acme.example:444` (1, 2)"),
        (True, f"`www.acme.example` is at {WEB}"),
    ]
    assert traced.destination is not None
    assert traced.destination.targets == (Target(WEB, 444),)
    await world.discovery.trace(ServerName("acme.example"))
    assert len(world.web.asked) == 2


async def test_a_trace_that_leads_nowhere_says_where_it_ended(world: World) -> None:
    traced = await world.discovery.trace(ServerName("nowhere.example"))
    assert traced.destination is None
    assert traced.steps[-1].words == "`nowhere.example` has no address"
    assert not traced.steps[-1].led


async def test_a_partner_with_a_ca_of_its_own_is_remembered_apart(world: World) -> None:
    seen: list[Trust] = []
    first: Callable[[Trust], ssl.SSLContext] = world.discovery.contexts

    def contexts(trust: Trust) -> ssl.SSLContext:
        seen.append(trust)
        return first(trust)

    world.discovery.contexts = contexts
    await world.discovery.find(ServerName("acme.example"), Trust(ca=(b"x",)))
    await world.discovery.find(ServerName("acme.example"))
    assert seen == [Trust(ca=(b"x",)), Trust()]
