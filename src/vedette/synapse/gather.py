"""From what Synapse is about to do to what is asked and what is known. Nothing here decides.

Whatever is fixed in code about rooms (power, history, encryption) is a refusal of its own, made
before the rules are asked. Nothing here waits for network or disk: room facts come from caches.
The one exception is a file that nobody asked about before, of which the inspector is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from vedette.core.asks import Act, Ask, Members, Someone
from vedette.core.channels import Channel
from vedette.core.decision import Decision
from vedette.core.facts import Facts, Missing, Value
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.core.settings.document import RoomKind
from vedette.core.towards import meet, routine, say
from vedette.ports.policy import Policy
from vedette.protocol.matrix.events import Classified, Sort, classify
from vedette.protocol.matrix.rooms import (
    MEMBERSHIP_KEYS,
    STATE_KEYS,
    encryption_fault,
    guests_fault,
    history_fault,
    join_rules_fault,
    kind_of,
    power_fault,
)
from vedette.spine import refuse
from vedette.synapse.internals.gate import During, EventView, RoomReader

Gathered = tuple[Ask, Facts] | Decision
State = Mapping[tuple[str, str], Mapping[str, object]]

ENCRYPTED = "m.room.encrypted"
CREATE = ("m.room.create", "")
ENCRYPTION = ("m.room.encryption", "")
GUESTS = ("m.room.guest_access", "")
HISTORY = ("m.room.history_visibility", "")
JOIN_RULES = ("m.room.join_rules", "")
POWER = ("m.room.power_levels", "")
_LEAVING = frozenset({"leave", "ban"})
_MOST_ROOMS = 10_000
_MOST_USERS = 10_000


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What is known of a room when something is about to happen in it."""

    members: Members | None
    joined: frozenset[str] | None
    ours: bool | None
    kind: str | None
    encrypted: bool | None
    federates: bool
    state: State | None = None
    """How the room is set: what it was made as, power, history, who may come in, encryption."""
    of_the_suite: bool = False
    """Whether one of the suite's own accounts made it, whose acts are fixed in code."""

    @property
    def any_remote(self) -> bool:
        """Whether somebody from elsewhere is, or may be, in it."""
        return self.members is None or any(not kind.ours for kind in self.members.kinds)

    def known(self) -> dict[str, Value | Missing]:
        """The room's facts as conditions read them."""
        unknown = Missing.UNKNOWN
        return {
            "room.encrypted": unknown if self.encrypted is None else self.encrypted,
            "room.kind": self.kind or "none",
            "room.ours": unknown if self.ours is None else self.ours,
        }


@dataclass(slots=True)
class RoomGather:
    """Gathers room facts; members are reduced again only when the room or the policy changed."""

    _reduced: dict[str, tuple[object, object, Directory, Members]] = field(default_factory=dict)

    async def room(self, directory: Directory, room: RoomReader) -> RoomFacts:
        """What the room's reader knows now."""
        joined, invited = await room.joined(), await room.invited()
        state = await room.state(CREATE, ENCRYPTION, POWER, HISTORY, JOIN_RULES, GUESTS)
        create = (state or {}).get(CREATE, {})
        creator = await room.creator()
        members = self._members(directory, room.room, joined, invited)
        return RoomFacts(
            members=members,
            joined=joined,
            ours=None if creator is None else is_ours(directory, creator),
            # What somebody elsewhere writes into a room of theirs is no word of our settings.
            kind=kind_of(create) if creator is not None and is_ours(directory, creator) else None,
            encrypted=None if state is None else ENCRYPTION in state,
            federates=create.get("m.federate", True) is not False,
            state=state,
            of_the_suite=_is_service(directory, creator),
        )

    def forget(self, room: str) -> None:
        """Keep nothing of a room that is looked at once."""
        self._reduced.pop(room, None)

    def _members(
        self,
        directory: Directory,
        room: str,
        joined: frozenset[str] | None,
        invited: frozenset[str] | None,
    ) -> Members | None:
        if joined is None or invited is None:
            return None
        found = self._reduced.get(room)
        if found and found[0] is joined and found[1] is invited and found[2] is directory:
            return found[3]
        members = Members.of(people(directory, joined | invited))
        if len(self._reduced) >= _MOST_ROOMS:
            self._reduced.clear()
        self._reduced[room] = (joined, invited, directory, members)
        return members


def people(directory: Directory, users: Iterable[str]) -> list[Someone]:
    """The people with these user ids, the suite's own accounts left out.

    An id that is none stands for somebody outside: rules about strangers must hold towards it.
    """
    found = []
    for user in users:
        try:
            known = UserId(user)
        except InvalidName:
            found.append(Someone(user, frozenset({"anyone", "outside"}), user, False))
            continue
        if not directory.is_service(known):
            found.append(directory.someone(known))
    return found


def _is_service(directory: Directory, user: str | None) -> bool:
    known = _user(user or "")
    return known is not None and directory.is_service(known)


def is_ours(directory: Directory, user: str) -> bool:
    """Whether this user id belongs to the organisation's own domain."""
    return user.partition(":")[2] == directory.domain


class NamedFiles(Protocol):
    """What is known of the files that events name."""

    async def named_by(self, event: EventView, claims: Mapping[str, Value]) -> Facts:
        """What rules may read of all of them together; never raises."""

    async def used_by(self, event: EventView) -> None:
        """Remember as what the event uses its sender's own files; never raises."""


Session = Callable[[str, str], Facts]
"""What rules between people may read of a person's session on a device."""


def _no_session(user: str, device: str) -> Facts:
    del user, device
    return Facts()


class EventGather:
    """Gathers the asks about events, ours and those of other servers."""

    def __init__(self, files: NamedFiles | None = None, session: Session = _no_session) -> None:
        """Begin with nothing remembered. Without `files` nothing is known of any file."""
        self._rooms = RoomGather()
        self._files = files
        self._session = session

    @property
    def rooms(self) -> RoomGather:
        """What gathers the facts of rooms."""
        return self._rooms

    async def local(self, policy: Policy, event: EventView, room: RoomReader) -> Gathered:
        """What one of us (or, for a template, a remote person) is about to do."""
        gathered = await self._local(policy, event, room)
        return self.on_device(policy, event.sender, event.device, gathered)

    async def _local(self, policy: Policy, event: EventView, room: RoomReader) -> Gathered:
        directory = policy.directory
        sender = _user(event.sender)
        if sender is None:
            return refuse(policy, Reason.UNKNOWN_EVENT)
        if directory.is_service(sender):
            return routine(act_of(event), sender, event.room), Facts()
        found = classify(event.kind, event.content, is_state=event.state_key is not None)
        if found.sort is Sort.TAKES_AWAY:
            return routine(act_of(event), sender, event.room), Facts()
        facts = await self._rooms.room(directory, room)
        if found.sort is Sort.MEMBERSHIP:
            return self._membership(policy, event, facts)
        if found.sort is Sort.CONTENT:
            return await self._content(policy, event, found, facts)
        return _structure(policy, event, found, facts)

    async def inbound(
        self, policy: Policy, event: EventView, during: During, room: RoomReader
    ) -> Gathered:
        """What an event of another server carries towards us."""
        directory = policy.directory
        if during in (During.JOIN, During.KNOCK):
            return self._membership(policy, event, await self._rooms.room(directory, room))
        if during is During.INVITE or _asks_one_of_us_in(directory, event, during):
            return _invited(policy, event)
        found = classify(event.kind, event.content, is_state=event.state_key is not None)
        if during is During.SEND and found.sort is Sort.THIRD_PARTY:
            return refuse(policy, Reason.NOT_SUPPORTED, event.sender)
        if during is During.SEND and event.membership == "join":
            return self._joined(policy, event, await self._rooms.room(directory, room))
        structural = found.sort not in (Sort.CONTENT, Sort.UNKNOWN)
        # The state of a room being joined must stay as it is, or the room breaks; what it says to
        # people is asked when it is pushed to us.
        fetched_state = during is During.PULLED and event.state_key is not None
        if structural or fetched_state or during is During.LEAVE:
            return routine(act_of(event), event.sender, event.room), Facts()
        sender = _user(event.sender)
        if sender is None or found.sort is Sort.UNKNOWN:
            return refuse(policy, Reason.UNKNOWN_EVENT, event.sender)
        if is_ours(directory, sender):  # our own, come back from where it was sent to
            return routine(act_of(event), event.sender, event.room), Facts()
        facts = await self._rooms.room(directory, room)
        return await self._content(policy, event, found, facts)

    async def wondered(
        self, policy: Policy, event: EventView, channel: Channel, room: RoomReader
    ) -> Gathered:
        """What would be asked if a person used a channel in a room, as clients do it there.

        Nothing is known of a file that nobody sent.
        """
        sender = UserId(event.sender)
        if policy.directory.is_service(sender):
            return routine(act_of(event), sender, event.room), Facts()
        facts = await self._rooms.room(policy.directory, room)
        found = Classified(Sort.CONTENT, frozenset({channel}), may_be_plain=True)
        return _said(policy, event, found, facts)

    async def used(self, event: EventView) -> None:
        """An event that passed shows files as an avatar or a sticker."""
        if self._files is not None:
            await self._files.used_by(event)

    async def kind(self, policy: Policy, room: RoomReader) -> str | None:
        """The kind that a room of ours was made as."""
        return (await self._rooms.room(policy.directory, room)).kind

    async def may_be_listed(self, policy: Policy, room: RoomReader) -> bool:
        """Whether this is a room of ours in which, joined or invited, nobody is from elsewhere."""
        facts = await self._rooms.room(policy.directory, room)
        return facts.ours is True and not facts.any_remote

    async def entered(self, policy: Policy, user: str, room: RoomReader) -> Gathered:
        """Whether one of us may stay in a room whose members are known only now."""
        facts = await self._rooms.room(policy.directory, room)
        newcomer = policy.directory.someone(UserId(user))
        if facts.members is None:  # still loading: its servers are known already, its people not
            return towards_servers(
                policy, user, room.room, await room.servers(), Act.ROOM_MEMBER_JOIN
            )
        members = facts.members.without(newcomer)
        ask = meet(Act.ROOM_MEMBER_JOIN, user, [newcomer], members, room.room)
        return ask, Facts(facts.known())

    async def ephemeral(self, policy: Policy, act: Act, user: str, room: RoomReader) -> Gathered:
        """Typing and receipts of one person, towards everyone in the room."""
        facts = await self._rooms.room(policy.directory, room)
        sender = policy.directory.someone(UserId(user))
        others = facts.members.without(sender) if facts.members else None
        return say(act, sender, others, (Channel.PRESENCE,), room.room), Facts(facts.known())

    def on_device(
        self, policy: Policy, sender: str, device: str | None, gathered: Gathered
    ) -> Gathered:
        """The same with what is known of the device that it comes from, where rules read that.

        Of a file it always is: drafts are tried on what was recorded.
        """
        if isinstance(gathered, Decision) or device is None:
            return gathered
        ask, facts = gathered
        channels = {question.channel for question in ask.questions}
        if Channel.FILE not in channels and not policy.rules.of_sessions & channels:
            return gathered
        return ask, self._session(sender, device).beside(facts)

    def _joined(self, policy: Policy, event: EventView, facts: RoomFacts) -> Gathered:
        """A join that another server tells us of: into a room of ours, it is asked like any other."""
        known = facts.joined is not None and event.state_key in facts.joined
        if known or facts.ours is not True:
            return routine(act_of(event), event.sender, event.room), Facts()
        return self._membership(policy, event, facts)

    def _membership(self, policy: Policy, event: EventView, facts: RoomFacts) -> Gathered:
        """Invite, join and knock ask contact both ways; leaving, kicking and banning take away."""
        membership = event.membership
        target = _user(event.state_key or "")
        act = _MEMBERSHIP_ACTS.get(membership or "")
        if target is None or act is None or "third_party_invite" in event.content:
            return refuse(policy, Reason.NOT_SUPPORTED, event.state_key)
        if not MEMBERSHIP_KEYS.issuperset(event.content):  # a hiding place for anything at all
            return refuse(policy, Reason.UNKNOWN_EVENT, event.state_key)
        already = facts.joined is not None and target in facts.joined
        if membership in _LEAVING or (membership == "join" and already):
            return routine(act, event.sender, event.room), Facts()
        newcomer = policy.directory.someone(target)
        if policy.directory.is_service(target):
            return routine(act, event.sender, event.room), Facts()
        kind = kind_named(policy.directory, facts.kind)
        fault = kind_fault(kind, newcomer)
        if fault is not None:
            return refuse(policy, fault, target)
        members = facts.members.without(newcomer) if facts.members else None
        return meet(act, event.sender, [newcomer], members, event.room), Facts(facts.known())

    async def _content(
        self, policy: Policy, event: EventView, found: Classified, facts: RoomFacts
    ) -> Gathered:
        """What is said, shown or called, with what is known of the files that it names."""
        asked = _said(policy, event, found, facts)
        if isinstance(asked, Decision) or Channel.FILE not in found.channels or self._files is None:
            return asked
        ask, known = asked
        return ask, known.beside(await self._files.named_by(event, found.claims))


def _said(policy: Policy, event: EventView, found: Classified, facts: RoomFacts) -> Gathered:
    """What is said, shown or called, towards everyone who is asked about."""
    if facts.encrypted is not False and facts.ours is not False and not found.may_be_plain:
        return refuse(policy, Reason.ROOM_ENCRYPTION)
    kind = kind_named(policy.directory, facts.kind)
    hidden = event.kind == ENCRYPTED and facts.ours is True
    if hidden and encryption_wanted(policy.directory, kind) == "never":
        return refuse(policy, Reason.ROOM_ENCRYPTION)  # nobody could say what is in it
    sender = policy.directory.someone(UserId(event.sender))
    others = facts.members.without(sender) if facts.members else None
    ask = say(act_of(event), sender, others, found.channels, event.room)
    return ask, Facts(facts.known(), found.claims)


def _asks_one_of_us_in(directory: Directory, event: EventView, during: During) -> bool:
    """Whether this is an invitation of one of us that comes by a room instead of to us."""
    invites = event.membership == "invite" and during is During.SEND
    return invites and is_ours(directory, event.state_key or "")


def _invited(policy: Policy, event: EventView) -> Gathered:
    """A remote person wants one of us in: all that is known of the room is who asks."""
    inviter, invited = _user(event.sender), _user(event.state_key or "")
    if inviter is None or invited is None:
        return refuse(policy, Reason.UNKNOWN_EVENT)
    members = Members.of([policy.directory.someone(inviter)])
    newcomers = [policy.directory.someone(invited)]
    ask = meet(Act.ROOM_MEMBER_INVITE, inviter, newcomers, members, event.room)
    return ask, Facts()


def _structure(policy: Policy, event: EventView, found: Classified, facts: RoomFacts) -> Gathered:
    """A change of what a room is: only rooms made here are ours to bind."""
    if found.sort in (Sort.UNKNOWN, Sort.THIRD_PARTY):
        unknown = found.sort is Sort.UNKNOWN
        return refuse(policy, Reason.UNKNOWN_EVENT if unknown else Reason.NOT_SUPPORTED)
    if event.state_key or not STATE_KEYS[found.sort].issuperset(event.content):
        return refuse(policy, Reason.UNKNOWN_EVENT)  # a hiding place for anything at all
    fault = _structure_fault(policy, event, found, facts) if facts.ours is not False else None
    if fault is not None:
        return refuse(policy, fault)
    return routine(act_of(event), event.sender, event.room), Facts(facts.known())


def _structure_fault(
    policy: Policy, event: EventView, found: Classified, facts: RoomFacts
) -> Reason | None:
    kind = kind_named(policy.directory, facts.kind)
    match found.sort:
        case Sort.POWER:
            return power_fault(event.content, lambda user: is_ours(policy.directory, user))
        case Sort.HISTORY:
            return history_fault(
                event.content, kind.history if kind else "joined", facts.any_remote
            )
        case Sort.JOIN_RULES:
            return join_rules_fault(event.content, facts.federates)
        case Sort.GUESTS:
            return guests_fault(event.content)
        case Sort.CREATE:
            if facts.state and CREATE in facts.state:  # a room is made once
                return Reason.NOT_SUPPORTED
            creators = event.content.get("additional_creators") or ()
            if not isinstance(creators, list | tuple) or not all(
                is_ours(policy.directory, str(each)) for each in creators
            ):
                return Reason.ROOM_POWER
            named = kind_of(event.content)
            known = named is None or kind_named(policy.directory, named) is not None
            return None if known else Reason.ROOM_KIND
        case Sort.ENCRYPTION:
            never = encryption_wanted(policy.directory, kind) == "never"
            return Reason.ROOM_ENCRYPTION if never else encryption_fault(event.content)
        case _:
            return None


def kind_named(directory: Directory, name: str | None) -> RoomKind | None:
    """The kind of room with this name, if the document has one."""
    if name is None:
        return None
    return next((kind for own, kind in directory.document.rooms.items() if own == name), None)


def encryption_wanted(directory: Directory, kind: RoomKind | None) -> str:
    """`never`, `allowed` or `required`: what the kind of room says, or else the settings of all."""
    if kind is not None and (kind.encrypted or kind.plain):
        return "required" if kind.encrypted else "never"
    return directory.document.messages.encrypted


def kind_fault(kind: RoomKind | None, person: Someone) -> Reason | None:
    """Why a kind of room is not for this person; a history that partners may not see included."""
    if kind is None:
        return None
    if kind.members and person.parties.isdisjoint(kind.members):
        return Reason.ROOM_KIND
    return None if person.ours or kind.history == "joined" else Reason.ROOM_HISTORY


def towards_servers(
    policy: Policy,
    user: str,
    room: str,
    servers: Iterable[str],
    act: Act,
    inviter: str | None = None,
) -> Gathered:
    """Whether one of us may ask these servers, and whoever invited them, to be let in.

    No server named is nobody known.
    """
    directory = policy.directory
    named = []
    for server in servers:
        try:
            named.append(directory.server(ServerName(server)))
        except InvalidName:
            return refuse(policy, Reason.NOT_SUPPORTED, server)
    named = [server for server in named if not server.ours]
    asked = [*named, *people(directory, [inviter] if inviter else [])]
    members = Members.of(asked) if named else None
    return meet(act, user, [directory.someone(UserId(user))], members, room), Facts()


@lru_cache(maxsize=_MOST_USERS)
def _user(text: str) -> UserId | None:
    try:
        return UserId(text)
    except InvalidName:
        return None


def act_of(event: EventView) -> Act:
    """What whoever sends this event is about to do."""
    if event.kind == "m.room.member":
        return _MEMBERSHIP_ACTS.get(event.membership or "", Act.ROOM_STATE_CHANGE)
    if event.kind == "m.room.redaction":
        return Act.ROOM_EVENT_REDACT
    return Act.ROOM_EVENT_SEND if event.state_key is None else Act.ROOM_STATE_CHANGE


_MEMBERSHIP_ACTS = {
    "invite": Act.ROOM_MEMBER_INVITE,
    "join": Act.ROOM_MEMBER_JOIN,
    "knock": Act.ROOM_MEMBER_KNOCK,
    "leave": Act.ROOM_MEMBER_LEAVE,
    "ban": Act.ROOM_MEMBER_REMOVE,
}
