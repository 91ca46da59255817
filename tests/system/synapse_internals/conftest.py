"""Two federating Synapses: `ours` behind a scripted gate, `theirs` plain."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.system.synapse_internals.push_gateway import Pushes, push_gateway
from tests.system.synapse_process import Api, Authority, SynapseProcess, eventually, running

NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Pair:
    """Both servers, what the gate of ours is told to answer, and what it was asked."""

    ours: SynapseProcess
    theirs: SynapseProcess

    @property
    def folder(self) -> Path:
        return self.ours.folder

    def script(self, *entries: tuple[str, dict[str, Any], object]) -> None:
        """From now on: the first entry that matches answers; otherwise everything passes."""
        fresh = self.folder / "script.new"
        fresh.write_text(json.dumps(entries))
        fresh.rename(self.folder / "script.json")

    def asks(self, method: str, **facts: Any) -> list[dict[str, Any]]:
        """What the gate was asked so far."""
        whole, _, _ = (self.folder / "journal.jsonl").read_text().rpartition("\n")
        asked = [
            json.loads(line) for line in whole.splitlines()
        ]  # the last one may be half written
        return [
            ask
            for ask in asked
            if ask["method"] == method and all(ask.get(key) == facts[key] for key in facts)
        ]

    def lift(self) -> None:
        """Have the module look at what is held."""
        (self.folder / "lift").touch()

    def our(self, name: str, *, admin: bool = False) -> Api:
        """A new person of ours."""
        return self.ours.register(f"{name}{next(NUMBERS)}", admin=admin)

    def their(self, name: str) -> Api:
        """A new person of theirs."""
        return self.theirs.register(f"{name}{next(NUMBERS)}")

    def room_of(self, maker: Api, *guests: Api, **body: object) -> str:
        """A room that all of them have joined, as every server of theirs knows."""
        room = maker.create_room(invite=[guest.user for guest in guests], **body)
        via = maker.user.partition(":")[2]
        for guest in guests:
            eventually(lambda guest=guest: guest.join(room, via).status == 200)
        everyone = {maker.user, *(guest.user for guest in guests)}
        for person in (maker, *guests):
            eventually(lambda person=person: everyone <= members(person, room))
        return room


def members(person: Api, room: str) -> set[str]:
    """Who is joined, as this person sees it."""
    reply = person.get(f"rooms/{room}/joined_members")
    return set(reply.body["joined"]) if reply.status == 200 else set()


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="package")
def pushes(authority: Authority) -> Iterator[Pushes]:
    """The push gateway, and the way out through which alone `ours` reaches it."""
    with push_gateway(authority) as running_:
        yield running_


@pytest.fixture(scope="package")
def servers(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, pushes: Pushes
) -> Iterator[Pair]:
    """Started once; a test that stops one must start it again."""
    folder = tmp_path_factory.mktemp("internals")
    ours, theirs = folder / "ours", folder / "theirs"
    ours.mkdir()
    probe = {
        "module": "tests.system.synapse_internals.probe.Probe",
        "config": {"folder": str(ours)},
    }
    extra = {
        "max_event_delay_duration": "1h",
        # else the same first sync is answered from a cache for two minutes
        "caches": {"sync_response_cache_duration": "0s"},
    }
    way_out = {
        "https_proxy": f"http://{pushes.tunnel}",
        "http_proxy": f"http://{pushes.tunnel}",
        "no_proxy_hosts": ["127.0.0.3"],  # here federation goes its own way
        "push": {"include_content": False},
    }
    # whom each of them believes, pushes included; nobody else in this run may
    believing = {"SSL_CERT_FILE": str(authority.file)}
    settings = extra | way_out
    one = SynapseProcess(ours, authority, "127.0.0.2", [probe], settings, environment=believing)
    other = SynapseProcess(theirs, authority, "127.0.0.3", (), extra, environment=believing)
    with running(one, other):
        yield Pair(one, other)


@pytest.fixture
def pair(servers: Pair) -> Iterator[Pair]:
    """Both servers with an empty script: everything passes."""
    servers.script()
    yield servers
    servers.script()
