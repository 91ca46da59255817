"""Removes segments of the record whose time is over, and leaves their signed heads.

A segment goes whole, the oldest first, never the one that is written and never the last. Before it
goes it is verified once more; what does not hold, or has not reached the SIEM yet, stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from vedette.core.asks import Act, Ask
from vedette.core.facts import Facts
from vedette.core.record import NOTHING, ChainState, RecordFault, read_line, verify_lines
from vedette.core.towards import routine
from vedette.ports.policy import Policy
from vedette.ports.removed import Piece, RemovableRecords, RemovedHeads
from vedette.protocol.internal.removed import RemovedHead, head_at, sign_head
from vedette.protocol.internal.signing import Signer
from vedette.spine import Permit, Spine

_LOG = logging.getLogger("vedette.audit")
_WHO = "control"
"""Who does it: nobody but the process itself, as the settings say."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A verified segment: its first record, and how its chain stands at its end and when."""

    first: str
    state: ChainState
    newest: float


@dataclass(slots=True)
class Retention:
    """Does what `audit.keep` says. `sent` is up to which byte a log has left this machine for good."""

    records: RemovableRecords
    heads: RemovedHeads
    spine: Spine
    key: Signer
    organisation: str
    sent: Callable[[str], float] = lambda _process: float("inf")

    async def look(self) -> int:
        """Remove what is older than it may be; returns how many segments went.

        Raises:
            Unavailable: a head can't be kept, or a segment can't be removed.
        """
        keep = self.spine.policy.current().directory.document.audit.keep
        if keep is None:
            return 0
        oldest, removed = self.spine.clock.now() - keep, 0
        for process in await asyncio.to_thread(self.records.processes):
            while await self._remove_first(process, oldest):
                removed += 1
        return removed

    async def _remove_first(self, process: str, oldest: float) -> bool:
        piece = await asyncio.to_thread(self.records.first_full, process)
        if piece is None or piece.newest >= oldest or piece.end > self.sent(process):
            return False
        try:
            ended = await asyncio.to_thread(self._verified, piece)
        except RecordFault as fault:
            _LOG.error("a segment of `%s` is kept although its time is over: %s", process, fault)
            return False
        settled = await self._ask(piece, ended)
        if not isinstance(settled, Permit):
            return False
        await asyncio.to_thread(self._remove, settled, piece, ended)
        _LOG.info("the records of `%s` up to `%s` were removed", process, ended.state.last)
        return True

    def _verified(self, piece: Piece) -> Ended:
        """How the chain stands at the end of a segment that holds. Raises RecordFault."""
        before = NOTHING
        if piece.start:
            head = head_at(self.heads.heads(), piece.process, piece.start)
            if head is None:
                raise RecordFault("nothing signed says how the chain stood before it")
            before = head.state
        first, state, newest = "", before, 0.0
        for line in self.records.lines_of(piece):
            (state,) = verify_lines([line], piece.process, state)
            entry = read_line(line)
            first, newest = first or str(entry["id"]), float(entry["at"])
        return Ended(first, state, newest)

    async def _ask(self, piece: Piece, ended: Ended) -> object:
        async def gather(policy: Policy) -> tuple[Ask, Facts]:
            del policy
            what = f"{ended.first} to {ended.state.last}"
            claims = {"what": what, "reason": "older than audit.keep"}
            return routine(Act.AUDIT_SEGMENT_REMOVE, _WHO, piece.process), Facts({}, claims)

        return await self.spine.settle_durably(Act.AUDIT_SEGMENT_REMOVE, _WHO, gather)

    def _remove(self, permit: Permit, piece: Piece, ended: Ended) -> None:
        head = RemovedHead(
            organisation=self.organisation,
            process=piece.process,
            end=piece.end,
            state=ended.state,
            first=ended.first,
            newest=int(ended.newest),
            at=int(self.spine.clock.now()),
            record=permit.record,
        )
        self.heads.keep(sign_head(head, self.key))
        self.records.remove(piece)
