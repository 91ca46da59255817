"""Anchors the heads of all audit chains in signed checkpoints."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vedette.admin.audit import SETTINGS_CHAIN, settings_state
from vedette.core.record import NOTHING, ChainState, RecordFault, verify_chain
from vedette.ports.checkpoints import Checkpoints
from vedette.ports.clock import Clock
from vedette.ports.records import Records
from vedette.ports.revisions import Revisions
from vedette.protocol.internal.checkpoints import Checkpoint, sign_checkpoint

_LOG = logging.getLogger("vedette.audit")


@dataclass(slots=True)
class Anchor:
    """Follows every chain, verifying each record once, and signs where they stand."""

    records: Records
    revisions: Revisions
    checkpoints: Checkpoints
    key: Ed25519PrivateKey
    organisation: str
    clock: Clock
    _states: dict[str, ChainState] = field(default_factory=dict)
    _offsets: dict[str, int] = field(default_factory=dict)
    _broken: dict[str, str] = field(default_factory=dict)

    def broken(self) -> dict[str, str]:
        """Chains that do not hold, by process, and why. A broken chain is not anchored again."""
        return dict(self._broken)

    def checkpoint(self) -> None:
        """Verify what is new in every chain and keep a signed checkpoint. Raises Unavailable."""
        for process in self.records.processes():
            if process not in self._broken:
                self._follow(process)
        heads = {**self._states, SETTINGS_CHAIN: settings_state(self.revisions.history())}
        now = int(self.clock.now())
        line = sign_checkpoint(Checkpoint(self.organisation, now, heads), self.key)
        self.checkpoints.append(line)

    def _follow(self, process: str) -> None:
        state = self._states.get(process, NOTHING)
        try:
            for entry, offset in self.records.read(process, self._offsets.get(process, 0)):
                state = verify_chain([entry], process, state)
                self._states[process], self._offsets[process] = state, offset
        except (RecordFault, OSError) as fault:
            self._broken[process] = str(fault)
            _LOG.error("the audit chain of `%s` does not hold: %s", process, fault)
