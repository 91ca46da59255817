"""Who keeps a file from everybody, as it stands in Synapse's own row (`quarantined_by`).

A mark of an officer stands before one of the suite's own accounts, and both before whatever the row
said until then. INVARIANT: whoever sets a mark can take away no more than that one; an officer may
besides take away what merely waits, never what somebody quarantined in Synapse itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from vedette.protocol.internal.held_files import FileState

OURS = "vedette:"
HELD = f"{OURS}held:"
"""Not judged yet; what follows is the device from which the file came."""
REFUSED = f"{OURS}refused"
_OFFICER = f"{OURS}officer:"
_BY_ID = f"{OURS}by-id:"

BEGINNINGS = {
    FileState.OFFICER: _OFFICER,
    FileState.MEMBER: _BY_ID,
    FileState.WAITING: HELD,
    FileState.REFUSED: REFUSED,
}
"""With what a row's text begins in each state that is ours."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row says. `rest` is what stood there before anybody held the file by its id."""

    officer: bool = False
    by_id: bool = False
    rest: str | None = None

    @classmethod
    def read(cls, text: str | None) -> Self:
        """Read a row's text; total."""
        rest = text or ""
        officer = rest.startswith(_OFFICER)
        rest = rest.removeprefix(_OFFICER)
        by_id = rest.startswith(_BY_ID)
        rest = rest.removeprefix(_BY_ID)
        return cls(officer, by_id, rest or None)

    @property
    def text(self) -> str | None:
        """What stands in the row."""
        whole = (_OFFICER * self.officer) + (_BY_ID * self.by_id) + (self.rest or "")
        return whole or None

    @property
    def ours(self) -> bool:
        """Whether nobody but us keeps this file from people, if anybody does."""
        return self.rest is None or self.rest.startswith(OURS)

    @property
    def device(self) -> str:
        """The device from which a file came that was not judged yet; empty where it is not known."""
        rest = self.rest or ""
        return rest.removeprefix(HELD) if rest.startswith(HELD) else ""

    @property
    def state(self) -> FileState:
        """How the file stands: who could let it go first."""
        if self.rest is not None and not self.rest.startswith(OURS):
            return FileState.ELSEWHERE
        if self.officer:
            return FileState.OFFICER
        if self.by_id:
            return FileState.MEMBER
        if self.rest is None:
            return FileState.OPEN
        return FileState.WAITING if self.rest.startswith(HELD) else FileState.REFUSED

    def held(self, *, officer: bool) -> Mark:
        """The same, held. What somebody quarantined in Synapse itself stays as it is."""
        if not self.ours:
            return self
        return replace(self, officer=True) if officer else replace(self, by_id=True)

    def let_go(self) -> Mark:
        """Without the mark of the suite's own accounts."""
        return replace(self, by_id=False)

    def released(self) -> Mark:
        """What an officer releases is open, unless it was quarantined in Synapse itself."""
        return Mark() if self.ours else self
