"""What an organisation chooses of Synapse's own behaviour; what decides who may do what are rules.

Synapse reads all of this only when it starts; `vedette up` starts it anew after a change.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictInt

from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import Duration, Rate, Size

_DAY = 86400


def _a_day(seconds: int) -> int:
    if seconds < _DAY:
        raise ValueError(
            "this would delete what people are still at work with; write at least `1 day`"
        )
    return seconds


def _a_file(size: int) -> int:
    if size < 1 << 20:
        raise ValueError("this would refuse nearly every file; write at least `1 MiB`")
    return size


def _rate(title: str, what: str, recommended: str) -> Setting:
    return Setting(
        title,
        f"{what}; what comes faster is refused for a moment, and clients try again by themselves.",
        "Too high, one account that somebody runs a program with may slow down all; too low, people "
        "are refused in the middle of their work.",
        f'"{recommended}"',
        restart=True,
    )


class Synapse(Section):
    """What Synapse keeps and for how long, whom it shows, and how much each person may do."""

    messages_kept: Annotated[
        Annotated[Duration, AfterValidator(_a_day)] | None,
        Setting(
            "Messages",
            "How old messages may become: once a day Synapse deletes for good what is older, in every "
            "room alike, whatever a room's owner sets. Unset: nothing is deleted.",
            "What is deleted comes back from no revision, and Synapse calls this experimental. Servers "
            "of partners and the devices of people keep their copies.",
            "unset, unless the law or the works council wants an end",
            restart=True,
        ),
    ] = None
    deleted_messages_kept: Annotated[
        Duration,
        Setting(
            "Deleted messages",
            "How long the text of a message that somebody deleted stays in the database, where nobody "
            "but its administrators can read it.",
            "Too long, and what people took back is still there to be stolen; too short, and it can't "
            "be looked into after an incident.",
            '"7 days"',
            restart=True,
        ),
    ] = 7 * _DAY
    forgotten_rooms_kept: Annotated[
        Duration,
        Setting(
            "Forgotten rooms",
            "How long a room stays in the database after the last of our people has left and "
            "forgotten it.",
            "Too long, and content lies there that nobody needs; too short, and it is gone before an "
            "incident is found out about.",
            '"28 days"',
            restart=True,
        ),
    ] = 28 * _DAY
    forget_on_leave: Annotated[
        StrictBool,
        Setting(
            "Forget on leaving",
            "Whether whoever leaves a room forgets it at once, and no longer sees what was said there "
            "while they were in it.",
            "With true, rooms that all have left are deleted after `synapse.forgotten_rooms_kept`, "
            "though nobody asked for that.",
            "false",
            restart=True,
        ),
    ] = False
    addresses_kept: Annotated[
        Duration,
        Setting(
            "Addresses",
            "How long Synapse keeps from which address and with which client somebody was last seen.",
            "It is a record of where people are; none, and an account that was taken over leaves fewer "
            "traces.",
            '"28 days"',
            restart=True,
        ),
    ] = 28 * _DAY
    files_kept: Annotated[
        Annotated[Duration, AfterValidator(_a_day)] | None,
        Setting(
            "Unused files",
            "After how long without being fetched a file that one of us uploaded is deleted, a held one "
            "and a picture of a person too. Unset: never.",
            "What is deleted comes back from no revision; the messages that name it stay.",
            "unset, unless the disk or the law wants an end",
            restart=True,
        ),
    ] = None
    partner_files_kept: Annotated[
        Annotated[Duration, AfterValidator(_a_day)] | None,
        Setting(
            "Unused files of others",
            "After how long without being fetched the copy of a partner's file is deleted; whoever opens "
            "it later has it fetched and looked at again. Unset: never.",
            "Unset, the disk fills with copies; set, a file is lost here once the partner deletes it.",
            "as the disk allows, such as 90 days",
            restart=True,
        ),
    ] = None
    uploads_a_day: Annotated[
        Annotated[Size, AfterValidator(_a_file)] | None,
        Setting(
            "Uploads a day",
            "How much one person may upload within a day, all files together. Unset: as much as they "
            "like.",
            "Unset, one person can fill the disk; too low, and people can't send what they have to.",
            "as the disk allows, such as 5 GiB",
            restart=True,
        ),
    ] = None
    largest_picture: Annotated[
        StrictInt,
        Field(ge=1_000_000, le=1_000_000_000),
        Setting(
            "Largest picture",
            "Of pictures with more pixels than this Synapse makes no small versions for previews.",
            "A high number lets a small file that unfolds into a huge picture use up the memory.",
            "33554432",
            restart=True,
        ),
    ] = 32 << 20
    presence: Annotated[
        StrictBool,
        Setting(
            "Presence",
            "Whether anybody sees who is there. With true, rules on the channel `presence` say who sees "
            "whom; with false nobody does.",
            "Presence tells when people work, and costs the server much in large organisations.",
            "as the works council and the size of the organisation allow",
            restart=True,
        ),
    ] = True
    find_everybody: Annotated[
        StrictBool,
        Setting(
            "Find everybody",
            "Whether a search for people finds everybody here, or only those with whom one shares a room "
            "or who are in a public one; rules on the channel `contact` hide people either way.",
            "With true, one account that was taken over can list everybody whom the rules show it.",
            "false",
            restart=True,
        ),
    ] = False
    room_directory: Annotated[
        StrictBool,
        Setting(
            "List of rooms",
            "Whether owners may put their rooms on the list of public rooms; the event door is asked "
            "each time, and rules on `contact` say who may look through it.",
            "The list tells the names and topics of its rooms to everybody here.",
            "false, unless there are rooms that everybody here shall find",
            restart=True,
        ),
    ] = False
    own_names: Annotated[
        StrictBool,
        Setting(
            "Own names",
            "Whether people may change the name that others see; with false it stays as the company's "
            "directory says it, or as it was.",
            "With true, anybody may call themselves like somebody else; the user id beneath stays.",
            "false, where names come from the company's directory",
            restart=True,
        ),
    ] = True
    own_pictures: Annotated[
        StrictBool,
        Setting(
            "Own pictures",
            "Whether people may change their picture once they have one.",
            "With true, anybody may show themselves with somebody else's picture.",
            "as you like: rules on `file.class = avatar` say which pictures may be one",
            restart=True,
        ),
    ] = True
    names_per_room: Annotated[
        StrictBool,
        Setting(
            "Names in rooms",
            "Whether people may have another name and picture in a single room.",
            "With true, anybody may pass for somebody else in one room, where others notice it least.",
            "false, where names come from the company's directory",
            restart=True,
        ),
    ] = True
    rate_messages: Annotated[
        Rate,
        _rate(
            "Rate of messages",
            "How many messages one person may send",
            "1200 a minute, 200 at once",
        ),
    ] = "1200 a minute, 200 at once"
    rate_rooms: Annotated[
        Rate,
        _rate(
            "Rate of new rooms", "How many rooms one person may make", "60 a minute, 100 at once"
        ),
    ] = "60 a minute, 100 at once"
    rate_joins: Annotated[
        Rate,
        _rate(
            "Rate of joins", "How many rooms here one person may join", "120 a minute, 50 at once"
        ),
    ] = "120 a minute, 50 at once"
    rate_joins_elsewhere: Annotated[
        Rate,
        _rate(
            "Rate of joins elsewhere",
            "How many rooms on other servers one person may join",
            "60 a minute, 50 at once",
        ),
    ] = "60 a minute, 50 at once"
    rate_joins_into_room: Annotated[
        Rate,
        _rate(
            "Rate of joins into a room",
            "How many people may join one room",
            "60 a minute, 10 at once",
        ),
    ] = "60 a minute, 10 at once"
    rate_invites: Annotated[
        Rate,
        _rate(
            "Rate of invitations",
            "How many invitations one person may send",
            "300 a minute, 100 at once",
        ),
    ] = "300 a minute, 100 at once"
    rate_invites_to_person: Annotated[
        Rate,
        _rate(
            "Rate of invitations to a person",
            "How many invitations one person may get",
            "60 a minute, 50 at once",
        ),
    ] = "60 a minute, 50 at once"
    rate_invites_into_room: Annotated[
        Rate,
        _rate(
            "Rate of invitations into a room",
            "How many people may be invited into one room",
            "300 a minute, 100 at once",
        ),
    ] = "300 a minute, 100 at once"
    rate_presence: Annotated[
        Rate,
        _rate(
            "Rate of presence", "How often one person's status may change", "12 a minute, 5 at once"
        ),
    ] = "12 a minute, 5 at once"
    rate_searches: Annotated[
        Rate,
        _rate(
            "Rate of searches",
            "How often one person may search for people",
            "1 a minute, 200 at once",
        ),
    ] = "1 a minute, 200 at once"
    rate_uploads: Annotated[
        Rate,
        _rate(
            "Rate of uploads", "How many uploads one person may begin", "600 a minute, 50 at once"
        ),
    ] = "600 a minute, 50 at once"


RATES = tuple(name for name in Synapse.model_fields if name.startswith("rate_"))
"""The settings that are rates."""
