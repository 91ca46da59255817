"""How recovery stands, in one small file that is replaced as a whole, beside control's own."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from vedette.core.break_glass import Recovery
from vedette.ports.errors import Unavailable


@dataclass(frozen=True, slots=True)
class RecoveryFile:
    """The RecoveryState in `path`. It belongs to whoever owns its folder, also when root writes it."""

    path: Path

    def load(self) -> Recovery | None:
        """How it stands, or None where no offline code was ever made. Raises Unavailable."""
        try:
            data = json.loads(self.path.read_bytes())
            return Recovery(
                digest=str(data["digest"]),
                made=int(data["made"]),
                wrong=tuple(int(at) for at in data["wrong"]),
                until=int(data["until"]),
                record=str(data["record"]),
            )
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unavailable(f"`{self.path}` can't be read: {fault}") from fault
        except (ValueError, TypeError, KeyError) as fault:
            raise Unavailable(f"`{self.path}` does not say how recovery stands") from fault

    def keep(self, recovery: Recovery) -> None:
        """Replace the file and sync it. Raises Unavailable."""
        beside = self.path.with_suffix(".new")
        try:
            self._make_folder()
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                self._hand_over(file.fileno())
                file.write(json.dumps(asdict(recovery), sort_keys=True).encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            self._sync()
        except OSError as fault:
            raise Unavailable(f"how recovery stands can't be kept: {fault}") from fault

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock beside the file. Raises Unavailable."""
        try:
            self._make_folder()
            descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as fault:
            raise Unavailable(f"how recovery stands can't be kept: {fault}") from fault
        try:
            self._hand_over(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _hand_over(self, descriptor: int) -> None:
        if os.geteuid() == 0:
            owner = self.path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)

    def _sync(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
