"""Every setting one by one: what it is now, what it would be by itself, and who changed it last."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.revision import Revision
from vedette.core.settings.document import Document
from vedette.core.settings.reference import SettingInfo, settings_reference, spell_value

_NAME = "<name>"
_RULES = ("rules.", "guardrails.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One setting of a document. `value` and the others are in TOML spelling.

    `lacks` says that another value is recommended than the one in force; where the recommendation
    is only words, nothing lacks.
    """

    path: str
    info: SettingInfo
    value: str
    lacks: bool

    @property
    def section(self) -> str:
        """The table of the document in which it stands."""
        return self.path.partition(".")[0]

    @property
    def differs(self) -> bool:
        """Whether it is another value than the one that it has by itself, where it has one."""
        return bool(self.info.default) and self.value != self.info.default

    def says(self, words: Iterable[str]) -> bool:
        """Whether each of these words stands somewhere in what is said of it, in any language."""
        texts = (self.info.title, self.info.meaning, self.info.risk)
        said = " ".join((self.path, self.value, *texts, *(text.german for text in texts)))
        return all(word in said.casefold() for word in words)


def setting_rows(document: Document) -> list[SettingRow]:
    """Every setting but rules, in the order of the reference; names as the document has them."""
    data = document.model_dump(mode="json", by_alias=True)
    return [
        row
        for info in settings_reference()
        if not info.path.startswith(_RULES)
        for row in _rows(info, data)
    ]


def _rows(info: SettingInfo, data: Mapping[str, Any]) -> Iterator[SettingRow]:
    for path, value in _found(info.path.split("."), data, ()):
        wanted = recommended(info)
        yield SettingRow(
            path=".".join(path),
            info=info,
            value="" if value is None else spell_value(value),
            lacks=wanted is not None and _NAME not in info.path and value != wanted,
        )


def _found(
    parts: list[str], data: Any, before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not parts:
        yield before, data
        return
    head, *rest = parts
    if head == _NAME:
        for name in data or ():
            yield from _found(rest, data[name], (*before, name))
    elif isinstance(data, dict):
        yield from _found(rest, data.get(head), (*before, head))


def recommended(info: SettingInfo) -> Any:
    """The value that a recommendation spells, or None where it is only words."""
    try:
        return tomllib.loads(f"v = {info.recommended}")["v"]
    except tomllib.TOMLDecodeError:
        return None


def last_changes(history: Iterable[Revision]) -> dict[str, Revision]:
    """By path, the newest revision that changed it, as the revisions' own commands say.

    A rule's path is `rules.<name>` or `guardrails.<name>`.
    """
    found: dict[str, Revision] = {}
    for revision in history:
        for command in revision.commands:
            for path in _paths(command):
                found[path] = revision
    return found


def last_change(changes: Mapping[str, Revision], path: str) -> Revision | None:
    """Who changed a setting last, itself or the table that it stands in; None since the beginning."""
    parts = path.split(".")
    held = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    found = [changes[each] for each in held if each in changes]
    return max(found, key=lambda each: each.number, default=None)


def _paths(command: str) -> Iterator[str]:
    """What a command of a revision changes; nothing where it is none that can be read."""
    try:
        words = [word for word in shlex.split(command) if word != "--"]
    except ValueError:
        return
    match words:
        case ["vedette", "settings", "set" | "unset", path, *_]:
            yield path
        case ["vedette", "settings", "change", *changes]:
            yield from (each.partition("=")[0] for each in changes[1::2])
        case ["vedette", "rule", "add" | "change" | "remove", name, *options]:
            yield f"{'guardrails' if '--guardrail' in options else 'rules'}.{name}"
        case _:
            return
