"""The sections of the settings document apart from rules: words and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StrictBool, StrictInt
from pydantic_core import CoreSchema

from vedette.core.settings.spelling import (
    Certificate,
    Date,
    DomainPattern,
    Duration,
    HttpsUrl,
    Line,
    Server,
    SigningKey,
    Size,
    TlsPin,
    User,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the reference page, the form and the schema say about one setting.

    `risk` is what a bad value costs. `recommended` is a value in TOML spelling, or a few words
    where it depends on the organisation. `restart` marks a setting that Synapse reads only when it
    starts. The command that sets it and the default are derived from the model.
    """

    title: str
    meaning: str
    risk: str
    recommended: str
    restart: bool = False

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Carry the words into the JSON Schema."""
        schema = handler(core_schema)
        words = {"title": self.title, "description": self.meaning, "x-risk": self.risk}
        marks = {"x-recommended": self.recommended, "x-restart": self.restart}
        return {**schema, **words, **marks}


class Section(BaseModel):
    """A table of the document: nothing unknown in it, nothing changed after it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Organisation(Section):
    """Whose document this is."""

    name: Annotated[
        Line,
        Field(min_length=1),
        Setting(
            "Name",
            "The organisation's name as people read it in sentences and on the sign-in page.",
            "None for what is decided; a wrong name confuses people.",
            "the name on your letterhead",
        ),
    ]
    domain: Annotated[
        Server,
        Setting(
            "Domain",
            "The Matrix server name: what stands after the colon in every user id.",
            "It can't be changed later; every account and room carries it.",
            "your mail domain",
            restart=True,
        ),
    ]


class Party(Section):
    """A named set of our people, from directory groups and single user ids."""

    groups: Annotated[
        tuple[Line, ...],
        Setting(
            "Groups",
            "Directory groups whose members belong to the party.",
            "Whoever may edit the group decides who falls under the rules of this party.",
            "groups that only the personnel office edits",
        ),
    ] = ()
    users: Annotated[
        tuple[User, ...],
        Setting(
            "Users",
            "Single people of the party, by user id.",
            "Single people are forgotten when they change their job.",
            "[]",
        ),
    ] = ()
    except_: Annotated[
        tuple[str, ...],
        Field(alias="except"),
        Setting(
            "Except",
            "Parties whose people are not in this one, whatever groups they have.",
            "A missing exception lets contractors count as staff.",
            "every party with fewer rights",
        ),
    ] = ()


class Partner(Section):
    """Another organisation: the domains it speaks from, and the keys that it is known by.

    A partner is a word for rules: naming one allows nothing by itself.
    """

    domains: Annotated[
        tuple[DomainPattern, ...],
        Field(min_length=1),
        Setting(
            "Domains",
            "The partner's Matrix server names; a leading `*.` stands for every name below, "
            "not for the name itself.",
            "A wildcard trusts whoever can add a name to that zone.",
            "one exact server name",
        ),
    ]
    keys: Annotated[
        tuple[SigningKey, ...],
        Setting(
            "Keys",
            "Signing keys, one of which the partner's server must sign its requests with; ` until "
            "<day>` behind one ends it. None means that the keys it publishes are believed.",
            "Without a pinned key, whoever takes over the partner's DNS speaks in its name.",
            "the key that the partner read out to you by telephone",
        ),
    ] = ()
    tls: Annotated[
        tuple[TlsPin, ...],
        Setting(
            "TLS pins",
            "Pins of the public keys that the partner's server may show when we connect to it, "
            "beside a valid certificate (RFC 7469 form); none means that any valid certificate "
            "will do. Name the next key too before the partner changes it.",
            "Without a pin, any CA that this machine trusts can vouch for somebody else; with an "
            "outdated one, nothing leaves for this partner.",
            "the pin that `vedette partner check` prints and the partner confirms by telephone",
        ),
    ] = ()
    ca: Annotated[
        tuple[Certificate, ...],
        Setting(
            "CA",
            "Certificates of CAs, or of the server itself, that alone vouch for the partner's "
            "server when we connect to it; none means the CAs that this machine trusts.",
            "Whoever has the key of such a CA can pose as the partner, and as nobody else.",
            "[], unless the partner has a CA of its own",
        ),
    ] = ()
    contact: Annotated[
        Line,
        Setting(
            "Contact",
            "Whom to call there.",
            "None; it is shown to administrators only.",
            "a telephone number",
        ),
    ] = ""
    valid_until: Annotated[
        Date | None,
        Setting(
            "Valid until",
            "The last day on which this is a partner; from the next day on it counts as outside.",
            "A partner without an end is still trusted when the contract has long ended.",
            "the end of the contract",
        ),
    ] = None


Breach = Literal["warn", "freeze", "remove"]
"""What happens to a room that is against the rules."""


class RoomKind(Section):
    """A kind of room; it is chosen when a room is made and never changes."""

    members: Annotated[
        tuple[str, ...],
        Setting(
            "Members",
            "Parties and partners whose people may be in such a room; none means everyone "
            "whom the rules allow.",
            "An open list lets a sensitive room grow by invitation.",
            "the one party that the room is for",
        ),
    ] = ()
    encrypted: Annotated[
        StrictBool,
        Setting(
            "Encrypted",
            "Whether such rooms are made encrypted end to end, for good; false leaves it to "
            "`messages.encrypted`.",
            "Plain rooms can be read by whoever runs the server; in encrypted ones fewer rules "
            "can be held.",
            "true for rooms that the server's own administrators must not read",
        ),
    ] = False
    plain: Annotated[
        StrictBool,
        Setting(
            "Plain",
            "Whether such rooms are never encrypted, whatever a client or an owner asks for.",
            "The server's administrators can read along; but only in plain rooms does a rule on "
            "`room.kind` hold files and old-style calls, which encryption hides.",
            "true for kinds of room about whose files or calls there are rules of their own",
        ),
    ] = False
    sealed: Annotated[
        StrictBool,
        Setting(
            "Sealed",
            "Whether the organisation's visible inspector member stays out of such rooms.",
            "Nobody looks into files there: only rules on `file.encrypted` still decide.",
            "false, except for the board and the works council",
        ),
    ] = False
    history: Annotated[
        Literal["joined", "invited", "shared"],
        Setting(
            "History",
            "From when on a member may read: from joining, from the invitation, or everything.",
            "Wider than `joined`, somebody invited later reads what was not meant for them.",
            '"joined"',
        ),
    ] = "joined"
    on_breach: Annotated[
        Breach | None,
        Setting(
            "On breach",
            "What happens to such a room that is against the rules, instead of `standing.on_breach`.",
            "As there.",
            "unset",
        ),
    ] = None


class Audit(Section):
    """What the audit log keeps."""

    permitted: Annotated[
        Literal["counts", "whole"],
        Setting(
            "Routine permissions",
            "Whether routine yeses are kept one by one or as distinct questions with counts; "
            "refusals are always kept whole.",
            "`whole` is a record of who writes to whom; `counts` makes replays say less.",
            '"counts"',
        ),
    ] = "counts"
    keep: Annotated[
        Duration | None,
        Setting(
            "How long",
            "How old records may become on this machine: each day's part of a log is removed as a "
            "whole once its newest record is older, and a signed head stays in its place. Unset: "
            "for good.",
            "Too short, and an incident is found out about after its record is gone; unset, "
            "and what people did is kept for ever.",
            "as long as the law wants and incidents stay unseen, such as 400 days",
        ),
    ] = None
    siem_names: Annotated[
        StrictBool,
        Setting(
            "Names for the SIEM",
            "Whether what is sent to the SIEM names people beside each record. Without it they "
            "are pseudonyms there, which only this machine can resolve.",
            "What the SIEM was told can't be erased from here; without names its own alarms "
            "can't tell who it was.",
            "as the works council and the SIEM's own retention allow",
        ),
    ] = True


class Administration(Section):
    """What holds for whoever administers, whatever the rules say."""

    wait_after_reset: Annotated[
        Duration,
        Field(le=30 * 86400),
        Setting(
            "Wait after a reset",
            "How long somebody may not administer after another person reset their password or "
            "second factors, or made their account; at most 30 days. `0 seconds` switches it off.",
            "Whoever resets an administrator's credentials knows them and could act as that "
            "administrator before anybody notices.",
            '"1 day"',
        ),
    ] = 86400


class Messages(Section):
    """Encryption of rooms made here whose kind doesn't ask for it."""

    encrypted: Annotated[
        Literal["never", "allowed", "required"],
        Setting(
            "Encryption",
            "Whether rooms whose kind doesn't ask for encryption are made plain, as the client "
            "asks, or encrypted.",
            "`required` takes what the file door could see; `never` lets the server's "
            "administrators read along.",
            '"allowed"',
        ),
    ] = "allowed"


class Media(Section):
    """Files on their way up."""

    max_upload: Annotated[
        Size,
        Setting(
            "Largest upload",
            "The size over which an upload is refused.",
            "A high limit fills the disk.",
            '"50 MiB"',
            restart=True,
        ),
    ] = 50 << 20


class Files(Section):
    """How files are looked at, and for how long an upload waits for it."""

    wait: Annotated[
        Duration,
        Setting(
            "Wait",
            "How long an upload waits until its content was looked at; after that it is accepted "
            "and held.",
            "Too short, and many files are held first; too long, and clients give up.",
            '"20 seconds"',
        ),
    ] = 20
    max_depth: Annotated[
        StrictInt,
        Field(ge=0, le=32),
        Setting(
            "Depth",
            "How many archives or documents within one another are opened; what lies deeper "
            "counts as not looked at.",
            "A high number lets one file keep the inspector busy; a low one refuses archives in "
            "archives wherever a rule reads what is in them.",
            "6",
        ),
    ] = 6
    max_entries: Annotated[
        StrictInt,
        Field(ge=1, le=1_000_000),
        Setting(
            "Entries",
            "How many files within one file are looked at; more count as not looked at.",
            "A high number lets one file keep the inspector busy.",
            "10000",
        ),
    ] = 10_000
    max_unpacked: Annotated[
        Size,
        Setting(
            "Unpacked size",
            "How many bytes are unpacked from one file, everything within it together; more "
            "count as not looked at.",
            "A high limit costs disk and time while the file is looked at.",
            '"1 GiB"',
        ),
    ] = 1 << 30
    max_ratio: Annotated[
        StrictInt,
        Field(ge=1, le=100_000),
        Setting(
            "Ratio",
            "How many times larger than itself an archive may become when it is unpacked; more "
            "counts as not looked at.",
            "A high number looks into what was made to fill disks.",
            "250",
        ),
    ] = 250
    max_seconds: Annotated[
        Duration,
        Setting(
            "Time",
            "How long one file is looked at; what was not seen by then counts as not looked at.",
            "A long time lets one file keep the inspector busy; a short one holds back large "
            "archives.",
            '"1 minute"',
        ),
    ] = 60


class Push(Section):
    """Where notifications of new messages may be sent."""

    gateways: Annotated[
        tuple[HttpsUrl, ...],
        Setting(
            "Push gateways",
            "Addresses to which pushes may go; they carry ids only, never content.",
            "Every gateway learns when which device gets a message.",
            "your own gateway, or none",
        ),
    ] = ()


class Streams(Section):
    """How long doors trust what they last heard from control."""

    lifetime: Annotated[
        Duration,
        Setting(
            "Lifetime",
            "How long a door goes on with the last settings, people and sessions it was told, "
            "before it closes.",
            "Too long, and a cut-off door keeps old rules; too short, and an outage closes it.",
            '"7 days"',
        ),
    ] = 7 * 86400


class Notices(Section):
    """What the notice account tells people."""

    per_minute: Annotated[
        StrictInt,
        Field(ge=0, le=60),
        Setting(
            "Notices per minute",
            "How many notices one person gets for one rule in a minute, at most.",
            "None: refusals are recorded whether or not somebody is told.",
            "1",
        ),
    ] = 1
