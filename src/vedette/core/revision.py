"""One revision of the settings document, and the chain that all revisions make.

Every revision carries the hash of the one before it over all its fields, so that no revision can be
changed, dropped or slipped in between without the next one showing it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from vedette.core.record import GENESIS, RecordFault, canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One applied settings document and how it came about.

    `text` is the TOML as its author wrote it, `digest` the hash of its canonical model, `at` whole
    seconds since 1970-01-01 UTC. `words` and `commands` say what it changed, one entry each.
    `previous` is the `hash` of the revision before, 64 zeros for the first.
    """

    number: int
    text: str
    digest: str
    author: str
    approvers: tuple[str, ...] = ()
    reason: str
    at: int
    words: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    previous: str = GENESIS

    @property
    def hash(self) -> str:
        """SHA-256 in hex over every field."""
        fields = {
            "number": self.number,
            "text": self.text,
            "digest": self.digest,
            "author": self.author,
            "approvers": list(self.approvers),
            "reason": self.reason,
            "at": self.at,
            "words": list(self.words),
            "commands": list(self.commands),
            "previous": self.previous,
        }
        return hashlib.sha256(canonical(fields)).hexdigest()


def verify_revisions(revisions: Iterable[Revision]) -> None:
    """Check that revisions, oldest first, follow each other without a gap.

    Raises:
        RecordFault: names the first revision that does not follow the one before it.
    """
    number, previous = 0, GENESIS
    for revision in revisions:
        if revision.number != number + 1:
            raise RecordFault(f"revision {revision.number} is not the next after {number}")
        if revision.previous != previous:
            raise RecordFault(f"revision {revision.number} does not follow the one before it")
        number, previous = revision.number, revision.hash
