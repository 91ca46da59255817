"""What `up` and `demo` tell whoever started them: one line that moves, or plain lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TextIO


@dataclass(slots=True)
class Progress:
    """Prints to `out`; on a terminal, steps replace one another on one line."""

    out: TextIO
    _open: bool = False

    def step(self, text: str) -> None:
        """Something that goes on now, and that the next step replaces."""
        if self.out.isatty():
            self.out.write(f"\r\x1b[2K… {text}")
            self.out.flush()
            self._open = True

    def line(self, text: str = "") -> None:
        """Something that stays."""
        if self._open:
            self.out.write("\r\x1b[2K")
            self._open = False
        self.out.write(text + "\n")
        self.out.flush()
