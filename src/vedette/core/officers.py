"""Who may change the settings, as control saw it last: what is kept of it, for lists that leave nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vedette.core.people import Person

MOST = 50
"""So many are remembered; that one of them is left is all that is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officers:
    """Those who may change the settings and could sign in by the rules, with their groups then.

    `last` are those of the newest list that had any. `kept` are those of them whose right stays though
    the list in force would leave nobody; `gone` says that nobody is left and no right stays. `since`
    is when either began, in seconds since 1970.
    """

    last: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kept: tuple[str, ...] = ()
    gone: bool = False
    since: float = 0.0

    @property
    def users(self) -> tuple[str, ...]:
        """The user ids of the last ones."""
        return tuple(user for user, _ in self.last)

    def with_last(self, people: Iterable[tuple[str, Person]]) -> Officers:
        """The same with these as those who may."""
        last = tuple((user, tuple(sorted(person.groups))) for user, person in people)[:MOST]
        return replace(self, last=last)


def with_right(groups: Iterable[str], now: Person | None) -> Person | None:
    """Somebody as the list has them now, with the groups beside that they had; None if that can't be.

    Whoever the list calls inactive or a guest is what it says. A group that came anew counts too: it
    may be what takes a right away.
    """
    if now is None:
        return Person(groups=frozenset(groups))
    if not now.active or now.guest:
        return None
    return Person(groups=now.groups | frozenset(groups))
