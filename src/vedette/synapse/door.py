"""The event door: answers the wrappers around Synapse by the rules.

Every answer takes the one road: what is asked is gathered, decided and recorded by the spine, and
only a Permit becomes `Pass.PASS`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from vedette.core.asks import Act, Ask, Members
from vedette.core.channels import CONTENT, Channel
from vedette.core.decision import Decision
from vedette.core.explain import (
    sentence_across,
    sentence_for_person,
    sentence_in_frozen_room,
)
from vedette.core.facts import ATTACHMENT, FILE_FACTS, LEARNT_WITH_CONTENT, Facts, Missing
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.core.towards import connect, connect_some, meet, reach, routine
from vedette.ports.policy import Policy
from vedette.protocol.matrix.events import class_of
from vedette.protocol.matrix.rooms import VERSIONS
from vedette.spine import Gather, Permit, Settled, Spine, refuse
from vedette.synapse.freezing import Freezing
from vedette.synapse.gather import (
    EventGather,
    Gathered,
    RoomFacts,
    RoomGather,
    is_ours,
    kind_fault,
    kind_named,
    towards_servers,
)
from vedette.synapse.internals.gate import (
    Answer,
    During,
    EventView,
    Glance,
    Inward,
    Pass,
    Refused,
    RoomForm,
    RoomReader,
)
from vedette.synapse.invites import NOTHING_NOTICED, Invites, Noticed, Say, silent
from vedette.synapse.making import RoomWish, read_wish, shape_room

Tell = Callable[[str, Decision, str], None]
"""Tells a person (user id) about a refusal of theirs, with the record's id."""

Settle = Callable[[Act, str, Gather, frozenset[str]], Awaitable[Settled]]

_KEYS = tuple(c for c in Channel if c in CONTENT or c is Channel.CONTACT)
_BEFORE_CONTENT = Facts(dict.fromkeys(sorted(LEARNT_WITH_CONTENT), Missing.PENDING))
"""What is known of content whose keys go before it: what rules read of it is learnt when it comes."""
_DOOR_WAYS = frozenset({During.JOIN, During.INVITE, During.KNOCK})


def _nobody_moved(room: str) -> None:
    """Tell nobody."""
    del room


@dataclass(frozen=True, slots=True)
class EventDoor:
    """The Gate that decides by the policy in force.

    What a file is may still be looked at when an event names it: the event passes on, and nobody
    gets the file before that is known.
    """

    spine: Spine
    tell: Tell
    say: Say = silent
    moved: Callable[[str], None] = _nobody_moved
    """Told of a room into which somebody elsewhere came, or was invited."""
    _gather: EventGather = field(default_factory=EventGather)
    _freezing: Freezing = field(init=False)
    _invites: Invites = field(init=False)

    def __post_init__(self) -> None:
        """Let all parts share what is remembered of rooms."""
        rooms = self._gather.rooms
        object.__setattr__(self, "_freezing", Freezing(rooms))
        object.__setattr__(self, "_invites", Invites(rooms, self.say, self.spine.clock))

    async def create_room(self, form: RoomForm) -> Answer:
        """Judge a room whole, before anything of it exists, and give it its form."""
        wishes: list[RoomWish] = []

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            wishes.clear()
            if _is_service(policy.directory, form.user):
                return routine(Act.ROOM_ROOM_CREATE, form.user), Facts()
            if form.version not in VERSIONS:
                return refuse(policy, Reason.NOT_SUPPORTED)
            wish = read_wish(form.body)
            if isinstance(wish, Reason):
                return refuse(policy, wish)
            wishes.append(wish)
            made = _make(policy, form.user, wish)
            return self._gather.on_device(policy, form.user, form.device, made)

        settled = await self.spine.settle_durably(Act.ROOM_ROOM_CREATE, form.user, gather)
        if isinstance(settled, Permit) and wishes:
            shape_room(settled, form, settled.policy, wishes[0])
        return self._local(form.user, settled)

    async def upgrade_room(self, user: str, version: str, room: RoomReader) -> Answer:
        """A new room in an old one's place: with the same people, so nobody new is met."""

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if version not in VERSIONS:
                return refuse(policy, Reason.NOT_SUPPORTED)
            if await self._gather.kind(policy, room) is not None:
                return refuse(policy, Reason.ROOM_KIND)  # the new room would not have the kind
            return await self._gather.entered(policy, user, room)

        return self._local(
            user, await self.spine.settle_durably(Act.ROOM_ROOM_CREATE, user, gather)
        )

    async def publish(self, user: str, room: RoomReader) -> Answer:
        """Decide whether a room may be listed: only a room of ours with nobody from elsewhere."""
        act = Act.ROOM_ROOM_PUBLISH

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if not await self._gather.may_be_listed(policy, room):
                return refuse(policy, Reason.NOT_SUPPORTED)
            return routine(act, user, room.room), Facts()

        return self._local(user, await self.spine.settle_after(act, user, gather))

    async def local_event(self, event: EventView, room: RoomReader) -> Answer:
        """Decide what one of us does, or what a remote person would like us to sign."""
        noticed = NOTHING_NOTICED

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            nonlocal noticed
            noticed = Noticed()
            frozen = await self._freezing.ask(policy, event, room)
            if frozen is not None:
                noticed.frozen = True
                return frozen
            asked = await self._gather.local(policy, event, room)
            if event.template or event.membership not in ("invite", "join"):
                return asked
            return await self._invites.look(policy, event, room, asked, noticed)

        act = Act.ROOM_EVENT_SEND
        settle: Settle = self.spine.settle_after
        if event.membership in ("invite", "join", "knock"):
            settle = self.spine.settle_durably
        settled = await settle(act, event.sender, gather, FILE_FACTS)
        if event.template:
            return _across(settled)
        self._invites.told(event, settled, noticed)
        if isinstance(settled, Permit) and class_of(event.kind) != ATTACHMENT:
            await self._gather.used(event)
        return self._local(event.sender, settled, noticed)

    async def inbound_event(
        self, event: EventView, origin: str, during: During, room: RoomReader
    ) -> Answer | Inward:
        """Pass, empty by a rule, or hold in doubt, what another server sent."""

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if _says(policy, event, during):
                frozen = await self._freezing.ask(policy, event, room)
                if frozen is not None:
                    return frozen
            return await self._gather.inbound(policy, event, during, room)

        settle = self.spine.settle_durably if during in _DOOR_WAYS else self.spine.settle_after
        settled = await settle(Act.ROOM_EVENT_SEND, event.sender or origin, gather, FILE_FACTS)
        if isinstance(settled, Permit):
            if during is During.SEND and event.membership in ("join", "invite"):
                self.moved(event.room)
            return Pass.PASS
        if during in _DOOR_WAYS:
            return _across(settled)
        return Inward.HOLD if settled.in_doubt else Inward.EMPTY

    async def enter_elsewhere(
        self, user: str, room: str, servers: frozenset[str], membership: str, inviter: str | None
    ) -> Answer:
        """Decide whether one of us may ask other servers to be let in."""
        act = Act.ROOM_MEMBER_KNOCK if membership == "knock" else Act.ROOM_MEMBER_JOIN

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            if inviter is None and servers <= {policy.directory.domain}:
                return refuse(policy, Reason.NO_SERVER)
            return towards_servers(policy, user, room, sorted(servers), act, inviter)

        return self._local(user, await self.spine.settle_durably(act, user, gather))

    async def entered_elsewhere(self, user: str, room: RoomReader) -> Answer:
        """Decide whether one of us may stay, now that the members are known."""

        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return await self._gather.entered(policy, user, room)

        settled = await self.spine.settle_durably(Act.ROOM_MEMBER_JOIN, user, gather)
        return self._local(user, settled)

    async def typing(self, user: str, room: RoomReader) -> Answer:
        """Decide whether the room may see somebody type."""
        return await self._ephemeral(Act.PRESENCE_TYPING_SEND, user, room)

    async def receipt(self, user: str, room: RoomReader) -> Answer:
        """Decide whether the room may see what somebody has read."""
        return await self._ephemeral(Act.PRESENCE_RECEIPT_SEND, user, room)

    async def presence(self, glances: frozenset[Glance]) -> frozenset[Glance]:
        """Decide who may see that somebody is there."""
        act = Act.PRESENCE_STATUS_READ

        def may(glance: Glance) -> bool:
            def prepare(policy: Policy) -> tuple[Ask, Facts]:
                one, other = (policy.directory.someone(UserId(u))
                              for u in (glance.sender, glance.reader))  # fmt: skip
                return reach(act, one, other, Channel.PRESENCE), Facts()

            return isinstance(self.spine.settle(act, glance.sender, prepare), Permit)

        return frozenset(glance for glance in glances if may(glance))

    async def to_device(self, sender: str, kind: str, readers: frozenset[str]) -> frozenset[str]:
        """Decide whose devices may get a message that no room carries."""
        act = Act.DEVICE_MESSAGE_SEND

        def may(reader: str) -> bool:
            def prepare(policy: Policy) -> tuple[Ask, Facts]:
                one, other = (policy.directory.someone(UserId(u)) for u in (sender, reader))
                return connect(act, one, other), _BEFORE_CONTENT

            return isinstance(self.spine.settle(act, sender, prepare, LEARNT_WITH_CONTENT), Permit)

        del kind
        return frozenset(reader for reader in readers if may(reader))

    async def device_keys(self, server: str, people: frozenset[str]) -> frozenset[str]:
        """Decide of whom device keys may pass between a server and us.

        One channel that may carry encrypted content, or contact, in either direction is enough.
        """
        act = Act.DEVICE_KEYS_READ

        def may(user: str) -> bool:
            def prepare(policy: Policy) -> tuple[Ask, Facts]:
                directory = policy.directory
                person, other = (
                    directory.someone(UserId(user)),
                    directory.server(ServerName(server)),
                )
                candidates = (person,) if person.ours else directory.ours()
                return connect_some(act, other, candidates, _KEYS), _BEFORE_CONTENT

            return isinstance(self.spine.settle(act, server, prepare, LEARNT_WITH_CONTENT), Permit)

        return frozenset(user for user in people if may(user))

    def find(self, reader: str, found: str) -> Answer:
        """Decide whether one of us may find a person in the directory."""
        act = Act.DIRECTORY_PEOPLE_SEARCH

        def prepare(policy: Policy) -> tuple[Ask, Facts]:
            one, other = (policy.directory.someone(UserId(u)) for u in (reader, found))
            return reach(act, one, other, Channel.CONTACT), Facts()

        return _across(self.spine.settle(act, reader, prepare))

    @property
    def rooms(self) -> RoomGather:
        """What gathers the facts of rooms."""
        return self._gather.rooms

    def is_frozen(self, policy: Policy, facts: RoomFacts, room: str) -> bool:
        """Whether nobody says anything in this room, as it is."""
        return self._freezing.fault(policy, facts, room) is not None

    async def wondered(
        self, policy: Policy, event: EventView, channel: Channel, room: RoomReader
    ) -> Gathered:
        """What would be asked if this were done now; nothing of it is settled, told or remembered."""
        ours = is_ours(policy.directory, event.sender)
        if event.membership is None:
            frozen = await self._freezing.ask(policy, event, room)
            if frozen is not None:
                return frozen
            return await self._gather.wondered(policy, event, channel, room)
        if not ours:
            during = During.JOIN if event.membership == "join" else During.SEND
            return await self._gather.inbound(policy, event, during, room)
        asked = await self._gather.local(policy, event, room)
        invites = Invites(self._gather.rooms, silent, self.spine.clock)
        return await invites.look(policy, event, room, asked, Noticed())

    async def glimpsed(self, policy: Policy, user: str, room: RoomReader) -> Gathered:
        """What would be asked if a room saw somebody type."""
        return await self._gather.ephemeral(policy, Act.PRESENCE_TYPING_SEND, user, room)

    async def _ephemeral(self, act: Act, user: str, room: RoomReader) -> Answer:
        async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
            return await self._gather.ephemeral(policy, act, user, room)

        return _across(await self.spine.settle_after(act, user, gather))

    def _local(self, user: str, settled: Settled, noticed: Noticed = NOTHING_NOTICED) -> Answer:
        """The answer to one of us; a refusal is also explained by the notice account."""
        if isinstance(settled, Permit):
            return Pass.PASS
        decision = settled.decision
        body: dict[str, object] = {
            "reason": decision.reason.value,
            "rule": decision.rule,
            "record": settled.record,
        }
        if noticed.frozen and not settled.in_doubt:
            body["frozen"] = True
            decision = replace(decision, say=sentence_in_frozen_room(decision))
        if decision.reason is Reason.ENDS_CHANNELS and noticed.ending is not None:
            body["ends"] = [channel.value for channel in noticed.ending.channels]
        if settled.record is not None:
            self.tell(user, decision, settled.record)
        return Refused(sentence_for_person(decision), {"vedette": body})


def _says(policy: Policy, event: EventView, during: During) -> bool:
    """Whether somebody elsewhere says something: the state of a room being joined stays as it is."""
    fetched_state = during is During.PULLED and event.state_key is not None
    ours = is_ours(policy.directory, event.sender)
    return during in (During.SEND, During.PULLED) and not fetched_state and not ours


def _across(settled: Settled) -> Answer:
    """The answer to another server: no rule and no reason of ours."""
    if isinstance(settled, Permit):
        return Pass.PASS
    body = {"reason": Reason.FORBIDDEN.value, "rule": None, "record": settled.record}
    return Refused(sentence_across(settled.record), {"vedette": body})


def _is_service(directory: Directory, user: str) -> bool:
    try:
        return directory.is_service(UserId(user))
    except InvalidName:
        return False


def _make(policy: Policy, user: str, wish: RoomWish) -> tuple[Ask, Facts] | Decision:
    """Everybody who is to be in the room meets everybody else."""
    directory = policy.directory
    if wish.kind is not None and kind_named(directory, wish.kind) is None:
        return refuse(policy, Reason.ROOM_KIND)
    kind = kind_named(directory, wish.kind)
    everyone = {user, *wish.invited}
    newcomers = [directory.someone(UserId(each)) for each in sorted(everyone)]
    for person in newcomers:
        fault = kind_fault(kind, person)
        if fault is not None:
            return refuse(policy, fault, person.name)
    if wish.published and any(not is_ours(directory, each) for each in everyone):
        return refuse(policy, Reason.NOT_SUPPORTED)
    ask = meet(Act.ROOM_ROOM_CREATE, user, newcomers, Members(frozenset()), None)
    return ask, Facts({"room.ours": True, "room.kind": wish.kind or "none"})
