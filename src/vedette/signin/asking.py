"""Asking addresses beside one another: whoever hangs keeps nobody else waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from vedette.ports.clock import Clock

Work = Callable[[], None]

MOST_IN_ROUNDS = 32
"""So many addresses are asked at once for certificates in use; others wait for the next round."""
MOST = 96
"""So many at once, whatever for."""
_RESTS = 10
"""After it was asked in a round an address rests so many times as long, however much is asked there."""
_MOST_REST = 60.0
"""Seconds."""


@dataclass(slots=True)
class Asking:
    """Work that waits for others, each in a thread of its own, one at a time for each key.

    For several threads.
    """

    clock: Clock
    _at: dict[str, Future[None]] = field(default_factory=dict)
    _rests: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, MOST, "ask"))

    def begin(self, key: str, work: Work, most: int = MOST) -> Future[None] | None:
        """Begin, or return what is under way for this key; None while there is too much to do."""
        with self._lock:
            running = self._at.get(key)
            if running is not None:
                return running
            if len(self._at) >= most:
                return None
            found = self._at[key] = self._threads.submit(self._run, key, work)
            return found

    def _run(self, key: str, work: Work) -> None:
        begun = self.clock.now()
        try:
            work()
        finally:
            with self._lock:
                now = self.clock.now()
                self._rests = {each: until for each, until in self._rests.items() if until > now}
                self._rests[key] = now + min(_RESTS * max(0.0, now - begun), _MOST_REST)
                del self._at[key]

    def rests(self, key: str) -> bool:
        """Whether this was asked just now, for long enough to be left alone for a while."""
        with self._lock:
            return key not in self._at and self.clock.now() < self._rests.get(key, 0.0)


def wait_for(several: Iterable[Future[None]], seconds: float) -> None:
    """Wait until all are through, so many seconds at most; what one of them raised is raised."""
    done, _ = wait(list(several), timeout=seconds)
    for each in done:
        each.result()


__all__ = ["MOST", "MOST_IN_ROUNDS", "Asking", "Work", "wait_for"]
