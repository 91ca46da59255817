"""Takes records off this machine: every record and checkpoint to the SIEM, once, or marked.

For each chain two places are kept on disk: up to where the receiver has confirmed, and up to where
messages may have been sent. The second is kept before anything is sent. So after any crash, of
either side, sending goes on behind what was confirmed, and what may have arrived already is marked.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from vedette.core.record import RecordFault
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.records import Records
from vedette.ports.siem import Lines, Position, Positions, Receiver
from vedette.protocol.syslog import Origin, alarm_message, record_message

_LOG = logging.getLogger("vedette.audit")
_AT_ONCE = 250
"""How many lines of one chain go with one batch."""
_BATCH_BYTES = 1 << 20
"""A batch takes no further line once it has this many bytes."""
_ROUNDS = 8
"""How many batches one look sends."""
_LONGEST_PAUSE = 60.0
_FIRST_PAUSE = 1.0


@dataclass(slots=True)
class _Batch:
    messages: list[bytes] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)
    size: int = 0

    def add(self, message: bytes) -> None:
        self.messages.append(message)
        self.size += len(message)


@dataclass(slots=True)
class Departures:
    """Sends what is new.

    `others` are lines beside the records, by the name under which they travel; `broken` says which
    chains do not hold and why, which is told once in each run.
    """

    records: Records
    others: Mapping[str, Lines]
    receiver: Receiver
    positions: Positions
    origin: Origin
    clock: Clock
    broken: Callable[[], Mapping[str, str]] = dict
    named: Callable[[], Records | None] = lambda: None
    """The same records with their people named, where the receiver is to be told of them."""
    _known: dict[str, Position] | None = None
    _told: dict[str, str] = field(default_factory=dict)
    _cut: dict[str, str] = field(default_factory=dict)
    _pause: float = 0.0
    _not_before: float = 0.0
    _trouble: str | None = None
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def trouble(self) -> str | None:
        """Why the last try failed, or None."""
        return self._trouble

    def look(self) -> int:
        """Send a bounded part of what is new; returns how many messages were taken.

        After a failure the next tries wait, longer each time, a minute at most.

        Raises:
            Unavailable: the receiver did not take them, or the positions can't be kept.
        """
        with self._one_at_a_time:
            return self._look()

    def backlog(self) -> dict[str, int]:
        """How many bytes of each chain were not confirmed yet."""
        known = self._known or {}
        left: dict[str, int] = {}
        for process in self.records.processes():
            with suppress(OSError):
                end = self.records.end(process)
                begin = max(self.records.begin(process), known.get(process, Position()).taken)
                left[process] = max(0, end - begin)
        return left

    def taken(self, process: str) -> int:
        """Up to which byte the receiver has confirmed a log, as far as this run knows."""
        return (self._known or {}).get(process, Position()).taken

    def _look(self) -> int:
        if self.clock.now() < self._not_before:
            return 0
        try:
            taken = self._send()
        except Unavailable as outage:
            self._pause = min(_LONGEST_PAUSE, max(_FIRST_PAUSE, self._pause * 2))
            self._not_before = self.clock.now() + self._pause
            self._trouble = str(outage)
            raise
        self._pause, self._trouble = 0.0, None
        return taken

    def _send(self) -> int:
        if self._known is None:
            self._known = self.positions.load()
        taken = 0
        for _ in range(_ROUNDS):
            batch = self._gather(self._known)
            if not batch.messages:
                break
            self._deliver(batch, self._known)
            taken += len(batch.messages)
        return taken

    def _gather(self, known: dict[str, Position]) -> _Batch:
        batch = _Batch()
        for chain in (*self.records.processes(), *self.others):
            if batch.size < _BATCH_BYTES:
                self._take(chain, known, batch)
        for chain, words in {**self.broken(), **self._cut}.items():
            if self._told.get(chain) != words:
                batch.alarms[chain] = words
                batch.add(alarm_message(self.origin, chain, words, self.clock.now()))
        return batch

    def _take(self, chain: str, known: dict[str, Position], batch: _Batch) -> None:
        place = known.get(chain, Position())
        try:
            lines = list(islice(self._lines(chain, place.taken), _AT_ONCE))
            named = self._people(chain, lines)
            for (line, end), people in zip(lines, named, strict=True):
                batch.add(self._message(chain, line, people, again=end <= place.tried))
                batch.ends[chain] = end
                if batch.size >= _BATCH_BYTES:
                    return
        except RecordFault as fault:
            # Somebody cut it back. Nothing may be missed, so it goes from its beginning, marked.
            self._cut[chain] = str(fault)
            known[chain] = Position(0, place.tried)
            _LOG.error("%s: it is sent again from its beginning", fault)
        except OSError as fault:
            _LOG.warning("the records of `%s` can't be read: %s", chain, fault)

    def _lines(self, chain: str, offset: int) -> Iterator[tuple[bytes, int]]:
        other = self.others.get(chain)
        return self.records.lines(chain, offset) if other is None else other.lines(offset)

    def _people(self, chain: str, lines: list[tuple[bytes, int]]) -> list[dict[str, Any] | None]:
        """Each record with its people named; None where they are not to be, or can't be."""
        named = self.named()
        if named is None or chain in self.others:
            return [None] * len(lines)
        try:
            begins = [end - len(line) - 1 for line, end in lines]
            return list(named.some(chain, begins))
        except (RecordFault, OSError):
            return [None] * len(lines)

    def _message(
        self, chain: str, line: bytes, people: dict[str, Any] | None, *, again: bool
    ) -> bytes:
        """The message of one line. One that nobody can read is told, and holds nothing back."""
        entry: Any = None
        with suppress(ValueError, RecursionError):
            entry = json.loads(line)
        if isinstance(entry, dict):
            return record_message(self.origin, chain, entry, people or entry, again=again)
        words = f"a line is not a record: {line[:200].decode('utf-8', 'replace')}"
        return alarm_message(self.origin, chain, words, self.clock.now())

    def _deliver(self, batch: _Batch, known: dict[str, Position]) -> None:
        for chain, end in batch.ends.items():
            place = known.get(chain, Position())
            known[chain] = Position(place.taken, max(place.tried, end))
        self.positions.keep(known)
        self.receiver.deliver(batch.messages)
        for chain, end in batch.ends.items():
            known[chain] = Position(end, known[chain].tried)
        self._told.update(batch.alarms)
        self.positions.keep(known)
