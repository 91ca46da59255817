"""What is still to be done: kept until it was done, however often that fails before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, TypeVar

What = TypeVar("What", bound=str)


@dataclass(slots=True)
class Pending(Generic[What]):
    """A set of things to do, for several threads.

    Whoever does them takes what is `due` and tells when it is `done`. What was added again
    meanwhile, as there may be something newer to see, stays. `told` is called, on whichever thread,
    when there is something more to do.
    """

    told: Callable[[], object] = lambda: None
    _marks: dict[What, int] = field(default_factory=dict)
    _next: count[int] = field(default_factory=count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: What) -> None:
        """It is to be done, from now on."""
        with self._lock:
            self._marks[what] = next(self._next)
        self.told()

    def due(self) -> Mapping[What, int]:
        """Everything that is to be done now; to be given to `done`."""
        with self._lock:
            return dict(self._marks)

    def done(self, due: Mapping[What, int]) -> None:
        """All of this was done, as it was when it was taken."""
        with self._lock:
            for what, mark in due.items():
                if self._marks.get(what) == mark:
                    del self._marks[what]
