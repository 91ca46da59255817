"""The last good list of a directory's people in one file: a line each, changes appended.

A line is a JSON list, `["@ann:example.org", ["Staff"], guest, active, ends]`; of two about one person
the later one counts. A last line that a power cut tore is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.adapters.stream_files import write_whole
from vedette.core.people import Person
from vedette.ports.directory import Known
from vedette.ports.errors import Unavailable

_HEAD = b'["vedette people",1]\n'


@dataclass(frozen=True, slots=True)
class PeopleKept:
    """The KeptPeople in the file `path`, which nobody else can read."""

    path: Path

    def load(self) -> dict[str, Known]:
        """The list by user id; empty where none was ever kept. Raises Unavailable."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be read: {fault.strerror}") from fault
        whole = data[: data.rfind(b"\n") + 1]
        if not whole.startswith(_HEAD):
            raise Unavailable(f"`{self.path}` is no list of people; move it away")
        groups: dict[str, frozenset[str]] = {}
        try:
            return dict(
                _known(json.loads(line), groups) for line in whole[len(_HEAD) :].splitlines()
            )
        except (ValueError, TypeError) as fault:
            raise Unavailable(f"`{self.path}` is damaged ({fault}); move it away") from fault

    def write(self, people: Mapping[str, Known]) -> None:
        """Keep this list instead. Raises Unavailable."""
        try:
            write_whole(self.path, _HEAD + _lines(people.items()))
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be written: {fault.strerror}") from fault

    def add(self, changed: Mapping[str, Known]) -> None:
        """Keep how these people are now. Raises Unavailable."""
        try:
            with self.path.open("ab") as file:
                file.write(_lines(changed.items()))
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be written: {fault.strerror}") from fault


def _lines(people: Iterable[tuple[str, Known]]) -> bytes:
    return b"".join(
        json.dumps(
            [user, sorted(k.person.groups), k.person.guest, k.person.active, k.ends],
            separators=(",", ":"),
        ).encode()
        + b"\n"
        for user, k in people
    )


def _known(line: Any, shared: dict[str, frozenset[str]]) -> tuple[str, Known]:
    """A line's person; equal sets of groups are one object. Raises ValueError, TypeError."""
    user, names, guest, active, ends = line
    if not isinstance(user, str) or not (ends is None or isinstance(ends, int)):
        raise ValueError("a line is not about a person")
    groups = frozenset(map(str, names))
    groups = shared.setdefault("\0".join(sorted(groups)), groups)
    person = Person(groups=groups, guest=bool(guest), active=bool(active))
    return user, Known(person, ends)
