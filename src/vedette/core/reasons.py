"""The closed list of reason codes. A code is never reused for another meaning."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a decision is what it is."""

    ALLOWED = "allowed"
    """A rule allows it towards everyone concerned."""
    ROUTINE = "routine"
    """No rule speaks of it: sign-out, sync, one's own settings, an empty room, taking away."""
    SERVICE = "service"
    """An act of the suite's own accounts, fixed in code."""
    FORBIDDEN = "forbidden"
    """A forbid's conditions hold."""
    FACT_UNKNOWN = "fact-unknown"
    """A forbid could not be checked, because a fact that it reads was not learnt."""
    NO_RULE = "no-rule"
    """No rule allows it."""
    MEMBERS_UNKNOWN = "members-unknown"
    """Who would receive it could not be learnt."""
    NO_SERVER = "no-server"
    """A room elsewhere is to be entered, and no server of it is named."""
    FACT_PENDING = "fact-pending"
    """A later door, a person or an approver must still add a fact."""
    FILE_HELD = "file-held"
    """The inspector's register holds the file from everybody."""
    NOT_SUPPORTED = "not-supported"
    """The suite never lets this pass: third-party invites, guests, `world_readable`."""
    BEYOND_TOKEN = "beyond-token"  # noqa: S105  # a reason, no password
    """The token by which somebody acts is narrower than this, or its person is not active here."""
    ROOM_POWER = "room-power"
    """The change would give power over a room's state to someone from elsewhere."""
    ROOM_ENCRYPTION = "room-encryption"
    """The room must be encrypted and this is not, or would end it."""
    ROOM_HISTORY = "room-history"
    """The change would open a room's history wider than its kind allows."""
    ROOM_KIND = "room-kind"
    """The room's kind does not admit this person, or would change."""
    ENDS_CHANNELS = "ends-channels"
    """The invite would end channels that the room uses, and was not confirmed yet."""
    UNKNOWN_ENDPOINT = "unknown-endpoint"
    """The request is for nothing that is served here."""
    UNKNOWN_EVENT = "unknown-event"
    """An event of an unknown type without a readable body."""
    NOT_THE_SERVER = "not-the-server"
    """What answers in another server's place does not prove to be it: its certificate is not valid
    for it, or its key is none of those pinned."""
    BAD_SIGNATURE = "bad-signature"
    """The request is not signed by the server that it names."""
    MALFORMED = "malformed"
    """What another server sent can't be read, or is larger than such a thing may be."""
    TOO_MUCH = "too-much"
    """More at once, or in a minute, than this server may send; it was asked to come again."""
    STALE = "stale"
    """The settings or people that decide are older than they may be, or were never received."""
    UNAVAILABLE = "unavailable"
    """Something that the decision needs did not answer."""
    INTERNAL_ERROR = "internal-error"
    """A bug; it was reported, and the ask was refused or held."""


REFUSALS = frozenset(Reason) - {Reason.ALLOWED, Reason.ROUTINE, Reason.SERVICE}
"""The codes that a refusal or a *not yet* may carry."""
