"""What is known of a file: of its content, and of the file as somebody sent it.

Content is the same whoever sends it: what is found in it is kept by its digest. A file is content
with an owner, a name, a declared type and a use; whether it is disguised follows from both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from vedette.core.facts import FILE_FACTS, FILE_KINDS, Facts, Missing, Value
from vedette.core.file_kinds import UNDECLARED, declared_kind, named_kind
from vedette.core.names import InvalidName, MediaId, ServerName, UserId

MOST_PARTS_INSIDE = 64
"""How many different kinds and types are kept of what is in a file; more count as not looked at."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Digest(str):
    """A SHA-256 digest in lower-case hex."""

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check and build. Raises InvalidName."""
        if not _DIGEST.fullmatch(text):
            raise InvalidName("SHA-256 digest", text)
        return super().__new__(cls, text)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """A kind and an exact media type that something within a file has."""

    kind: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What inspection found in some bytes. None: it was asked and could not be learnt.

    `inside` holds the distinct kinds of what was found in an archive or a document, however deep.
    `whole` is no where something within could not be looked at: too deep, too many, too large, too
    slow, or broken. `matches` names rules of the organisation. `by` says which rules and limits of
    inspection found it: another one may find something else.
    """

    sha256: Digest
    size: int
    kind: str
    type: str
    inside: tuple[Part, ...] = ()
    whole: bool = True
    encrypted: bool | None = False
    active: bool | None = False
    macros: bool | None = False
    polyglot: bool | None = False
    protected: bool | None = False
    malware: bool | None = None
    matches: frozenset[str] = frozenset()
    by: str = ""

    def __post_init__(self) -> None:
        """Refuse a kind that no rule could name. Raises ValueError."""
        strange = {self.kind, *(part.kind for part in self.inside)} - FILE_KINDS
        if strange or self.size < 0 or len(self.inside) > MOST_PARTS_INSIDE:
            raise ValueError(f"this is not what inspection finds: {sorted(strange) or self.size}")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file as doors ask about it: stored under `server` and `media`.

    `owner` is the person who uploaded it here; of another server's file only the server is known.
    `content` is None until it was looked at; `held` keeps it from everybody whatever was found.
    `released`: an administrator answers for it. That counts for as long as nobody knows the content.
    """

    server: ServerName
    media: MediaId
    owner: UserId | None
    declared: str
    name: str
    class_: str = "attachment"
    content: Content | None = None
    held: bool = False
    released: bool = False

    @property
    def address(self) -> str:
        """Its address in events and records."""
        return address_of(self.server, self.media)


def address_of(server: ServerName, media: MediaId) -> str:
    """The address of a file, as events and records have it."""
    return f"mxc://{server}/{media}"


@lru_cache(maxsize=4096)
def facts_of(file: File, missing: Missing = Missing.PENDING) -> Facts:
    """What rules may read of a file.

    What was not looked at yet is pending, so that a door which can wait does; `missing` is UNKNOWN
    for a file that nobody will ever look at.
    """
    claims = _claims(file.declared)
    if file.content is None or file.held:
        nothing: dict[str, Value | Missing] = dict.fromkeys(FILE_FACTS, missing)
        released = missing if file.held else file.released
        return Facts({**nothing, "file.class": file.class_, "file.released": released}, claims)
    content = file.content
    known: dict[str, Value | Missing] = {
        "file.active": _learnt(content.active),
        "file.class": file.class_,
        "file.disguised": is_disguised(file.name, file.declared, content),
        "file.encrypted": _learnt(content.encrypted),
        "file.kind": content.kind,
        "file.macros": _learnt(content.macros),
        "file.malware": _learnt(content.malware),
        "file.matches": content.matches,
        "file.polyglot": _learnt(content.polyglot),
        "file.protected": _learnt(content.protected),
        "file.released": False,  # what was found counts, whatever somebody supposed before
        "file.size": content.size,
        "file.type": content.type,
    }
    parts: list[dict[str, Value | Missing]] = [
        {"file.kind": part.kind, "file.type": part.type} for part in content.inside
    ]
    if not content.whole:
        parts.append({"file.kind": Missing.UNKNOWN, "file.type": Missing.UNKNOWN})
    return Facts(known, claims, tuple(parts))


def facts_beforehand(declared: str, size: int | None) -> Facts:
    """What is known of a file whose bytes are still to come. `size` is None where nobody said it."""
    known: dict[str, Value | Missing] = dict.fromkeys(FILE_FACTS, Missing.PENDING)
    known["file.released"] = False
    return Facts(known if size is None else {**known, "file.size": size}, _claims(declared))


def facts_of_all(files: Sequence[Facts], claims: Mapping[str, Value]) -> Facts:
    """What is known of several files that come together: each is a part, with what is in it.

    `claims` are those of whoever hands them over; what each file declares for itself is left out.
    Of no file at all nothing is known.
    """
    if not files:
        return Facts({}, claims)
    first, *rest = files
    parts = [*first.parts]
    for each in rest:
        parts += [part.known for part in each.each()]
    return Facts(first.known, claims, tuple(parts))


def _claims(declared: str) -> dict[str, Value]:
    if not declared:
        return {}
    return {"file.type": essence(declared), "file.kind": declared_kind(declared)}


def _learnt(value: bool | None) -> bool | Missing:  # the value itself
    return Missing.UNKNOWN if value is None else value


def essence(media_type: str) -> str:
    """A media type without its parameters (RFC 9110, 8.3.1), in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_disguised(name: str, declared: str, content: Content) -> bool:
    """Whether a file's name or its declared type says another kind than its content has.

    1. What says nothing disguises nothing: no name, an ending that nobody knows, a type that
       clients send when they know none.
    2. Encrypted content says nothing about itself either.
    3. Sound and pictures share their containers: a voice message may be called a video.
    """
    if content.kind == "encrypted":  # (2)
        return False
    said = [named_kind(name)]
    if essence(declared) not in UNDECLARED:  # (1)
        said.append(declared_kind(declared))
    fitting = {None, "other", content.kind}
    if content.kind in _RECORDED:  # (3)
        fitting |= _RECORDED
    return any(kind not in fitting for kind in said)


_RECORDED = frozenset({"audio", "video"})
