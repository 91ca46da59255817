"""How far each chain came on its way to the SIEM, in one small file that is replaced as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vedette.ports.errors import Unavailable
from vedette.ports.siem import Position


@dataclass(frozen=True, slots=True)
class PositionsFile:
    """The Positions in `path`."""

    path: Path

    def load(self) -> dict[str, Position]:
        """What was kept last. Raises Unavailable."""
        try:
            data = json.loads(self.path.read_bytes())
            return {
                str(chain): Position(int(each["taken"]), int(each["tried"]))
                for chain, each in data.items()
            }
        except FileNotFoundError:
            return {}
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be read: {fault}") from fault
        except (ValueError, TypeError, KeyError, AttributeError) as fault:
            raise Unavailable(
                f"`{self.path}` does not say how far records were sent; take it away to send all of "
                "them again"
            ) from fault

    def keep(self, positions: Mapping[str, Position]) -> None:
        """Replace the file and sync it. Raises Unavailable."""
        data = {name: {"taken": p.taken, "tried": p.tried} for name, p in positions.items()}
        beside = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(data, sort_keys=True).encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            _sync(self.path.parent)
        except OSError as fault:
            raise Unavailable(f"how far records were sent can't be kept: {fault}") from fault


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
