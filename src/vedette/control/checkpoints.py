"""Anchors the heads of all audit chains in signed checkpoints."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vedette.admin.audit import SETTINGS_CHAIN, ChainReport, removed_before, revision_state
from vedette.core.language import as_is, told
from vedette.core.record import NOTHING, ChainState, RecordFault, verify_chain
from vedette.core.revision import verify_revisions
from vedette.ports.checkpoints import Checkpoints
from vedette.ports.clock import Clock
from vedette.ports.records import Records
from vedette.ports.revisions import Revisions
from vedette.protocol.internal.checkpoints import (
    Checkpoint,
    CheckpointFault,
    sign_checkpoint,
    verify_checkpoint,
)
from vedette.protocol.internal.removed import RemovedHead
from vedette.protocol.internal.signing import Dated, Signer, Verifier

_LOG = logging.getLogger("vedette.audit")


@dataclass(slots=True)
class Anchor:
    """Follows every chain, verifying each record once, and signs where they stand.

    The first checkpoint of a run takes up the last one of the run before: a chain that no longer
    passes through it is broken, and its old head is signed on, so that cutting a chain back while
    control is down can't be hidden by starting control again.
    """

    records: Records
    revisions: Revisions
    checkpoints: Checkpoints
    key: Signer
    proof: Verifier | Dated
    """By which the last checkpoint of before is believed."""
    organisation: str
    clock: Clock
    heads: Callable[[], Sequence[RemovedHead]] = tuple
    """What vouches for where chains go on whose beginnings were removed. Raises Unavailable."""
    seen: Callable[[str, dict[str, Any]], None] = lambda _process, _entry: None
    """Is shown each record once, after it was verified."""
    _due: dict[str, ChainState] | None = None
    _states: dict[str, ChainState] = field(default_factory=dict)
    _offsets: dict[str, int] = field(default_factory=dict)
    _broken: dict[str, str] = field(default_factory=dict)

    def broken(self) -> dict[str, str]:
        """Chains that do not hold, by process, and why. A broken chain is not followed further."""
        return dict(self._broken)

    def states(self) -> dict[str, ChainState]:
        """Where each chain stood at the last look."""
        return dict(self._states)

    def anchored(self, process: str) -> int:
        """Up to which byte the log of a process is verified and in a checkpoint; 0 if it is broken."""
        return 0 if process in self._broken else self._offsets.get(process, 0)

    def checkpoint(self) -> bytes:
        """Verify what is new in every chain, keep a signed checkpoint and return its line.

        Raises Unavailable.
        """
        if self._due is None:
            self._due = self._last_heads()
        for process in sorted({*self.records.processes(), *self._due, SETTINGS_CHAIN}):
            if process not in self._broken:
                self._check(process, self._due)
        heads = {**self._states, **self._due}
        now = int(self.clock.now())
        line = sign_checkpoint(Checkpoint(self.organisation, now, heads), self.key)
        self.checkpoints.append(line)
        return line

    def _last_heads(self) -> dict[str, ChainState]:
        line = self.checkpoints.last()
        if line is None:
            return {}
        try:
            last = verify_checkpoint(line, self.organisation, self.proof)
        except CheckpointFault as fault:
            self._break("checkpoints", f"the last one can't be believed: {fault}")
            return {}
        return {name: state for name, state in last.heads.items() if state.length}

    def _check(self, process: str, due: dict[str, ChainState]) -> None:
        try:
            if process == SETTINGS_CHAIN:
                self._follow_settings(due)
            else:
                self._follow(process, due)
        except (RecordFault, OSError) as fault:
            self._break(process, str(fault))
            return
        if process in due:
            self._break(process, f"record `{due[process].last}` is missing or altered")

    def _follow(self, process: str, due: dict[str, ChainState]) -> None:
        state = self._states.get(process) or self._begin(process, due)
        for entry, offset in self.records.read(process, self._offsets.get(process, 0)):
            state = verify_chain([entry], process, state)
            self._pass(process, state, due)
            self._offsets[process] = offset
            self.seen(process, entry)

    def _begin(self, process: str, due: dict[str, ChainState]) -> ChainState:
        """Where a chain stands before its first record that is still there."""
        head = removed_before(self.records, process, self.heads())
        if head is None:
            return NOTHING
        self._pass(process, head.state, due)
        return head.state

    def _follow_settings(self, due: dict[str, ChainState]) -> None:
        history = self.revisions.history()
        verify_revisions(history)
        for revision in history:
            self._pass(SETTINGS_CHAIN, revision_state(revision), due)

    def _pass(self, process: str, state: ChainState, due: dict[str, ChainState]) -> None:
        self._states[process] = state
        if due.get(process) == state:
            del due[process]

    def _break(self, process: str, why: str) -> None:
        self._broken[process] = why
        _LOG.error("the audit chain of `%s` does not hold: %s", process, why)


def followed(anchor: Anchor) -> tuple[ChainReport, ...]:
    """The chains as control verified them within the last minute."""
    broken = anchor.broken()
    return tuple(
        ChainReport(
            process=process,
            holds=process not in broken,
            records=state.length,
            anchored=state.last,
            words=as_is(broken[process]) if process in broken else told("it holds"),
        )
        for process, state in anchor.states().items()
    )
