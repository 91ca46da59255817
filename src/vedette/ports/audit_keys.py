"""Making what the record says of one person unreadable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing one person did: how many keys of theirs are gone, in the logs of which processes.

    `plain` counts records that name them all the same: of version 1, or in what somebody wrote.
    """

    keys: int
    processes: tuple[str, ...]
    plain: int


class PeopleKeys(Protocol):
    """The keys by which people in the record are named."""

    def erase(self, name: str, record: str) -> Erased:
        """Erase every key of `name`, a user id; `record` is the id of the record that allowed it.

        Raises:
            Unavailable: some may still be there; it can be done again.
        """
