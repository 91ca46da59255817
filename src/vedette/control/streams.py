"""Signs the three streams, hands them to every door, and hears their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.admin.doors import DoorAnswer, DoorState
from vedette.core.people import Person
from vedette.core.record import JSON
from vedette.core.revision import Revision
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.ports.clock import Clock
from vedette.ports.doors import Doors
from vedette.ports.errors import Unavailable
from vedette.ports.revisions import StreamNumbers
from vedette.protocol.internal.streams import Part, Stream, sign

ANSWER_SECONDS = 1.0
"""How long a change waits for the doors before it names the silent ones."""

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Sent:
    """A part on its way: its number, and which doors could not be handed it, and why."""

    stream: Stream
    number: int
    undelivered: Mapping[str, str]


@dataclass(slots=True)
class Publisher:
    """Control's side of the streams.

    Numbers are kept durably before they are used, and are always above what any door has
    acknowledged: even a control restored from an old backup never sends a number twice.
    """

    doors: Doors
    numbers: StreamNumbers
    key: Ed25519PrivateKey
    organisation: str
    clock: Clock
    lifetime: int = 0
    revision: int = 0
    _sent: dict[Stream, Sent] = field(default_factory=dict)

    def settings(self, revision: Revision, document: Document) -> Sent:
        """Send the settings of a revision. Raises Unavailable when no number can be kept."""
        self.lifetime, self.revision = document.streams.lifetime, revision.number
        body = {"revision": revision.number, "document": canonical(document).decode()}
        return self._send(Stream.SETTINGS, body)

    async def announce(self, revision: Revision, document: Document) -> tuple[DoorAnswer, ...]:
        """Send the settings of a new revision and return each door's answer within a second."""
        return await self.answers(self.settings(revision, document))

    def people(self, people: Mapping[str, Person]) -> Sent:
        """Send everybody and their groups. Raises Unavailable."""
        entries = {
            user: {"groups": sorted(one.groups), "guest": one.guest, "active": one.active}
            for user, one in people.items()
        }
        return self._send(Stream.PEOPLE, {"people": entries})

    def sessions(self) -> Sent:
        """Send the live sessions: none are listed until the sign-in service keeps them."""
        return self._send(Stream.SESSIONS, {})

    def _send(self, stream: Stream, body: Mapping[str, JSON]) -> Sent:
        number = self.numbers.next(stream.value, self._highest(stream))
        now = int(self.clock.now())
        part = Part(
            stream=stream,
            organisation=self.organisation,
            number=number,
            issued=now,
            expires=now + self.lifetime,
            body=body,
        )
        data = sign(part, self.key)
        undelivered: dict[str, str] = {}
        for door in self.doors.names:
            try:
                self.doors.deliver(door, stream, data)
            except Unavailable as fault:
                undelivered[door] = str(fault)
        self._sent[stream] = Sent(stream, number, undelivered)
        return self._sent[stream]

    def _highest(self, stream: Stream) -> int:
        """The highest number that any door has in force."""
        known = (self.doors.acknowledged(door).get(stream) for door in self.doors.names)
        return max((each.number for each in known if each is not None), default=0)

    async def answers(self, sent: Sent, seconds: float = ANSWER_SECONDS) -> tuple[DoorAnswer, ...]:
        """Each door's answer, as soon as all have answered or the time is over."""
        begun = self.clock.now()
        found: dict[str, DoorAnswer] = {}
        while True:
            for door in self.doors.names:
                if door not in found:
                    self._note(found, door, sent, self.clock.now() - begun)
            if len(found) == len(self.doors.names) or self.clock.now() - begun >= seconds:
                break
            await asyncio.sleep(_POLL_SECONDS)
        silent = DoorState.SILENT
        return tuple(
            found.get(door) or DoorAnswer(door=door, state=silent, revision=self.revision)
            for door in self.doors.names
        )

    def state(self) -> tuple[DoorAnswer, ...]:
        """How each door stands towards the settings that were sent last, without waiting."""
        sent = self._sent.get(Stream.SETTINGS)
        found: dict[str, DoorAnswer] = {}
        for door in self.doors.names if sent else ():
            self._note(found, door, sent, None)
        silent = DoorState.SILENT
        return tuple(
            found.get(door) or DoorAnswer(door=door, state=silent, revision=self.revision)
            for door in self.doors.names
        )

    def _note(
        self, found: dict[str, DoorAnswer], door: str, sent: Sent | None, after: float | None
    ) -> None:
        """Write down the door's answer to what was sent, if there is one."""
        if sent is None:
            return
        said = self.doors.acknowledged(door).get(sent.stream)
        why = sent.undelivered.get(door)
        if said is not None and said.number >= sent.number:
            state = DoorState.IN_FORCE
        elif why is not None or (said is not None and said.refused is not None):
            state, why = DoorState.REFUSED, why or (said.refused if said else None)
        else:
            return
        found[door] = DoorAnswer(
            door=door,
            state=state,
            revision=self.revision,
            milliseconds=None if after is None else round(after * 1000),
            why=why if state is DoorState.REFUSED else None,
        )
