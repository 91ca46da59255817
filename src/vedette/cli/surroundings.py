"""What every command shares: which organisation, how to print, how to fail.

Exit codes: 0 done; 1 done, and something was found (faults, a chain that does not hold, a trouble);
2 the command itself is wrong; 3 refused or rejected, nothing was changed; 4 something that the
command needs does not answer; 5 kept: a change or an act waits for a second person, or a
change for its hour.
"""

from __future__ import annotations

import json as json_
import re
import sys
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from vedette.adapters.boot_file import Boot, BootFault, load
from vedette.core.settings.faults import Fault

Dir = Annotated[
    Path | None,
    typer.Option("--dir", envvar="VEDETTE_DIR", help="The organisation's folder.", metavar="DIR"),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        envvar="VEDETTE_TOKEN_FILE",
        help="A file with a token of the API, in place of the local one.",
        metavar="FILE",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")]
Yes = Annotated[
    bool, typer.Option("--yes", help="Don't ask whether sessions may be suspended by it.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the history.")]
Base = Annotated[
    int | None,
    typer.Option("--base", help="The revision on which the change stands; refused if it moved."),
]


@dataclass(frozen=True, slots=True)
class BeforeCommand:
    """What was given in front of the command's name."""

    place: Path | None = None
    json: bool = False
    token_file: Path | None = None


BEFORE: ContextVar[BeforeCommand] = ContextVar("BEFORE", default=BeforeCommand())  # noqa: B039


class Exit(IntEnum):
    """The exit codes."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    REJECTED = 3
    UNAVAILABLE = 4
    WAITS = 5


class CliFault(Exception):
    """The command could not be done; `error` is the API's error shape."""

    def __init__(self, error: dict[str, Any], code: Exit) -> None:
        super().__init__(error["message"])
        self.error = error
        self.code = code


def fault(message: str, hint: str | None = None, code: Exit = Exit.REJECTED) -> CliFault:
    """A fault that was found here and not by the API."""
    error = {"code": code.name.lower(), "message": message, "hint": hint}
    return CliFault({**error, "faults": [], "record": None}, code)


def fault_data(found: Fault) -> dict[str, Any]:
    """One fault of a document in the API's shape."""
    return {
        "line": found.line,
        "path": found.path,
        "message": found.message,
        "hint": found.hint,
        "severity": found.severity,
    }


def fault_line(found: dict[str, Any]) -> str:
    """One fault of a document in words."""
    place = f"line {found['line']}" + (f", {found['path']}" if found["path"] else "")
    hint = f" ({found['hint']})" if found["hint"] else ""
    warning = "warning: " if found["severity"] == "warning" else ""
    return f"{place}: {warning}{found['message']}{hint}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One organisation's folder, and whether to print JSON."""

    folder: Path
    json: bool

    def boot(self) -> Boot:
        """The boot file. Raises CliFault."""
        try:
            return load(self.folder)
        except BootFault as found:
            raise fault(str(found), code=Exit.UNAVAILABLE) from found

    def tell(self, data: object, lines: Iterable[str]) -> None:
        """Print `data` as JSON, or the lines."""
        tell(data, lines, json=self.json)


def tell(data: object, lines: Iterable[str], *, json: bool) -> None:
    """Print `data` as JSON, or the lines."""
    if json:
        print(json_.dumps(data, indent=2, ensure_ascii=False))
        return
    for line in lines:
        print(line)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def moment(text: str) -> float | None:
    """Seconds since 1970 UTC; `7d` counts back from now, nothing is no moment. Raises CliFault."""
    from vedette.adapters.system_clock import SystemClock

    if not text:
        return None
    ago = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if ago:
        return max(0.0, SystemClock().now() - int(ago[1]) * _UNITS[ago[2]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise fault(f"`{text}` is neither `7d` nor a date", code=Exit.USAGE) from None
    return max(0.0, (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def here(place: Path | None, *, json: bool) -> Surroundings:
    """The surroundings of a command: its own `--dir`, or the one before the command.

    Raises:
        CliFault: no folder was named.
    """
    before = BEFORE.get()
    folder = place or before.place
    if folder is None:
        raise fault(
            "which organisation? no folder was named",
            "name it with `--dir DIR`, or in the variable VEDETTE_DIR",
            Exit.USAGE,
        )
    return Surroundings(folder, json or before.json)


def explain_fault(found: CliFault) -> Iterable[str]:
    """A fault in words, for standard error."""
    error = found.error
    yield f"vedette: {error['message']}"
    for each in error.get("faults") or ():
        yield f"  {fault_line(each)}"
    if error.get("record"):
        yield f"  record: {error['record']}"
    if error.get("hint"):
        yield f"  {error['hint']}"


def words(text: str) -> list[str]:
    """The words of a list that is written with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def read_text(path: str) -> str:
    """A file's text; `-` is standard input. Raises CliFault."""
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as found:
        raise fault(f"`{path}` can't be read: {found}", code=Exit.USAGE) from found
