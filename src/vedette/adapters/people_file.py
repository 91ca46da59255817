"""People and groups from a file of comma-separated lines, watched for changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.people_table import parse_people


@dataclass(slots=True)
class PeopleFile:
    """The PeopleSource that reads `path`. A file with a fault changes nothing."""

    path: Path
    domain: ServerName
    _people: Mapping[str, Person] = field(default_factory=dict)
    _faults: tuple[str, ...] = ()
    _stamp: tuple[int, int, int] | None = None

    def people(self) -> Mapping[str, Person]:
        """The people of the last good file."""
        return self._people

    def known(self) -> bool:
        """Always: without a good file the table is empty."""
        return True

    def faults(self) -> tuple[str, ...]:
        """Why the newest file was not taken."""
        return self._faults

    def poll(self) -> bool:
        """Read the file again if it changed; True if what it says was taken and differs."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp == self._stamp:
                return False
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            self._stamp = None
            self._faults = (f"`{self.path}` can't be read: {fault}",)
            return False
        self._stamp = stamp
        return self._take(text)

    def _take(self, text: str) -> bool:
        table = parse_people(text, self.domain)
        self._faults = table.faults
        if table.faults or table.people == self._people:
            return False
        self._people = table.people
        return True
