"""Rooms that exist already: what happens to one that the rules would not let be made today."""

from __future__ import annotations

from typing import Annotated, Literal

from vedette.core.settings.sections import Breach, Section, Setting
from vedette.core.settings.spelling import Duration


class Standing(Section):
    """What happens to rooms that came to be against the rules."""

    on_breach: Annotated[
        Breach,
        Setting(
            "On breach",
            "What happens to a room whose members may not be together any more, or that is set wider "
            "than it may be: its people here are told (`warn`); nobody can say anything in it until it "
            "is in order (`freeze`); or that, and it is put in order: who may not be there is removed, "
            "and of rooms elsewhere our people leave (`remove`).",
            "`warn` leaves people together whom a rule has parted; `remove` can't be taken back: who "
            "comes again does not see what was said meanwhile.",
            '"freeze"',
        ),
    ] = "warn"
    wait: Annotated[
        Duration,
        Setting(
            "Wait",
            "How long a room must be against the rules without a break before anybody is removed.",
            "Too short, and a slip in a rule or in the directory parts people before somebody sees it; "
            "too long, and they stay together (the room is frozen meanwhile).",
            '"10 minutes"',
        ),
    ] = 600
    ending_invites: Annotated[
        Literal["tell", "confirm"],
        Setting(
            "Invites that end channels",
            "An invite that would take channels from a room, such as files because they may not go to "
            "whom is invited: the inviter and the members are told which (`tell`), or the inviter must "
            "invite once more to go on (`confirm`).",
            "With `tell`, one careless invite ends files for everybody in a room until the person has "
            "left again.",
            '"confirm"',
        ),
    ] = "tell"
