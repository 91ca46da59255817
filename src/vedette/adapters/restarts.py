"""Having `vedette up` start a process again, by a file in a folder that it looks at.

run/restart/<name>          wanted: written by whoever needs it
run/restart/<name>.taken    under way: renamed by `vedette up`, removed once the process serves again
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.stream_files import write_whole
from vedette.ports.errors import Unavailable

FOLDER = Path("run/restart")
_TAKEN = ".taken"
_LOOK_SECONDS = 0.1
_TAKING_SECONDS = 5.0
_SERVING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Restarts:
    """The wishes in `folder`."""

    folder: Path

    async def again(self, *names: str) -> bool:
        """Have these started again, and wait until they serve.

        False if nobody is there who does it: then whatever runs them has to.

        Raises:
            Unavailable: the wish can't be kept, or one of them did not serve in time.
        """
        try:
            for name in names:
                write_whole(self.folder / name, b"")
        except OSError as fault:
            raise Unavailable(f"`{self.folder}` can't be written: {fault}") from fault
        if not await _until(lambda: not self._waiting(names), _TAKING_SECONDS):
            self._withdraw(names)
            return False
        if not await _until(lambda: not self._under_way(names), _SERVING_SECONDS):
            raise Unavailable(f"{' and '.join(names)} did not serve again in time; see its log")
        return True

    def _waiting(self, names: tuple[str, ...]) -> bool:
        return any((self.folder / name).exists() for name in names)

    def _under_way(self, names: tuple[str, ...]) -> bool:
        return any((self.folder / f"{name}{_TAKEN}").exists() for name in names)

    def _withdraw(self, names: tuple[str, ...]) -> None:
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def take(self) -> tuple[str, ...]:
        """The processes that are to be started again now; each is told once."""
        found = []
        with contextlib.suppress(OSError):
            for path in sorted(self.folder.iterdir()):
                if path.suffix != _TAKEN and not path.name.startswith("."):
                    path.replace(path.with_name(f"{path.name}{_TAKEN}"))
                    found.append(path.name)
        return tuple(found)

    def done(self, name: str) -> None:
        """Say that it serves again."""
        (self.folder / f"{name}{_TAKEN}").unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget what was wanted before: everything is about to start."""
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                path.unlink(missing_ok=True)


async def _until(true: Callable[[], bool], seconds: float) -> bool:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True
