"""Signs the streams, hands them to the doors, and hears their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vedette.admin.doors import DoorAnswer, DoorState
from vedette.core.language import told
from vedette.core.people import Person
from vedette.core.record import JSON
from vedette.core.record import canonical as as_json
from vedette.core.revision import Revision
from vedette.core.settings.canonical import canonical
from vedette.core.settings.document import Document
from vedette.ports.clock import Clock
from vedette.ports.doors import Doors
from vedette.ports.errors import Unavailable
from vedette.ports.revisions import StreamNumbers
from vedette.protocol.internal.signing import Signer
from vedette.protocol.internal.streams import Part, Stream, sign_body

ANSWER_SECONDS = 1.0
"""How long a change waits for the doors before it names the silent ones."""

NOTICE_DOOR = "synapse"
"""The door that has the notice account."""

_POLL_SECONDS = 0.02
_MOST_CHANGED = 2000
"""More changes than this, and everybody is sent anew."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A part on its way: its number, which doors could not be handed it, and why.

    `refused_before` is what each door's acknowledgement refused when the part was sent: the same
    words again may still be about an earlier part.
    """

    stream: Stream
    number: int
    undelivered: Mapping[str, str]
    refused_before: Mapping[str, str | None]


@dataclass(slots=True)
class Publisher:
    """Control's side of the streams.

    Numbers are kept durably before they are used, and are always above what any door has
    acknowledged: even a control restored from an old backup never sends a number twice.
    """

    doors: Doors
    numbers: StreamNumbers
    key: Signer
    organisation: str
    clock: Clock
    lifetime: int = 0
    revision: int = 0
    many: int = 1000
    """So many people, and a change is sent by itself instead of with everybody."""
    _sent: dict[Stream, Sent] = field(default_factory=dict)
    _whole: Mapping[str, Person] = field(default_factory=dict)

    def settings(self, revision: Revision, document: Document) -> Sent:
        """Send the settings of a revision. Raises Unavailable when no number can be kept."""
        self.lifetime, self.revision = document.streams.lifetime, revision.number
        body = {"revision": revision.number, "document": canonical(document).decode()}
        return self._send(Stream.SETTINGS, body)

    async def announce(self, revision: Revision, document: Document) -> tuple[DoorAnswer, ...]:
        """Send the settings of a new revision and return each door's answer within a second."""
        return await self.answers(self.settings(revision, document))

    def people(self, people: Mapping[str, Person]) -> Sent:
        """Send how people are now: of many, those alone who changed since all were sent.

        May be called on a worker thread, one call after the other. Raises Unavailable.
        """
        changed = self._changed(people)
        if changed is None:
            return self.everybody(people)
        entries = {user: None if one is None else _entry(one) for user, one in changed.items()}
        whole = self._sent[Stream.PEOPLE].number
        return self._send(Stream.CHANGES, {"since": whole, "people": entries})

    def everybody(self, people: Mapping[str, Person]) -> Sent:
        """Send everybody and their groups. As `people` otherwise."""
        entries = {user: _entry(one) for user, one in people.items()}
        sent = self._send(Stream.PEOPLE, {"people": entries})
        self._whole = people
        return sent

    def no_changes(self) -> None:
        """Take back changes to the list of people that a door has been sent. Raises Unavailable.

        After everybody was sent they say nothing; but a door would go on looking at them.
        """
        whole = self._sent.get(Stream.PEOPLE)
        if whole is not None and self._highest(Stream.CHANGES):
            self._send(Stream.CHANGES, {"since": whole.number, "people": {}})

    def _changed(self, people: Mapping[str, Person]) -> dict[str, Person | None] | None:
        """Who is otherwise than in the whole list that was sent; None where all are to be sent."""
        sent = self._sent.get(Stream.PEOPLE)
        if sent is None or sent.undelivered or len(people) < self.many:
            return None
        before = self._whole
        changed: dict[str, Person | None] = {
            user: one
            for user, one in people.items()
            if before.get(user) is not one and before.get(user) != one
        }
        changed |= dict.fromkeys(before.keys() - people.keys())
        return changed if len(changed) <= _MOST_CHANGED else None

    def sessions(self, body: bytes) -> Sent:
        """Send the sessions, as canonical JSON. Raises Unavailable.

        May be called on a worker thread: a long list takes its time.
        """
        return self._send_body(Stream.SESSIONS, body)

    def notices(self, body: Mapping[str, JSON]) -> Sent:
        """Send what people are to be told, to the door that has the notice account.

        May be called on a worker thread. Raises Unavailable.
        """
        return self._send_body(Stream.NOTICES, as_json(body), (NOTICE_DOOR,))

    def _send(self, stream: Stream, body: Mapping[str, JSON]) -> Sent:
        return self._send_body(stream, as_json(body))

    def _send_body(self, stream: Stream, body: bytes, doors: tuple[str, ...] | None = None) -> Sent:
        """Sign a part and hand it to these doors, or to all that take the stream."""
        doors = self._towards(stream) if doors is None else doors
        number = self.numbers.next(stream.value, self._highest(stream))
        now = int(self.clock.now())
        part = Part(
            stream=stream,
            organisation=self.organisation,
            number=number,
            issued=now,
            expires=now + self.lifetime,
            body={},
        )
        data = sign_body(part, body, self.key)
        undelivered: dict[str, str] = {}
        before = {door: self._refused(door, stream) for door in doors}
        for door in doors:
            try:
                self.doors.deliver(door, stream, data)
            except Unavailable as fault:
                undelivered[door] = str(fault)
        self._sent[stream] = Sent(stream, number, undelivered, before)
        return self._sent[stream]

    def _towards(self, stream: Stream) -> tuple[str, ...]:
        """The doors that are sent this stream."""
        return tuple(door for door in self.doors.names if self.doors.takes(door, stream))

    def _refused(self, door: str, stream: Stream) -> str | None:
        said = self.doors.acknowledged(door).get(stream)
        return said.refused if said else None

    def _highest(self, stream: Stream) -> int:
        """The highest number that any door has in force."""
        known = (self.doors.acknowledged(door).get(stream) for door in self.doors.names)
        return max((each.number for each in known if each is not None), default=0)

    async def answers(self, sent: Sent, seconds: float = ANSWER_SECONDS) -> tuple[DoorAnswer, ...]:
        """Each door's answer, as soon as all have answered or the time is over."""
        begun, towards = self.clock.now(), self._towards(sent.stream)
        found: dict[str, DoorAnswer] = {}
        while True:
            after = self.clock.now() - begun
            over = after >= seconds
            for door in towards:
                answer = self._answer(door, sent, over=over)
                if door not in found and answer is not None:
                    found[door] = replace(answer, milliseconds=round(after * 1000))
            if over or len(found) == len(towards):
                return tuple(
                    found.get(each) or self._said(each, sent.stream, DoorState.SILENT)
                    for each in towards
                )
            await asyncio.sleep(_POLL_SECONDS)

    def state(self) -> tuple[DoorAnswer, ...]:
        """How each door stands towards the settings that were sent last, without waiting."""
        sent = self._sent.get(Stream.SETTINGS)
        return tuple(
            (self._answer(door, sent, over=True) if sent else None)
            or self._said(door, Stream.SETTINGS, DoorState.SILENT)
            for door in self.doors.names
        )

    def _answer(self, door: str, sent: Sent, *, over: bool) -> DoorAnswer | None:
        """The door's answer to what was sent, if it has given one.

        A refusal in the words of an earlier one counts only when the time for answers is over.
        """
        said = self.doors.acknowledged(door).get(sent.stream)
        if said is not None and said.number >= sent.number:
            return self._said(door, sent.stream, DoorState.IN_FORCE)
        why = sent.undelivered.get(door)
        if why is None and said is not None and (over or said.refused != sent.refused_before[door]):
            why = said.refused
        if why is None:
            return None
        return replace(self._said(door, sent.stream, DoorState.REFUSED), why=why)

    def _said(self, door: str, stream: Stream, state: DoorState) -> DoorAnswer:
        about = "" if stream is Stream.SETTINGS else told("the list of {stream}", stream=stream)
        return DoorAnswer(door=door, state=state, revision=self.revision, about=about)


def _entry(one: Person) -> dict[str, JSON]:
    return {"groups": sorted(one.groups), "guest": one.guest, "active": one.active}
