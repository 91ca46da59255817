"""How the inspector tells doors of contents and files: JSON, strictly read.

content  {"sha256", "size", "kind", "type", "inside": [[kind, type]…], "whole", "encrypted",
"active", "macros", "polyglot", "protected", "malware", "matches": […], "by"}
file     {"server", "media", "owner" or null, "declared", "name", "class", "held", "released",
"content": a content or null}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from vedette.core.facts import FILE_CLASSES
from vedette.core.files import Content, Digest, File, Part
from vedette.core.names import MediaId, ServerName, UserId

_Kind = TypeVar("_Kind")
_MAYBE = ("encrypted", "active", "macros", "polyglot", "protected", "malware")
_CONTENT = frozenset(
    {"sha256", "size", "kind", "type", "inside", "whole", "matches", "by", *_MAYBE}
)
_FILE = frozenset(
    {"server", "media", "owner", "declared", "name", "class", "held", "released", "content"}
)


def content_to_json(content: Content) -> dict[str, Any]:
    """A content as plain data."""
    return {
        "sha256": content.sha256,
        "size": content.size,
        "kind": content.kind,
        "type": content.type,
        "inside": [[part.kind, part.type] for part in content.inside],
        "whole": content.whole,
        "matches": sorted(content.matches),
        "by": content.by,
        **{name: getattr(content, name) for name in _MAYBE},
    }


def content_from_json(data: Any) -> Content:
    """Read a content. Raises ValueError."""
    told = _fields(data, _CONTENT)
    maybe = {name: told[name] for name in _MAYBE}
    if any(value is not None and not isinstance(value, bool) for value in maybe.values()):
        raise ValueError("what was found is yes, no or null")
    return Content(
        sha256=Digest(_a(str, told["sha256"])),
        size=_a(int, told["size"]),
        kind=_a(str, told["kind"]),
        type=_a(str, told["type"]),
        inside=tuple(_part(each) for each in _a(list, told["inside"])),
        whole=_a(bool, told["whole"]),
        matches=frozenset(_a(str, each) for each in _a(list, told["matches"])),
        by=_a(str, told["by"]),
        **maybe,
    )


def file_to_json(file: File) -> dict[str, Any]:
    """A file as plain data."""
    return {
        "server": file.server,
        "media": file.media,
        "owner": file.owner,
        "declared": file.declared,
        "name": file.name,
        "class": file.class_,
        "held": file.held,
        "released": file.released,
        "content": None if file.content is None else content_to_json(file.content),
    }


def file_from_json(data: Any) -> File:
    """Read a file. Raises ValueError."""
    told = _fields(data, _FILE)
    if _a(str, told["class"]) not in FILE_CLASSES:
        raise ValueError("a file has no such class")
    return File(
        server=ServerName(_a(str, told["server"])),
        media=MediaId(_a(str, told["media"])),
        owner=None if told["owner"] is None else UserId(_a(str, told["owner"])),
        declared=_a(str, told["declared"]),
        name=_a(str, told["name"]),
        class_=told["class"],
        held=_a(bool, told["held"]),
        released=_a(bool, told["released"]),
        content=None if told["content"] is None else content_from_json(told["content"]),
    )


def _fields(data: Any, names: frozenset[str]) -> Mapping[str, Any]:
    told = _a(dict, data)
    if told.keys() != names:
        raise ValueError(f"an object with {', '.join(sorted(names))} was expected")
    return told


def _part(data: Any) -> Part:
    pair = _a(list, data)
    if len(pair) != 2:
        raise ValueError("a part is a kind and a type")
    return Part(_a(str, pair[0]), _a(str, pair[1]))


def _a(kind: type[_Kind], data: Any) -> _Kind:
    """The data, if it is exactly of this kind: to Python, True is a number."""
    if type(data) is not kind:
        raise ValueError(f"a {kind.__name__} was expected")
    return data
