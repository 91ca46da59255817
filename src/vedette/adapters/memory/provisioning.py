"""A homeserver's accounts and devices in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vedette.ports.errors import Unavailable


def _nothing(_localpart: str, _device_id: str) -> int:
    return 0


@dataclass(slots=True)
class MemoryProvisioning:
    """The Provisioning port in memory.

    `names` are the display names by localpart, `devices` the devices' names by localpart and id.
    With `away` set, nothing is done and everything raises Unavailable. `delayed` says how many
    events a device has set to be sent later.
    """

    names: dict[str, str] = field(default_factory=dict)
    devices: dict[tuple[str, str], str] = field(default_factory=dict)
    cancelled: list[tuple[str, str]] = field(default_factory=list)
    resets: list[str] = field(default_factory=list)
    away: bool = False
    delayed: Callable[[str, str], int] = _nothing

    def person(self, localpart: str, display_name: str) -> None:
        """Make the account if there is none yet. Raises Unavailable."""
        self._reach()
        self.names.setdefault(localpart, display_name)

    def call(self, localpart: str, display_name: str) -> None:
        """Have the account called so from now on. Raises Unavailable."""
        self._reach(localpart)
        self.names[localpart] = display_name[:256]  # as a homeserver has it

    def device(self, localpart: str, device_id: str, name: str) -> None:
        """Make the device, or name it anew. Raises Unavailable."""
        self._reach(localpart)
        self.devices[localpart, device_id] = name or self.devices.get((localpart, device_id), "")

    def delete_device(self, localpart: str, device_id: str) -> None:
        """Delete the device. Raises Unavailable."""
        self._reach()
        self.devices.pop((localpart, device_id), None)

    def cancel_delayed_events(self, localpart: str, device_id: str) -> int:
        """Cancel what the device has set to be sent later. Raises Unavailable."""
        self._reach()
        if (localpart, device_id) in self.cancelled:
            return 0
        self.cancelled.append((localpart, device_id))
        return self.delayed(localpart, device_id)

    def allow_cross_signing_reset(self, localpart: str) -> None:
        """Let the person replace the cross-signing keys. Raises Unavailable."""
        self._reach(localpart)
        self.resets.append(localpart)

    def _reach(self, localpart: str | None = None) -> None:
        if self.away:
            raise Unavailable("the homeserver is away")
        if localpart is not None and localpart not in self.names:
            raise Unavailable(f"the homeserver has no account `{localpart}`")
