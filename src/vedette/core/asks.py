"""What is asked of the policy.

Every ask comes down to questions of one shape, *may somebody of these parties use this channel
towards somebody of those?*, and says whether each of them must be answered with yes or one is
enough. Members of a room are reduced to their distinct sets of parties before they get here, so an
ask never grows with the number of people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vedette.core.channels import Channel

PartySet = frozenset[str]
"""The names of all parties that one person belongs to."""


class Act(StrEnum):
    """What somebody is about to do, `<area>:<subject>:<action>`. Alphabetical; never reused."""

    ADMINISTRATION_ACT_APPROVE = "administration:act:approve"
    ADMINISTRATION_ACT_LIST = "administration:act:list"
    ADMINISTRATION_ACT_REJECT = "administration:act:reject"
    ADMINISTRATION_RECOVERY_BEGIN = "administration:recovery:begin"
    ADMINISTRATION_RECOVERY_END = "administration:recovery:end"
    ADMINISTRATION_RECOVERY_RENEW = "administration:recovery:renew"
    ADMINISTRATION_SETTINGS_APPLY = "administration:settings:apply"
    ADMINISTRATION_SETTINGS_APPROVE = "administration:settings:approve"
    ADMINISTRATION_SETTINGS_CONFIRM = "administration:settings:confirm"
    ADMINISTRATION_SETTINGS_DRAFT = "administration:settings:draft"
    ADMINISTRATION_SETTINGS_READ = "administration:settings:read"
    ADMINISTRATION_SETTINGS_REJECT = "administration:settings:reject"
    ADMINISTRATION_SETTINGS_REPLAY = "administration:settings:replay"
    ADMINISTRATION_SETTINGS_RESTORE = "administration:settings:restore"
    ADMINISTRATION_SETTINGS_WITHDRAW = "administration:settings:withdraw"
    ADMINISTRATION_AUDIT_VERIFY = "audit:chain:verify"
    ADMINISTRATION_PERSON_ERASE = "audit:person:erase"
    ADMINISTRATION_PERSON_REPORT = "audit:person:report"
    ADMINISTRATION_AUDIT_READ = "audit:record:read"
    AUDIT_SEGMENT_REMOVE = "audit:segment:remove"
    CALL_CREDENTIALS_FETCH = "call:credentials:fetch"
    ADMINISTRATION_SHOWN_CERTIFICATE_LIST = "certificates:certificate:list"
    ADMINISTRATION_SHOWN_CERTIFICATE_REVOKE = "certificates:certificate:revoke"
    ADMINISTRATION_CERTIFICATE_LIST = "certificates:server:list"
    CERTIFICATE_SERVER_ORDER = "certificates:server:order"
    ADMINISTRATION_CERTIFICATE_RENEW = "certificates:server:renew"
    DEVICE_KEYS_READ = "device:keys:read"
    DEVICE_MESSAGE_SEND = "device:message:send"
    ADMINISTRATION_DEVICE_APPROVE = "devices:device:approve"
    ADMINISTRATION_INVENTORY_LIST = "devices:inventory:list"
    ADMINISTRATION_INVENTORY_SYNC = "devices:inventory:sync"
    ADMINISTRATION_INVENTORY_TEST = "devices:inventory:test"
    DIRECTORY_PEOPLE_SEARCH = "directory:people:search"
    DIRECTORY_PROFILE_READ = "directory:profile:read"
    DIRECTORY_ROOMS_SEARCH = "directory:rooms:search"
    ADMINISTRATION_DOOR_LIST = "doors:door:list"
    FEDERATION_PARTNER_CHECK = "federation:partner:check"
    FEDERATION_REQUEST_RECEIVE = "federation:request:receive"
    FEDERATION_REQUEST_SEND = "federation:request:send"
    FILE_CONTENT_FETCH = "file:content:fetch"
    FILE_CONTENT_HOLD = "file:content:hold"
    FILE_CONTENT_RELEASE = "file:content:release"
    FILE_CONTENT_UPLOAD = "file:content:upload"
    ADMINISTRATION_FILE_HOLD = "files:file:hold"
    ADMINISTRATION_FILE_LIST = "files:file:list"
    ADMINISTRATION_FILE_RELEASE = "files:file:release"
    ADMINISTRATION_KEY_LIST = "keys:key:list"
    KEY_KEY_RENEW = "keys:key:renew"
    ADMINISTRATION_KEY_ROTATE = "keys:key:rotate"
    NETWORK_REQUEST_SEND = "network:request:send"
    ADMINISTRATION_PARTNER_CHANGE = "partners:partner:change"
    ADMINISTRATION_PARTNER_CHECK = "partners:partner:check"
    ADMINISTRATION_PARTNER_LIST = "partners:partner:list"
    ADMINISTRATION_ACCOUNT_CREATE = "people:account:create"
    ADMINISTRATION_DIRECTORY_PREVIEW = "people:directory:preview"
    ADMINISTRATION_DIRECTORY_SHOW = "people:directory:show"
    ADMINISTRATION_DIRECTORY_SYNC = "people:directory:sync"
    ADMINISTRATION_FACTOR_RESET = "people:factor:reset"
    ADMINISTRATION_GROUP_PROVISION = "people:group:provision"
    ADMINISTRATION_PASSWORD_RESET = "people:password:reset"  # noqa: S105  # an act, no password
    ADMINISTRATION_PEOPLE_COUNT = "people:person:count"
    ADMINISTRATION_PERSON_PROVISION = "people:person:provision"
    ADMINISTRATION_PUSHED_CONFIRM = "people:pushed:confirm"
    ADMINISTRATION_PUSHED_READ = "people:pushed:read"
    ADMINISTRATION_PUSHED_SHOW = "people:pushed:show"
    SECRET_SHOW = "people:secret:show"  # noqa: S105  # an act, no password
    ADMINISTRATION_DECISION_EXPLAIN = "policy:decision:explain"
    PRESENCE_RECEIPT_SEND = "presence:receipt:send"
    PRESENCE_STATUS_READ = "presence:status:read"
    PRESENCE_TYPING_SEND = "presence:typing:send"
    REQUEST_ENDPOINT_USE = "request:endpoint:use"
    ROOM_EVENT_REDACT = "room:event:redact"
    ROOM_EVENT_SEND = "room:event:send"
    ROOM_MEMBER_INVITE = "room:member:invite"
    ROOM_MEMBER_JOIN = "room:member:join"
    ROOM_MEMBER_KNOCK = "room:member:knock"
    ROOM_MEMBER_LEAVE = "room:member:leave"
    ROOM_MEMBER_REMOVE = "room:member:remove"
    ROOM_ROOM_CREATE = "room:room:create"
    ROOM_ROOM_PUBLISH = "room:room:publish"
    ROOM_STANDING_JUDGE = "room:standing:judge"
    ROOM_STATE_CHANGE = "room:state:change"
    ADMINISTRATION_ROOM_COUNT = "rooms:room:count"
    ADMINISTRATION_ROOM_LIST = "rooms:room:list"
    ADMINISTRATION_ROOM_SWEEP = "rooms:room:sweep"
    ADMINISTRATION_SESSION_END = "sessions:session:end"
    ADMINISTRATION_SESSION_LIST = "sessions:session:list"
    ADMINISTRATION_SESSION_RESUME = "sessions:session:resume"
    ADMINISTRATION_SESSION_SUSPEND = "sessions:session:suspend"
    SIGN_IN_FACTOR_ENROL = "sign-in:factor:enrol"
    SIGN_IN_SESSION_KEEP = "sign-in:session:keep"
    SIGN_IN_SESSION_START = "sign-in:session:start"
    ADMINISTRATION_TOKEN_ADD = "tokens:token:add"  # noqa: S105  # an act, no password
    ADMINISTRATION_TOKEN_LIST = "tokens:token:list"  # noqa: S105  # an act, no password
    ADMINISTRATION_TOKEN_REMOVE = "tokens:token:remove"  # noqa: S105  # an act, no password


@dataclass(frozen=True, slots=True)
class Someone:
    """A person, or a server speaking for its people, as the policy sees them.

    `organisation` is the server name, or the partner's name for servers of one partner: people of
    one organisation are never ours to keep apart.
    """

    name: str
    parties: PartySet
    organisation: str
    ours: bool

    @property
    def kind(self) -> tuple[PartySet, str, bool]:
        """What the rules can tell apart: people with the same kind get the same answers."""
        return self.parties, self.organisation, self.ours


@dataclass(frozen=True, slots=True)
class Question:
    """One channel from one distinct set of parties to another.

    `whom` names, for people to read, an example of those whom the ask is about besides the one who
    asks: mostly the receiving side. A `to` of None means that the receiving side could not be
    learnt.
    """

    channel: Channel
    from_: PartySet
    to: PartySet | None
    whom: str


class Need(StrEnum):
    """How many of the questions must be answered with yes."""

    EVERY = "every"
    SOME = "some"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to the policy: who is about to do what, and towards whom.

    With no question left to answer (nobody else in the room, an act that only takes away, two
    strangers dealing with each other) an ask that needs EVERY is routine and answered with yes;
    one that needs SOME is answered with no.
    """

    act: Act
    who: str
    questions: tuple[Question, ...] = ()
    need: Need = Need.EVERY
    where: str | None = None


_Kind = tuple[PartySet, str, bool]


@dataclass(frozen=True, slots=True)
class Members:
    """Everyone in a room, joined or invited, reduced to distinct kinds.

    Each entry of `kinds` stands for all people who share parties, organisation and side; `alone`
    holds the kinds of which there is just one person.
    """

    kinds: frozenset[Someone]
    alone: frozenset[_Kind] = frozenset()

    @classmethod
    def of(cls, people: Iterable[Someone]) -> Members:
        """Reduce people to one example per kind; which example is not random: the lowest name."""
        examples: dict[_Kind, Someone] = {}
        counts: dict[_Kind, int] = {}
        for person in people:
            key = person.kind
            counts[key] = counts.get(key, 0) + 1
            known = examples.get(key)
            if known is None or person.name < known.name:
                examples[key] = person
        alone = frozenset(key for key, count in counts.items() if count == 1)
        return cls(frozenset(examples.values()), alone)

    def without(self, person: Someone) -> Members:
        """Everyone but `person`, who is one of them: a colleague of the same kind stays."""
        if person.kind not in self.alone:
            return self
        return Members(frozenset(k for k in self.kinds if k.kind != person.kind), self.alone)
