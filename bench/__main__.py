"""Runs the measurements, prints a table and writes `build/bench.json`.

`python -m bench [PREFIX]` runs those whose ids begin with PREFIX. Each module of this folder that has a
`run()` is a measurement, and its ids begin with the module's name; `run` returns entries of the form
`{"id", "value", "unit", "peer", "peer_value", "ratio", "target", "met"}`, every ratio taken from one
interleaved run of ours and the peer. Where a target is missed, `note` says why and what would reach it.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from pathlib import Path
from typing import Any

import bench
from bench.notes import noted

OUTPUT = Path(__file__).parents[1] / "build/bench.json"
COLUMNS = ("id", "value", "unit", "peer", "peer_value", "ratio", "target", "met")


def measurements(prefix: str) -> list[str]:
    """The modules whose ids may begin with `prefix`."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__))
    return [name for name in names if name != "__main__" and _may_match(name, prefix)]


def _may_match(name: str, prefix: str) -> bool:
    return name.startswith(prefix) or prefix.startswith(f"{name}.")


def table(entries: list[dict[str, Any]]) -> str:
    """The entries in columns."""
    rows = [COLUMNS, *(tuple(str(entry[column]) for column in COLUMNS) for entry in entries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows
    )


def measured(name: str) -> list[dict[str, Any]]:
    """What one module measures; nothing if it is no measurement.

    Raises:
        RuntimeError: it could not be measured; the message says what is missing or went wrong.
    """
    run = getattr(importlib.import_module(f"bench.{name}"), "run", None)
    if run is None:
        return []
    print(f"measuring {name}, load average {_load()}", file=sys.stderr)
    return list(run())


def _load() -> str:
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def main(prefix: str) -> int:
    """Measure; the exit code is 0 even where a target is missed, since the table says so."""
    entries: list[dict[str, Any]] = []
    failed = False
    for name in measurements(prefix):
        try:
            found = measured(name)
        except RuntimeError as fault:
            failed = True
            print(f"`{name}` was not measured: {fault}", file=sys.stderr)
        else:
            entries += [noted(entry) for entry in found if str(entry["id"]).startswith(prefix)]
    if not entries:
        if not failed:
            print(f"nothing is called `{prefix}`", file=sys.stderr)
        return 1
    print(table(entries))
    for entry in entries:
        if "note" in entry:
            print(f"{entry['id']}: {entry['note']}")
    print(f"{os.cpu_count()} cores, load average {_load()} at the end")
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
