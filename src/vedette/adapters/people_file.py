"""People and groups from a file of comma-separated lines, watched for changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vedette.core.names import ServerName
from vedette.core.people import Person
from vedette.core.people_table import parse_people

_OUT = Person(active=False)


@dataclass(slots=True)
class PeopleFile:
    """The PeopleSource that reads `path`. A file with a fault changes nothing.

    Before the first good file the people are as the doors were told them last. Whoever was inactive
    stays so when the line is gone: only a line that says so lets somebody in again.
    """

    path: Path
    domain: ServerName
    sent: Callable[[], Mapping[str, Person]] = dict
    """The people as the doors were told them last."""
    _people: Mapping[str, Person] = field(default_factory=dict)
    _known: bool = False
    _faults: tuple[str, ...] = ()
    _stamp: tuple[int, int, int] | None = None

    def begin(self) -> None:
        """Take the list that the doors have, before anything else: no fault lifts a ban."""
        self._people = self.sent()
        self._known = bool(self._people)

    def people(self) -> Mapping[str, Person]:
        """The people of the last good file."""
        return self._people

    def known(self) -> bool:
        """Whether a good file was read by now, or the doors have a list to go on from."""
        return self._known

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
        if table.faults:
            return False
        out = {user: _OUT for user, person in self._people.items() if not person.active}
        people = {**out, **table.people}
        if self._known and people == self._people:
            return False
        self._people, self._known = people, True
        return True
