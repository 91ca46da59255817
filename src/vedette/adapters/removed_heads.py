"""The signed heads of removed segments, in one file, a line each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vedette.adapters.checkpoint_file import CheckpointFile
from vedette.adapters.line_files import LineFile
from vedette.core.record import RecordFault
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.removed import HeadFault, RemovedHead, verify_head
from vedette.protocol.internal.signing import Dated, Verifier

_LOG = logging.getLogger("vedette.audit")


@dataclass(slots=True)
class RemovedHeadsFile:
    """The RemovedHeads in `path`. A line that does not hold vouches for nothing, and is told."""

    path: Path
    organisation: str
    key: Verifier | Dated
    _known: list[RemovedHead] = field(default_factory=list)
    _read: int = 0

    def heads(self) -> Sequence[RemovedHead]:
        """Every head that holds. Raises Unavailable."""
        try:
            for line, end in LineFile(self.path).lines(self._read):
                self._read = end
                try:
                    self._known.append(verify_head(line, self.organisation, self.key))
                except HeadFault as fault:
                    _LOG.error("`%s`: %s", self.path, fault)
        except RecordFault as fault:
            self._known, self._read = [], 0
            raise Unavailable(str(fault)) from fault
        return tuple(self._known)

    def keep(self, line: bytes) -> None:
        """Append one line and sync it. Raises Unavailable."""
        CheckpointFile(self.path).append(line)
