"""Records as a table for spreadsheets (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

COLUMNS = (
    "time", "record", "answer", "who", "act", "towards", "where", "rule", "reason", "times", "said",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def header() -> str:
    """The first line."""
    return _line(COLUMNS)


def row(entry: Mapping[str, Any]) -> str:
    """The line of one record; its time is UTC, `said` the reason that an administrator gave."""
    decision = entry.get("decision") or {}
    return _line(
        (
            datetime.fromtimestamp(float(entry.get("at", 0)), UTC).strftime("%Y-%m-%d %H:%M:%S"),
            entry.get("id"),
            decision.get("answer"),
            entry.get("who"),
            entry.get("act"),
            decision.get("towards"),
            entry.get("where"),
            decision.get("rule"),
            decision.get("reason"),
            entry.get("count", 1),
            (entry.get("claims") or {}).get("reason"),
        )
    )


def _line(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: user ids begin with `@`, which some do."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
