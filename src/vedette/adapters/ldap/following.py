"""What both ways of following changes have in common: who was touched is read again as it is now.

Two connections to one server: over one the server tells changes by itself, over the other entries
are read again, and it is looked for what was not told.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from vedette.adapters.ldap.connection import FAULTS, Connected, Servers
from vedette.adapters.ldap.reading import Search, Searching
from vedette.ports.directory import ChangesLost, Touched, Wishes

MOST_TOUCHED = 5000
"""More changes at once than this, and reading everything anew is the shorter way."""
_DRAIN_SECONDS = 0.01
"""How long it is waited for what comes right behind a change; it may be one act of many."""


@dataclass(slots=True)
class Told(abc.ABC):
    """Following at one server. One thread at a time."""

    servers: Servers
    searching: Searching
    wishes: Wishes
    telling: Connected
    search: Search
    mark: str
    unsure: bool = True
    """Whether somebody may have been deleted before the mark; the first look asks in any case."""

    @property
    def server(self) -> str:
        """The server at which changes are followed."""
        return self.telling.server

    def next(self, seconds: float) -> Touched | None:
        """What changed, as soon as something does. Raises ChangesLost, Unavailable."""
        try:
            ids = self._told(seconds)
            while ids and len(ids) < MOST_TOUCHED:
                more = self._told(_DRAIN_SECONDS)
                if not more:
                    break
                ids |= more
            return self._again(ids)
        except FAULTS as fault:
            raise self.servers.gone(self.server, fault) from fault

    def look(self, concerned: Callable[[], Collection[str]]) -> Touched | None:
        """Ask for what was not told by itself. Raises ChangesLost, Unavailable.

        Deleted entries are told to nobody who may not read them: those of `concerned` are asked for.
        """
        try:
            mark = self.searching.mark(self.search)
            if mark == self.mark and not self.unsure:
                return None
            ids = self._since(mark)
            self.mark, self.unsure = mark, False
            known = {each for each in concerned() if _is_id(each)}
            return self._again(ids | (known - self.search.there(known) if known else set()))
        except FAULTS as fault:
            raise self.servers.gone(self.server, fault) from fault

    def close(self) -> None:
        """End both connections. Never raises."""
        self.telling.close()
        self.search.connected.close()

    @abc.abstractmethod
    def _told(self, seconds: float) -> set[str]:
        """Ids of what the server tells next; none if nothing came. Raises ChangesLost, LDAPError."""

    @abc.abstractmethod
    def _since(self, mark: str) -> set[str]:
        """Ids of what changed between the last mark and this one. Raises ChangesLost, LDAPError."""

    def _again(self, ids: set[str]) -> Touched | None:
        if not ids:
            return None
        if len(ids) > MOST_TOUCHED:
            raise ChangesLost(f"{len(ids)} entries changed at once")
        return self.search.touched(self.wishes, frozenset(ids))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
