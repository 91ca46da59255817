"""What control asks the event door about a room, signed, and what that answers.

One question: what would be asked if this person used this channel in that room now? The answer is
the ask as the event door would put it to the rules, with what it knows of the room, its own decision,
and what may be told of the room: who is there by the parties that tell people apart, never everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from vedette.core.asks import Ask
from vedette.core.channels import Channel
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.names import InvalidName, RoomId, UserId
from vedette.core.record import JSON, RecordFault, body, read_body

PATH = "/_synapse/vedette/rooms"
"""Where the event door answers, by POST, on Synapse's own socket."""
ABOUT = "rooms"
"""What these questions are about, as their signature says."""
WONDER = "wonder"
MOST_KINDS = 100
"""So many kinds of people are told of one room."""
_QUESTION = {"room", "who", "whom", "channel"}
_ROOM = {"room", "name", "owner", "ours", "kind", "encrypted", "frozen", "here", "more"}
_PRESENT = {"parties", "example", "ours", "count"}
_Kind = TypeVar("_Kind")


class AnswerFault(ValueError):
    """An answer that can't be read."""


class Missing(StrEnum):
    """Why there is nothing to ask about."""

    ROOM = "room"
    """The homeserver does not know the room."""
    PERSON = "person"
    """The person is not in the room, so that Synapse itself refuses what they do there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomQuestion:
    """May `who` use `channel` in `room`? For `contact`, `whom` is invited; without, `who` comes in."""

    room: RoomId
    who: UserId
    channel: Channel
    whom: UserId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """People in a room whom the rules can't tell apart: joined or invited, so many, one of them named."""

    parties: tuple[str, ...]
    example: str
    ours: bool
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSeen:
    """A room as the event door sees it; None is what it does not know.

    `owner` is the server whose people made it. `frozen`: who is in it may not be together any more.
    `here` is empty while it is not known who is there; `more` says that it is not all of them.
    """

    room: str
    name: str | None = None
    owner: str | None = None
    ours: bool | None = None
    kind: str | None = None
    encrypted: bool | None = None
    frozen: bool = False
    here: tuple[Present, ...] = field(default=())
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wondered:
    """What would be asked, what is known, and what the event door would answer."""

    ask: Ask
    facts: Facts
    decision: Decision
    room: RoomSeen


def question_to_json(question: RoomQuestion) -> dict[str, JSON]:
    """A question as plain data."""
    return {
        "room": question.room,
        "who": question.who,
        "whom": question.whom,
        "channel": question.channel.value,
    }


def question_from_json(data: Mapping[str, JSON]) -> RoomQuestion:
    """Read a question. Raises ValueError."""
    told = _fields(data, _QUESTION)
    return RoomQuestion(
        room=RoomId(_a(str, told["room"])),
        who=UserId(_a(str, told["who"])),
        whom=None if told["whom"] is None else UserId(_a(str, told["whom"])),
        channel=Channel(_a(str, told["channel"])),
    )


def wondered_to_json(found: Wondered) -> dict[str, JSON]:
    """An answer as plain data."""
    return {"asked": body(found.ask, found.facts, found.decision), "room": room_to_json(found.room)}


def room_to_json(room: RoomSeen) -> dict[str, JSON]:
    """A room as plain data."""
    return {
        "room": room.room,
        "name": room.name,
        "owner": room.owner,
        "ours": room.ours,
        "kind": room.kind,
        "encrypted": room.encrypted,
        "frozen": room.frozen,
        "here": [
            {
                "parties": list(each.parties),
                "example": each.example,
                "ours": each.ours,
                "count": each.count,
            }
            for each in room.here
        ],
        "more": room.more,
    }


def wondered_from_json(data: JSON) -> Wondered:
    """Read an answer. Raises AnswerFault."""
    try:
        told = _fields(data, {"asked", "room"})
        ask, facts, decision = read_body(_a(dict, told["asked"]))
        return Wondered(ask=ask, facts=facts, decision=decision, room=_room(told["room"]))
    except (InvalidName, RecordFault, ValueError) as fault:
        raise AnswerFault(f"this is no answer about a room: {fault}") from fault


def missing_from_json(data: JSON) -> Missing:
    """Read why there is nothing to ask about. Raises AnswerFault."""
    try:
        return Missing(_fields(data, {"missing"})["missing"])
    except ValueError as fault:
        raise AnswerFault(f"this says not what is missing: {fault}") from fault


def _room(data: JSON) -> RoomSeen:
    told = _fields(data, _ROOM)
    return RoomSeen(
        room=_a(str, told["room"]),
        name=_or_none(str, told["name"]),
        owner=_or_none(str, told["owner"]),
        ours=_or_none(bool, told["ours"]),
        kind=_or_none(str, told["kind"]),
        encrypted=_or_none(bool, told["encrypted"]),
        frozen=_a(bool, told["frozen"]),
        here=tuple(_present(each) for each in _a(list, told["here"])),
        more=_a(bool, told["more"]),
    )


def _present(data: JSON) -> Present:
    told = _fields(data, _PRESENT)
    return Present(
        parties=tuple(_a(str, each) for each in _a(list, told["parties"])),
        example=_a(str, told["example"]),
        ours=_a(bool, told["ours"]),
        count=_a(int, told["count"]),
    )


def _fields(data: JSON, names: set[str]) -> Mapping[str, Any]:
    told: Mapping[str, Any] = _a(dict, data)
    if told.keys() != names:
        raise ValueError(f"an object with {', '.join(sorted(names))} was expected")
    return told


def _or_none(kind: type[_Kind], data: Any) -> _Kind | None:
    return None if data is None else _a(kind, data)


def _a(kind: type[_Kind], data: Any) -> _Kind:
    """The data, if it is exactly of this kind: to Python, True is a number."""
    if type(data) is not kind:
        raise ValueError(f"a {kind.__name__} was expected")
    return data
