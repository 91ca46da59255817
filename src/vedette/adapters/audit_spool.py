"""The audit log of one process: a bounded spool, written and synced by a thread of its own.

Ids are given when a record is taken, so a refusal can carry its record's id at once. The thread
writes whole batches and syncs once for each (group commit). Routine yeses are kept as distinct asks
with counts unless `whole` is set: one `counted` record per distinct ask and second, or less time
where other records are written meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from vedette.adapters.audit_keys import RecipientFile
from vedette.adapters.audit_writer import MOST_BYTES, AuditWriter
from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason
from vedette.core.record import RecordFault, body
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable

_MOST_WAITING = 20_000
_MOST_COUNTED = 20_000
_INTERVAL = 0.25
_COUNTED_SECONDS = 1.0
"""How long counts of yeses are kept while nothing else is to be written."""
_GAP = _MOST_WAITING
"""How far numbers jump at a start, so that an id lost in a crash is never given twice."""

_UNVERIFIED = frozenset({Act.FEDERATION_REQUEST_RECEIVE, Act.NETWORK_REQUEST_SEND})
"""Acts that are asked before anybody has verified who asks."""

Wait = Callable[["Future[None]"], Awaitable[None]]


@dataclass(slots=True)
class _Waiting:
    kind: str
    id: str
    at: float
    ask: Ask | None
    facts: Facts | None
    decision: Decision | None
    count: int = 1
    done: Future[None] | None = None

    def entry(self) -> dict[str, Any]:
        base: dict[str, Any] = {"v": 1, "kind": self.kind, "id": self.id, "at": round(self.at, 3)}
        if self.ask is not None and self.facts is not None and self.decision is not None:
            base |= body(self.ask, self.facts, self.decision)
        return base | ({"count": self.count} if self.kind == "counted" else {})


@dataclass(slots=True)
class AuditSpool:
    """Writes the log of `process` in `folder`. `wait` turns a thread's future into an awaitable.

    `whole` says whether routine yeses are kept one by one instead of counted. People are sealed to
    `recipient`; without one they are named. A segment ends at `most` bytes.
    """

    folder: Path
    process: str
    clock: Clock
    wait: Wait
    whole: bool = False
    recipient: X25519PublicKey | RecipientFile | None = None
    most: int = MOST_BYTES
    _number: int = 0
    _writer: AuditWriter = field(init=False)
    _failed: str | None = None
    _queue: deque[_Waiting] = field(default_factory=deque)
    _counts_until: float | None = None
    """When what is waiting is written, where it is counts of yeses alone."""
    _counts: dict[tuple[Any, ...], _Waiting] = field(default_factory=dict)
    _standing: dict[int, _Waiting] = field(default_factory=dict)
    """The same by identity of the decision, which the record keeps alive: see `_count`."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        """Nothing is touched before `start`."""
        self._writer = AuditWriter(self.folder, self.process, self.recipient, self.most)

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self._writer.path

    def start(self) -> None:
        """Continue the chain of an earlier run and begin to write.

        Raises:
            Unavailable: the folder can't be written, or the file's end can't be read.
        """
        try:
            state = self._writer.begin()
        except (OSError, RecordFault) as fault:
            raise Unavailable(f"the audit spool `{self.path}` can't be used: {fault}") from fault
        self._number = int(state.last.rpartition(":")[2]) + _GAP if state.last else 0
        self._queue.append(_Waiting("started", self._next_id(), self.clock.now(), None, None, None))
        self._thread = threading.Thread(target=self._run, name="audit-spool", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what is waiting and stop."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def keep_whole(self, whole: bool) -> None:
        """From now on, keep routine yeses one by one, or counted."""
        self.whole = whole

    def note(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Take a record that nothing waits for. Raises Unavailable when full or failing."""
        with self._lock:
            self._refuse_if_failing()
            if self._is_counted(ask, decision):
                return self._count(ask, facts, decision)
            waiting = _Waiting("decision", self._next_id(), self.clock.now(), ask, facts, decision)
            self._put(waiting)
        return waiting.id

    async def append(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Return once the record is on disk. Raises Unavailable when it may not be."""
        done: Future[None] = Future()
        with self._lock:
            self._refuse_if_failing()
            waiting = _Waiting(
                "decision", self._next_id(), self.clock.now(), ask, facts, decision, 1, done
            )
            self._put(waiting)
        self._wake.set()
        await self.wait(done)
        return waiting.id

    def _put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._counts_until = None

    def _is_counted(self, ask: Ask, decision: Decision) -> bool:
        """What costs nothing to ask must not fill the log, so it is always counted.

        That is probing for what is not served, and requests of servers whose signature nobody has
        verified yet.
        """
        if decision.reason is Reason.UNKNOWN_ENDPOINT or ask.act in _UNVERIFIED:
            return True
        return decision.verdict is Verdict.YES and not self.whole

    def _next_id(self) -> str:
        self._number += 1
        return f"{self.process}:{self._number}"

    def _refuse_if_failing(self) -> None:
        if self._failed is not None:
            raise Unavailable(f"the audit spool fails: {self._failed}")
        if len(self._queue) >= _MOST_WAITING:
            raise Unavailable("the audit spool is full")

    def _count(self, ask: Ask, facts: Facts, decision: Decision) -> str:
        """Count one more of an ask that was answered like this before.

        The very same objects, as of an ask that stands, need no comparison of what is in them.
        """
        found = self._standing.get(id(decision))
        if (
            found is not None
            and found.decision is decision
            and found.ask is ask
            and found.facts is facts
        ):
            found.count += 1
            return found.id
        key = (ask.act, ask.who, ask.where, ask.questions, decision.reason, decision.rule,
               tuple(facts.claims.items()),
               tuple(facts.known.items()))  # fmt: skip
        found = self._counts.get(key)
        if found is not None:
            found.count += 1
            return found.id
        if len(self._counts) >= _MOST_COUNTED:
            raise Unavailable("the audit spool is full")
        waiting = _Waiting("counted", "", self.clock.now(), ask, facts, decision)
        self._counts[key] = self._standing[id(decision)] = waiting
        waiting.id = self._next_id()
        if decision.verdict is not Verdict.YES:
            self._counts_until = None  # whoever is refused may look for it at once
        elif not self._queue:
            self._counts_until = time.monotonic() + _COUNTED_SECONDS
        self._queue.append(waiting)
        return waiting.id

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_INTERVAL)
            self._wake.clear()
            if self._counts_until is None or self._counts_until <= time.monotonic():
                self._flush()
        self._flush()

    def _take(self) -> list[_Waiting]:
        with self._lock:
            batch = list(self._queue)
            self._queue.clear()
            self._counts.clear()
            self._standing.clear()
            self._counts_until = None
        return batch

    def _flush(self) -> None:
        batch = self._take()
        if not batch:
            with contextlib.suppress(OSError):  # what is written next tries it again, and tells
                self._writer.end_when_due(self.clock.now())
            return
        try:
            self._writer.write([waiting.entry() for waiting in batch], self.clock.now())
        except (OSError, TypeError, ValueError) as fault:
            self._failed = str(fault)
            with self._lock:  # nothing that was taken is dropped: it is tried again
                self._queue.extendleft(reversed(batch))
                self._counts_until = None
            _finish(batch, Unavailable(f"the record could not be written: {fault}"))
        else:
            self._failed = None
            _finish(batch, None)


def _finish(batch: list[_Waiting], outage: Unavailable | None) -> None:
    for waiting in batch:
        if waiting.done is None or waiting.done.done():
            continue
        if outage is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(outage)


def read_spool(path: Path) -> Iterator[dict[str, Any]]:
    """Every record of a spool file, in order.

    A last line without its newline was being written when the machine stopped: it was never
    synced, nothing relied on it, and it is left out.

    Raises:
        RecordFault: a line is not a record.
    """
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                entry = json.loads(line)
            except ValueError as fault:
                raise RecordFault(f"line {number} of `{path.name}` is not a record") from fault
            if not isinstance(entry, dict):
                raise RecordFault(f"line {number} of `{path.name}` is not a record")
            yield entry
