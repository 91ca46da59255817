"""Reports of devices that are pushed to us, each signed as Standard Webhooks says.

The signature is all that admits: a wrong one, an old one and a name that nobody has are answered
alike. A report that was taken before is not taken again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vedette.control.inventories import is_off
from vedette.core.managed_devices import MOST_NAMES, ManagedDevice, Standing, device_name
from vedette.core.settings.device_management import DeviceManagement
from vedette.ports.clock import Clock
from vedette.ports.device_management import DeviceStore, InventoryState, ReplayedReport
from vedette.ports.errors import Unavailable
from vedette.protocol.standard_webhooks import Stamp, holds

PREFIX = "/device-reports"
LARGEST = 1 << 20
"""Bytes of one report."""
MOST_DEVICES = 1000
_LOG = logging.getLogger("vedette.control")
_QUIET_SECONDS = 60.0
_LONGEST_TEXT = 255

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_Text = Annotated[str, Field(max_length=_LONGEST_TEXT)]


class ReportedDevice(BaseModel):
    """One device of a report. What is left out is not known, not as it was before."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]
    names: Annotated[list[_Text], Field(max_length=MOST_NAMES)] = []
    label: _Text = ""
    owner: _Text = ""
    platform: _Text = ""
    version: _Text = ""
    compliant: bool | None = None
    standing: Annotated[Standing, Field(strict=False)] = Standing.ACTIVE
    reported: Annotated[AwareDatetime, Field(strict=False)] | None = None
    """When the device itself was last heard of there (RFC 3339)."""

    def device(self) -> ManagedDevice:
        """The same as the core has it. Raises ValueError."""
        return ManagedDevice(
            id=self.id,
            names=frozenset(name for each in self.names if (name := device_name(each))),
            label=self.label,
            owner=self.owner,
            platform=self.platform.casefold(),
            version=self.version,
            compliant=self.compliant,
            standing=self.standing,
            at=_seconds(self.reported),
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """What a sender is answered."""

    status: int
    body: Mapping[str, Any]


REFUSED = Answered(
    401, {"detail": "no report is taken that is not signed by a source of ours, now"}
)


@dataclass(slots=True)
class DeviceReports:
    """Takes the reports of sources that report by themselves. `secrets` are read for each report."""

    secrets: Mapping[str, Callable[[], tuple[bytes, ...]]]
    store: DeviceStore
    settings: Callable[[], Mapping[str, DeviceManagement]]
    clock: Clock
    _nobodys: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _said: float = 0.0

    async def app(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI application at `/device-reports/<source>`; its body comes whole and bounded."""
        source = str(scope["path"]).removeprefix(f"{PREFIX}/")
        if scope["method"] != "POST":
            await _answer(send, Answered(405, {"detail": "reports are posted"}))
            return
        body = (await receive()).get("body", b"")
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        stamp = Stamp(
            *(headers.get(f"webhook-{each}", "") for each in ("id", "timestamp", "signature"))
        )
        try:
            answered = await asyncio.to_thread(self.taken, source, stamp, body)
        except Unavailable as outage:
            _LOG.error("%s", outage)
            answered = Answered(
                503, {"detail": "nothing can be kept just now; send it again later"}
            )
        await _answer(send, answered)

    def taken(self, source: str, stamp: Stamp, body: bytes) -> Answered:
        """Take a report, if its source has signed it just now. Raises Unavailable.

        Nothing of the body is parsed before.
        """
        if not holds(stamp, body, self._of(source), self.clock.now()):
            self._say(source)
            return REFUSED
        try:
            rows = _rows(body)
        except ValueError as fault:
            return Answered(400, {"detail": str(fault)})
        devices, left_out = _parsed(rows)
        fresh, late, new = self._in_order(source, devices)
        now = int(self.clock.now())
        try:
            changed = self.store.take_some(source, fresh, now, report=stamp.id)
        except ReplayedReport:
            return Answered(200, {"taken": 0, "detail": "this report was taken before"})
        self._note(source, now, new, left_out)
        if changed:
            _LOG.info("inventory %s: %d devices are other than before", source, changed)
        told = {"taken": len(fresh), "changed": changed, "left_out": [*left_out, *late]}
        return Answered(200, told)

    def _of(self, source: str) -> tuple[bytes, ...]:
        """The secrets of a source; of one that there is not, a secret that nobody has."""
        known = self.secrets.get(source)
        if known is None or source not in self.settings():
            return (self._nobodys,)
        try:
            return known()
        except Unavailable as outage:
            _LOG.error("reports of %s are refused: %s", source, outage)
            return (self._nobodys,)

    def _say(self, source: str) -> None:
        """Tell the log, but let nobody fill it."""
        now = self.clock.now()
        if now - self._said >= _QUIET_SECONDS:
            self._said = now
            _LOG.warning("a report to `%.40r` was refused: it is not signed as it must be", source)

    def _in_order(
        self, source: str, devices: list[ManagedDevice]
    ) -> tuple[list[ManagedDevice], list[str], int]:
        """Without those of whom something newer is known that allows less; how many are new.

        A report may arrive late, or be held back by somebody: `reported` says what is older.
        """
        fresh, late, new = [], [], 0
        for device in devices:
            kept = self.store.device(source, device.id)
            new += kept is None
            if kept is not None and 0 < device.at < kept.device.at and not is_off(device):
                late.append(f"`{device.id}`: something newer is known of it")
            else:
                fresh.append(device)
        return fresh, late, new

    def _note(self, source: str, now: int, new: int, left_out: list[str]) -> None:
        before = next((s for s in self.store.states() if s.source == source), None)
        state = before or InventoryState(source=source)
        trouble = f"{len(left_out)} are left out: {'; '.join(left_out[:3])}" if left_out else ""
        devices = state.devices + new
        self.store.note(replace(state, read=now, tried=now, devices=devices, trouble=trouble))


def _rows(body: bytes) -> list[Any]:
    """The devices of a report as they were written. Raises ValueError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise ValueError('a report is JSON: `{"devices": […]}`') from fault
    rows = found.get("devices") if isinstance(found, dict) and len(found) == 1 else None
    if not isinstance(rows, list):
        raise ValueError("a report is an object with `devices`, a list, and nothing else")  # noqa: TRY004  # a fault of the sender's
    if len(rows) > MOST_DEVICES:
        raise ValueError(f"a report has at most {MOST_DEVICES} devices; send several")
    return rows


def _parsed(rows: list[Any]) -> tuple[list[ManagedDevice], list[str]]:
    """The devices that can be, and why others are left out. Of one told twice, neither."""
    found: dict[str, list[ManagedDevice]] = {}
    left_out = []
    for number, row in enumerate(rows):
        try:
            device = ReportedDevice.model_validate(row).device()
            found.setdefault(device.id, []).append(device)
        except ValidationError as fault:
            first = fault.errors()[0]
            where = ".".join(str(part)[:40] for part in ("devices", number, *first["loc"]))
            left_out.append(f"{where}: {first['msg']}")
        except ValueError as fault:
            left_out.append(f"devices.{number}: {fault}")
    left_out += [
        f"`{id_}`: it is told more than once" for id_, same in found.items() if len(same) > 1
    ]
    return [same[0] for same in found.values() if len(same) == 1], left_out


def _seconds(at: datetime | None) -> int:
    return 0 if at is None else max(0, int(at.timestamp()))


async def _answer(send: Send, answered: Answered) -> None:
    body = json.dumps(answered.body).encode()
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": answered.status, "headers": head})
    await send({"type": "http.response.body", "body": body})
