"""Changes to the text of a document that leave every other character where it is.

An edit replaces, inserts or deletes one range of the text. Whatever was done is read again and
compared with the values that were wanted, so that an edit either does exactly what its name says
or raises `EditError` and changes nothing.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from vedette.core.language import told
from vedette.core.settings.faults import Path
from vedette.core.settings.reference import spell_text, spell_value
from vedette.core.settings.rules import Rule
from vedette.core.settings.source import Place, Tree, tree_of

_BARE = re.compile(r"[A-Za-z0-9_-]+")


class EditError(ValueError):
    """An edit that can't be made; the message says why and what to do."""


def set_value(text: str, path: str, value: str) -> str:
    """The text with the setting at the dotted `path` set to `value`, which is TOML.

    A comment behind the value stays. Where the setting is not written yet, it is added to its
    table, and the table to its section. A table that has lines of its own gets the keys of the
    value one by one, so that comments between them stay.

    Raises:
        EditError: the text or the value can't be read, or the path is a table with lines of its own
            and the value is none.
    """
    values, names = _load(text), _names(path)
    wanted, new = copy.deepcopy(values), _read_value(value)
    was = _assign(wanted, names, new)
    tree = tree_of(text)
    place = tree.places.get(names)
    if place is not None and place.kind == "pair":
        return _checked([_splice(text, place.value_start, place.value_end, value)], [wanted], path)
    if isinstance(was, dict) and isinstance(new, dict):
        return _checked(_merged(text, path, was, new), [wanted], path)
    if place is not None:
        raise EditError(
            told("`{path}` is a table with lines of its own; set its single settings", path=path)
        )
    return _checked(_insertions(text, tree, names, value), [wanted], path)


def _merged(text: str, path: str, was: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """The text in which a table has other keys: each one set by itself, or the table anew."""
    merged = text
    with suppress(EditError):
        for key, value in new.items():
            if key not in was or was[key] != value:
                merged = set_value(merged, f"{path}.{key}", spell_value(value))
        for key in was.keys() - new.keys():
            merged = remove(merged, f"{path}.{key}")
        yield merged
    yield set_value(remove(text, path), path, spell_value(new))


def change_rule(text: str, id: str, rule: Mapping[str, Any], *, section: str = "rules") -> str:  # noqa: A002  # as below
    """The text in which a rule has other keys, all of them; comments stay where its lines do.

    Raises:
        EditError: the text can't be read, or has no such rule.
    """
    if not _BARE.fullmatch(id) or id not in _load(text).get(section, {}):
        raise EditError(told("there is no rule `{id}` in `{section}`", id=id, section=section))
    return set_value(text, f"{section}.{id}", spell_value(rule))


def remove(text: str, path: str) -> str:
    """The text without the setting or table at the dotted `path`.

    A comment block directly above it goes with it; every other comment line stays.

    Raises:
        EditError: the text can't be read, or has nothing at that path.
    """
    values, names = _load(text), _names(path)
    tree = tree_of(text)
    if names not in tree.places:
        raise EditError(told("`{path}` is not in the document", path=path))
    removed = _without(text, tree, names)
    return _checked([removed], list(_lacking(values, names)), path)


def add_rule(
    text: str,
    id: str,  # noqa: A002  # a rule's name is its id everywhere
    rule: Rule | Mapping[str, Any],
    *,
    section: str = "rules",
    comment: str = "",
) -> str:
    """The text with one more rule, as a table behind the last one of its section.

    `rule` is a `Rule`, or its keys and values as the document spells them. Each line of `comment`
    becomes a comment above it.

    Raises:
        EditError: the text can't be read, or has a rule of that name.
    """
    values = _load(text)
    keys = rule_keys(rule) if isinstance(rule, Rule) else dict(rule)
    found = values.get(section)
    if isinstance(found, dict) and id in found:
        raise EditError(
            told("there is a rule `{id}` already; remove it first, or choose another name", id=id)
        )
    wanted = copy.deepcopy(values)
    _assign(wanted, (section, id), keys)
    tree = tree_of(text)
    above = "".join(f"# {_printable(line)}\n" for line in comment.splitlines())
    candidates = [
        _insert_block(
            text, _section_end(text, tree, section), above + rule_table(section, id, keys)
        ),
        *_insertions(text, tree, (section, id), spell_value(keys)),
    ]
    return _checked(candidates, [wanted], f"{section}.{id}")


def _printable(line: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in line)


def remove_rule(text: str, id: str, *, section: str = "rules") -> str:  # noqa: A002  # as above
    """The text without a rule, in whichever spelling it stands, and its comment block.

    Raises:
        EditError: the text can't be read, or has no such rule.
    """
    if not _BARE.fullmatch(id) or id not in _load(text).get(section, {}):
        raise EditError(told("there is no rule `{id}` in `{section}`", id=id, section=section))
    return remove(text, f"{section}.{id}")


def rule_keys(rule: Rule) -> dict[str, Any]:
    """The keys of a rule that say something, as the document spells them."""
    found = rule.model_dump(by_alias=True, exclude_defaults=True)
    return {key: list(v) if isinstance(v, tuple) else v for key, v in found.items()}


def rule_table(section: str, id: str, keys: Mapping[str, Any]) -> str:  # noqa: A002  # as above
    """A rule as a TOML table with aligned values."""
    width = max((len(key) for key in keys), default=0)
    lines = [f"{key:<{width}} = {spell_value(value)}" for key, value in keys.items()]
    return "\n".join([f"[{section}.{_key(id)}]", *lines]) + "\n"


def _load(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        raise EditError(
            told("the document has faults of syntax; mend them first (`check`)")
        ) from None


def _read_value(value: str) -> object:
    """What a value's text means. It is one value, on lines of its own or not, and nothing more."""
    try:
        found = tomllib.loads(f"v = {value}\n")
    except (ValueError, RecursionError):
        found = {}
    # A `#` outside a text would swallow what follows the value in the document.
    if list(found) != ["v"] or _holds_comment(value):
        raise EditError(
            told("`{value}` is not a value; texts stand in quotes, lists in brackets", value=value)
        )
    return found["v"]


def _holds_comment(value: str) -> bool:
    try:
        tomllib.loads(f"v = [{value}]")
    except (ValueError, RecursionError):
        return True
    return False


def _names(path: str) -> tuple[str, ...]:
    names = tuple(path.split("."))
    if not all(_BARE.fullmatch(name) for name in names):
        raise EditError(
            told("`{path}` is not the path of a setting, such as `media.max_upload`", path=path)
        )
    return names


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else spell_text(name)


def _assign(values: dict[str, Any], names: tuple[str, ...], value: object) -> object:
    """Put `value` where `names` say, and return what was there."""
    for name in names[:-1]:
        values = values.setdefault(name, {})
        if not isinstance(values, dict):
            raise EditError(
                told("`{name}` is a value and no table, so nothing can be set in it", name=name)
            )
    was = values.get(names[-1])
    values[names[-1]] = value
    return was


def _lacking(values: dict[str, Any], names: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """What may be left without `names`: the tables around it stay, or go when they are empty."""
    for keep in range(len(names) - 1, -1, -1):
        left = copy.deepcopy(values)
        chain = [left]
        for name in names[:-1]:
            chain.append(chain[-1][name])
        chain[-1].pop(names[-1])
        for at in range(len(names) - 2, keep - 1, -1):
            if not chain[at + 1]:
                chain[at].pop(names[at])
        yield left


def _checked(candidates: Iterable[str], wanted: list[dict[str, Any]], path: str) -> str:
    """The first candidate that means what was wanted."""
    for candidate in candidates:
        try:
            if tomllib.loads(candidate) in wanted:
                return candidate
        except (ValueError, RecursionError):
            continue
    raise EditError(
        told("`{path}` can't be changed in the way it is written; edit the text itself", path=path)
    )


def _splice(text: str, start: int, end: int, new: str) -> str:
    data = text.encode()
    if "\r\n" in text:
        new = new.replace("\r\n", "\n").replace("\n", "\r\n")
    return (data[:start] + new.encode() + data[end:]).decode()


def _insertions(text: str, tree: Tree, names: tuple[str, ...], value: str) -> Iterator[str]:
    """Ways to write a new setting, the nicest first; not each one is right everywhere."""
    for depth in range(len(names) - 1, -1, -1):
        place = tree.places.get(names[:depth])
        rest = names[depth:]
        if place is None and depth:
            continue
        if place is not None and place.kind == "pair":
            yield _into_braces(text, place, rest, value)
        elif place is not None and place.kind == "table":
            if len(rest) == 1:
                yield _into_table(text, tree, names[:depth], rest, value)
            yield _as_table(text, tree, names, value)
            yield _into_table(text, tree, names[:depth], rest, value)
        else:
            yield _as_table(text, tree, names, value)
            yield _beside(text, tree, names[:depth], rest, value)


def _into_braces(text: str, place: Place, rest: tuple[str, ...], value: str) -> str:
    body = text.encode()[place.value_start + 1 : place.value_end - 1].decode()
    for name in reversed(rest[1:]):
        value = f"{{ {name} = {value} }}"
    comma = ", " if body.strip() else " "
    end = place.value_end - 1 - (len(body.encode()) - len(body.rstrip().encode()))
    return _splice(text, end, place.value_end - 1, f"{comma}{rest[0]} = {value} ")


def _into_table(text: str, tree: Tree, table: Path, rest: tuple[str, ...], value: str) -> str:
    """A line behind the last one of a table with a header."""
    own = tree.places[table]
    last = max((p.end for p in _pairs(tree, table) if own.start <= p.start < own.end), default=0)
    at = _line_end(text.encode(), max(last, own.value_start))
    return _insert_line(text, at, f"{'.'.join(rest)} = {value}\n")


def _beside(text: str, tree: Tree, table: Path, rest: tuple[str, ...], value: str) -> str:
    """A dotted line in front of all headers, behind the last line there."""
    headers = [p.start for p in tree.places.values() if p.kind == "table"]
    first = min(headers, default=len(text.encode()))
    last = max((p.end for p in tree.places.values() if p.kind == "pair" and p.end <= first),
               default=0)  # fmt: skip
    dotted = ".".join((*(str(name) for name in table), *rest))
    at = _line_end(text.encode(), last) if last else 0
    return _insert_line(text, at, f"{dotted} = {value}\n")


def _as_table(text: str, tree: Tree, names: tuple[str, ...], value: str) -> str:
    """A table of its own behind the last one of its section."""
    if len(names) == 1:
        return _beside(text, tree, (), names, value)
    block = f"[{'.'.join(names[:-1])}]\n{names[-1]} = {value}\n"
    return _insert_block(text, _section_end(text, tree, names[0]), block)


def _pairs(tree: Tree, table: Path) -> Iterator[Place]:
    depth = len(table)
    return (
        place for path, place in tree.places.items()
        if place.kind == "pair" and path[:depth] == table and len(path) > depth
    )  # fmt: skip


def _section_end(text: str, tree: Tree, section: str) -> int:
    """Where the last statement of a section ends; the end of the text if there is none."""
    ends = [
        place.value_start if place.kind == "table" else place.end
        for path, place in tree.places.items()
        if path[0] == section and place.kind in ("table", "pair")
    ]
    return _line_end(text.encode(), max(ends)) if ends else len(text.encode())


def _insert_line(text: str, at: int, line: str) -> str:
    broken = at > 0 and text.encode()[at - 1 : at] != b"\n"
    return _splice(text, at, at, ("\n" if broken else "") + line)


def _insert_block(text: str, at: int, block: str) -> str:
    """A block of lines with an empty line before it, and after it where something follows."""
    before, after = text.encode()[:at].decode(), text.encode()[at:].decode()
    head = "" if not before.strip() else "\n" if before.endswith("\n") else "\n\n"
    tail = "\n" if after.strip() and not after.lstrip(" \t").startswith(("\n", "\r")) else ""
    return _splice(text, at, at, head + block + tail)


def _line_end(data: bytes, at: int) -> int:
    """Behind the line break that ends the line of `at`."""
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found + 1


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _without(text: str, tree: Tree, names: tuple[str, ...]) -> str:
    data = text.encode()
    within = _holder(tree, names)
    if within is not None:
        start, end = _in_braces(data, tree.places[names], within)
        return (data[:start] + data[end:]).decode()
    for start, end in sorted(_statements(data, tree, names), reverse=True):
        data = _cut(data, _comments_above(data, tree, start), end)
    return data.decode()


def _holder(tree: Tree, names: tuple[str, ...]) -> Place | None:
    """The braces in which `names` is written, if it is."""
    for depth in range(len(names) - 1, 0, -1):
        place = tree.places.get(names[:depth])
        if place is not None and place.kind == "pair":
            return place
    return None


def _in_braces(data: bytes, place: Place, within: Place) -> tuple[int, int]:
    """The range of one pair between braces, with the comma that parts it from its neighbour."""
    before = data[within.value_start : place.start].rstrip()
    if before.endswith(b","):
        return within.value_start + len(before) - 1, place.end
    after = re.match(rb"\s*,\s*", data[place.end : within.value_end])
    return place.start, place.end + (after.end() if after else 0)


def _statements(data: bytes, tree: Tree, names: tuple[str, ...]) -> set[tuple[int, int]]:
    """The lines of every statement that speaks of `names` or of what is below it."""
    depth = len(names)
    spans = set()
    for path, place in tree.places.items():
        if path[:depth] != names or place.kind not in ("table", "pair"):
            continue
        end = place.end
        if place.kind == "table":
            inside = [p.end for p in _pairs(tree, path) if place.start <= p.start < place.end]
            end = max(inside, default=place.value_start)
        spans.add((_line_start(data, place.start), _line_end(data, end)))
    # A pair below a table that goes is gone with it.
    return {s for s in spans if not any(o != s and o[0] <= s[0] and s[1] <= o[1] for o in spans)}


def _comments_above(data: bytes, tree: Tree, start: int) -> int:
    """Where the block of comment lines directly above a line begins."""
    while start > 0:
        above = _line_start(data, start - 1)
        line = data[above:start]
        if above + len(line) - len(line.lstrip(b" \t")) not in tree.comments:
            return start
        start = above
    return start


def _cut(data: bytes, start: int, end: int) -> bytes:
    """The text without a range of lines; of two empty lines that then meet, one goes too."""
    head, tail = data[:start], data[end:]
    blank = re.match(rb"[ \t]*\r?\n", tail)
    if blank and (not head or re.search(rb"(^|\n)[ \t]*\r?\n$", head)):
        tail = tail[blank.end() :]
    return head + tail
