"""Looks at this host for whoever opens the console, at most once a minute and never in their way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from vedette.admin.findings import Examination, Found
from vedette.admin.rejected import Rejected
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable

_LOG = logging.getLogger("vedette.control")
_FRESH_SECONDS = 60
_PATIENCE_SECONDS = 2.0


@dataclass(slots=True)
class Looking:
    """The newest look, and the one that is under way. A look reads the disk and tries addresses."""

    look: Callable[[], list[Found]]
    clock: Clock
    _newest: Examination | None = None
    _under_way: asyncio.Task[None] | None = field(default=None)

    async def __call__(self) -> Examination | None:
        """What was found. Where a look is due it is begun; only the first one is waited for."""
        self.begin()
        if self._newest is None and self._under_way is not None:
            await asyncio.wait({self._under_way}, timeout=_PATIENCE_SECONDS)
        return self._newest

    def begin(self) -> None:
        """Begin a look on the running loop where one is due; with a long record one takes seconds."""
        fresh = self._newest is not None and self.clock.now() < self._newest.at + _FRESH_SECONDS
        if not fresh and (self._under_way is None or self._under_way.done()):
            self._under_way = asyncio.create_task(self._look())

    async def end(self) -> None:
        """Give up the look that is under way: nobody waits for what it finds."""
        if self._under_way is not None and not self._under_way.done():
            self._under_way.cancel()
            await asyncio.wait({self._under_way})

    async def _look(self) -> None:
        try:
            found = await asyncio.to_thread(self.look)
        except (Rejected, Unavailable, OSError) as fault:
            _LOG.error("this host could not be looked at: %s", fault)
            return
        self._newest = Examination(tuple(found), self.clock.now())
