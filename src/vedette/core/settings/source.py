"""The text of a settings document: its values, and where each of them stands.

The standard library's TOML reader says what a text means; the grammar tree says on which line and
in which range every key and value stands, which the reader doesn't tell. The tree is built only
when a place is asked for, so that a document without faults costs one reading.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from vedette.core.settings.faults import Fault, Path, spell_path
from vedette.core.settings.recovery import plain_words, recover

_TOML = Language(tree_sitter_toml.language())
_TABLES = ("table", "table_array_element")
_KEYS = ("bare_key", "quoted_key", "dotted_key")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one key, value or table stands: bytes of the UTF-8 text, lines counted from 1.

    `start` to `end` is the whole statement (for a table its header and all below), `value_start`
    to `value_end` the value alone (for a table from after its header on). `kind` is `pair`,
    `table`, `element`, or `implied` for a table that only a longer name speaks of.
    """

    kind: str
    line: int
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(slots=True)
class Tree:
    """What the grammar tree says: values, places, and keys that stand twice."""

    values: dict[str, object] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    whole: set[Path] = field(default_factory=set)
    """Tables that were opened by a header or written in braces: they can't be opened again."""
    comments: set[int] = field(default_factory=set)
    """Where comments between statements begin."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A table that is being filled, and its path."""

    path: Path
    table: dict[str, object]


@dataclass(frozen=True, slots=True)
class Source:
    """A text as far as it could be read.

    `faults` are those of its syntax; where there are none, `values` is what the whole text means.
    `damaged` are the tables in which something could not be read.
    """

    text: str
    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    damaged: frozenset[tuple[str, ...]] = frozenset()


def read(text: str) -> Source:
    """Read a text, past as many faults as it has. Never raises."""
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return Source("", {}, (Fault(1, "", "the text is not valid Unicode"),))
    try:
        return Source(text, tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        # ValueError: a number of more digits than Python reads is refused as a plain one.
        complaint = plain_words(error)
    recovered = recover(text.replace("\r\n", "\n"))
    tree = tree_of(recovered.text)
    faults = [*recovered.faults, *tree.faults]
    if not faults:
        message, line = complaint
        faults = [Fault(line or text.count("\n") + 1, "", message)]
    return Source(recovered.text, tree.values, tuple(faults), frozenset(recovered.damaged))


def tree_of(text: str) -> Tree:
    """The values and places of a text, by its grammar tree.

    Where a key stands twice the first one counts and the second is a fault.
    """
    tree = Tree()
    data = text.encode()
    try:
        for node in Parser(_TOML).parse(data).root_node.named_children:
            _statement(node, tree)
    except RecursionError:
        tree.faults.append(Fault(1, "", "lists or tables are nested far too deeply"))
    return tree


def line_of(places: dict[Path, Place], path: Path) -> int:
    """The line of a path, or of the nearest table around it that has one."""
    for length in range(len(path), 0, -1):
        place = places.get(path[:length])
        if place is not None:
            return place.line
    return 1


def _statement(node: Node, tree: Tree) -> None:
    if node.type == "pair":
        _pair(node, _Spot((), tree.values), tree)
    elif node.type in _TABLES:
        _table(node, tree)
    elif node.type == "comment":
        tree.comments.add(node.start_byte)


def _table(node: Node, tree: Tree) -> None:
    key = next((child for child in node.named_children if child.type in _KEYS), None)
    if key is None:
        return
    names = tuple(key_parts(key))
    closing = next((c.end_byte for c in node.children if c.type in ("]", "]]")), key.end_byte)
    place = Place("table", _line(node), node.start_byte, node.end_byte, closing, node.end_byte)
    parent = _descend(names[:-1], _Spot((), tree.values), place, tree)
    repeated = node.type == "table_array_element"
    spot = (_open_next if repeated else _open)(names[-1], parent, place, tree)
    for child in node.named_children:
        if child.type == "pair":
            _pair(child, spot, tree)
        elif child.type == "comment":
            tree.comments.add(child.start_byte)


def _open(name: str, parent: _Spot, place: Place, tree: Tree) -> _Spot:
    """Open the table of a `[header]`."""
    path = (*parent.path, name)
    found = parent.table.setdefault(name, {})
    if not isinstance(found, dict) or path in tree.whole:
        _twice(path, place, tree)
        # What follows is still looked at, as if it stood in the first one.
        return _Spot(path, found) if isinstance(found, dict) else _nowhere(place)
    tree.whole.add(path)
    tree.places[path] = place
    return _Spot(path, found)


def _open_next(name: str, parent: _Spot, place: Place, tree: Tree) -> _Spot:
    """Open one more table of a `[[header]]`."""
    path = (*parent.path, name)
    found = parent.table.setdefault(name, [])
    if not isinstance(found, list) or path in tree.whole:
        _twice(path, place, tree)
        return _nowhere(place)
    element: dict[str, object] = {}
    found.append(element)
    tree.places.setdefault(path, place)
    tree.places[(*path, len(found) - 1)] = place
    return _Spot((*path, len(found) - 1), element)


def _twice(path: Path, place: Place, tree: Tree) -> None:
    first = line_of(tree.places, path)
    message = f"this stands on line {first} already"
    tree.faults.append(Fault(place.line, spell_path(path), message))


def _nowhere(place: Place) -> _Spot:
    """A table to throw away: what follows would only repeat a fault."""
    return _Spot(("", place.start), {})


def _pair(node: Node, base: _Spot, tree: Tree) -> None:
    # A comment behind the value belongs to the pair in this grammar.
    parts = [child for child in node.named_children if child.type != "comment"]
    if not parts[1:]:
        return  # half a pair; the reader named it
    key, value = parts[0], parts[1]
    names = tuple(key_parts(key))
    span = (node.start_byte, value.end_byte, value.start_byte, value.end_byte)
    place = Place("pair", _line(node), *span)
    parent = _descend(names[:-1], base, place, tree)
    path = (*parent.path, names[-1])
    if names[-1] in parent.table:
        _twice(path, place, tree)
        return
    tree.places[path] = place
    parent.table[names[-1]] = _value(value, path, tree)


def _descend(names: tuple[str, ...], base: _Spot, place: Place, tree: Tree) -> _Spot:
    """Walk down from `base`, making tables that nobody opened yet."""
    path, table = base.path, base.table
    for name in names:
        path = (*path, name)
        found = table.setdefault(name, {})
        if path not in tree.places:
            tree.places[path] = Place("implied", place.line, place.start, place.end, 0, 0)
        if isinstance(found, list) and found and isinstance(found[-1], dict):
            path, found = (*path, len(found) - 1), found[-1]
        if not isinstance(found, dict):
            message = f"this is a value, set on line {tree.places[path].line}, and no table"
            tree.faults.append(Fault(place.line, spell_path(path), message))
            return _nowhere(place)
        table = found
    return _Spot(path, table)


def _value(node: Node, path: Path, tree: Tree) -> object:
    if node.type == "array":
        return [_element(child, (*path, at), tree) for at, child in enumerate(_elements(node))]
    if node.type == "inline_table":
        spot = _Spot(path, {})
        for child in node.named_children:
            if child.type == "pair":
                _pair(child, spot, tree)
        tree.whole.add(path)
        return spot.table
    return scalar(node)


def _element(node: Node, path: Path, tree: Tree) -> object:
    span = (node.start_byte, node.end_byte, node.start_byte, node.end_byte)
    tree.places[path] = Place("element", _line(node), *span)
    return _value(node, path, tree)


def _elements(node: Node) -> Iterator[Node]:
    return (child for child in node.named_children if child.type != "comment")


def scalar(node: Node) -> object:
    """The value of a leaf of the tree, as the standard library reads it.

    What that can't read, though the grammar could, is its text: the reader names such faults.
    """
    text = _text(node)
    if node.type == "string" and text.startswith('"') and "\\" not in text and "\n" not in text:
        return text.strip('"') if not text.startswith('"""') else text[3:-3]
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except ValueError:
        return text


def key_parts(node: Node) -> list[str]:
    """The single names of a key, without their quotes."""
    if node.type == "bare_key":
        return [_text(node)]
    if node.type == "quoted_key":
        try:
            return list(tomllib.loads(f"{_text(node)} = 0"))
        except ValueError:
            return [_text(node)]
    return [part for child in node.named_children for part in key_parts(child)]


def _line(node: Node) -> int:
    return node.start_point.row + 1


def _text(node: Node) -> str:
    return (node.text or b"").decode()
