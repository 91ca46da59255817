"""Saying that something takes its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

_PATIENCE = 2.0
_TICK = 5.0


@contextmanager
def waiting(doing: str, *, quiet: bool) -> Iterator[None]:
    """Whoever waits longer than a moment is told what is being done, and for how long already."""
    over, begun = Event(), time.monotonic()

    def tell() -> None:
        pause = _PATIENCE
        while not over.wait(pause):
            print(f"{doing}, {time.monotonic() - begun:.0f} seconds so far", file=sys.stderr)
            pause = _TICK

    if not quiet:
        Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()
