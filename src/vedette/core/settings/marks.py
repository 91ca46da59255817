"""The first line by which a draft says on which revision it stands."""

from __future__ import annotations

import re

_STANDS_ON = re.compile(r"# vedette: revision (?P<number>[0-9]{1,15})\n")


def marked(text: str, revision: int) -> str:
    """The text with that line."""
    return f"# vedette: revision {revision}\n{text}"


def unmarked(text: str) -> tuple[int | None, str]:
    """The revision that a draft says it stands on, where it says one, and the text without that."""
    found = _STANDS_ON.match(text)
    return (int(found["number"]), text[found.end() :]) if found else (None, text)
