"""What is wrong with a settings document, in words and with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vedette.core.language import NOTHING, Sentence, told

Path = tuple[str | int, ...]
"""Where something stands in the document: table names, keys, positions in lists."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in the values of a document, before its line is looked up."""

    path: Path
    message: str
    hint: str | None = None
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that its author should know about one line of the text.

    A document with an error is refused; a warning lets it pass. `line` counts from 1, `path` is
    the dotted place in the document, `hint` says what to write instead where that can be guessed.
    """

    line: int
    path: str
    message: str
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Sentence:
        """The whole of it, with its place."""
        return told(
            "line {line}{path}: {message}{hint}",
            line=self.line,
            path=f", {self.path}" if self.path else NOTHING,
            message=self.message,
            hint=told(" ({hint})", hint=self.hint) if self.hint else NOTHING,
        )


def spell_path(path: Path) -> str:
    """The dotted spelling of a path; a list's elements are counted from 1 in brackets."""
    spelled = ""
    for part in path:
        if isinstance(part, int):
            spelled += f"[{part + 1}]"
        else:
            spelled += ("." if spelled else "") + part
    return spelled
