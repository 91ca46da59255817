"""A company's directory in memory, as far as people prove their passwords to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.ports.directory import BindAnswer, Bound, NameKind
from vedette.ports.errors import Unavailable


@dataclass(slots=True)
class MemoryEntry:
    """One person. `state` is what the directory answers to the right password."""

    password: str = field(repr=False)
    display_name: str = ""
    state: BindAnswer = BindAnswer.OK
    email: str = ""


@dataclass(slots=True)
class MemoryDirectoryPasswords:
    """The DirectoryPasswords that tests move by hand; `asked` is whose password it was given.

    It is the DirectoryNames of the same people too, as far as e-mail goes.
    """

    people: dict[str, MemoryEntry] = field(default_factory=dict)
    away: bool = False
    asked: list[str | None] = field(default_factory=list)

    def check(self, localpart: str | None, password: str) -> Bound:
        """Whether this person has this password. Raises Unavailable while `away`."""
        if not password:
            return Bound(BindAnswer.WRONG)
        if self.away:
            raise Unavailable("the directory is away")
        self.asked.append(localpart)
        entry = self.people.get(localpart or "")
        if entry is None:
            return Bound(BindAnswer.WRONG)
        if entry.state is BindAnswer.LOCKED:
            return Bound(BindAnswer.LOCKED)
        if entry.password != password:
            return Bound(BindAnswer.WRONG)
        shown = entry.display_name if entry.state is BindAnswer.OK else ""
        return Bound(entry.state, proven=True, display_name=shown)

    def find(self, kind: NameKind, value: str) -> str | None:
        """The one person with this address. Raises Unavailable while `away`."""
        if self.away:
            raise Unavailable("the directory is away")
        if kind is not NameKind.EMAIL or not value:
            return None
        found = [
            who for who, each in self.people.items() if each.email.casefold() == value.casefold()
        ]
        return found[0] if len(found) == 1 else None
