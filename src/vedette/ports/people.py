"""Where people and their groups come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vedette.core.people import Person


class PeopleSource(Protocol):
    """Holds the last good list of people."""

    def people(self) -> Mapping[str, Person]:
        """The people of the last good list, by user id."""

    def known(self) -> bool:
        """Whether there is a list; before there is, nothing is to be told of people."""

    def faults(self) -> tuple[str, ...]:
        """Why the newest list was not taken, in sentences; empty when it was."""

    def poll(self) -> bool:
        """Look for a newer list; True if one was taken. Never raises."""
