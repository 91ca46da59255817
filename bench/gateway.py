"""Requests a second through the gateway, every request decided, against nginx and an aiohttp proxy.

All three stand before the same nginx that answers small JSON, on one core of their own; the load
comes from `wrk` on another. Rounds are short and interleaved, and a ratio is the median of the ratios
of single rounds, so only the ratios mean something. `python -m bench.gateway` prints them.

The gateway runs as it is shipped: its doors, a document of 200 rules and a list of 1,000 sessions from
signed streams, its audit spool on disk. Every request carries an access token, whose session is looked
up every time. `requests` is a routine row, settled and counted; `decided` fetches a file: the file's
facts are known, and the rules are asked. `cpu` is the routine row again, per second of the proxy's own
CPU, which other programs on the machine disturb less. `tls` is the routine row over TLS 1.3, on
connections that stay open, as clients' do. `token` is the check of one token alone, in
microseconds, against joserfc verifying the same token each time.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypedDict

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc import jwt
from joserfc.jwk import OKPKey

from bench.entry import Entry
from bench.office import people_of, signed_in, write_streams
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.inspector import Inspector
from vedette.adapters.log_incidents import LogIncidents
from vedette.adapters.memory.key_server import MemoryKeyServer
from vedette.adapters.sessions_list import SessionsList
from vedette.adapters.stream_files import StreamFiles
from vedette.adapters.synapse_inner import SynapseInner
from vedette.adapters.system_clock import SystemClock
from vedette.core.files import Content, Digest, File
from vedette.core.names import MediaId, ServerName, UserId
from vedette.core.record import JSON
from vedette.gateway.app import PublicDoors, SignInService
from vedette.gateway.carrier import Tcp, Upstream, serve
from vedette.gateway.files import FetchedFiles
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.keyring import Keyring
from vedette.gateway.loop import run as run_loop
from vedette.gateway.main import PROCESS
from vedette.gateway.tls import ServerTls, TlsFiles
from vedette.protocol.internal.files import file_to_json
from vedette.protocol.internal.sessions import listed_of
from vedette.spine import Spine
from vedette.suite.certificates import issue, make_authority, today

CONNECTIONS = 16
ROUNDS = 11
NGINX_TARGET = 0.4
AIOHTTP_TARGET = 2.5
DOMAIN = ServerName("example.org")
PATHS = {
    "requests": "/_matrix/client/v3/rooms/%21abcdefgh%3Aexample.org/joined_members?x=1",
    "decided": f"/_matrix/client/v1/media/download/{DOMAIN}/AbCdEfGhIjKlMnOpQrStUvWx",
}
_ROOT = Path(__file__).parents[1]
_ISSUER = "https://matrix.example.org/"
_SESSIONS = 1000


class Rate(TypedDict):
    """What one round of load gave: per second of time, and of the proxy's own CPU."""

    wall: float
    cpu: float


def _people() -> list[str]:
    return people_of(DOMAIN, _SESSIONS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _cores() -> tuple[int, int]:
    """Return a core for what is measured and one for the rest."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[-1], cores[0]


def _wait_for(port: int) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


@contextmanager
def _process(command: list[str], core: int, port: int) -> Iterator[int]:
    """Run `command` on `core` until the block ends; yields its process id."""
    running = subprocess.Popen(["taskset", "-c", str(core), *command], cwd=_ROOT)
    try:
        _wait_for(port)
        yield running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(10)


def _nginx(folder: Path, name: str, server: str) -> list[str]:
    """Write a configuration for one worker and return the command for it."""
    home = folder / name
    home.mkdir()
    config = home / "nginx.conf"
    config.write_text(
        f"""
daemon off; master_process off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000; client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/f; uwsgi_temp_path {home}/u;
  scgi_temp_path {home}/s;
  {server}
}}
"""
    )
    return ["nginx", "-p", str(home), "-c", str(config), "-e", f"{home}/error.log"]


def _origin(port: int, inner: Path) -> str:
    """What stands for the homeserver: `inner` is where the gateway asks for its facts."""
    joined = {f"@user{n}:{DOMAIN}": {"display_name": "U"} for n in range(4)}
    owner = people_of(DOMAIN)[0]
    media = MediaId("AbCdEfGhIjKlMnOpQrStUvWx")
    content = Content(
        sha256=Digest("0" * 64), size=1000, kind="document", type="application/pdf", by="bench"
    )
    file = json.dumps(
        file_to_json(
            File(
                server=DOMAIN, media=media, owner=UserId(owner), declared="application/pdf",
                name="report.pdf", content=content,
            )
        )
    )  # fmt: skip
    return f"""server {{ listen 127.0.0.1:{port}; listen unix:{inner};
      default_type application/json; add_header Access-Control-Allow-Origin "*";
      location / {{ return 200 '{json.dumps({"joined": joined})}'; }}
      location /files/ {{ return 200 '{file}'; }} }}"""


def _nginx_proxy(ports: tuple[int, int], origin: int, folder: Path) -> str:
    return f"""upstream o {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000; }}
    server {{ listen 127.0.0.1:{ports[0]}; listen 127.0.0.1:{ports[1]} ssl;
      ssl_certificate {folder}/tls.crt; ssl_certificate_key {folder}/tls.key;
      location / {{ proxy_pass http://o; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    }} }}"""


def _cpu_seconds(pid: int) -> float:
    """What all threads of a process have used, to the nanosecond; ticks would miss short runs."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _load(address: str, token: str, core: int, seconds: int, pid: int) -> Rate:
    """Return the rate of one round of load on `address`, served by process `pid`."""
    before = _cpu_seconds(pid)
    script = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-H",
        f"Authorization: Bearer {token}",
    ]
    agent = ["-H", "User-Agent: Element/1.11", "-H", "Accept: application/json"]
    done = subprocess.run(
        ["taskset", "-c", str(core), *script, *agent, address],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"requests failed:\n{done.stdout}")
    lines = done.stdout.splitlines()
    total = next(int(line.split()[0]) for line in lines if " requests in " in line)
    wall = next(float(line.split()[1]) for line in lines if line.startswith("Requests/sec"))
    return {"wall": wall, "cpu": total / max(_cpu_seconds(pid) - before, 0.01)}


def _entry(what: str, rounds: list[dict[str, float]], peer: str, target: float) -> Entry:
    ratio = statistics.median(rates["gateway"] / rates[peer] for rates in rounds)
    ours, theirs = (
        statistics.median(rates[kind] for rates in rounds) for kind in ("gateway", peer)
    )
    return {
        "id": f"gateway.{what}.{peer}", "value": round(ours),
        "unit": "requests per CPU second" if what == "cpu" else "requests/s",
        "peer": peer, "peer_value": round(theirs), "ratio": round(ratio, 3), "target": target,
        "met": ratio >= target,
    }  # fmt: skip


def run(rounds: int = ROUNDS, seconds: int = 1) -> list[Entry]:
    """Return the gateway's ratios to both peers.

    Raises:
        RuntimeError: `nginx` or `wrk` is missing, or requests failed.
    """
    missing = [name for name in ("nginx", "wrk", "taskset") if shutil.which(name) is None]
    if missing:
        raise RuntimeError(f"missing: {', '.join(missing)}; apt-get install nginx wrk util-linux")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        tokens, sessions = signed_in(_people(), _ISSUER)
        token = tokens[1]
        ports, pids, rest = _started(Path(name), sessions, stack)
        places = {
            what: {kind: f"http://127.0.0.1:{plain}{path}" for kind, (plain, _) in ports.items()}
            for what, path in PATHS.items()
        }
        path = PATHS["requests"]
        places["tls"] = {kind: f"https://127.0.0.1:{tls}{path}" for kind, (_, tls) in ports.items()}
        rates = {
            what: _rounds(at, token, pids, rest, rounds, seconds) for what, at in places.items()
        }
        checked = _token_entry(Path(name) / "door", token, sessions)
    shown = [(what, rates[what], "wall") for what in rates] + [("cpu", rates["requests"], "cpu")]
    return [checked] + [
        _entry(what, [_of(each, kind) for each in found], peer, target)
        for what, found, kind in shown
        for peer, target in (("nginx", NGINX_TARGET), ("aiohttp", AIOHTTP_TARGET))
    ]


def _token_entry(door: Path, token: str, body: dict[str, JSON]) -> Entry:
    """The check of a token whose key was looked at before, round by round beside the peer's."""
    sessions = asyncio.run(_sessions(StreamFiles(door, DOMAIN, _public_key(door), SystemClock())))
    keys = listed_of(body).keys
    key = OKPKey.import_key(next(iter(keys.values())))
    rounds = [
        (
            _microseconds(lambda: sessions.of(token), 20_000),
            _microseconds(lambda: jwt.decode(token, key, algorithms=["EdDSA"]), 500),
        )
        for _ in range(ROUNDS)
    ]
    ours, theirs = (statistics.median(each) for each in zip(*rounds, strict=True))
    ratio = statistics.median(theirs / ours for ours, theirs in rounds)
    return {
        "id": "gateway.token.joserfc", "value": round(ours, 2), "unit": "µs", "peer": "joserfc",
        "peer_value": round(theirs, 1), "ratio": round(ratio, 1), "target": 20.0, "met": ratio >= 20,
    }  # fmt: skip


def _microseconds(work: Callable[[], object], times: int) -> float:
    return timeit.timeit(work, number=times) / times * 1e6


async def _sessions(streams: StreamFiles) -> SessionsList:
    """The list of sessions in a door's folder."""
    streams.start()
    sessions = SessionsList(streams, streams.clock)
    await sessions.take()
    return sessions


def _public_key(door: Path) -> Ed25519PublicKey:
    key = load_pem_public_key((door / "public.pem").read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise TypeError("the streams are signed with another kind of key")
    return key


def _of(rates: dict[str, Rate], kind: str) -> dict[str, float]:
    """One round's rates by the clock (`wall`) or by CPU time (`cpu`)."""
    return {name: rate["cpu" if kind == "cpu" else "wall"] for name, rate in rates.items()}


def _started(
    folder: Path, sessions: dict[str, JSON], stack: ExitStack
) -> tuple[dict[str, tuple[int, int]], dict[str, int], int]:
    """Start the origin and all three proxies; return ports, process ids and the load's core.

    Each has a port for plain HTTP and one for TLS.
    """
    measured, rest = _cores()
    own = [sys.executable, "-m", "bench.gateway"]
    origin, inner = _free_port(), folder / "inner.sock"
    ports = {name: (_free_port(), _free_port()) for name in ("gateway", "nginx", "aiohttp")}
    certificate = issue(make_authority("bench", today()), ("127.0.0.1",), today())
    (folder / "tls.crt").write_bytes(certificate.certificate)
    (folder / "tls.key").write_bytes(certificate.key)
    stack.enter_context(_process(_nginx(folder, "origin", _origin(origin, inner)), rest, origin))
    write_streams(folder / "door", DOMAIN, people_of(DOMAIN), sessions=sessions)
    commands = {
        "nginx": _nginx(folder, "proxy", _nginx_proxy(ports["nginx"], origin, folder)),
        **{
            kind: [*own, kind, *map(str, ports[kind]), str(origin), str(folder)]
            for kind in ("gateway", "aiohttp")
        },
    }
    pids = {
        kind: stack.enter_context(_process(commands[kind], measured, ports[kind][0]))
        for kind in ports
    }
    return ports, pids, rest


def _rounds(
    places: dict[str, str],
    token: str,
    pids: dict[str, int],
    core: int,
    rounds: int,
    seconds: int,
) -> list[dict[str, Rate]]:
    """Return every round's rates; the first round warms up and is dropped."""
    return [
        {kind: _load(place, token, core, seconds, pids[kind]) for kind, place in places.items()}
        for _ in range(rounds + 1)
    ][1:]


async def _run(doing: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(doing)


async def _gateway(ports: tuple[int, int], origin: int, folder: Path) -> None:
    """Serve with the gateway's doors until the process is told to end."""
    clock = SystemClock()
    spool = AuditSpool(folder / "spool", PROCESS, clock, asyncio.wrap_future)
    streams = StreamFiles(folder / "door", DOMAIN, _public_key(folder / "door"), clock)
    spool.start()
    sessions = await _sessions(streams)
    homeserver = SynapseInner(folder / "inner.sock")
    spine = Spine(streams, spool, LogIncidents(), clock)
    upstream = Upstream(Tcp("127.0.0.1", origin))
    signin = SignInService(upstream, DOMAIN.encode())
    keys = Keyring(MemoryKeyServer(), clock)
    files = FetchedFiles(spine, Inspector(folder / "inner.sock", _run), homeserver, DOMAIN)
    others = IncomingDoor(spine, files, keys, DOMAIN, frozenset({DOMAIN}))
    doors = PublicDoors(spine, files, sessions, upstream, DOMAIN, lambda _: {}, signin, others)
    tls = ServerTls(TlsFiles(str(folder / "tls.crt"), str(folder / "tls.key")))
    servers = [
        await serve(doors.plan, [Tcp("127.0.0.1", ports[1])], tls=tls),
        await serve(doors.plan, [Tcp("127.0.0.1", ports[0])]),
    ]
    await _told_to_end()
    for server in servers:
        await server.close(1)
    await homeserver.close()
    spool.close()


async def _aiohttp(ports: tuple[int, int], origin: int, folder: Path) -> None:
    """Serve with a plain aiohttp proxy until the process is told to end."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def forward(request: web.Request) -> web.StreamResponse:
            headers = {name: value for name, value in request.headers.items() if name != "Host"}
            url = f"http://127.0.0.1:{origin}{request.raw_path}"
            async with session.request(
                request.method, url, headers=headers, data=await request.read()
            ) as answer:
                body = await answer.read()
                kind = answer.headers["Content-Type"]
                return web.Response(status=answer.status, body=body, headers={"Content-Type": kind})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
        await web.TCPSite(runner, "127.0.0.1", ports[1], ssl_context=context).start()
        await web.TCPSite(runner, "127.0.0.1", ports[0]).start()
        await _told_to_end()
        await runner.cleanup()


async def _told_to_end() -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    await end.wait()


def main() -> None:
    """Measure and print, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=["gateway", "aiohttp"])
    parser.add_argument("port", nargs="?", type=int, default=0)
    parser.add_argument("tls_port", nargs="?", type=int, default=0)
    parser.add_argument("origin", nargs="?", type=int, default=0)
    parser.add_argument("folder", nargs="?", type=Path, default=Path())
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=1)
    given = parser.parse_args()
    if given.kind == "gateway":
        run_loop(_gateway((given.port, given.tls_port), given.origin, given.folder))
    elif given.kind == "aiohttp":
        run_loop(_aiohttp((given.port, given.tls_port), given.origin, given.folder))
    else:
        for entry in run(given.rounds, given.seconds):
            print(json.dumps(entry))


if __name__ == "__main__":
    main()
