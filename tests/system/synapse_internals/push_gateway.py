"""A push gateway that keeps what it is told, behind the gateway's own way out for pushes."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.apps.scene import DOCUMENT, Scene, policy_of
from tests.ports import free_port
from tests.system.synapse_process import Authority
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.gateway.tunnel import PushTunnel

PLACE = "127.0.0.5"
LISTED = 'gateways = ["https://push.example.org/_matrix/push/v1/notify"]'


@dataclass
class Pushes:
    """`url`: where clients have their pushes sent; `unlisted` is a gateway that no settings name."""

    url: str
    unlisted: str
    tunnel: str
    scene: Scene
    told: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def push_gateway(authority: Authority) -> Iterator[Pushes]:
    """Run the push gateway, another one, and the tunnel that leads to the first alone."""
    certificate, key = authority.issue(PLACE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    servers, kept = [], ([], [])
    for notes in kept:
        server = ThreadingHTTPServer((PLACE, 0), _keeping(notes))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
    url, unlisted = (f"https://{PLACE}:{s.server_port}/_matrix/push/v1/notify" for s in servers)
    document = DOCUMENT.replace(LISTED, f'gateways = ["{url}"]')
    assert url in document
    scene = Scene(policy=MemoryPolicy(policy_of(document)))
    at = f"127.0.0.1:{free_port('127.0.0.1')}"
    with _running(PushTunnel(scene.spine), at):
        yield Pushes(url, unlisted, at, scene, *kept)
    for server in servers:
        server.shutdown()
        server.server_close()


def _keeping(notes: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            notes.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"rejected": []}')

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    return Handler


@contextmanager
def _running(tunnel: PushTunnel, address: str) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(tunnel.listen(address), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(tunnel.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
