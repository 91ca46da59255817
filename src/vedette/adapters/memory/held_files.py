"""Files at a homeserver in memory: what stands in its rows, what the rules say, and outages on demand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from vedette.core.names import MediaId, ServerName
from vedette.ports.errors import Unavailable
from vedette.ports.held_files import Came, Moved, NotOurs, RulesRefuse
from vedette.protocol.internal.held_files import (
    LISTED,
    FileRow,
    FilesFound,
    FileState,
    Outlook,
    SeenFile,
    Sought,
    cursor_of,
    read_cursor,
)

FINE = Outlook(answer="yes", reason="allowed", rule="files", sentence="yes: rule `files`, allowed")


@dataclass(slots=True)
class MemoryHeldFiles:
    """The HeldFiles port over a dictionary.

    `down` makes it not answer; `outlooks` is what the rules say of a file, a yes where it is not in
    it. `orders` are the acts that were carried out, each with who did it and by which record.
    """

    files: dict[tuple[ServerName, MediaId], FileRow] = field(default_factory=dict)
    outlooks: dict[tuple[ServerName, MediaId], Outlook] = field(default_factory=dict)
    orders: list[tuple[str, str, str, str]] = field(default_factory=list)
    down: bool = False

    def put(self, row: FileRow) -> None:
        """Have a file there."""
        self.files[row.server, row.media] = row

    async def list(self, sought: Sought, after: str | None, most: int) -> FilesFound:
        """The files that are held or refused. Raises Unavailable when `down`, ValueError."""
        self._answers()
        behind = None if after is None else read_cursor(after)
        rows = sorted(self.files.values(), key=_place, reverse=True)
        found = [
            row for row in rows
            if _matches(row, sought) and (behind is None or _place(row) < behind)
        ]  # fmt: skip
        next_ = cursor_of(found[most - 1]) if len(found) > most else None
        return FilesFound(rows=tuple(found[:most]), next=next_)

    async def show(self, server: ServerName, media: MediaId) -> SeenFile | None:
        """One file. Raises Unavailable when `down`."""
        self._answers()
        row = self.files.get((server, media))
        outlook = self.outlooks.get((server, media), FINE)
        return None if row is None else SeenFile(row=row, content=None, outlook=outlook)

    async def hold(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Hold a file. Raises Unavailable when `down`."""
        return self._move("hold", server, media, by, order)

    async def release(self, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        """Release a file, if the rules say yes. Raises Unavailable when `down`."""
        return self._move("release", server, media, by, order)

    def _move(self, do: str, server: ServerName, media: MediaId, by: str, order: str) -> Came:
        self._answers()
        row = self.files.get((server, media))
        if row is None:
            return None
        if row.state is FileState.ELSEWHERE:
            return NotOurs()
        record, outlook = (
            f"synapse:{len(self.orders) + 1}",
            self.outlooks.get((server, media), FINE),
        )
        if do == "release" and outlook.answer != "yes":
            return RulesRefuse(outlook, record)
        state = FileState.OFFICER if do == "hold" else FileState.OPEN
        self.files[server, media] = replace(row, state=state)
        self.orders.append((do, row.address, by, order))
        return Moved(record)

    def _answers(self) -> None:
        if self.down:
            raise Unavailable("the homeserver does not answer")


def _place(row: FileRow) -> tuple[int, str, str]:
    return row.created, row.server, row.media


def _matches(row: FileRow, sought: Sought) -> bool:
    text = sought.text.lower()
    return (
        row.state in LISTED
        and sought.state in (None, row.state)
        and sought.owner in ("", row.owner)
        and (not text or text in row.name.lower() or sought.text == row.media)
    )
