"""A homeserver written for the tests, that says whatever it is told to: keys, requests, events.

It speaks federation over TLS by hand. Events are made with Synapse's own functions, so that they are
what another homeserver would make, unless a test changes them.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from synapse.api.room_versions import KNOWN_ROOM_VERSIONS, RoomVersion
from synapse.crypto.event_signing import add_hashes_and_signatures, compute_event_signature
from synapse.events import make_event_from_dict

from tests.services.tls_server import context_of
from tests.signing import SigningServer, wire
from tests.system.raw import Reply, reply
from tests.system.two_organisations import Organisation
from vedette.suite.certificates import Authority, issue, today

ADDRESS = "127.0.0.66"
"""Where it listens, and where its connections come from."""
F = "/_matrix/federation"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was made to the hostile server."""

    method: str
    target: str
    content: Any


Answer = tuple[int, Any]
Script = Callable[[Asked], Answer | None]


@dataclass(slots=True)
class Room:
    """A room that it is in, as it was told: state by type and key, and the newest events."""

    room_id: str
    version: RoomVersion
    state: dict[tuple[str, str], dict[str, Any]]
    newest: list[str]
    depth: int

    def id_of(self, event: dict[str, Any]) -> str:
        return str(make_event_from_dict(event, self.version).event_id)

    def auth_for(self, kind: str, sender: str, state_key: str | None = None) -> list[str]:
        """The events that allow it (Matrix server-server API, "Auth events selection")."""
        keys = [("m.room.power_levels", ""), ("m.room.member", sender)]
        if not self.version.msc4291_room_ids_as_hashes:
            keys.append(("m.room.create", ""))
        if kind == "m.room.member":
            keys += [("m.room.join_rules", ""), ("m.room.member", state_key or "")]
        return [self.id_of(self.state[key]) for key in dict.fromkeys(keys) if key in self.state]


@dataclass(slots=True)
class HostileServer:
    """Runs in the test's own loop. `script` answers what it is asked before it does by itself."""

    signing: SigningServer
    ca_file: Path
    port: int = 0
    received: list[Asked] = field(default_factory=list)
    script: Script = lambda _: None
    keys_until: float | None = None
    old_keys: dict[str, Any] = field(default_factory=dict)
    also: tuple[SigningServer, ...] = ()
    """Other keys that it publishes and has."""
    silent: bool = False
    """Whether it publishes no keys."""
    _transactions: int = 0

    @property
    def name(self) -> str:
        return self.signing.name

    def user(self, localpart: str = "mallory") -> str:
        return f"@{localpart}:{self.name}"

    # -- asking -------------------------------------------------------------------------

    async def ask(
        self,
        whom: Organisation,
        method: str,
        target: str,
        content: Any = None,
        *,
        header: bytes | None = None,
        body: bytes | None = None,
        host: str = "",
        signed_for: str = "",
        source: str = ADDRESS,
    ) -> Reply:
        """One signed request on a connection of its own; anything may be said otherwise."""
        destination = signed_for or whom.domain
        header = header or self.signing.header(method, target, destination, content)
        body = body if body is not None else (b"" if content is None else wire(content))
        address, _, port = whom.boot.gateway.federation.rpartition(":")
        reader, writer = await asyncio.open_connection(
            address,
            int(port),
            ssl=ssl.create_default_context(cafile=str(self.ca_file)),
            server_hostname=whom.domain,
            local_addr=(source, 0),
        )
        try:
            head = [
                f"{method} {target} HTTP/1.1",
                f"Host: {host or whom.domain}",
                f"Authorization: {header.decode()}",
                f"Content-Length: {len(body)}",
            ]
            if method == "GET":
                head.pop()
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            return await reply(reader)
        finally:
            writer.transport.abort()

    async def send(
        self,
        whom: Organisation,
        *pdus: Any,
        edus: list[Any] | None = None,
        txn: str = "",
        **how: Any,
    ) -> Reply:
        """A transaction."""
        self._transactions += 1
        txn = txn or f"t{time.time_ns()}{self._transactions}"
        content = {
            "origin": self.name,
            "origin_server_ts": int(time.time() * 1000),
            "pdus": list(pdus),
            "edus": edus or [],
        }
        return await self.ask(whom, "PUT", f"{F}/v1/send/{txn}", content, **how)

    async def join(self, whom: Organisation, room_id: str, user: str = "") -> Room:
        """Join a room of `whom` as another server would."""
        user = user or self.user()
        path = f"{F}/v1/make_join/{quote(room_id)}/{quote(user)}?ver=" + "&ver=".join(
            KNOWN_ROOM_VERSIONS
        )
        made = await self.ask(whom, "GET", path)
        assert made.status == 200, made
        template = json.loads(made.body)
        version = KNOWN_ROOM_VERSIONS[template["room_version"]]
        event = self.signed(template["event"], version)
        event_id = make_event_from_dict(event, version).event_id
        joined = await self.ask(
            whom, "PUT", f"{F}/v2/send_join/{quote(room_id)}/{quote(event_id)}", event
        )
        assert joined.status == 200, joined
        answer = json.loads(joined.body)
        state = {(e["type"], e["state_key"]): e for e in answer["state"]}
        state["m.room.member", user] = event
        return Room(room_id, version, state, [event_id], event["depth"] + 1)

    # -- making -------------------------------------------------------------------------

    def signed(self, event: dict[str, Any], version: RoomVersion, name: str = "") -> dict[str, Any]:
        """The event with hash and signature; `name` is in whose name it is signed."""
        event = {k: v for k, v in event.items() if k not in ("hashes", "signatures", "unsigned")}
        add_hashes_and_signatures(version, event, name or self.name, self.signing.key)
        return event

    def countersigned(self, invited: Any) -> dict[str, Any]:
        """An invitation to one of its people, as a server returns it that lets it pass."""
        event = invited["event"]
        version = KNOWN_ROOM_VERSIONS[invited["room_version"]]
        mine = compute_event_signature(version, event, self.name, self.signing.key)
        return {**event, "signatures": {**event["signatures"], **mine}}

    def event(
        self,
        room: Room,
        content: Any,
        kind: str = "m.room.message",
        *,
        sender: str = "",
        state_key: str | None = None,
        **changed: Any,
    ) -> dict[str, Any]:
        """An event on top of what the room has; it is the newest afterwards."""
        sender = sender or self.user()
        event = {
            "room_id": room.room_id,
            "type": kind,
            "sender": sender,
            "content": content,
            "origin_server_ts": int(time.time() * 1000),
            "depth": room.depth,
            "prev_events": list(room.newest),
            "auth_events": room.auth_for(kind, sender, state_key),
        } | ({} if state_key is None else {"state_key": state_key})
        made = self.signed(event | changed, room.version)
        room.newest, room.depth = [room.id_of(made)], room.depth + 1
        return made

    def text(self, room: Room, body: str, **how: Any) -> dict[str, Any]:
        return self.event(room, {"msgtype": "m.text", "body": body}, **how)

    # -- answering ----------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answer:
        found = self.script(asked)
        if found is not None:
            return found
        path = asked.target.partition("?")[0]
        if path.startswith("/_matrix/key/v2/server"):
            if self.silent:
                return 503, {}
            more = {each.key_id: {"key": each.public} for each in self.also}
            keys = self.signing.keys(
                until=self.keys_until, old=self.old_keys, more=more, signers=self.also
            )
            return 200, keys
        if path.startswith(f"{F}/v2/invite/"):
            return 200, {"event": self.countersigned(asked.content)}
        if path.startswith(f"{F}/v1/send/"):
            return 200, {"pdus": {}}
        if path.startswith(f"{F}/v1/user/devices/"):
            return 200, {"user_id": self.user(), "stream_id": 1, "devices": []}
        if "get_missing_events" in path:
            return 200, {"events": []}
        if path.startswith(f"{F}/v1/version"):
            return 200, {"server": {"name": "hostile", "version": "1"}}
        return 404, {"errcode": "M_NOT_FOUND", "error": "not here"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").strip().split("\r\n")
                fields = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
                data = await reader.readexactly(int(fields.get("content-length", 0)))
                method, target, _ = first.split(" ")
                asked = Asked(method, target, json.loads(data) if data else None)
                self.received.append(asked)
                status, body = self.answer(asked)
                sent = body if isinstance(body, bytes) else json.dumps(body).encode()
                kind = "application/json"
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n"
                    f"Content-Length: {len(sent)}\r\n\r\n".encode()
                    + sent
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    def sent_to(self, kind: str) -> list[Any]:
        """The items of this type in all transactions that came."""
        return [
            item
            for asked in self.received
            if asked.target.startswith(f"{F}/v1/send/")
            for item in [*asked.content.get("pdus", []), *asked.content.get("edus", [])]
            if kind in (item.get("type"), item.get("edu_type"))
        ]


@asynccontextmanager
async def hostile_server(
    signing: SigningServer, port: int, ca: Authority, ca_file: Path
) -> AsyncIterator[HostileServer]:
    """Serve under its name on a port of `ADDRESS`, with a valid certificate: TLS alone proves little."""
    server = HostileServer(signing, ca_file, port)
    tls = context_of(issue(ca, (signing.name,), today()))
    listening = await asyncio.start_server(server.serve, ADDRESS, port, ssl=tls)
    try:
        yield server
    finally:
        listening.close()
