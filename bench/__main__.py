"""Runs the measurements, prints a table and writes `build/bench.json`.

`python -m bench [PREFIX]` runs those whose ids begin with PREFIX. Each module of this folder that has a
`run()` is a measurement, and its ids begin with the module's name; `run` returns entries of the form
`{"id", "value", "unit", "peer", "peer_value", "ratio", "target", "met"}`, every ratio taken from one
interleaved run of ours and the peer.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

import bench

OUTPUT = Path(__file__).parents[1] / "build/bench.json"
COLUMNS = ("id", "value", "unit", "peer", "peer_value", "ratio", "target", "met")


def measurements(prefix: str) -> list[str]:
    """The modules whose ids may begin with `prefix`."""
    names = sorted(module.name for module in pkgutil.iter_modules(bench.__path__))
    return [name for name in names if name != "__main__" and _may_match(name, prefix)]


def _may_match(name: str, prefix: str) -> bool:
    return name.startswith(prefix) or prefix.startswith(name)


def table(entries: list[dict[str, Any]]) -> str:
    """The entries in columns."""
    rows = [COLUMNS, *(tuple(str(entry[column]) for column in COLUMNS) for entry in entries)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows
    )


def main(prefix: str) -> int:
    """Measure; the exit code is 0 even where a target is missed, since the table says so."""
    entries: list[dict[str, Any]] = []
    for name in measurements(prefix):
        run = getattr(importlib.import_module(f"bench.{name}"), "run", None)
        if run is not None:
            print(f"measuring {name}", file=sys.stderr)
            entries += [entry for entry in run() if str(entry["id"]).startswith(prefix)]
    if not entries:
        print(f"nothing is called `{prefix}`", file=sys.stderr)
        return 1
    print(table(entries))
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
