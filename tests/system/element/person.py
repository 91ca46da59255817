"""A person whose client is matrix-nio with end-to-end encryption, for the other end of the talk."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from nio import (
    AsyncClient,
    AsyncClientConfig,
    EnableEncryptionBuilder,
    InviteEvent,
    JoinError,
    LoginResponse,
    MatrixRoom,
    MemoryDownloadResponse,
    RoomCreateResponse,
    RoomEncryptedFile,
    RoomMessage,
    RoomMessageFile,
    RoomSendResponse,
    UploadResponse,
)
from nio.crypto.attachments import decrypt_attachment

from .homeserver import Account, Homeserver

PATIENCE_SECONDS = 20.0


class Person:
    """Signed in and syncing; accepts every invitation.

    `heard` holds every message that could be read, in every room, oldest first.
    """

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.heard: list[tuple[str, RoomMessage]] = []
        self._news = asyncio.Condition()
        client.add_event_callback(self._hear, (RoomMessage, RoomEncryptedFile))
        client.add_event_callback(self._accept, (InviteEvent,))

    async def _hear(self, room: MatrixRoom, event: RoomMessage) -> None:
        async with self._news:
            self.heard.append((room.room_id, event))
            self._news.notify_all()

    async def _accept(self, room: MatrixRoom, event: InviteEvent) -> None:
        joined = await self.client.join(room.room_id)
        assert not isinstance(joined, JoinError), joined

    async def make_room(self, name: str, invite: str, *, encrypted: bool) -> str:
        """Make a room, invite `invite`, and return the room's id."""
        state = [EnableEncryptionBuilder().as_dict()] if encrypted else []
        made = await self.client.room_create(name=name, invite=[invite], initial_state=state)
        assert isinstance(made, RoomCreateResponse), made
        room: str = made.room_id
        return room

    async def knows_members(self, room: str, count: int) -> None:
        """Wait until `count` people have joined, so that what is said is encrypted for them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self._joined(room) < count:
                await self.client.synced.wait()

    def _joined(self, room: str) -> int:
        known = self.client.rooms.get(room)
        return known.joined_count if known else 0

    async def say(self, room: str, text: str) -> None:
        """Send a text, encrypted where the room is."""
        await self._send(room, {"msgtype": "m.text", "body": text})

    async def send_file(self, room: str, path: Path) -> None:
        """Upload a file and send it, encrypted where the room is."""
        content = path.read_bytes()
        encrypted = self.client.rooms[room].encrypted
        uploaded, keys = await self.client.upload(
            lambda *_: content, "text/plain", path.name, encrypt=encrypted, filesize=len(content)
        )
        assert isinstance(uploaded, UploadResponse), uploaded
        where = {"url": uploaded.content_uri}
        message = {"msgtype": "m.file", "body": path.name, "info": {"size": len(content)}}
        await self._send(room, message | ({"file": keys | where} if keys else where))

    async def _send(self, room: str, content: dict[str, object]) -> None:
        sent = await self.client.room_send(
            room, "m.room.message", content, ignore_unverified_devices=True
        )
        assert isinstance(sent, RoomSendResponse), sent

    async def hears(self, text: str) -> str:
        """Wait for a message whose body is `text`; returns the room it came in."""
        room, _ = await self._heard(text)
        return room

    async def was_encrypted(self, text: str) -> bool:
        """Whether the message whose body is `text` reached the server encrypted."""
        _, event = await self._heard(text)
        return bool(event.decrypted)

    async def receives_file(self, room: str, name: str) -> bytes:
        """Wait for a file called `name` in `room` and return its content, decrypted."""
        _, event = await self._heard(name, room)
        assert isinstance(event, RoomMessageFile | RoomEncryptedFile), event
        fetched = await self.client.download(event.url)
        assert isinstance(fetched, MemoryDownloadResponse), fetched
        body: bytes = fetched.body
        if isinstance(event, RoomMessageFile):
            return body
        clear: bytes = decrypt_attachment(body, event.key["k"], event.hashes["sha256"], event.iv)
        return clear

    async def _heard(self, body: str, room: str | None = None) -> tuple[str, RoomMessage]:
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            while True:
                for where, event in self.heard:
                    if event.body == body and room in (None, where):
                        return where, event
                await self._news.wait()


@asynccontextmanager
async def signed_in(server: Homeserver, account: Account, folder: Path) -> AsyncIterator[Person]:
    """Sign in with a fresh device, its keys in `folder`, and sync while the context lasts."""
    client = AsyncClient(
        server.url,
        account.user,
        store_path=str(folder),
        config=AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True),
        ssl=ssl.create_default_context(cafile=server.ca_file),
    )
    syncing: asyncio.Task[None] | None = None
    try:
        answer = await client.login(account.password, device_name="nio in the test")
        assert isinstance(answer, LoginResponse), answer
        person = Person(client)
        syncing = asyncio.create_task(client.sync_forever(timeout=10_000, full_state=True))
        await asyncio.wait_for(client.synced.wait(), PATIENCE_SECONDS)
        yield person
    finally:
        if syncing is not None:
            syncing.cancel()
            with suppress(asyncio.CancelledError):
                await syncing
        await client.close()
