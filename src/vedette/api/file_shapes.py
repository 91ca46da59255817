"""The JSON shapes about files that are held or were refused."""

from __future__ import annotations

from vedette.admin.files import RefusedFile
from vedette.api.shapes import Shape
from vedette.core.files import Content
from vedette.protocol.internal.held_files import FileRow, FileState, SeenFile


class FileShape(Shape):
    """A file. `owner` is null for one of another server; `created` is seconds since 1970 UTC.

    `name` and `declared` are what whoever sent it said.
    """

    file: str
    owner: str | None
    name: str
    declared: str
    size: int | None
    created: float
    state: FileState


class FilesPageShape(Shape):
    """Some files, the newest first. `next` is the cursor behind which it goes on."""

    files: list[FileShape]
    next: str | None


class PartShape(Shape):
    """What is in a file."""

    kind: str
    type: str


class ContentShape(Shape):
    """What inspection found in a file; null where it could not be learnt."""

    sha256: str
    size: int
    kind: str
    type: str
    inside: list[PartShape]
    whole: bool
    encrypted: bool | None
    active: bool | None
    macros: bool | None
    polyglot: bool | None
    protected: bool | None
    malware: bool | None
    matches: list[str]


class OutlookShape(Shape):
    """What the rules answer now if the file were released."""

    answer: str
    reason: str
    rule: str | None
    sentence: str


class FileViewShape(Shape):
    """One file. `content` is null while nobody knows what is in it."""

    file: FileShape
    content: ContentShape | None
    outlook: OutlookShape


class RefusedFileShape(Shape):
    """An upload that was refused at once, so that nothing was kept of it but the record."""

    record: str
    at: float
    user: str
    rule: str | None
    reason: str
    say: str | None
    kind: str | None
    type: str | None
    size: int | None
    times: int


class RefusedPageShape(Shape):
    """Some refused uploads, the newest first. `next` is the cursor behind which it goes on."""

    files: list[RefusedFileShape]
    next: str | None


class FileMovedShape(Shape):
    """A file that was held or released, and the act's record."""

    file: str
    record: str


def file_shape(row: FileRow) -> FileShape:
    """A file as the API gives it."""
    return FileShape(
        file=row.address,
        owner=row.owner,
        name=row.name,
        declared=row.declared,
        size=row.size,
        created=row.created / 1000,
        state=row.state,
    )


def view_shape(seen: SeenFile) -> FileViewShape:
    """One file with what is known of it."""
    return FileViewShape(
        file=file_shape(seen.row),
        content=None if seen.content is None else _content(seen.content),
        outlook=OutlookShape(
            answer=seen.outlook.answer,
            reason=seen.outlook.reason,
            rule=seen.outlook.rule,
            sentence=seen.outlook.sentence,
        ),
    )


def _content(content: Content) -> ContentShape:
    return ContentShape(
        sha256=content.sha256,
        size=content.size,
        kind=content.kind,
        type=content.type,
        inside=[PartShape(kind=part.kind, type=part.type) for part in content.inside],
        whole=content.whole,
        encrypted=content.encrypted,
        active=content.active,
        macros=content.macros,
        polyglot=content.polyglot,
        protected=content.protected,
        malware=content.malware,
        matches=sorted(content.matches),
    )


def refused_shape(each: RefusedFile) -> RefusedFileShape:
    """A refused upload as the API gives it."""
    return RefusedFileShape(
        record=each.record,
        at=each.at,
        user=each.user,
        rule=each.rule,
        reason=each.reason,
        say=each.say,
        kind=each.kind,
        type=each.type,
        size=each.size,
        times=each.times,
    )
