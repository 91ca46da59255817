"""A company's directory in memory, as far as people prove their passwords to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.ports.directory import BindAnswer, Bound, NameKind, Standing
from vedette.ports.errors import Unavailable


@dataclass(slots=True)
class MemoryEntry:
    """One person. `state` is what the directory answers to the right password."""

    password: str = field(repr=False)
    display_name: str = ""
    state: BindAnswer = BindAnswer.OK
    email: str = ""
    sid: str = ""


@dataclass(slots=True)
class MemoryDirectoryPasswords:
    """The DirectoryPasswords that tests move by hand; `asked` is whose password it was given.

    It is the DirectoryNames of the same people too, as far as e-mail, identifiers and their own names go.
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
        """The one person with this address or name. Raises Unavailable while `away`."""
        found = self.standing(kind, value)
        return None if found is None or found.answer in _OUT else found.localpart

    def standing(self, kind: NameKind, value: str) -> Standing | None:
        """How the one person with this name stands. Raises Unavailable while `away`."""
        if self.away:
            raise Unavailable("the directory is away")
        wanted = value.casefold()
        found = [
            who
            for who, each in self.people.items()
            if wanted and wanted == _called(who, each, kind)
        ]
        return Standing(found[0], self.people[found[0]].state) if len(found) == 1 else None


def _called(who: str, entry: MemoryEntry, kind: NameKind) -> str:
    names = {NameKind.EMAIL: entry.email, NameKind.SID: entry.sid, NameKind.USER: who}
    return names.get(kind, "").casefold()


_OUT = frozenset({BindAnswer.DISABLED, BindAnswer.EXPIRED})
