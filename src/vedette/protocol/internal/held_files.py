"""What control asks the module inside Synapse about files, signed, and what that answers.

What is to be done is `list`, `show`, `hold` or `release`. Times of files are thousandths of a second
since 1970-01-01 UTC, as Synapse has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from vedette.core.files import Content, address_of
from vedette.core.names import InvalidName, MediaId, ServerName, UserId
from vedette.core.record import JSON
from vedette.protocol.internal.files import content_from_json

PATH = "/_synapse/vedette/files"
"""Where the module answers, by POST, on Synapse's own socket."""
ABOUT = "files"
"""What these questions are about, as their signature says."""
MOST = 1000
"""So many files are told at once."""
_LONGEST = 255
_CURSOR = re.compile(r"[0-9]{1,16}/[^/\s]{1,255}/[A-Za-z0-9_-]{1,255}")
_ROW = {"server", "media", "owner", "declared", "name", "size", "created", "state"}
_OUTLOOK = {"answer", "reason", "rule", "sentence"}
_Kind = TypeVar("_Kind")


class FileState(StrEnum):
    """How a file stands in Synapse, and so for everybody."""

    OFFICER = "withheld"
    """An administrator holds it."""
    MEMBER = "unjudged"
    """One of the suite's own accounts holds it until it has judged it."""
    WAITING = "waiting"
    """It could not be judged yet, and is asked about again every two seconds."""
    REFUSED = "refused"
    """It was held, and then the rules refused it."""
    OPEN = "open"
    """Nobody holds it: each fetch is decided by the rules."""
    ELSEWHERE = "quarantined"
    """Somebody quarantined it in Synapse itself; it is not Vedette's to release."""


LISTED = (FileState.OFFICER, FileState.MEMBER, FileState.WAITING, FileState.REFUSED)
"""What a list of files is of."""


class AnswerFault(ValueError):
    """An answer that can't be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which files to list; what is empty matches all. `text` is part of a name, or a media id."""

    text: str = ""
    owner: str = ""
    state: FileState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file as Synapse has it. `owner` is None for one of another server."""

    server: ServerName
    media: MediaId
    owner: UserId | None
    declared: str
    name: str
    size: int | None
    created: int
    state: FileState

    @property
    def address(self) -> str:
        """Its address in events and records."""
        return address_of(self.server, self.media)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the rules answer now if the file were released: `yes`, `no` or `not-yet`, and why."""

    answer: str
    reason: str
    rule: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    """One file, what was found in it (None: nobody knows yet), and its outlook."""

    row: FileRow
    content: Content | None
    outlook: Outlook


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFound:
    """Some files, the newest first, and the cursor behind which it goes on."""

    rows: tuple[FileRow, ...]
    next: str | None


def cursor_of(row: FileRow) -> str:
    """The cursor behind a row."""
    return f"{row.created}/{row.server}/{row.media}"


def read_cursor(text: str) -> tuple[int, str, str]:
    """What a cursor says. Raises ValueError."""
    if _CURSOR.fullmatch(text) is None:
        raise ValueError(f"`{text[:80]}` is no cursor")
    created, server, media = text.split("/")
    return int(created), server, media


def sought_to_json(sought: Sought, after: str | None, most: int) -> dict[str, JSON]:
    """The body of a question for a list."""
    state = None if sought.state is None else sought.state.value
    return {
        "text": sought.text,
        "owner": sought.owner,
        "state": state,
        "after": after,
        "most": most,
    }


def sought_from_json(body: Mapping[str, JSON]) -> tuple[Sought, tuple[int, str, str] | None, int]:
    """What is sought, behind what, and how many. Raises ValueError."""
    text, owner, most = _a(str, body.get("text")), _a(str, body.get("owner")), body.get("most")
    state, after = body.get("state"), body.get("after")
    if len(text) > _LONGEST or len(owner) > _LONGEST or not 1 <= _a(int, most) <= MOST:
        raise ValueError("nothing can be sought like this")
    sought = Sought(text=text, owner=owner, state=None if state is None else FileState(state))
    return sought, None if after is None else read_cursor(_a(str, after)), _a(int, most)


def named_from_json(body: Mapping[str, JSON]) -> tuple[ServerName, MediaId]:
    """The file that a question names. Raises ValueError."""
    return ServerName(_a(str, body.get("server"))), MediaId(_a(str, body.get("media")))


def row_to_json(row: FileRow) -> dict[str, JSON]:
    """A file as plain data."""
    return {
        "server": row.server,
        "media": row.media,
        "owner": row.owner,
        "declared": row.declared,
        "name": row.name,
        "size": row.size,
        "created": row.created,
        "state": row.state.value,
    }


def row_from_json(data: JSON) -> FileRow:
    """Read a file. Raises AnswerFault."""
    try:
        told = _fields(data, _ROW)
        return FileRow(
            server=ServerName(_a(str, told["server"])),
            media=MediaId(_a(str, told["media"])),
            owner=None if told["owner"] is None else UserId(_a(str, told["owner"])),
            declared=_a(str, told["declared"]),
            name=_a(str, told["name"]),
            size=None if told["size"] is None else _a(int, told["size"]),
            created=_a(int, told["created"]),
            state=FileState(told["state"]),
        )
    except (InvalidName, ValueError) as fault:
        raise AnswerFault(f"this is no file: {fault}") from fault


def found_from_json(data: JSON) -> FilesFound:
    """Read a list. Raises AnswerFault."""
    try:
        told = _fields(data, {"files", "next"})
        next_ = None if told["next"] is None else _a(str, told["next"])
        if next_ is not None:
            read_cursor(next_)
        rows = tuple(row_from_json(each) for each in _a(list, told["files"]))
    except ValueError as fault:
        raise AnswerFault(str(fault)) from fault
    return FilesFound(rows=rows, next=next_)


def outlook_to_json(outlook: Outlook) -> dict[str, JSON]:
    """An outlook as plain data."""
    return {
        "answer": outlook.answer,
        "reason": outlook.reason,
        "rule": outlook.rule,
        "sentence": outlook.sentence,
    }


def seen_from_json(data: JSON) -> SeenFile:
    """Read one file with what is known of it. Raises AnswerFault."""
    try:
        told = _fields(data, {"file", "content", "outlook"})
        content = told["content"]
        return SeenFile(
            row=row_from_json(told["file"]),
            content=None if content is None else content_from_json(content),
            outlook=outlook_from_json(told["outlook"]),
        )
    except ValueError as fault:
        raise AnswerFault(str(fault)) from fault


def outlook_from_json(data: JSON) -> Outlook:
    """Read an outlook. Raises AnswerFault."""
    try:
        told = _fields(data, _OUTLOOK)
        rule = told["rule"]
        return Outlook(
            answer=_a(str, told["answer"]),
            reason=_a(str, told["reason"]),
            rule=None if rule is None else _a(str, rule),
            sentence=_a(str, told["sentence"]),
        )
    except ValueError as fault:
        raise AnswerFault(str(fault)) from fault


def _fields(data: JSON, names: set[str]) -> Mapping[str, Any]:
    told: Mapping[str, Any] = _a(dict, data)
    if told.keys() != names:
        raise ValueError(f"an object with {', '.join(sorted(names))} was expected")
    return told


def _a(kind: type[_Kind], data: Any) -> _Kind:
    """The data, if it is exactly of this kind: to Python, True is a number."""
    if type(data) is not kind:
        raise ValueError(f"a {kind.__name__} was expected")
    return data
