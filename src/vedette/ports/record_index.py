"""Finding records without reading all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which records to list. Unset fields match everything; times are seconds since 1970 UTC."""

    since: float | None = None
    until: float | None = None
    who: str | None = None
    person: str | None = None
    """Who asked, or whom it was about."""
    partner: str | None = None
    domains: tuple[str, ...] = ()
    """Of the partner, as the settings in force have them."""
    rule: str | None = None
    reason: str | None = None
    answer: str | None = None
    process: str | None = None
    act: str | None = None
    file: str | None = None
    """The address of a file that it was about, `mxc://…`."""
    most: int = 200


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record is: its time in thousandths of a second and its number in the index, by which
    places are ordered, and then its process and the byte at which it begins.
    """

    at: int
    number: int
    process: str
    offset: int


class RecordIndex(Protocol):
    """Knows where records are, never what is in them: whoever reads one looks whether it matches."""

    def follow(self, most: int) -> int:
        """Take in at most so many new records; returns how many.

        Raises:
            Unavailable: the index can't be kept.
        """

    def behind(self) -> int:
        """How many bytes of records are not in it yet."""

    def places(self, wanted: Wanted, before: tuple[int, int] | None) -> Iterator[Place]:
        """Where records may be that are wanted, the newest first, behind `before` (at, number).

        Every one that is wanted and taken in is among them.

        Raises:
            Unavailable: the index can't be read.
        """

    def forget(self, name: str) -> None:
        """Forget by which pseudonyms a person is found. Raises Unavailable."""
