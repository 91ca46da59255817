"""How often something may happen again: a bounded memory of when it last did."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class Pace:
    """Lets through a few in each stretch of time, for each person and matter.

    Of more than ten thousand pairs the longest unused is forgotten: then one more may go out.
    """

    _sent: OrderedDict[tuple[str, str], list[float]] = field(default_factory=OrderedDict)

    def admits(self, now: float, person: str, matter: str, most: int, seconds: float) -> bool:
        """Whether one more may go out at `now`, with at most `most` in `seconds`; counts it if so."""
        recent = [at for at in self._sent.pop((person, matter), []) if now - at < seconds]
        admitted = len(recent) < most
        if admitted:
            recent.append(now)
        self._sent[person, matter] = recent
        if len(self._sent) > _MOST_REMEMBERED:
            self._sent.popitem(last=False)
        return admitted
