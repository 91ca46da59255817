"""A small Matrix client over the plain client API, as far as the demo's scene needs one."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from vedette.core.names import UserId

_V3 = "/_matrix/client/v3"
_TIMEOUT = aiohttp.ClientTimeout(total=30)
_LOOK_SECONDS = 0.15

Json = dict[str, Any]
DEVICE: Json = {"device_id": "SCENE", "initial_device_display_name": "the demo's scene"}
"""The device as which this client signs in."""


class Refused(Exception):  # a refusal is an answer, not an error
    """The server said no. `sentence` is for people, `record` the record's id where it has one."""

    def __init__(self, status: int, body: Json) -> None:
        self.status = status
        self.errcode = str(body.get("errcode", ""))
        self.sentence = str(body.get("error", ""))
        told = body.get("vedette")
        self.vedette: Json = told if isinstance(told, dict) else {}
        super().__init__(f"{status} {self.errcode}: {self.sentence}")

    @property
    def record(self) -> str | None:
        """The id of the record in which the decision is kept."""
        found = self.vedette.get("record")
        return str(found) if found else None


@dataclass(slots=True)
class Client:
    """One person signed in. `session` knows the gateway's address and whom to trust."""

    session: aiohttp.ClientSession
    user: UserId
    token: str = field(repr=False)
    _since: str = ""
    _invited: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """How the person is called in the scene."""
        return self.user.localpart.capitalize()

    async def create_room(self, name: str, *, invite: tuple[str, ...] = ()) -> str:
        """A private room; returns its id. Raises Refused."""
        body: Json = {"name": name, "preset": "private_chat", "invite": list(invite)}
        return str((await self._post("/createRoom", body))["room_id"])

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody. Raises Refused."""
        await self._post(f"/rooms/{quote(room)}/invite", {"user_id": user})

    async def join(self, room: str, via: str | None = None) -> None:
        """Join a room to which one is invited. Raises Refused."""
        query = f"?server_name={quote(via)}&via={quote(via)}" if via else ""
        await self._post(f"/join/{quote(room)}{query}", {})

    async def say(self, room: str, text: str) -> str:
        """Send a text; returns the event's id. Raises Refused."""
        return await self.send(room, "m.room.message", {"msgtype": "m.text", "body": text})

    async def send(self, room: str, kind: str, content: Json) -> str:
        """Send an event; returns its id. Raises Refused."""
        path = f"/rooms/{quote(room)}/send/{quote(kind)}/{secrets.token_hex(8)}"
        return str((await self._ask("PUT", _V3 + path, content))["event_id"])

    async def upload(self, name: str, media_type: str, data: bytes) -> str:
        """Store a file; returns its `mxc:` address. Raises Refused."""
        path = f"/_matrix/media/v3/upload?filename={quote(name)}"
        headers = {"Content-Type": media_type, **self._who()}
        async with self.session.post(path, data=data, headers=headers) as answer:
            return str((await body_of(answer))["content_uri"])

    async def send_file(self, room: str, name: str, media_type: str, data: bytes) -> str:
        """Store a file and send it into a room. Raises Refused."""
        url = await self.upload(name, media_type, data)
        info = {"mimetype": media_type, "size": len(data)}
        content = {"msgtype": "m.file", "body": name, "filename": name, "url": url, "info": info}
        await self.send(room, "m.room.message", content)
        return url

    async def download(self, url: str) -> bytes:
        """The bytes of a file. Raises Refused."""
        server, _, media = url.removeprefix("mxc://").partition("/")
        path = f"/_matrix/client/v1/media/download/{server}/{media}"
        async with self.session.get(path, headers=self._who()) as answer:
            if answer.status != 200:
                await body_of(answer)
            return await answer.read()

    async def invited(self) -> frozenset[str]:
        """Every room to which one was invited since the sign-in."""
        filter_ = json.dumps({"room": {"timeline": {"limit": 1}}})
        since = f"&since={quote(self._since)}" if self._since else ""
        found = await self._get(f"/sync?timeout=0&filter={quote(filter_)}{since}")
        self._since = str(found["next_batch"])
        self._invited |= found.get("rooms", {}).get("invite", {}).keys()
        return frozenset(self._invited)

    async def seen(self, room: str) -> tuple[Json, ...]:
        """Every event of a room that this person's client can show, the oldest first."""
        found = await self._get(f"/rooms/{quote(room)}/messages?dir=b&limit=100")
        return tuple(reversed(found["chunk"]))

    async def _post(self, path: str, body: Json) -> Json:
        return await self._ask("POST", _V3 + path, body)

    async def _get(self, path: str) -> Json:
        return await self._ask("GET", _V3 + path, None)

    async def _ask(self, method: str, path: str, body: Json | None) -> Json:
        async with self.session.request(method, path, json=body, headers=self._who()) as answer:
            return await body_of(answer)

    def _who(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def signed_in(session: aiohttp.ClientSession, login: Json) -> Client:
    """The client that a login's answer makes."""
    return Client(session, UserId(str(login["user_id"])), str(login["access_token"]))


def session_to(url: str, certificate: bytes) -> aiohttp.ClientSession:
    """A session to one gateway that trusts only the CA given as PEM. Host names are compared.

    It keeps cookies as a browser does, which keeps them for addresses that are numbers too.
    """
    tls = ssl.create_default_context(cadata=certificate.decode())
    return aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(ssl=tls),
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        timeout=_TIMEOUT,
        raise_for_status=False,
    )


async def until(there: Callable[[], Awaitable[bool]], patience: float) -> bool:
    """Ask again and again until the answer is yes; False when `patience` seconds are over."""
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        if await there():
            return True
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_LOOK_SECONDS)


async def body_of(answer: aiohttp.ClientResponse, *, refuse: bool = True) -> Json:
    """The JSON object in an answer, empty where there is none.

    Raises:
        Refused: the answer is another than 200, and `refuse` is set.
    """
    try:
        body = await answer.json(content_type=None)
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    if refuse and answer.status != 200:
        raise Refused(answer.status, body)
    return body
