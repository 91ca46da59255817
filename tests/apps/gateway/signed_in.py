"""A gateway's door folder with signed streams, and people who are signed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.apps.scene import ALICE, BOB, DOCUMENT, PEOPLE
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.sessions_list import SessionsList
from vedette.adapters.stream_files import StreamFiles, write_whole
from vedette.core.names import UserId
from vedette.core.record import JSON
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.clock import Clock
from vedette.protocol.internal.sessions import body_of
from vedette.protocol.internal.streams import Part, Stream, sign
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint

ISSUER = "https://matrix.example.org/"
STREAM_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
TOKEN_KEY = SigningKey.from_bytes(b"t" * 32)
OTHER_KEY = SigningKey.from_bytes(b"o" * 32)
LIFE = 86_400
FACTS = SessionFacts(
    factors=(FactorUse(kind="password", at=1), FactorUse(kind="totp", at=1)),
    network="192.0.2.1",
    platform="linux",
)


def session_of(user: UserId, number: int = 1, **more: object) -> Session:
    """A live session of a person."""
    made = Session(
        id=f"{user.localpart}-{number:025}",
        user=user,
        device=f"{user.localpart.upper()}{number}",
        state=SessionState.LIVE,
        kind="oauth",
        client="client",
        facts=FACTS,
        created=1,
        expires=1 << 40,
        device_name="",
        number=number,
    )
    return replace(made, **more)  # type: ignore[arg-type]


ALICES, BOBS = session_of(ALICE), session_of(BOB)


@dataclass(slots=True)
class Office:
    """What control would do: sign parts and put them into the gateway's folder."""

    folder: Path
    clock: Clock = field(default_factory=MemoryClock)
    document: str = DOCUMENT
    keys: list[SigningKey] = field(default_factory=lambda: [TOKEN_KEY])
    issuer: str = ISSUER
    streams: StreamFiles = field(init=False)
    listed: SessionsList = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.streams = StreamFiles(self.folder, "example.org", STREAM_KEY.public_key(), self.clock)
        self.listed = SessionsList(self.streams, self.clock)

    async def begin(self, *sessions: Session) -> None:
        """Send all three streams for the first time."""
        document = parse_document(self.document)
        assert isinstance(document, Document), document
        self._send(Stream.SETTINGS, {"revision": 1, "document": canonical(document).decode()})
        entries: JSON = {user: {"groups": sorted(one.groups)} for user, one in PEOPLE.items()}
        self._send(Stream.PEOPLE, {"people": entries})
        self.publish(*sessions)
        self.streams.start()
        await self.listed.take()

    def publish(self, *sessions: Session) -> None:
        """Send the list of sessions anew."""
        self.publish_body(self.body(sessions))

    def publish_body(self, body: dict[str, JSON]) -> None:
        """Send any body as the list of sessions."""
        self._send(Stream.SESSIONS, body)

    def body(self, sessions: Iterable[Session]) -> dict[str, JSON]:
        """The body of a list of sessions."""
        keys = {key.kid: key.public for key in self.keys}
        return body_of(as_of=self.number, issuer=self.issuer, keys=keys, sessions=sessions)

    async def take(self) -> bool:
        """Let the gateway look."""
        self.streams.poll()
        return await self.listed.take()

    def token(self, session: Session, key: SigningKey = TOKEN_KEY, **more: object) -> str:
        """An access token of a session, 10 minutes long."""
        now = int(self.clock.now())
        claims = AccessClaims(
            issuer=self.issuer,
            user=session.user,
            client=session.client,
            id="jti",
            issued=now,
            expires=now + 600,
            session=session.id,
            device=session.device,
            scope="openid",
        )
        return mint(replace(claims, **more), key)  # type: ignore[arg-type]

    def _send(self, stream: Stream, body: dict[str, JSON]) -> None:
        self.number += 1
        now = int(self.clock.now())
        part = Part(
            stream=stream,
            organisation="example.org",
            number=self.number,
            issued=now,
            expires=now + LIFE,
            body=body,
        )
        write_whole(self.folder / f"{stream}.part", sign(part, STREAM_KEY))
