"""How many ask the directory at one time on behalf of people at the sign-in door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore

from vedette.ports.errors import Unavailable

AT_ONCE = 8
_PATIENCE = 0.5
"""Seconds that one more waits for its turn."""


@dataclass(frozen=True, slots=True)
class Places:
    """A directory that hangs must not take every thread of the sign-in service, which also answers
    those whose sessions go on.
    """

    _free: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))

    @contextmanager
    def one(self) -> Iterator[None]:
        """A place among them. Raises Unavailable where none is free."""
        if not self._free.acquire(timeout=_PATIENCE):
            raise Unavailable("the directory keeps too many waiting to be asked by one more")
        try:
            yield
        finally:
            self._free.release()
