"""What one reading tells, gathered device by device: what can't be is left out and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vedette.core.managed_devices import ManagedDevice, Standing, device_name
from vedette.ports.device_management import InventoryTold
from vedette.ports.errors import Unavailable

MOST_DEVICES = 500_000
_MOST_TOLD = 100
_SHOWN = 60
_SEVERITY = {Standing.ACTIVE: 0, Standing.RETIRED: 1, Standing.LOST: 2}
_SHORTEST_NAME = 4
_NO_NAMES = frozenset(
    {
        "00000000-0000-0000-0000-000000000000",
        "default string",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "null",
        "system serial number",
        "to be filled by o.e.m.",
        "unknown",
        "defaultstring",
        "systemserialnumber",
    }
)
"""What makers write where they give no number; it names many devices, so it names none."""


@dataclass(slots=True)
class Gathering:
    """The devices of a reading so far."""

    _devices: dict[str, ManagedDevice] = field(default_factory=dict)
    _left_out: list[str] = field(default_factory=list)
    _more: int = 0

    def add(self, called: object, made: Callable[[], ManagedDevice]) -> None:
        """Take one device, or leave it out where `made` raises ValueError.

        A device that is told twice, as happens when it moves from one page to another meanwhile,
        counts as the stricter of both.

        Raises:
            Unavailable: there are more than can be real.
        """
        try:
            device = made()
        except ValueError as fault:
            self.leave_out(called, str(fault))
            return
        before = self._devices.get(device.id)
        self._devices[device.id] = device if before is None else stricter(before, device)
        if len(self._devices) > MOST_DEVICES:
            raise Unavailable(f"it tells of more than {MOST_DEVICES} devices")

    def leave_out(self, called: object, why: str) -> None:
        """Say of a device why it is left out."""
        if len(self._left_out) < _MOST_TOLD:
            self._left_out.append(f"{shown(called)}: {why}")
        else:
            self._more += 1

    def __len__(self) -> int:
        return len(self._devices)

    def told(self) -> InventoryTold:
        """All of it."""
        more = [f"and {self._more} more"] if self._more else []
        return InventoryTold(tuple(self._devices.values()), (*self._left_out, *more))


def stricter(one: ManagedDevice, other: ManagedDevice) -> ManagedDevice:
    """Of two reports of one device the one that allows less; of equal ones the newer."""
    return max(one, other, key=lambda d: (_SEVERITY[d.standing], d.compliant is not True, d.at))


def shown(called: object) -> str:
    """What somebody else calls a device, as it may stand in a sentence of ours."""
    text = called if isinstance(called, str) else repr(called)
    kept = "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    return f"`{kept[:_SHOWN]}`" if kept else "a device without an id"


def text_of(raw: Mapping[str, Any], name: str) -> str:
    """A text, empty where it is not told. Raises ValueError where it is something else."""
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is no text")  # noqa: TRY004  # a fault of what was told
    return value.strip()


def yes_no_of(raw: Mapping[str, Any], name: str) -> bool | None:
    """Yes, no, or None where it is not told. Raises ValueError where it is something else."""
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"`{name}` is neither yes nor no")
    return value


def part_of(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within, empty where it is not told. Raises ValueError where it is something else."""
    value = raw.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"`{name}` is no object")  # noqa: TRY004  # as above
    return value


def parts_of(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A list of objects within, empty where it is not told. Raises ValueError for anything else."""
    value = raw.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"`{name}` is no list of objects")
    return value


def names_of(*texts: str) -> frozenset[str]:
    """The names that really name one device."""
    names = {device_name(text) for text in texts}
    return frozenset(
        name for name in names if len(name) >= _SHORTEST_NAME and name not in _NO_NAMES
    )


def moment(text: str) -> int:
    """A time (RFC 3339) in unix seconds, 0 for none. Raises ValueError where it is no time."""
    if not text:
        return 0
    found = datetime.fromisoformat(text)
    at = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return max(0, int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()))
