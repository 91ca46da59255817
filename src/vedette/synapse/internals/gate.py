"""What Synapse's private parts ask, and what they may be answered.

`Gate` is the one interface between the wrappers of this package and the policy. Everything a gate
is given is plain data, except `RoomReader`, which reads cheap facts on demand. Nothing a gate
answers is a bool: only `Pass.PASS` lets something through, so a forgotten `return` refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Protocol

from vedette.spine import Permit


class Pass(Enum):
    """The only value that lets something through."""

    PASS = "pass"  # noqa: S105  # a word, not a password


@dataclass(frozen=True, slots=True)
class Refused:
    """A no, with what the person who asked may read.

    `extra` is added to the error's JSON as it is; towards another server it MUST hold no rule name.
    """

    sentence: str
    extra: Mapping[str, object] = field(default_factory=dict)


Answer = Pass | Refused


class Inward(Enum):
    """What happens to an event that another server sent.

    EMPTY stores it without content and shows it to nobody; it can't be undone. HOLD keeps it, and
    everything after it in the room, whole and in order until the gate passes it.
    """

    EMPTY = "empty"
    HOLD = "hold"


class During(StrEnum):
    """On which way an event came in from another server."""

    SEND = "send"  # pushed in a transaction
    PULLED = "pulled"  # fetched by us: missing events, history, the state of a room being joined
    INVITE = "invite"  # one of us is invited
    JOIN = "join"  # a remote person joins a room we are in (signed by us)
    KNOCK = "knock"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event as the policy sees it.

    `device` is known for events of our own clients only. `template` marks what a remote person
    would like us to sign (make_join, make_knock): nothing is stored if it passes.
    """

    room: str
    kind: str
    sender: str
    state_key: str | None
    content: Mapping[str, object]
    device: str | None = None
    event_id: str | None = None
    template: bool = False
    making: bool = False
    redacts: str | None = None

    @property
    def membership(self) -> str | None:
        """The membership that a member event sets."""
        value = self.content.get("membership")
        return value if self.kind == "m.room.member" and isinstance(value, str) else None


class RoomReader(Protocol):
    """Cheap facts about one room, read from caches that Synapse itself keeps true.

    None means: not known now (the room is still loading, or we are not in it).
    """

    @property
    def room(self) -> str:
        """The room's id."""

    async def joined(self) -> frozenset[str] | None:
        """Everyone who is joined."""

    async def invited(self) -> frozenset[str] | None:
        """Everyone who is invited."""

    async def servers(self) -> frozenset[str]:
        """The servers of its members; also known, as far as told, while the room is loading."""

    async def state(
        self, *keys: tuple[str, str]
    ) -> Mapping[tuple[str, str], Mapping[str, object]] | None:
        """The contents of these state events, by type and state key; absent ones are left out."""

    async def version(self) -> str | None:
        """The room's version."""

    async def sender_of(self, event_id: str) -> str | None:
        """Who sent an event of this room, for redactions and relations; None if we don't have it."""

    async def creator(self) -> str | None:
        """Who made the room (sender of its create event)."""


class CanNot(Exception):
    """Something can't be done in a room; the message says why."""


class RoomsKept(Protocol):
    """Rooms that exist, and what can be done to put one in order.

    Whatever changes a room takes a Permit, and raises `CanNot` with the reason where it is not
    possible. `enter` lets the account that acts in, `withdraw` lets it go.
    """

    async def ours(self) -> list[str]:
        """Every room in which one of us is joined."""

    def reader(self, room: str) -> RoomReader:
        """The facts of one room as they are now."""

    async def came(self, room: str) -> Mapping[str, int]:
        """In which order people came."""

    async def enter(self, permit: Permit, room: str) -> None:
        """Let the account that acts into the room, with power."""

    async def withdraw(self, room: str) -> None:
        """Let it go again."""

    async def remove(self, permit: Permit, room: str, user: str, reason: str) -> None:
        """Remove a member, or take back an invitation."""

    async def leave(self, permit: Permit, room: str, user: str, reason: str) -> None:
        """Let one of us leave."""

    async def set_state(
        self, permit: Permit, room: str, kind: str, content: Mapping[str, object]
    ) -> None:
        """Set how the room is."""


@dataclass(frozen=True, slots=True)
class Glance:
    """That `reader` would see something of `sender`: presence of one towards one."""

    sender: str
    reader: str


@dataclass(frozen=True, slots=True)
class RoomForm:
    """A room about to be made: the request's body, still to be changed by `room_defaults`.

    INVARIANT: nothing of the room exists yet. `body` is the dictionary that Synapse will read.
    `version` is what `body` names, or the server's default.
    """

    user: str
    device: str | None
    version: str
    body: dict[str, object]


class Kept(Enum):
    """What becomes of a file that may be stored.

    HELD stores it so that nobody can fetch it, until it is released or refused.
    """

    OPEN = "open"
    HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A file whose bytes are here, whole, and that nobody can fetch yet.

    `owner` and `device` are None for a file of another server. `declared` and `name` are empty
    where nothing was said. `sha256` is None where it was not computed yet. `stored` says that it
    entered before, and that this is asked again.
    """

    server: str
    media: str
    path: str
    declared: str
    name: str
    owner: str | None = None
    device: str | None = None
    sha256: str | None = None
    stored: bool = False


class FileGate(Protocol):
    """Who says what becomes of files that enter. One that raises counts as a no."""

    async def file_enters(self, file: Entering) -> Kept | Refused:
        """Whether a file may be stored, and whether it is held."""

    async def file_used(self, user: str, address: str, class_: str) -> None:
        """One of us uses the file at this `mxc` address as an avatar or the like; never raises."""


class Gate(Protocol):
    """Who answers the wrappers. Every method is total; one that raises counts as a no, or a hold.

    The event path waits for these answers: an implementation MUST NOT wait for network or disk
    for routine events.
    """

    async def create_room(self, form: RoomForm) -> Answer:
        """Whether a room may be made as `form.body` says, which may be changed in place."""

    async def upgrade_room(self, user: str, version: str, room: RoomReader) -> Answer:
        """Whether a person may replace a room by a new one of this version."""

    async def local_event(self, event: EventView, room: RoomReader) -> Answer:
        """Whether we may make or sign this event, before anything of it leaves or is stored.

        Asked for events of our people (those of createRoom too, delayed ones when they fire,
        profile changes of members) and for templates of remote joins and knocks.
        """

    async def inbound_event(
        self, event: EventView, origin: str, during: During, room: RoomReader
    ) -> Answer | Inward:
        """What happens to an event of another server. A refusal empties, where only that helps."""

    async def enter_elsewhere(
        self, user: str, room: str, servers: frozenset[str], membership: str, inviter: str | None
    ) -> Answer:
        """Whether one of us may ask other servers to `join` or `knock`, before anything leaves.

        `inviter` is whoever invited them, if anybody did.
        """

    async def entered_elsewhere(self, user: str, room: RoomReader) -> Answer:
        """Whether one of us may be in a room elsewhere, now that it is known who is in it.

        Asked before anything of the room is stored or shown; after a no we leave.
        """

    async def typing(self, user: str, room: RoomReader) -> Answer:
        """Whether anyone in the room may see that `user`, local or remote, types."""

    async def receipt(self, user: str, room: RoomReader) -> Answer:
        """Whether anyone in the room may see what `user`, local or remote, has read."""

    async def presence(self, glances: frozenset[Glance]) -> frozenset[Glance]:
        """Which of these may be: who is there, towards whom."""

    async def to_device(self, sender: str, kind: str, readers: frozenset[str]) -> frozenset[str]:
        """Which of these people's devices may receive a to-device message of this type."""

    async def device_keys(self, server: str, people: frozenset[str]) -> frozenset[str]:
        """Of whom device keys may pass: of ours to `server`, of its own people to us."""
