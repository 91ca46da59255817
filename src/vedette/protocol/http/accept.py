"""Which of two media types a client prefers (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re

_MOST_READ = 1000
_ENTRY = re.compile(
    rb"\s*([a-z0-9.+*-]{1,60}/[a-z0-9.+*-]{1,60})"
    rb"(?:\s*;\s*(?!q\s*=)[^;,]{1,80})*(?:\s*;\s*q\s*=\s*([0-9.]{1,5}))?\s*"
)


def prefers_html(accept: bytes) -> bool:
    """Return whether an `Accept` header names HTML and gives JSON no greater weight.

    Browsers name `text/html` when a person opens a page, and only then. A header with `*/*` alone is
    a program's.
    """
    weights = _weights(accept[:_MOST_READ].lower())
    html = weights.get(b"text/html", 0.0)
    return html > 0.0 and html >= weights.get(b"application/json", 0.0)


def _weights(accept: bytes) -> dict[bytes, float]:
    """Return the weight of each media type; entries that do not parse are left out."""
    found: dict[bytes, float] = {}
    for part in accept.split(b","):
        entry = _ENTRY.fullmatch(part)
        if entry is None:
            continue
        try:
            found[entry[1]] = min(float(entry[2] or b"1"), 1.0)
        except ValueError:
            continue
    return found
