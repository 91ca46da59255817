"""Reports about rooms as files, beside a door's streams."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.stream_files import write_whole
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.standing import (
    REPORT,
    WISH,
    InvalidReport,
    Report,
    read_report,
    read_wish,
    report_bytes,
    wish_bytes,
)


@dataclass(slots=True)
class RoomReportFiles:
    """The RoomReports in the folder that control shares with the event door."""

    folder: Path
    _seen: tuple[int, int] | None = None
    _last: tuple[tuple[int, int, int], Report | None] | None = None
    """The report that was read last, and the file's stamp: a page asks for it several times."""

    def keep(self, report: Report) -> None:
        """Replace `standing.json` in one step. Raises Unavailable."""
        self._write(REPORT, report_bytes(report))

    def last(self) -> Report | None:
        """Read `standing.json`, anew where it is another file. Raises Unavailable."""
        path = self.folder / REPORT
        try:
            found = path.stat()  # before it is read: what is written meanwhile is read next time
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if self._last is None or self._last[0] != stamp:
                self._last = stamp, _read(path)
            return self._last[1]
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise Unavailable(f"the report about rooms can't be read: {fault}") from fault

    def wish(self, word: str) -> None:
        """Replace `sweep-wanted.json` in one step. Raises Unavailable."""
        self._write(WISH, wish_bytes(word))

    def wished(self) -> str | None:
        """Look at `sweep-wanted.json`, one stat if it is the same as before."""
        path = self.folder / WISH
        try:
            found = path.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if seen == self._seen:
                return None
            self._seen = seen
            return read_wish(path.read_bytes())
        except (OSError, InvalidReport):
            return None

    def _write(self, name: str, data: bytes) -> None:
        try:
            write_whole(self.folder / name, data, sync=False)
        except OSError as fault:
            raise Unavailable(f"`{self.folder / name}` can't be written: {fault}") from fault


def _read(path: Path) -> Report | None:
    try:
        return read_report(path.read_bytes())
    except InvalidReport:
        return None
