"""The table of devices: comma-separated lines that say what a device management knows.

The first line names the columns: `id`, `names` and, where wanted, `label`, `owner`, `platform`,
`version`, `compliant`, `standing` and `reported`. Names are separated by `;`. `compliant` is `yes`,
`no` or empty, `standing` is `active` (or empty), `retired` or `lost`, `reported` a time as RFC 3339
writes it. Lines that begin with `#` are comments. The last line ends like every other: a table
without that end was cut off.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from vedette.core.managed_devices import ManagedDevice, Standing, device_name

REQUIRED = ("id", "names")
COLUMNS = (
    *REQUIRED,
    *("label", "owner", "platform", "version", "compliant", "standing", "reported"),
)
HEAD = ",".join(COLUMNS)
_Word = TypeVar("_Word")
_COMPLIANT = {"": None, "yes": True, "no": False}


class TableFault(ValueError):
    """The table as a whole can't be used; the message says why."""


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """What a table says: its devices, and of lines that can't be read their number and why."""

    devices: tuple[ManagedDevice, ...]
    faults: tuple[str, ...] = ()


def parse_devices(text: str) -> DeviceTable:
    """Read the whole table. A line that can't be read is left out, and so are both of one id.

    Raises:
        TableFault: it is cut off, or its first line does not name the columns.
    """
    if not text.endswith("\n"):
        raise TableFault(
            "its last line does not end: it is empty, or was cut off while it was written"
        )
    lines = _lines(text)
    columns = _columns(next(lines, (1, "")))
    found: dict[str, list[tuple[int, ManagedDevice]]] = {}
    faults: dict[int, str] = {}
    for number, line in lines:
        try:
            device = _device(columns, line)
            found.setdefault(device.id, []).append((number, device))
        except (ValueError, csv.Error) as fault:
            faults[number] = str(fault)
    for same in found.values():
        if len(same) > 1:
            faults |= {number: "its id stands in the table more than once" for number, _ in same}
    devices = tuple(same[0][1] for same in found.values() if len(same) == 1)
    return DeviceTable(devices, tuple(f"line {n}: {faults[n]}" for n in sorted(faults)))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.removesuffix("\r")


def _columns(first: tuple[int, str]) -> list[str]:
    try:
        cells = [cell.strip() for cell in next(csv.reader([first[1]], strict=True), [])]
    except csv.Error as fault:
        raise TableFault(f"line {first[0]}: {fault}") from fault
    if set(cells) - set(COLUMNS) or set(REQUIRED) - set(cells) or len(set(cells)) != len(cells):
        shown = ",".join(cells)[:80]
        raise TableFault(f"line {first[0]} names the columns, such as `{HEAD}`, not `{shown!r}`")
    return cells


def _device(columns: list[str], line: str) -> ManagedDevice:
    cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
    if len(cells) != len(columns):
        raise ValueError(f"it has {len(cells)} columns, not {len(columns)}")
    row = dict(zip(columns, cells, strict=True))
    return ManagedDevice(
        id=row["id"],
        names=frozenset(name for each in row["names"].split(";") if (name := device_name(each))),
        label=row.get("label", ""),
        owner=row.get("owner", ""),
        platform=row.get("platform", "").casefold(),
        version=row.get("version", ""),
        compliant=_one_of(row, "compliant", _COMPLIANT),
        standing=_one_of(row, "standing", {"": Standing.ACTIVE, **{str(s): s for s in Standing}}),
        at=_moment(row.get("reported", "")),
    )


def _one_of(row: Mapping[str, str], column: str, words: Mapping[str, _Word]) -> _Word:
    word = row.get(column, "")
    if word not in words:
        allowed = ", ".join(f"`{each}`" for each in words if each)
        raise ValueError(f"`{column}` is one of {allowed} or empty, not `{word[:40]!r}`")
    return words[word]


def _moment(text: str) -> int:
    if not text:
        return 0
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"`{text[:40]}` does not say in which time zone; end it with `Z`")
    return int(at.timestamp())
