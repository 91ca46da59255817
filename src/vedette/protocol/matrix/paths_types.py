"""What one row of the endpoint table says, and how its pattern is read.

A pattern is a path with four kinds of marks, all of them whole segments but the last:
`:name` is one segment that is not empty, `:name?` one segment that may be empty (a state key),
`*name` is everything that is left (refusals and our own pages only), and `<a|b>` stands for each of
its words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, TypedDict

from vedette.core.channels import BETWEEN_PEOPLE, Channel


class Door(StrEnum):
    """Which traffic a row belongs to."""

    CLIENT = "client"
    FEDERATION_IN = "federation, in"
    FEDERATION_OUT = "federation, out"


class Token(StrEnum):
    """The proof that a request must carry before anything else is asked about it."""

    NONE = "none"
    OPTIONAL = "access token, if there is one"
    ACCESS_TOKEN = "access token"
    X_MATRIX = "X-Matrix signature"


class DecidedAt(StrEnum):
    """The last door that decides what the endpoint is used for."""

    GATEWAY = "gateway"
    EVENT_DOOR = "event door"
    FILE_DOOR = "file door"
    CALL_DOOR = "call door"
    SIGN_IN_DOOR = "sign-in door"


class Answering(StrEnum):
    """How the answer comes: what a carrier must have patience or room for."""

    PROMPT = "prompt"
    SLOW = "slow"
    """May stay silent for minutes: it waits for other servers."""
    LONG_POLL = "long poll"
    """Stays silent as long as the client asks it to."""
    STREAM = "stream"
    """As large as a file; never kept in memory."""


class ServedBy(StrEnum):
    """Who writes the answer."""

    SYNAPSE = "Synapse"
    SIGNIN = "sign-in service"
    GATEWAY = "gateway"
    PARTNER = "partner"


class UploadLimit(Enum):
    """A body limit that is a setting, not a number of this table."""

    MAX_UPLOAD = "the largest upload of the settings"


BodyLimit = int | UploadLimit

NO_BODY: Final = 0
JSON: Final = 64 * 1024
EVENT: Final = 128 * 1024
"""An event has at most 65,536 bytes as canonical JSON (Matrix 1.16, "Size limits"); escapes
and white space on the wire make it longer."""
ROOM: Final = 512 * 1024
"""A room's first state, or an invite with what it shows of the room."""
KEYS: Final = 1024 * 1024
"""Device keys, one-time keys, signatures, key queries for large rooms."""
BULK: Final = 10 * 1024 * 1024
"""A federation transaction, a to-device message for many devices, a backup of room keys."""

ANY_CHANNEL: Final = tuple(channel for channel in Channel if channel in BETWEEN_PEOPLE)
"""For traffic that serves whatever is allowed with a server: one allowed channel is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint of the Matrix API that has a public way.

    INVARIANT: a path and method that no Endpoint has are answered 404 `M_UNRECOGNIZED`.
    """

    name: str
    methods: tuple[str, ...]
    pattern: str
    doors: frozenset[Door]
    channels: tuple[Channel, ...] = ()
    """What this door asks for; one yes is enough. Empty is routine: an allow that is settled."""
    token: Token = Token.ACCESS_TOKEN
    body_limit: BodyLimit = JSON
    """Bytes of a request's body; a GET has none whatever is written here."""
    answering: Answering = Answering.PROMPT
    decided_at: DecidedAt = DecidedAt.GATEWAY
    """A door behind this one that decides too; with empty channels, that decides instead."""
    towards: str = ""
    """The parameter that names with whom; empty: the signing server, or nobody in particular."""
    served_by: ServedBy = ServedBy.SYNAPSE
    note: str = ""

    def body_limit_of(self, method: str) -> BodyLimit:
        """Return how many bytes of body a request with this method may have."""
        return NO_BODY if method == "GET" else self.body_limit

    @property
    def channel(self) -> Channel | None:
        """The channel of a row with just one; None for routine rows and for rows with several."""
        return self.channels[0] if len(self.channels) == 1 else None


class RowWords(TypedDict, total=False):
    """What a row of the table may say beside its name, methods and pattern, as in `Endpoint`."""

    doors: frozenset[Door]
    channels: tuple[Channel, ...]
    token: Token
    body_limit: BodyLimit
    answering: Answering
    decided_at: DecidedAt
    towards: str
    served_by: ServedBy
    note: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Paths that Synapse would serve, or ask others for, and that have no public way.

    No methods means every method.
    """

    pattern: str
    because: str
    methods: tuple[str, ...] = ()
    doors: frozenset[Door] = frozenset({Door.CLIENT})


@dataclass(frozen=True, slots=True)
class Matched:
    """The row of a request, and its parameters as decoded segments that nobody has checked."""

    endpoint: Endpoint
    params: dict[str, str]


def spellings(pattern: str) -> Iterator[str]:
    """Yield `pattern` once for every choice of its `<a|b>` groups."""
    before, mark, rest = pattern.partition("<")
    if not mark:
        yield pattern
        return
    words, _, after = rest.partition(">")
    for word in words.split("|"):
        yield from spellings(before + word + after)
