"""What the gateway tells of sessions that it saw, and what the sign-in service makes of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.apps.gateway.servers import Servers
from tests.apps.gateway.signed_in import ALICES, BOBS, Office
from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, head
from tests.apps.scene import Scene
from vedette.core.names import ServerName
from vedette.core.sessions import SessionState
from vedette.gateway.app import PublicDoors
from vedette.gateway.plan import Head, Peer
from vedette.gateway.sightings import Sightings
from vedette.protocol.internal.sightings import (
    LONGEST_AGENT,
    MOST,
    Sighting,
    body_of,
    sightings_of,
)
from vedette.spine import Spine


def of(address: str, agent: bytes = b"Element/1.12.3") -> Head:
    made = head("GET", "/_matrix/client/v3/sync", user_agent=agent)
    return made._replace(peer=Peer(address, 1))


class Service:
    """Takes what is posted to it, or fails."""

    def __init__(self) -> None:
        self.heard: list[tuple[Sighting, ...]] = []
        self.status = 200

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).decode()
        assert asked.startswith("POST /inside/seen HTTP/1.1\r\n")
        length = int(asked.partition("content-length: ")[2].partition("\r")[0])
        body = await reader.readexactly(length)
        if self.status == 200:
            self.heard.append(sightings_of(json.loads(body)))
        writer.write(f"HTTP/1.1 {self.status} x\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    made = Service()
    async with await asyncio.start_unix_server(made.serve, tmp_path / "signin.sock"):
        yield made


@pytest.fixture
def sightings(tmp_path: Path) -> Sightings:
    return Sightings(str(tmp_path / "signin.sock"))


def later(sightings: Sightings, seconds: int) -> None:
    sightings._ticks += seconds  # the clock of its own


async def test_a_session_is_told_of_at_first_when_it_moves_and_every_hour(
    service: Service, sightings: Sightings
) -> None:
    for _ in range(3):
        sightings.note("one", of("192.0.2.7"))
    assert await sightings.tell()
    assert service.heard == [
        (Sighting(session="one", address="192.0.2.7", agent="Element/1.12.3"),)
    ]
    later(sightings, 59)
    sightings.note("one", of("198.51.100.7"))
    assert not sightings._news
    later(sightings, 1)
    sightings.note("one", of("198.51.100.7"))
    await sightings.tell()
    assert service.heard[-1][0].address == "198.51.100.7"
    later(sightings, 3599)
    sightings.note("one", of("198.51.100.7"))
    assert not sightings._news
    later(sightings, 1)
    sightings.note("one", of("198.51.100.7"))
    assert set(sightings._news) == {"one"}


async def test_what_can_not_be_told_is_told_later(service: Service, sightings: Sightings) -> None:
    sightings.note("one", of("192.0.2.7"))
    service.status = 503
    assert not await sightings.tell()
    service.status = 200
    assert await sightings.tell()
    assert [each.session for each in service.heard[0]] == ["one"]
    assert not sightings._news


async def test_without_the_service_nothing_is_lost_and_nothing_waits(sightings: Sightings) -> None:
    sightings.note("one", of("192.0.2.7"))
    assert not await sightings.tell()
    assert set(sightings._news) == {"one"}


async def test_many_are_told_in_parts(service: Service, sightings: Sightings) -> None:
    for number in range(MOST + 1):
        sightings.note(f"s{number}", of("192.0.2.7"))
    while sightings._news:
        assert await sightings.tell()
    assert [len(each) for each in service.heard] == [MOST, 1]


async def test_the_doors_note_live_sessions_and_those_that_a_rule_holds(tmp_path: Path) -> None:
    office, scene = Office(tmp_path), Scene()
    await office.begin(ALICES, BOBS)
    noted: list[str] = []
    doors = PublicDoors(
        Spine(office.streams, scene.audit, scene.incidents, office.clock), scene.files,
        office.listed, UPSTREAM, ServerName("example.org"), lambda _: {}, SIGNIN,
        Servers(scene).door(),
        seen=lambda session, _: noted.append(session),
    )  # fmt: skip
    sync = "/_matrix/client/v3/sync"
    doors.plan(head("GET", sync, token=office.token(ALICES)))
    doors.plan(head("GET", sync, token="nonsense"))
    doors.plan(head("GET", "/_matrix/client/versions"))
    assert noted == [ALICES.id]
    office.publish(replace(ALICES, state=SessionState.SUSPENDED, because="office-only"))
    await office.take()
    doors.plan(head("GET", sync, token=office.token(ALICES)))
    assert noted == [ALICES.id, ALICES.id]


def test_a_body_is_read_back_and_agents_are_bounded() -> None:
    one = Sighting(session="s" * 32, address="192.0.2.7", agent="x" * 1000)
    (read,) = sightings_of(json.loads(json.dumps(body_of([one]))))
    assert (read.session, len(read.agent)) == (one.session, LONGEST_AGENT)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=300),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["seen", "session", "address", "agent", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_nothing_else_is_read(value: object) -> None:
    for body in (value, {"seen": value}, {"seen": [value]}):
        try:
            found = sightings_of(body)
        except ValueError:
            continue
        assert all(len(each.agent) <= LONGEST_AGENT for each in found)
