"""Takes each checkpoint to where this machine's intruder can't change it any more."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from vedette.core.record import canonical
from vedette.ports.checkpoints import Checkpoints
from vedette.ports.errors import Unavailable
from vedette.ports.timestamps import TimestampAuthority


@dataclass(slots=True)
class Vouching:
    """A file elsewhere, and an authority's time stamp; each where it is set.

    A time stamp is kept with its checkpoint as one line, in a list of its own.
    """

    copy: Checkpoints | None = None
    authority: TimestampAuthority | None = None
    stamps: Checkpoints | None = None
    _troubles: dict[str, str] = field(default_factory=dict)

    def troubles(self) -> dict[str, str]:
        """What did not work at the last try, by way: `copy`, `timestamp`."""
        return dict(self._troubles)

    def vouch(self, line: bytes) -> None:
        """Take one checkpoint out. One way's failure keeps no other back.

        Raises:
            Unavailable: a way failed. The next checkpoint covers what this one did.
        """
        self._troubles.clear()
        try:
            if self.copy is not None:
                self.copy.append(line)
        except Unavailable as outage:
            self._troubles["copy"] = str(outage)
        try:
            if self.authority is not None and self.stamps is not None:
                self.stamps.append(stamped(line, self.authority.stamp(line)))
        except Unavailable as outage:
            self._troubles["timestamp"] = str(outage)
        if self._troubles:
            raise Unavailable("; ".join(self._troubles.values()))


def stamped(line: bytes, answer: bytes) -> bytes:
    """A checkpoint and the time stamp over exactly its line, as one line."""
    token = base64.b64encode(answer).decode()
    checkpoint = line.decode()
    return canonical({"at": json.loads(line)["at"], "checkpoint": checkpoint, "token": token})


def unstamped(line: bytes) -> tuple[bytes, bytes]:
    """The checkpoint's line and the time stamp. Raises ValueError: it is no such line."""
    try:
        fields = json.loads(line)
        return fields["checkpoint"].encode(), base64.b64decode(fields["token"], validate=True)
    except (TypeError, KeyError, AttributeError) as fault:
        raise ValueError("this is not a stamped checkpoint") from fault
