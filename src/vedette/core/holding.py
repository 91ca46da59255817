"""Which doors hold what, and what nobody can hold: the honest list.

One row per kind of traffic, apart for plain and encrypted rooms where it is in a room. The reference
page is made from it, and the table test over real organisations compares every cell with what really
arrives.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vedette.core.channels import Channel
from vedette.core.facts import Door
from vedette.core.language import Sentence, told


class What(StrEnum):
    """Kinds of traffic between people."""

    MESSAGE = "message"
    FILE = "file"
    CALL = "old-style call"
    CONFERENCE = "MatrixRTC membership"
    INVITE = "invite"
    JOIN = "join"
    PRESENCE = "presence"
    TYPING = "typing"
    TO_DEVICE = "to-device"


TRAFFIC: dict[What, Sentence] = {
    What.MESSAGE: told("message"),
    What.FILE: told("file"),
    What.CALL: told("old-style call"),
    What.CONFERENCE: told("MatrixRTC membership"),
    What.INVITE: told("invite"),
    What.JOIN: told("join"),
    What.PRESENCE: told("presence"),
    What.TYPING: told("typing"),
    What.TO_DEVICE: told("to-device message"),
}
"""Each kind of traffic as people read it."""

CHANNELS: dict[What, tuple[Channel, ...]] = {
    What.MESSAGE: (Channel.MESSAGE,),
    What.FILE: (Channel.FILE,),
    What.CALL: (Channel.VOICE, Channel.VIDEO, Channel.SCREEN),
    What.CONFERENCE: (Channel.CONFERENCE,),
    What.INVITE: (Channel.CONTACT,),
    What.JOIN: (Channel.CONTACT,),
    What.PRESENCE: (Channel.PRESENCE,),
    What.TYPING: (Channel.PRESENCE,),
    What.TO_DEVICE: tuple(c for c in Channel if c in (
        Channel.MESSAGE, Channel.FILE, Channel.VOICE, Channel.VIDEO, Channel.SCREEN,
        Channel.CONFERENCE,
    )),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Who holds a ban on one kind of traffic, and how. No doors: it is not held."""

    doors: tuple[Door, ...]
    how: Sentence

    @property
    def held(self) -> bool:
        """Whether a ban holds at all."""
        return bool(self.doors)


_FEDERATION = (Door.FEDERATION_IN, Door.FEDERATION_OUT)
_EVENT = Holding(
    doors=(Door.EVENT, *_FEDERATION),
    how=told(
        "asked towards every other member; what a partner sends is emptied before anybody sees it"
    ),
)
_CONTACT = Holding(
    doors=(Door.EVENT, *_FEDERATION),
    how=told(
        "asked both ways between the newcomer and every member, before anything leaves or is signed"
    ),
)
_EPHEMERAL = Holding(
    doors=(Door.EVENT, *_FEDERATION),
    how=told("decided for each reader, dropped where it is refused"),
)
_ROOM_EPHEMERAL = Holding(
    doors=(Door.EVENT, *_FEDERATION), how=told("shown to everybody in the room or to nobody")
)

ROOMLESS = frozenset({What.PRESENCE, What.TO_DEVICE})
"""What goes from person to person: it knows no room, and so no encrypted one."""

HOLDINGS: dict[tuple[What, bool], Holding] = {
    **{
        (what, encrypted): holding
        for what, holding in {
            What.MESSAGE: _EVENT,
            What.CONFERENCE: _EVENT,
            What.INVITE: _CONTACT,
            What.JOIN: _CONTACT,
            What.PRESENCE: _EPHEMERAL,
            What.TYPING: _ROOM_EPHEMERAL,
            What.TO_DEVICE: _EPHEMERAL,
        }.items()
        for encrypted in (False, True)
        if not (encrypted and what in ROOMLESS)
    },
    (What.FILE, False): Holding(
        doors=(Door.EVENT, Door.FILE, Door.CLIENT, *_FEDERATION),
        how=told(
            "the event is asked towards every member by what each file was found to be; the bytes "
            "before they are stored, and at every fetch"
        ),
    ),
    (What.FILE, True): Holding(
        doors=(Door.FILE, Door.CLIENT, *_FEDERATION),
        how=told(
            "the bytes are held before they are stored, and at every fetch; that there is a file, "
            "and its name, travel unseen in the encrypted message"
        ),
    ),
    (What.CALL, False): _EVENT,
    (What.CALL, True): Holding(
        doors=(),
        how=told(
            "signalling is encrypted like a message, so a ban on calls towards one partner is not "
            "held where messages are allowed; keep that partner's rooms plain by rule, or refuse calls "
            "to everyone"
        ),
    ),
}
"""By kind of traffic and whether the room is encrypted."""

EPHEMERAL = (
    (
        "m.device_list_update",
        "message, file, call, conference or contact, in either direction, with that person's server",
        "else dropped",
    ),
    (
        "m.direct_to_device",
        "message, file, call or conference in either direction between the two people",
        "kept for those readers alone",
    ),
    ("m.presence", "presence, from that person to each reader", "decided when it is read"),
    ("m.receipt", "presence, from that person to everybody in the room", "else left out"),
    ("m.signing_key_update", "as `m.device_list_update`", "else dropped"),
    ("m.typing", "presence, from that person to everybody in the room", "its end always passes"),
    ("org.matrix.signing_key_update", "as `m.signing_key_update`", "else dropped"),
)
"""What the event door asks about each type of ephemeral item in another server's transaction."""

UNHELD_BESIDES = (
    (told("a call's media kind"), told("voice against video in a conference is a claim")),
    (
        told("what an encrypted file is"),
        told("its kind is `encrypted`: rules decide by its size, and by who sends it to whom"),
    ),
    (
        told("what a client says of itself"),
        (
            told(
                "its name, its version and the platform under it are claims: a rule on them keeps honest "
                "people from mistakes, not a program that lies"
            )
        ),
    ),
    (
        told("profile changes"),
        told("names and pictures reach everybody with whom a room is shared"),
    ),
    (
        told("a reason given when leaving, kicking or banning"),
        told("it travels with an act that is always allowed"),
    ),
    (told("what was sent before a ban"), told("whoever has it keeps it")),
    (told("screenshots, copies, other apps"), told("nothing in a server can hold them")),
)
"""What else no door holds, each with the reason."""


def page() -> str:
    """The reference page, from the table."""
    lines = [
        "# What is held, and what is not",
        "",
        "Made from the table that the tests compare with what really arrives at real clients of two",
        "organisations and a homeserver that nobody named.",
        "",
        "| traffic | room | a ban is held by | how |",
        "|---|---|---|---|",
    ]
    for (what, encrypted), holding in sorted(
        HOLDINGS.items(), key=lambda each: (list(What).index(each[0][0]), each[0][1])
    ):
        doors = ", ".join(door.value for door in holding.doors) or "**not held**"
        room = "none" if what in ROOMLESS else "encrypted" if encrypted else "plain"
        lines.append(f"| {what.value} | {room} | {doors} | {holding.how} |")
    lines += [
        "",
        "## What is ephemeral in a transaction of another server",
        "",
        "A server speaks for its own people only; a type that is not here is dropped. Whatever is",
        "dropped, the rest of the transaction goes its way.",
        "",
        "| type | what must be allowed | and |",
        "|---|---|---|",
    ]
    lines += [f"| `{kind}` | {asked} | {besides} |" for kind, asked, besides in EPHEMERAL]
    lines += ["", "## Not held besides", ""]
    lines += [f"- **{what}**: {why}." for what, why in UNHELD_BESIDES]
    return "\n".join(lines) + "\n"
