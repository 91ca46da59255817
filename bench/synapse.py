"""Synapse's messages a second with the event door and 200 rules, against Synapse without any.

Both leave signing in to a service: with the door the module answers whose a token is, by the list of
sessions; without it a thread here does, by the token alone. Synapse keeps either answer for minutes.

Two real Synapses on SQLite, one process each, on one core of their own; one client sends to them in
turn from another core, block by block, so that whatever disturbs the machine disturbs both. Two
processes of the very same program differ by some percent for as long as they live (where their
memory lies, how their hashes fall), so both are started anew a few times. Rate limits are lifted and
presence is off. `messages` counts by the clock, the median of the ratios of neighbouring blocks; `cpu`
counts by the CPU time of the Synapse process, which other programs on the machine disturb less.
`python -m bench.synapse` prints them.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote

from bench.entry import Entry
from bench.office import device_of, people_of, signed_in, write_streams
from tests.system.synapse_process import Api, Authority, SynapseProcess, free_port
from vedette.adapters.synapse_provisioning import SynapseProvisioning

MEMBERS = 10
EXTRA_STATE = 1000
TARGET = 0.97
STARTS = 5
BLOCKS = 6
MESSAGES = 25
_MODULE = "vedette.synapse.module.Module"


@dataclass(slots=True)
class House:
    """One Synapse, and the client that measures it over one lasting connection."""

    server: SynapseProcess
    core: int
    tokens: list[str]
    people: list[Api] = field(default_factory=list)
    connection: http.client.HTTPConnection | None = None
    rooms: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def start(self) -> None:
        """Start the process; the first time, sign people up and make both rooms."""
        self.server.start()
        if self.server.process is not None:
            os.sched_setaffinity(self.server.process.pid, {self.core})
        if not self.people:
            self.people = [
                _sign_up(self.server, number, token) for number, token in enumerate(self.tokens)
            ]
            self.rooms = {
                "small": _room(self.people, 0),
                "large-state": _room(self.people, EXTRA_STATE),
            }

    def stop(self) -> None:
        """Stop the process; its rooms stay."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None
        self.server.stop()

    def send(self, room: str) -> None:
        """Send one message and wait until it is accepted."""
        self.sent += 1
        path = f"/_matrix/client/v3/rooms/{quote(room)}/send/m.room.message/{self.sent}"
        body = json.dumps({"msgtype": "m.text", "body": f"message {self.sent} of many"})
        if self.connection is None:
            host, _, port = self.server.address.partition(":")
            self.connection = http.client.HTTPConnection(host, int(port), timeout=90)
        token = {"Authorization": f"Bearer {self.people[0].token}"}
        self.connection.request("PUT", path, body, token)
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"a message was refused: {said.decode(errors='replace')}")

    @property
    def pid(self) -> int:
        """Its process id. Raises RuntimeError if it does not run."""
        if self.server.process is None:
            raise RuntimeError("this Synapse does not run")
        return self.server.process.pid

    def cpu_seconds(self) -> float:
        """What the process has used of the CPU so far."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@dataclass(frozen=True, slots=True)
class Block:
    """What one block of messages took, in seconds per message."""

    wall: float
    cpu: float


class Introspection(BaseHTTPRequestHandler):
    """Tells Synapse whose a token is where no module does: the token is the person's number."""

    def do_POST(self) -> None:
        """Answer one question (RFC 7662, section 2.2)."""
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        number = int(asked["token"][0])
        found = {
            "active": True,
            "username": f"user{number}",
            "device_id": device_of(number),
            "scope": "urn:matrix:client:api:*",
        }
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Say nothing of each request."""


def _server(folder: Path, ip: str, introspection: str) -> SynapseProcess:
    """A Synapse that asks there whose a token is."""
    server = SynapseProcess(
        folder, Authority.make(folder / "ca"), ip, socket_path=folder / "synapse.sock"
    )
    (folder / "secret").write_text(secrets.token_urlsafe())
    server.extra_config = {
        "presence": {"enabled": False},
        "matrix_authentication_service": {
            "enabled": True,
            "endpoint": f"http://{introspection}/",
            "secret_path": str(folder / "secret"),
        },
        "password_config": {"enabled": False},
    }
    return server


def plain(folder: Path, core: int, introspection: str) -> House:
    """A Synapse as it comes."""
    server = _server(folder, "127.0.0.3", introspection)
    return House(server, core, [str(number) for number in range(MEMBERS)])


def held(folder: Path, core: int, inspector: Path | None = None) -> House:
    """A Synapse with the module, whose streams are written before it starts."""
    introspection = f"127.0.0.1:{free_port()}"
    server = _server(folder, "127.0.0.2", introspection)
    users, issuer = people_of(server.name), f"http://{server.address}/"
    tokens, sessions = signed_in(users, issuer)
    key = write_streams(folder / "door", server.name, users, sessions=sessions)
    config = {
        "organisation": server.name,
        "streams": str(folder / "door"),
        "spool": str(folder / "spool"),
        "public_key": str(key),
        "inspector": str(inspector or folder / "nobody.sock"),
        "sign_in": {
            "listen": introspection,
            "secret": str(folder / "secret"),
            "issuer": issuer,
            "account": f"{issuer}account/",
        },
    }
    server.modules = [{"module": _MODULE, "config": config}]
    return House(server, core, tokens[:MEMBERS])


def _sign_up(server: SynapseProcess, number: int, token: str) -> Api:
    """Tell Synapse of a person and their device."""
    secret = (server.folder / "secret").read_text()
    synapse = SynapseProvisioning(server.folder / "synapse.sock", secret)
    synapse.person(f"user{number}", "")
    synapse.device(f"user{number}", device_of(number), "")
    return Api(server.address, token, f"@user{number}:{server.name}", device_of(number))


def _room(people: list[Api], extra: int) -> str:
    """A room of all these people, with so many state events beyond the usual ones."""
    maker, *others = people
    room = maker.create_room(preset="private_chat", invite=[other.user for other in others])
    for other in others:
        other.join(room).ok()
    for number in range(extra):
        child = f"!room{number}:nowhere.example"
        maker.set_state(room, "m.space.child", {"via": ["nowhere.example"]}, child).ok()
    return room


def _block(house: House, room: str, messages: int) -> Block:
    begun, used = time.monotonic(), house.cpu_seconds()
    for _ in range(messages):
        house.send(room)
    wall = time.monotonic() - begun
    return Block(wall / messages, (house.cpu_seconds() - used) / messages)


def _pairs(ours: House, plain: House, room: str, blocks: int) -> list[tuple[Block, Block]]:
    """Neighbouring blocks, first one and then the other in front; the first pair warms up."""
    pairs = []
    for number in range(blocks + 1):
        order = (ours, plain) if number % 2 else (plain, ours)
        found = {id(house): _block(house, house.rooms[room], MESSAGES) for house in order}
        if number:
            pairs.append((found[id(ours)], found[id(plain)]))
    return pairs


def _start_and_measure(
    ours: House, plain: House, blocks: int
) -> dict[str, list[tuple[Block, Block]]]:
    try:
        ours.start()
        plain.start()
        return {room: _pairs(ours, plain, room, blocks) for room in ours.rooms}
    finally:
        ours.stop()
        plain.stop()


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


def run(starts: int = STARTS, blocks: int = BLOCKS) -> list[Entry]:
    """Return the ratios with the module to without, in both rooms."""
    core = max(os.sched_getaffinity(0))
    found: dict[str, list[tuple[Block, Block]]] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        ThreadingHTTPServer(("127.0.0.1", 0), Introspection) as introspection,
    ):
        threading.Thread(target=introspection.serve_forever, daemon=True).start()
        ours = held(Path(name) / "ours", core)
        other = plain(Path(name) / "plain", core, f"127.0.0.1:{introspection.server_port}")
        for _ in range(starts):
            for room, pairs in _start_and_measure(ours, other, blocks).items():
                found.setdefault(room, []).extend(pairs)
        introspection.shutdown()
    measures: dict[str, Callable[[Block], float]] = {
        "messages": lambda block: block.wall,
        "cpu": lambda block: block.cpu,
    }
    return [
        _entry(what, room, pairs, of)
        for what, of in measures.items()
        for room, pairs in found.items()
    ]


def main() -> None:
    """Measure and print."""
    for entry in run():
        print(json.dumps(entry))


if __name__ == "__main__":
    main()
