"""The choice between the languages that pages speak."""

from __future__ import annotations

import re

from vedette.core.language import Language

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,40})?\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?\s*"
)
_MOST_READ = 400
_SPOKEN = {"en": Language.EN, "de": Language.DE, "*": Language.EN}


def choose(accept_language: str) -> Language:
    """The language that the browser likes best (RFC 9110, section 12.5.4); English in doubt."""
    best, weight = Language.EN, 0.0
    for part in accept_language[:_MOST_READ].split(","):
        found = _RANGE.fullmatch(part)
        if found is None or found[1].lower() not in _SPOKEN:
            continue
        try:
            wanted = min(float(found[2] or "1"), 1.0)
        except ValueError:
            continue
        if wanted > weight:
            best, weight = _SPOKEN[found[1].lower()], wanted
    return best
