"""Recovery: when it is open, and what showing the offline code does to that.

Recovery is the break-glass of an organisation that has locked itself out: for one hour the holder of
the local token may do what the document forbids. What opens it is a code that was put away when the
organisation was made; only its hash is kept.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from enum import StrEnum

HOUR = 3600
"""For how many seconds recovery stays open."""
MOST_WRONG = 5
"""So many wrong codes are answered in `SPELL` seconds; then none is, not even the right one."""
SPELL = 600


class Shown(StrEnum):
    """What came of a code that was shown."""

    RIGHT = "right"
    WRONG = "wrong"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """How it stands. Times are whole seconds since 1970 UTC.

    `digest` is the hash of the offline code, `made` when that was made, `wrong` when wrong ones were
    shown lately, `until` when recovery closes, `record` the record of its beginning.
    """

    digest: str
    made: int
    wrong: tuple[int, ...] = ()
    until: int = 0
    record: str = ""

    def is_open(self, now: float) -> bool:
        """Whether recovery is open. A clock that was set back makes it no longer than it was."""
        return now < self.until <= now + HOUR

    def shown(self, digest: str, now: float) -> tuple[Shown, Recovery]:
        """What the hash of a code that was shown is, and how it stands after that."""
        lately = tuple(at for at in self.wrong if now - SPELL < at <= now)
        if len(lately) >= MOST_WRONG:
            return Shown.TOO_MANY, replace(self, wrong=lately)
        if hmac.compare_digest(digest.encode(), self.digest.encode()):
            return Shown.RIGHT, replace(self, wrong=lately)
        return Shown.WRONG, replace(self, wrong=(*lately, int(now)))

    def opened(self, now: float, record: str) -> Recovery:
        """Open from now on, for an hour."""
        return replace(self, until=int(now) + HOUR, record=record)

    def renewed(self, digest: str, now: float) -> Recovery:
        """With another offline code; open as long as it is."""
        return replace(self, digest=digest, made=int(now), wrong=())

    def ended(self) -> Recovery:
        """Closed."""
        return replace(self, until=0)
