"""Devices that a device management knows: what it reports of them, and when that counts.

A report says nothing by itself about who is at the door: it counts for a session only where the
session's device has proven which device it is (`vedette.core.sessions`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from vedette.core.facts import PLATFORMS

MOST_NAMES = 32
"""By how many names a device may be known."""
MOST_NAME = 255
"""How long a name, id, owner or version may be, in characters."""
_TEXT = re.compile(rf"[^\x00-\x1f\x7f\ud800-\udfff]{{0,{MOST_NAME}}}")


class Standing(StrEnum):
    """What the management says has become of a device."""

    ACTIVE = "active"
    RETIRED = "retired"
    """Given up, wiped or taken out of management."""
    LOST = "lost"
    """Lost or stolen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedDevice:
    """One device as its management reports it.

    `id` is the inventory's own, which never changes. `names` are those by which a certificate may name
    the device, each as `device_name` writes it: its serial number, UDID, directory id, or the
    SHA-256 of a certificate that was issued to it. `owner` is the address or name of the person whom the
    management says it is given to, empty for nobody. `compliant` is None where the management has no
    opinion. `at` is when the device itself last reported to its management, in unix seconds, 0
    where that is not known.

    Raises:
        ValueError: a text is too long or has control characters, the platform is none, there are
            too many names, or a name is not written as `device_name` writes it.
    """

    id: str
    names: frozenset[str]
    label: str = ""
    owner: str = ""
    platform: str = ""
    version: str = ""
    compliant: bool | None = None
    standing: Standing = Standing.ACTIVE
    at: int = 0

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a device has no id")
        for text in (self.id, self.label, self.owner, self.version, *self.names):
            if not _TEXT.fullmatch(text):
                raise ValueError(f"`{text[:40]!r}` is too long, or has control characters")
        if self.platform and self.platform not in PLATFORMS:
            raise ValueError(f"`{self.platform[:40]}` is no platform")
        if len(self.names) > MOST_NAMES:
            raise ValueError(f"a device has more than {MOST_NAMES} names")
        if any(not name or name != device_name(name) for name in self.names):
            raise ValueError("a device's name is not written as it is compared")
        if self.at < 0:
            raise ValueError("a device reported at a time before all times")


def device_name(text: str) -> str:
    """A device's name as it is compared: without blanks around it, whatever its case."""
    return text.strip().casefold()


PLATFORM_WORDS = (
    ("android", "android"),
    ("ipados", "ios"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("ios", "ios"),
    ("macos", "macos"),
    ("mac os", "macos"),
    ("osx", "macos"),
    ("windows", "windows"),
    ("linux", "linux"),
    ("ubuntu", "linux"),
    ("debian", "linux"),
    ("chrome", "other"),
)


def platform_of(text: str) -> str:
    """The platform (one of PLATFORMS) that an operating system's name means; empty for no name."""
    folded = text.casefold()
    if not folded:
        return ""
    return next((platform for word, platform in PLATFORM_WORDS if word in folded), "other")
