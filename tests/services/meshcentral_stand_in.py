"""Stands in for MeshCentral's control channel where a real one can't be made to misbehave.

The real one is tried in `tests/system/devices`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.services.tls_server import context_of
from vedette.suite.certificates import Authority, issue, today

TOKEN = "~t:Nq7Wd0sXbT1k2Zpa"


def node(number: int, *tags: str, **other: Any) -> dict[str, Any]:
    """A device as the server lists it."""
    return {
        "type": "node",
        "_id": f"node//{number:064}",
        "name": f"mac-{number}",
        "host": "127.0.0.1",
        "agent": {"ver": 0, "id": 16, "caps": 31},
        "osdesc": "macOS 15.4.1",
        "conn": 1,
        "pwr": 1,
        "tags": [f"name:SERIAL{number:05}", f"owner:person{number}", *tags],
        **other,
    }


@dataclass
class MeshCentralStandIn:
    """What it has, and how it is just now. `pages` is how many devices it shows at once, if fewer."""

    password: str = field(default_factory=lambda: secrets.token_urlsafe(20))
    devices: list[Any] = field(default_factory=list)
    pages: int = 0
    away: bool = False
    halves: bool = False
    """Whether it ends the channel before it has told all."""
    sends_on_to: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        if self.away:
            return web.Response(status=503)
        if self.sends_on_to:
            return web.Response(status=302, headers={"Location": self.sends_on_to})
        channel = web.WebSocketResponse()
        await channel.prepare(request)
        shown = [base64.b64decode(p).decode() for p in request.headers["x-meshauth"].split(",")]
        if shown != [TOKEN, self.password]:
            await channel.send_json({"action": "close", "cause": "noauth", "msg": "noauth-2c"})
            await channel.close()
            return channel
        await channel.send_json({"action": "serverinfo", "serverinfo": {"name": "127.0.0.1"}})
        await channel.send_json({"action": "userinfo", "userinfo": {"_id": "user//admin"}})
        async for message in channel:
            asked = message.json() if message.type is WSMsgType.TEXT else {}
            if asked.get("action") == "nodes":
                await self._tell(channel, asked)
        return channel

    async def _tell(self, channel: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        begin = asked.get("skip", 0) if self.pages else 0
        rows = self.devices[begin : begin + self.pages] if self.pages else self.devices
        if self.halves and (begin or not self.pages):
            await channel.close()
            return
        groups: dict[str, list[Any]] = {"mesh//first": rows[::2], "mesh//second": rows[1::2]}
        answer = {"action": "nodes", "responseid": asked.get("responseid"), "nodes": groups}
        if self.pages:
            answer |= {"skip": begin, "limit": self.pages, "totalcount": len(self.devices)}
        await channel.send_json({"action": "event", "event": {"action": "nodeconnect"}})
        await channel.send_json(answer)


@contextlib.contextmanager
def meshcentral_stand_in(answering: MeshCentralStandIn, ca: Authority) -> Iterator[str]:
    """Serve on 127.0.0.1; its origin."""
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), [0]

    async def begin() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/control.ashx", answering.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(
            runner, "127.0.0.1", 0, ssl_context=context_of(issue(ca, ("127.0.0.1",), today()))
        )
        await site.start()
        port[0] = runner.addresses[0][1]
        return runner

    def run() -> None:
        runner = loop.run_until_complete(begin())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield f"https://127.0.0.1:{port[0]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
