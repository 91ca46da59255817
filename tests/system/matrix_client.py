"""A person whose client is matrix-nio with end-to-end encryption, signed in through the gateway."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nio import (
    AsyncClient,
    AsyncClientConfig,
    EnableEncryptionBuilder,
    Event,
    InviteEvent,
    LoginResponse,
    MatrixRoom,
    MemoryDownloadResponse,
    RoomEncryptedFile,
    RoomMessageFile,
    UploadResponse,
)
from nio.crypto.attachments import decrypt_attachment

from tests.system.two_organisations import Organisation, Someone
from vedette.suite.client import session_to
from vedette.suite.sign_in_walk import login_token

PATIENCE = 60.0
AT_ONCE = {"room": {"timeline": {"limit": 100}}}
"""What may come in one sync, after an outage: nio fills no gap, and Synapse gives ten events unasked."""
SILENCE = 2.0
"""Seconds given to what must not arrive."""


class RefusedError(Exception):
    """The server said no; carries nio's answer."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.status = getattr(answer, "status_code", "")
        self.sentence = getattr(answer, "message", "")
        super().__init__(str(answer))


@dataclass(slots=True)
class Person:
    """Signed in and syncing. `heard`: every event shown to this person, by room, oldest first."""

    client: AsyncClient
    organisation: Organisation
    heard: list[tuple[str, Event]] = field(default_factory=list)
    invited: set[str] = field(default_factory=set)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def user(self) -> str:
        return self.client.user_id

    async def hear(self, room: MatrixRoom, event: Event) -> None:
        """nio calls this with every event of a timeline."""
        self.heard.append((room.room_id, event))
        self._news.set()

    async def hear_invite(self, room: MatrixRoom, event: InviteEvent) -> None:
        """nio calls this with every invitation."""
        self.invited.add(room.room_id)
        self._news.set()

    async def create_room(
        self, *invite: Person | str, name: str = "room", encrypted: bool = False
    ) -> str:
        """Make a private room; returns its id."""
        state = [EnableEncryptionBuilder().as_dict()] if encrypted else []
        users = [each if isinstance(each, str) else each.user for each in invite]
        made = await self.client.room_create(name=name, invite=users, initial_state=state)
        return str(_good(made).room_id)

    async def invite(self, room: str, whom: Person | str) -> None:
        user = whom if isinstance(whom, str) else whom.user
        _good(await self.client.room_invite(room, user))

    async def join(self, room: str) -> None:
        """Join a room once its invitation has arrived."""
        await self.until(lambda: room in self.invited)
        _good(await self.client.join(room))
        await self.until(lambda: room in self.client.rooms)

    async def say(self, room: str, text: str) -> str:
        """Send a text, encrypted where the room is; returns the event's id."""
        return await self.send(room, {"msgtype": "m.text", "body": text})

    async def send(self, room: str, content: dict[str, Any], kind: str = "m.room.message") -> str:
        """Send an event, encrypted where the room is; returns its id."""
        sent = await self.client.room_send(room, kind, content, ignore_unverified_devices=True)
        return str(_good(sent).event_id)

    async def send_file(
        self, room: str, name: str, data: bytes, media_type: str = "application/pdf"
    ) -> str:
        """Store a file and send it, encrypted where the room is; returns the event's id."""
        encrypted = self.client.rooms[room].encrypted
        stored, keys = await self.client.upload(
            lambda *_: data, media_type, name, encrypt=encrypted, filesize=len(data)
        )
        if not isinstance(stored, UploadResponse):
            raise RefusedError(stored)
        info = {"size": len(data), "mimetype": media_type}
        where = (
            {"file": keys | {"url": stored.content_uri}} if keys else {"url": stored.content_uri}
        )
        return await self.send(room, {"msgtype": "m.file", "body": name, "info": info} | where)

    async def open_file(self, room: str, name: str) -> bytes:
        """Wait for a file of this name and return its bytes, decrypted."""
        event = await self.sees(room, name)
        assert isinstance(event, RoomMessageFile | RoomEncryptedFile), event
        got = await self.client.download(event.url)
        if not isinstance(got, MemoryDownloadResponse):
            raise RefusedError(got)
        if isinstance(event, RoomMessageFile):
            return bytes(got.body)
        return bytes(decrypt_attachment(got.body, event.key["k"], event.hashes["sha256"], event.iv))

    def seen(self, room: str) -> list[str]:
        """The texts and file names shown in a room so far."""
        return [
            str(event.body)
            for where, event in self.heard
            if where == room and hasattr(event, "body")
        ]

    async def sees(self, room: str, body: str) -> Event:
        """Wait for a message with this body."""
        await self.until(lambda: body in self.seen(room))
        return next(
            event
            for where, event in self.heard
            if where == room and getattr(event, "body", None) == body
        )

    async def never_sees(self, room: str, body: str) -> None:
        """Give it time, and be sure that it did not come."""
        await asyncio.sleep(SILENCE)
        assert body not in self.seen(room)

    async def knows(self, room: str, members: int) -> None:
        """Wait until so many have joined, so that what is said is encrypted for all of them."""
        await self.until(
            lambda: room in self.client.rooms and self.client.rooms[room].joined_count >= members
        )

    async def until(self, holds: Callable[[], bool], patience: float = PATIENCE) -> None:
        """Wait until something is so after some sync."""
        async with asyncio.timeout(patience):
            while not holds():
                self._news.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 0.2)


def _good(answer: Any) -> Any:
    if type(answer).__name__.endswith("Error"):
        raise RefusedError(answer)
    return answer


async def _login_token(organisation: Organisation, someone: Someone) -> str:
    """What the sign-in page sends the client back with (Matrix CS API, "SSO client login")."""
    certificate = organisation.ca_file.read_bytes()
    async with session_to(organisation.client_url, certificate) as session:
        return await login_token(session, someone.walker())


async def _log_in(client: AsyncClient, proof: dict[str, str]) -> Any:
    """Log in; repeat a login that is answered with 503, as its `Retry-After` says."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while True:
        answer = await client.login(**proof, device_name="nio in a test")
        sent = answer.transport_response
        if sent is None or sent.status != 503 or asyncio.get_running_loop().time() > end:
            return answer
        await asyncio.sleep(float(sent.headers["Retry-After"]))


@asynccontextmanager
async def signed_in(
    organisation: Organisation,
    who: str,
    folder: Path,
    *,
    token: str = "",
    at: str = "",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Person]:
    """Sign in with a fresh device, its keys in `folder`, and sync while the context lasts.

    `token` is a login token of somebody who passed the page already, `at` another address to go to,
    and `tls` what its connections show there.
    """
    someone = organisation.people[who]
    folder.mkdir(parents=True, exist_ok=True)
    client = AsyncClient(
        at or organisation.client_url,
        someone.user,
        store_path=str(folder),
        config=AsyncClientConfig(
            encryption_enabled=True, store_sync_tokens=True, max_limit_exceeded=0
        ),
        ssl=tls or ssl.create_default_context(cafile=str(organisation.ca_file)),
    )
    person = Person(client, organisation)
    client.add_event_callback(person.hear, (Event,))
    client.add_event_callback(person.hear_invite, (InviteEvent,))
    syncing: asyncio.Task[None] | None = None
    try:
        proof = (
            {"token": token or await _login_token(organisation, someone)}
            if token or someone.apps
            else {"password": someone.password}
        )
        answer = await _log_in(client, proof)
        assert isinstance(answer, LoginResponse), answer
        syncing = asyncio.create_task(
            client.sync_forever(
                timeout=10_000, full_state=True, set_presence="offline", sync_filter=AT_ONCE
            )
        )
        await asyncio.wait_for(client.synced.wait(), PATIENCE)
        yield person
    finally:
        if syncing is not None:
            syncing.cancel()
            with suppress(asyncio.CancelledError):
                await syncing
        await client.close()
