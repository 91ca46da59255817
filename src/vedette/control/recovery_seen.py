"""Whether every act under recovery was done while it was open.

What was done then is recorded by whoever did it, and that it was begun in a chain of its own. An act
that no beginning covers is none: somebody altered how recovery stands, or what runs here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vedette.admin.policy import RECOVERY
from vedette.core.asks import Act
from vedette.core.break_glass import HOUR
from vedette.core.language import Sentence, told
from vedette.core.record import RecordFault
from vedette.ports.records import Records

_OPENING = "recover"
_ACTING = ("control", "restore", _OPENING)
"""The processes through which somebody may act under recovery."""
_SLACK = 60.0
"""Seconds that an act may be recorded after the answer to it."""
_MOST = 100
_Entry = Mapping[str, Any]


@dataclass(slots=True)
class RecoverySeen:
    """Follows the records that matter. `look` reads what is new; it is called by one thread at a time."""

    records: Records
    _offsets: dict[str, int] = field(default_factory=dict)
    _begun: list[float] = field(default_factory=list)
    _ended: list[float] = field(default_factory=list)
    _acts: list[tuple[float, str]] = field(default_factory=list)

    def look(self) -> tuple[Sentence, ...]:
        """What was done under recovery while it was not open, in words; the oldest first."""
        present = self.records.processes()
        for process in (each for each in _ACTING if each in present):
            try:
                self._follow(process)
            except (RecordFault, OSError):  # where a chain does not hold is said of the chain
                self._offsets.pop(process, None)
        return tuple(_words(at, id_) for at, id_ in sorted(self._acts) if not self._covered(at))

    def _follow(self, process: str) -> None:
        start = self._offsets.get(process, 0)
        for line, end in self.records.lines(process, start):
            self._offsets[process] = end
            if b"recover" in line:
                self._take(process, json.loads(line))

    def _take(self, process: str, entry: _Entry) -> None:
        at, decision = entry.get("at"), entry.get("decision")
        if not isinstance(at, int | float) or not isinstance(decision, dict):
            return
        if decision.get("answer") != "yes":
            return
        if process == _OPENING and entry.get("act") == Act.ADMINISTRATION_RECOVERY_BEGIN:
            self._begun.append(at)
        elif process == _OPENING and entry.get("act") == Act.ADMINISTRATION_RECOVERY_END:
            self._ended.append(at)
        elif entry.get("who") == RECOVERY and len(self._acts) < _MOST:
            self._acts.append((at, str(entry.get("id"))))

    def _covered(self, at: float) -> bool:
        for begun in self._begun:
            until = min((each for each in self._ended if each >= begun), default=begun + HOUR)
            if begun <= at <= min(until, begun + HOUR) + _SLACK:
                return True
        return False


def _words(at: float, id_: str) -> Sentence:
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return told(
        "record `{id}` of {when} was allowed under recovery, and nothing on record says that recovery"
        " was open then",
        id=id_,
        when=when,
    )
