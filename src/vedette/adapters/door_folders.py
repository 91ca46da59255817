"""The doors on this machine: one folder each, shared by control and that door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from vedette.adapters.stream_files import read_acknowledgement, read_closed, write_whole
from vedette.ports.doors import Acknowledged
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.streams import Stream

ONLY: Mapping[str, frozenset[Stream]] = MappingProxyType(
    {"inspector": frozenset({Stream.SETTINGS})}
)
"""The inspector parses hostile bytes and decides about nobody: it is not told who people are."""


@dataclass(frozen=True, slots=True)
class DoorFolders:
    """The Doors whose parts are files, `<folder>/<door>/<stream>.part`."""

    folders: Mapping[str, Path]
    only: Mapping[str, frozenset[Stream]] = field(default_factory=lambda: ONLY)
    """Doors that are sent some of the streams alone."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every door, alphabetical."""
        return tuple(sorted(self.folders))

    def takes(self, door: str, stream: Stream) -> bool:
        """Whether the door is sent this stream."""
        return door not in self.only or stream in self.only[door]

    def deliver(self, door: str, stream: Stream, data: bytes) -> None:
        """Replace the door's part in one step. Raises Unavailable."""
        try:
            write_whole(self.folders[door] / f"{stream}.part", data)
        except OSError as fault:
            raise Unavailable(f"the folder of `{door}` can't be written: {fault}") from fault

    def closed(self, door: str) -> tuple[str, ...]:
        """What the door wrote last; what is malformed counts as nothing."""
        return read_closed(self.folders[door])

    def acknowledged(self, door: str) -> Mapping[Stream, Acknowledged]:
        """What the door wrote last; what is malformed counts as nothing."""
        report = read_acknowledgement(self.folders[door]) or {}
        known: dict[Stream, Acknowledged] = {}
        for stream in Stream:
            entry = report.get(stream.value)
            number = entry.get("number") if isinstance(entry, dict) else None
            if isinstance(entry, dict) and isinstance(number, int):
                refused = entry.get("refused")
                known[stream] = Acknowledged(number, str(refused) if refused else None)
        return known
