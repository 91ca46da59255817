"""The company's device management: whose devices it knows, and for how long its word is good.

Where an inventory is, and with which credentials it is read, stands in the boot file. What a device's
state means for its person is a rule (`device.managed`, `device.compliant`, `device.owner`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.sign_in import Lasting
from vedette.core.settings.spelling import Duration, Name


def _pace(seconds: int) -> int:
    if not 5 <= seconds <= 86_400:
        raise ValueError("write between `5 seconds` and `1 day`")
    return seconds


class DeviceManagement(Section):
    """One inventory of the company's devices: Intune, Jamf Pro, MeshCentral, a file, a webhook."""

    issuers: Annotated[
        tuple[Name, ...],
        Field(min_length=1, max_length=64),
        Setting(
            "Issuers",
            "Issuers of certificates whose devices this inventory knows; its reports count for "
            "nobody else.",
            "Whoever may write into this inventory decides about every device of these issuers.",
            "the issuer under which this device management gives out its certificates",
        ),
    ]
    good_for: Annotated[
        Lasting,
        Setting(
            "Good for",
            "How long a report counts after the inventory last told it. After that the device's "
            "state is not known, which lifts no ban; that it was retired or lost still counts.",
            "Long, and a device goes on as it last was while nobody hears of it; short, and an "
            "outage of the inventory stops whoever needs its word.",
            '"1 day"',
        ),
    ] = 86_400
    every: Annotated[
        Annotated[Duration, AfterValidator(_pace)],
        Setting(
            "Every",
            "How often the inventory is read as a whole, where it is one that is asked.",
            "Seldom, and a device that was lost goes on for that long; often, and the inventory "
            "slows down whoever asks so much.",
            '"5 minutes", or as often as its maker allows',
        ),
    ] = 300
