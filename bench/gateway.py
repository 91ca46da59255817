"""Requests a second through the gateway's carrier, against nginx and an aiohttp proxy.

All three stand before the same nginx that answers small JSON, on one core of their
own; the load comes from `wrk` on another. Rounds are interleaved and medians taken,
so only the ratios mean something. `python bench/gateway.py` prints them.

The carrier runs a plan that forwards everything unless another is named: `run(plan=
"module:function")`, a function that takes an `Upstream` and returns a plan.
"""

import argparse
import asyncio
import importlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypedDict

import aiohttp
from aiohttp import web

from vedette.gateway.carrier import Forward, Limits, Tcp, Upstream, serve
from vedette.gateway.loop import run as run_loop

CONNECTIONS = 16
NGINX_TARGET = 0.4
AIOHTTP_TARGET = 2.5
TRIVIAL_PLAN = "bench_trivial"
_PATH = "/_matrix/client/v3/rooms/%21abcdefgh%3Aexample.org/joined_members?x=1"
_CREDENTIAL = "Bearer syt_YWxpY2U_abcdefghijklmnopqrst_0abcde"


class Entry(TypedDict):
    """One line of `build/bench.json`."""

    id: str
    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    target: float
    met: bool


class Rate(TypedDict):
    """What one round of load gave: per second of time, and of the proxy's own CPU."""

    wall: float
    cpu: float


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
    running = subprocess.Popen(["taskset", "-c", str(core), *command])
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


def _origin(port: int) -> str:
    body = json.dumps(
        {"joined": {f"@user{n}:example.org": {"display_name": "U"} for n in range(4)}}
    )
    return f"""server {{ listen 127.0.0.1:{port}; location / {{
      default_type application/json; add_header Access-Control-Allow-Origin "*";
      return 200 '{body}'; }} }}"""


def _nginx_proxy(port: int, origin: int) -> str:
    return f"""upstream o {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000; }}
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://o; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme;
    }} }}"""


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load(port: int, core: int, seconds: int, pid: int) -> Rate:
    """Return the rate of one round of load on `port`."""
    before = _cpu_seconds(pid)
    script = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-H",
        f"Authorization: {_CREDENTIAL}",
    ]
    agent = ["-H", "User-Agent: Element/1.11", "-H", "Accept: application/json"]
    done = subprocess.run(
        ["taskset", "-c", str(core), *script, *agent, f"http://127.0.0.1:{port}{_PATH}"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"requests failed:\n{done.stdout}")
    lines = done.stdout.splitlines()
    total = next(int(line.split()[0]) for line in lines if " requests in " in line)
    wall = next(float(line.split()[1]) for line in lines if line.startswith("Requests/sec"))
    return {"wall": wall, "cpu": total / max(_cpu_seconds(pid) - before, 0.01)}


def _entry(what: str, ours: float, peer: str, theirs: float, target: float) -> Entry:
    ratio = ours / theirs
    unit = "requests/s" if what == "requests" else "requests per CPU second"
    return {
        "id": f"gateway.{what}.{peer}", "value": round(ours), "unit": unit, "peer": peer,
        "peer_value": round(theirs), "ratio": round(ratio, 3), "target": target,
        "met": ratio >= target,
    }  # fmt: skip


def run(plan: str = TRIVIAL_PLAN, rounds: int = 5, seconds: int = 3) -> list[Entry]:
    """Return the carrier's ratios to both peers.

    Raises:
        RuntimeError: `nginx` or `wrk` is missing, or requests failed.
    """
    for program in ("nginx", "wrk", "taskset"):
        if shutil.which(program) is None:
            raise RuntimeError(f"`{program}` is missing; install nginx, wrk and util-linux")
    measured, rest = _cores()
    own = [sys.executable, str(Path(__file__).resolve())]
    origin, ports = _free_port(), {name: _free_port() for name in ("carrier", "nginx", "aiohttp")}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        stack.enter_context(_process(_nginx(folder, "origin", _origin(origin)), rest, origin))
        commands = {
            "carrier": [*own, "carrier", str(ports["carrier"]), str(origin), "--plan", plan],
            "nginx": _nginx(folder, "proxy", _nginx_proxy(ports["nginx"], origin)),
            "aiohttp": [*own, "aiohttp", str(ports["aiohttp"]), str(origin)],
        }
        pids = {
            kind: stack.enter_context(_process(command, measured, ports[kind]))
            for kind, command in commands.items()
        }
        rates = _rounds(ports, pids, rest, rounds, seconds)
    return [
        _entry(what, rates["carrier"][kind], peer, rates[peer][kind], target)
        for what, kind in (("requests", "wall"), ("cpu", "cpu"))
        for peer, target in (("nginx", NGINX_TARGET), ("aiohttp", AIOHTTP_TARGET))
    ]


def _rounds(
    ports: dict[str, int], pids: dict[str, int], core: int, rounds: int, seconds: int
) -> dict[str, dict[str, float]]:
    """Return each kind's median rates; the first, short round warms up and is dropped."""
    kept: dict[str, list[Rate]] = {kind: [] for kind in ports}
    for number in range(rounds + 1):
        for kind, port in ports.items():
            rate = _load(port, core, seconds if number else 1, pids[kind])
            if number:
                kept[kind].append(rate)
    return {
        kind: {
            "wall": statistics.median(rate["wall"] for rate in rates),
            "cpu": statistics.median(rate["cpu"] for rate in rates),
        }
        for kind, rates in kept.items()
    }


async def _carrier(port: int, origin: int, plan: str) -> None:
    """Serve with the carrier until the process is told to end."""
    upstream = Upstream(Tcp("127.0.0.1", origin))
    if plan == TRIVIAL_PLAN:
        action = Forward(upstream, None)
        server = await serve(lambda _: action, [Tcp("127.0.0.1", port)], limits=Limits())
    else:
        module, _, function = plan.partition(":")
        made: Any = getattr(importlib.import_module(module), function)(upstream)
        server = await serve(made, [Tcp("127.0.0.1", port)], limits=Limits())
    await _told_to_end()
    await server.close(1)


async def _aiohttp(port: int, origin: int) -> None:
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
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await _told_to_end()
        await runner.cleanup()


async def _told_to_end() -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    await end.wait()


def main() -> None:
    """Measure and print, or be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", nargs="?", choices=["carrier", "aiohttp"])
    parser.add_argument("port", nargs="?", type=int, default=0)
    parser.add_argument("origin", nargs="?", type=int, default=0)
    parser.add_argument("--plan", default=TRIVIAL_PLAN)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    if given.kind == "carrier":
        run_loop(_carrier(given.port, given.origin, given.plan))
    elif given.kind == "aiohttp":
        run_loop(_aiohttp(given.port, given.origin))
    else:
        for entry in run(given.plan, given.rounds, given.seconds):
            print(json.dumps(entry))


if __name__ == "__main__":
    main()
