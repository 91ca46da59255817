"""Synapse's messages a second with the event door and 200 rules, against Synapse without any.

Two real Synapses on SQLite, one process each, on one core of their own; one client sends to them in
turn from another core, block by block, so that whatever disturbs the machine disturbs both. Rate
limits are lifted and presence is off. `messages` counts by the clock, the median of the ratios of
neighbouring blocks; `cpu` counts by the CPU time of the Synapse process, which other programs on the
machine disturb less. `python -m bench.synapse` prints them.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.system.synapse_process import Api, Authority, SynapseProcess

from bench.gateway import Entry
from bench.office import people_of, write_streams

MEMBERS = 10
EXTRA_STATE = 1000
TARGET = 0.97
BLOCKS = 14
MESSAGES = 40
_MODULE = "vedette.synapse.module.Module"


@dataclass(slots=True)
class House:
    """One Synapse, and the client that measures it over one lasting connection."""

    server: SynapseProcess
    connection: http.client.HTTPConnection
    maker: Api
    rooms: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def send(self, room: str) -> None:
        """Send one message and wait until it is accepted."""
        self.sent += 1
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{self.sent}"
        body = json.dumps({"msgtype": "m.text", "body": f"message {self.sent} of many"})
        self.connection.request("PUT", path, body, {"Authorization": f"Bearer {self.maker.token}"})
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a message was refused: {said.decode(errors='replace')}")

    def cpu_seconds(self) -> float:
        """What the process has used of the CPU so far."""
        if self.server.process is None:
            raise RuntimeError("this Synapse does not run")
        threads = Path(f"/proc/{self.server.process.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@dataclass(frozen=True, slots=True)
class Block:
    """What one block of messages took, in seconds per message."""

    wall: float
    cpu: float


def _server(folder: Path, address: str, *, held: bool) -> SynapseProcess:
    """A Synapse, with the module where it is `held`; its streams are written before it starts."""
    server = SynapseProcess(
        folder,
        Authority.make(folder / "ca"),
        address,
        extra_config={"presence": {"enabled": False}},
    )
    if held:
        key = write_streams(folder / "door", server.name, people_of(server.name))
        config = {
            "organisation": server.name,
            "streams": str(folder / "door"),
            "spool": str(folder / "spool"),
            "public_key": str(key),
        }
        server.modules = [{"module": _MODULE, "config": config}]
    return server


@contextmanager
def _house(folder: Path, address: str, core: int, *, held: bool) -> Iterator[House]:
    """Run one Synapse with both rooms made."""
    server = _server(folder, address, held=held)
    try:
        server.start()
        if server.process is not None:
            os.sched_setaffinity(server.process.pid, {core})
        people = [server.register(f"user{number}") for number in range(MEMBERS)]
        host, _, port = server.address.partition(":")
        house = House(server, http.client.HTTPConnection(host, int(port), timeout=90), people[0])
        house.rooms = {
            "small": _room(people, 0),
            "large-state": _room(people, EXTRA_STATE),
        }
        yield house
        house.connection.close()
    finally:
        server.stop()


def _room(people: list[Api], extra: int) -> str:
    """A room of all these people, with so many state events beyond the usual ones."""
    maker, *others = people
    state: list[dict[str, Any]] = [
        {"type": "m.space.child", "state_key": f"!room{number}:nowhere.example",
         "content": {"via": ["nowhere.example"]}}
        for number in range(extra)
    ]  # fmt: skip
    room = maker.create_room(
        preset="private_chat", invite=[other.user for other in others], initial_state=state
    )
    for other in others:
        other.join(room).ok()
    return room


def _block(house: House, room: str, messages: int) -> Block:
    begun, used = time.monotonic(), house.cpu_seconds()
    for _ in range(messages):
        house.send(room)
    wall = time.monotonic() - begun
    return Block(wall / messages, (house.cpu_seconds() - used) / messages)


def _blocks(
    ours: House, plain: House, room: str, blocks: int, messages: int
) -> list[tuple[Block, Block]]:
    """Pairs of neighbouring blocks, first one and then the other in front; the first pair warms up."""
    pairs = []
    for number in range(blocks + 1):
        order = (ours, plain) if number % 2 else (plain, ours)
        found = {id(house): _block(house, house.rooms[room], messages) for house in order}
        if number:
            pairs.append((found[id(ours)], found[id(plain)]))
    return pairs


def _entry(
    what: str, room: str, pairs: list[tuple[Block, Block]], of: Callable[[Block], float]
) -> Entry:
    ratio = statistics.median(of(plain) / of(ours) for ours, plain in pairs)
    ours, plain = (1 / statistics.median(map(of, side)) for side in zip(*pairs, strict=True))
    return {
        "id": f"synapse.{what}.{room}", "value": round(ours, 1),
        "unit": "messages/s" if what == "messages" else "messages per CPU second",
        "peer": "synapse without module", "peer_value": round(plain, 1),
        "ratio": round(ratio, 3), "target": TARGET, "met": ratio >= TARGET,
    }  # fmt: skip


def run(blocks: int = BLOCKS, messages: int = MESSAGES) -> list[Entry]:
    """Return the ratios with the module to without, in both rooms."""
    cores = sorted(os.sched_getaffinity(0))
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        ours = stack.enter_context(_house(folder / "ours", "127.0.0.2", cores[-1], held=True))
        plain = stack.enter_context(_house(folder / "plain", "127.0.0.3", cores[-1], held=False))
        for room in ours.rooms:
            pairs = _blocks(ours, plain, room, blocks, messages)
            entries.append(_entry("messages", room, pairs, lambda block: block.wall))
            entries.append(_entry("cpu", room, pairs, lambda block: block.cpu))
    return entries


def main() -> None:
    """Measure and print."""
    for entry in run():
        print(json.dumps(entry))


if __name__ == "__main__":
    main()
