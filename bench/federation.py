"""The federation door, in, with full checking, against plain nginx in the same place.

Every request is a transaction that a partner's server signed; the gateway verifies it by a pinned key,
reads it, counts it, asks a document of 200 rules and records the answer. `transactions`: both stand on a
core of their own before an nginx that answers every transaction; the load comes from `wrk` on another;
`cpu` is the same per second of the proxy's own CPU. `synapse`: both stand before one real Synapse, into a
room of which a partner's server sends one message after the other, in short blocks by turns; `message` is
the time of one such transaction in milliseconds. Ratios are medians of the ratios of single rounds.
`python -m bench.federation` prints them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.entry import Entry
from bench.gateway import (
    CONNECTIONS,
    Rate,
    _cores,
    _cpu_seconds,
    _free_port,
    _nginx,
    _process,
    _public_key,
    _run,
    _sessions,
    _told_to_end,
)
from bench.office import people_of, write_streams
from tests.signing import SigningServer, wire
from tests.system.hostile_server import ADDRESS, HostileServer, Room
from tests.system.raw import Reply
from tests.system.synapse_process import Authority, SynapseProcess, running
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.inspector import Inspector
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.memory.key_server import MemoryKeyServer
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.synapse_inner import SynapseInner
from vedette.adapters.system_clock import SystemClock
from vedette.core.names import ServerName
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.carrier import Tcp, Upstream, serve
from vedette.gateway.files import FetchedFiles
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.keyring import Keyring
from vedette.gateway.loop import run as run_loop
from vedette.gateway.main import PROCESS
from vedette.spine import Spine

ROUNDS = 7
BLOCK = 15
BLOCKS = 8
TRANSACTIONS_TARGET = 0.1
SYNAPSE_TARGET = 0.9
DOMAIN = "example.org"
PARTNER = "bench.example"
EVENTS = 5
AGREED = """
[federation]
requests = 1000000
traffic = "500 GiB"

[partners.bench]
domains = ["{name}"]
keys = ["{pin}"]

[rules.bench]
between = ["staff", "bench"]
allow = ["message", "contact"]
"""


def transaction(origin: str, events: int = EVENTS) -> dict[str, Any]:
    """What an office's partner sends at once: a few messages of ordinary size, and a receipt."""
    event = {
        "type": "m.room.message", "room_id": "!abcdefghijklmnop:example.org",
        "sender": f"@carol:{origin}", "content": {"msgtype": "m.text", "body": "words " * 20},
        "origin_server_ts": 1, "depth": 12, "prev_events": ["$" + "p" * 43],
        "auth_events": ["$" + letter * 43 for letter in "abc"],
        "hashes": {"sha256": "h" * 43}, "signatures": {origin: {"ed25519:a_1": "s" * 86}},
    }  # fmt: skip
    receipt = {"edu_type": "m.receipt", "content": {}}
    return {"origin": origin, "origin_server_ts": 1, "pdus": [event] * events, "edus": [receipt]}


def _script(folder: Path, signing: SigningServer) -> Path:
    """What `wrk` sends."""
    content, target = transaction(signing.name), "/_matrix/federation/v1/send/1"
    header = signing.header("PUT", target, DOMAIN, content).decode()
    body = wire(content).decode()
    script = folder / "send.lua"
    script.write_text(
        f"wrk.method = 'PUT'\nwrk.body = [==[{body}]==]\nwrk.headers['Host'] = '{DOMAIN}'\n"
        f"wrk.headers['Authorization'] = [==[{header}]==]\n"
        "wrk.headers['Content-Type'] = 'application/json'\n"
    )
    return script


def _load(port: int, script: Path, core: int, seconds: int, pid: int) -> Rate:
    before = _cpu_seconds(pid)
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    address = f"http://127.0.0.1:{port}/_matrix/federation/v1/send/1"
    done = subprocess.run(
        ["taskset", "-c", str(core), *words, address], check=True, capture_output=True, text=True
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"requests failed:\n{done.stdout}")
    lines = done.stdout.splitlines()
    total = next(int(line.split()[0]) for line in lines if " requests in " in line)
    wall = next(float(line.split()[1]) for line in lines if line.startswith("Requests/sec"))
    return {"wall": wall, "cpu": total / max(_cpu_seconds(pid) - before, 0.01)}


def _origin(port: int) -> str:
    return f"""server {{ listen 127.0.0.1:{port}; default_type application/json;
      client_max_body_size 20m; location / {{ return 200 '{{"pdus":{{}}}}'; }} }}"""


def _proxy(port: int, behind: str) -> str:
    return f"""upstream o {{ server {behind}; keepalive 64; keepalive_requests 1000000; }}
    server {{ listen 127.0.0.1:{port}; client_max_body_size 20m;
      location / {{ proxy_pass http://o; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr; }} }}"""


def _ours(folder: Path, name: str, port: int, origin: int, domain: str) -> list[str]:
    words = [sys.executable, "-m", "bench.federation", "gateway", str(port), str(origin)]
    return [*words, str(folder / name), domain]


def _before_nginx(folder: Path, rounds: int, seconds: int) -> list[Entry]:
    """Both before an nginx that answers."""
    measured, rest = _cores()
    signing = SigningServer(PARTNER)
    door = folder / "stub"
    agreed = AGREED.format(name=PARTNER, pin=signing.pin)
    write_streams(door / "door", DOMAIN, people_of(DOMAIN), beside=agreed)
    script, origin = _script(folder, signing), _free_port()
    ports = {"gateway": _free_port(), "nginx": _free_port()}
    commands = {
        "gateway": _ours(folder, "stub", ports["gateway"], origin, DOMAIN),
        "nginx": _nginx(folder, "proxy", _proxy(ports["nginx"], f"127.0.0.1:{origin}")),
    }
    with ExitStack() as stack:
        stack.enter_context(_process(_nginx(folder, "origin", _origin(origin)), rest, origin))
        pids = {
            kind: stack.enter_context(_process(command, measured, ports[kind]))
            for kind, command in commands.items()
        }
        found = [
            {kind: _load(ports[kind], script, rest, seconds, pids[kind]) for kind in ports}
            for _ in range(rounds + 1)
        ][1:]
    return [_rate("transactions", found, "wall", "transactions/s"),
            _rate("cpu", found, "cpu", "transactions per CPU second")]  # fmt: skip


def _rate(what: str, rounds: list[dict[str, Rate]], kind: str, unit: str) -> Entry:
    ours, theirs = (
        [each[name]["wall" if kind == "wall" else "cpu"] for each in rounds]
        for name in ("gateway", "nginx")
    )
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return _entry(what, statistics.median(ours), statistics.median(theirs), ratio, unit,
                  TRANSACTIONS_TARGET)  # fmt: skip


def _entry(what: str, ours: float, theirs: float, ratio: float, unit: str, target: float) -> Entry:
    return {
        "id": f"federation.{what}.nginx", "value": round(ours, 2), "unit": unit, "peer": "nginx",
        "peer_value": round(theirs, 2), "ratio": round(ratio, 3), "target": target,
        "met": ratio >= target,
    }  # fmt: skip


class Sender(HostileServer):
    """A partner's server that sends in plain to a port here, on one connection for each."""

    connections: dict[int, http.client.HTTPConnection]

    async def ask(  # type: ignore[override]
        self, whom: Any, method: str, target: str, content: Any = None, **_how: Any
    ) -> Reply:
        """The answer to one signed request; `whom` is a port and a server name."""
        port, domain = whom
        header = self.signing.header(method, target, domain, content).decode()
        sent = None if content is None else wire(content)
        known = self.connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port))

        def exchange() -> Reply:
            head = {"Authorization": header, "Host": domain, "Content-Type": "application/json"}
            known.request(method, target, sent, head)
            answer = known.getresponse()
            return Reply(answer.status, {}, answer.read())

        return await asyncio.to_thread(exchange)


async def _sending(
    ports: dict[str, int], synapse: SynapseProcess, signing: SigningServer, authority: Authority
) -> list[dict[str, float]]:
    """Seconds of one transaction with one message, by the way it goes: medians of blocks by turns."""
    alice = synapse.register("alice")
    room_id = alice.create_room(preset="public_chat")
    sender = Sender(signing, authority.file)
    sender.connections = {}
    chain, key = authority.issue(ADDRESS)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)
    port = int(signing.name.rpartition(":")[2])
    listening = await asyncio.start_server(sender.serve, ADDRESS, port, ssl=tls)
    room = await sender.join((ports["nginx"], synapse.name), room_id)  # type: ignore[arg-type]
    found = [
        {kind: await _block(sender, room, (ports[kind], synapse.name)) for kind in ports}
        for _ in range(BLOCKS + 1)
    ]
    listening.close()
    return found[1:]


async def _block(sender: Sender, room: Room, whom: tuple[int, str]) -> float:
    times = []
    for number in range(BLOCK):
        event = sender.text(room, f"message {number}")
        since = time.perf_counter()
        answer = await sender.send(whom, event)  # type: ignore[arg-type]
        times.append(time.perf_counter() - since)
        if answer.status != 200 or b"error" in answer.body:
            raise RuntimeError(f"a transaction failed: {answer}")
    return statistics.median(times)


def _before_synapse(folder: Path) -> list[Entry]:
    """Both before one Synapse."""
    measured, rest = _cores()
    authority = Authority.make(folder / "ca")
    synapse = SynapseProcess(folder / "synapse", authority, "127.0.0.2")
    signing = SigningServer(f"{ADDRESS}:{_free_port()}")
    agreed = AGREED.format(name=signing.name, pin=signing.pin)
    write_streams(folder / "real" / "door", synapse.name, people_of(synapse.name), beside=agreed)
    ports = {"gateway": _free_port(), "nginx": _free_port()}
    behind = synapse.address
    nginx = _proxy(ports["nginx"], behind)
    commands = {
        "gateway": [*_ours(folder, "real", ports["gateway"], 0, synapse.name), behind],
        "nginx": _nginx(folder, "before-synapse", nginx),
    }
    with running(synapse), ExitStack() as stack:
        for kind, command in commands.items():
            stack.enter_context(_process(command, measured, ports[kind]))
        found = asyncio.run(_sending(ports, synapse, signing, authority))
    del rest
    ours, theirs = ([each[kind] for each in found] for kind in ("gateway", "nginx"))
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    mine, peer = statistics.median(ours), statistics.median(theirs)
    return [
        _entry("synapse", 1 / mine, 1 / peer, ratio, "transactions/s", SYNAPSE_TARGET),
        _entry("message", mine * 1000, peer * 1000, ratio, "ms", SYNAPSE_TARGET),
    ]


def run(rounds: int = ROUNDS, seconds: int = 1) -> list[Entry]:
    """Return the door's ratios to nginx.

    Raises:
        RuntimeError: a program is missing, or requests failed.
    """
    missing = [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]
    if missing:
        raise RuntimeError(f"missing: {', '.join(missing)}; apt-get install nginx wrk util-linux")
    with tempfile.TemporaryDirectory() as name:
        return _before_nginx(Path(name), rounds, seconds) + _before_synapse(Path(name))


async def _gateway(port: int, behind: Tcp, folder: Path, domain: ServerName) -> None:
    """Serve with the gateway's doors until the process is told to end."""
    clock = SystemClock()
    spool = AuditSpool(folder / "spool", PROCESS, clock, asyncio.wrap_future)
    streams = StreamFiles(folder / "door", domain, _public_key(folder / "door"), clock)
    spool.start()
    sessions = await _sessions(streams)
    homeserver = SynapseInner(folder / "inner.sock")
    spine = Spine(streams, spool, LogIncidents(), clock)
    upstream = Upstream(behind)
    signin = SignInService(upstream, domain.encode())
    keyring = Keyring(MemoryKeyServer(), clock)
    files = FetchedFiles(spine, Inspector(folder / "inner.sock", _run), homeserver, domain)
    servers = IncomingDoor(spine, files, keyring, domain, frozenset({domain}))
    doors = PublicDoors(spine, files, sessions, upstream, domain, lambda _: {}, signin, servers)
    server = await serve(doors.plan, [Tcp("127.0.0.1", port)])
    await _told_to_end()
    await server.close(1)
    await homeserver.close()
    spool.close()


def main() -> None:
    """Measure and print, or be the gateway."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=["gateway"])
    parser.add_argument("port", nargs="?", type=int, default=0)
    parser.add_argument("origin", nargs="?", type=int, default=0)
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    parser.add_argument("domain", nargs="?", default=DOMAIN)
    parser.add_argument("behind", nargs="?", default="")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=1)
    given = parser.parse_args()
    if given.kind == "gateway":
        host, _, port = (given.behind or f"127.0.0.1:{given.origin}").rpartition(":")
        behind = Tcp(host, int(port))
        run_loop(_gateway(given.port, behind, given.folder, ServerName(given.domain)))
    else:
        for entry in run(given.rounds, given.seconds):
            print(json.dumps(entry))


if __name__ == "__main__":
    main()
