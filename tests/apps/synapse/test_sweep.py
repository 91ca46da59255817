"""The sweep over rooms that exist: what it finds, does, can't do, and leaves alone in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.apps.scene import (
    ALICE,
    BOB,
    CAROL,
    DOCUMENT,
    EVE,
    GAVIN,
    NOTICES,
    OTTO,
    Scene,
    policy_of,
)
from tests.apps.synapse.test_event_door import Key, Room
from vedette.core.asks import Act
from vedette.ports.policy import Policy
from vedette.protocol.internal.standing import Report, RoomEntry, SweepState
from vedette.spine import Permit
from vedette.synapse.internals.gate import CanNot
from vedette.synapse.sweep import Sweep

KEEPER = "@vedette-rooms:example.org"
CREATE: Key = ("m.room.create", "")
HISTORY: Key = ("m.room.history_visibility", "")
POWER: Key = ("m.room.power_levels", "")
OURS: dict[Key, Any] = {
    CREATE: {},
    HISTORY: {"history_visibility": "joined"},
    POWER: {"invite": 50, "users": {ALICE: 100}},
}
NO_MORE = (
    '\n[rules.no-more]\nbetween = ["us", "acme"]\nforbid = ["contact"]\nsay = "Acme: no more."\n'
)
REMOVE = '\n[standing]\non_breach = "remove"\nwait = "0 seconds"\n'


def ours(*people: str, asked: set[str] | None = None, **named: Any) -> Room:
    more: dict[Key, Any] = named.pop("contents", {})
    return Room(set(people), asked or set(), OURS | more, **named)


def theirs(*people: str) -> Room:
    return Room(set(people), contents={CREATE: {}}, made_by=CAROL)


@dataclass
class Rooms:
    """Rooms in memory that change as Synapse's would; every change must bring its Permit."""

    rooms: dict[str, Room]
    order: dict[str, int] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    """Rooms into which nobody here may let the keeper."""
    did: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, room in self.rooms.items():
            room.room = name

    async def ours(self) -> list[str]:
        return sorted(
            name for name, room in self.rooms.items()
            if room.members is None or any(u.endswith(":example.org") for u in room.members)
        )  # fmt: skip

    def reader(self, room: str) -> Room:
        return self.rooms[room]

    async def came(self, room: str) -> Mapping[str, int]:
        return self.order

    async def enter(self, permit: Permit, room: str) -> None:
        assert isinstance(permit, Permit)
        if room in self.locked:
            raise CanNot("nobody here has power in the room")
        self._members(room).add(KEEPER)

    async def withdraw(self, room: str) -> None:
        self._members(room).discard(KEEPER)

    async def remove(self, permit: Permit, room: str, user: str, reason: str) -> None:
        assert isinstance(permit, Permit)
        assert KEEPER in self._members(room)
        assert permit.record in reason
        self._members(room).discard(user)
        self.rooms[room].asked.discard(user)
        self.did.append(f"removed {user}")

    async def leave(self, permit: Permit, room: str, user: str, reason: str) -> None:
        assert isinstance(permit, Permit)
        self._members(room).discard(user)
        self.did.append(f"{user} left")

    async def set_state(
        self, permit: Permit, room: str, kind: str, content: Mapping[str, object]
    ) -> None:
        assert isinstance(permit, Permit)
        assert KEEPER in self._members(room)
        self.rooms[room].contents[kind, ""] = content
        self.did.append(f"set {kind}")

    def _members(self, room: str) -> set[str]:
        members = self.rooms[room].members
        assert members is not None
        return members


@dataclass
class Swept:
    """A sweep over these rooms, with what it wrote and whom it told."""

    scene: Scene
    rooms: Rooms
    reports: list[Report] = field(default_factory=list)
    told: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sweep = Sweep(self.scene.spine, self.rooms, self.tell, self.write, self.pause)

    def tell(self, policy: Policy, news: list[tuple[RoomEntry, tuple[str, ...]]]) -> None:
        self.told += [(entry.room, whom) for entry, whom in news]

    async def write(self, report: Report) -> None:
        self.reports.append(report)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def put(self, *more: str) -> None:
        self.scene.policy.policy = policy_of(DOCUMENT + "".join(more))

    async def run(self) -> Report:
        return await self.sweep.run()

    async def entry(self, room: str = "!a") -> RoomEntry:
        report = await self.run()
        return next(entry for entry in report.rooms if entry.room == room)


def over(**rooms: Room) -> Swept:
    return Swept(Scene(), Rooms({f"!{name}": room for name, room in rooms.items()}))


async def test_after_a_ban_the_rooms_with_the_partner_are_listed_with_rule_and_record() -> None:
    at = over(a=ours(ALICE, BOB, CAROL), b=ours(ALICE, BOB))
    assert (await at.run()).breaches == 0
    at.put(NO_MORE)
    report = await at.run()
    assert (report.state, report.judged, report.total, report.breaches) == (
        SweepState.DONE,
        2,
        2,
        1,
    )
    (entry,) = report.rooms
    (fault,) = entry.faults
    assert (entry.room, entry.value, entry.frozen) == ("!a", "warn", False)
    assert (fault.what, fault.reason, fault.rule) == ("members", "forbidden", "no-more")
    assert "Acme: no more." in fault.sentence
    assert entry.goes == (CAROL,)
    assert fault.record == f"memory:{len(at.scene.audit.kept)}"
    ask, _, decision = at.scene.audit.kept[-1]
    assert (ask.act, ask.who, ask.where) == (Act.ROOM_STANDING_JUDGE, KEEPER, "!a")
    assert decision.rule == "no-more"
    assert at.told == [("!a", (ALICE,))]  # the room's moderator here
    assert at.rooms.did == []


async def test_what_was_found_is_recorded_and_told_once() -> None:
    at = over(a=ours(ALICE, BOB, CAROL))
    at.put(NO_MORE)
    first = await at.entry()
    at.scene.clock.seconds += 60
    again = await at.entry()
    assert again == first
    assert len(at.scene.audit.kept) == 1
    assert len(at.told) == 1


async def test_rooms_in_order_leave_no_record() -> None:
    at = over(a=ours(ALICE, BOB, CAROL), b=ours(ALICE, BOB), c=theirs(ALICE, CAROL))
    report = await at.run()
    assert (report.judged, report.rooms) == (3, ())
    assert at.scene.audit.kept == []


async def test_removing_takes_whom_the_rule_refuses_and_never_one_of_us_for_a_stranger() -> None:
    at = over(a=ours(ALICE, BOB, CAROL, asked={"@cora:acme.example"}))
    at.put(NO_MORE, REMOVE)
    entry = await at.entry()
    assert at.rooms.did == [f"removed {CAROL}", "removed @cora:acme.example"]
    assert at.rooms.rooms["!a"].members == {ALICE, BOB}
    assert (entry.faults, entry.frozen, entry.goes) == ((), False, ())
    assert [done.what for done in entry.done] == [
        f"{CAROL} was removed",
        "@cora:acme.example was removed",
    ]
    acts = [(ask.act, ask.who, ask.where) for ask, _, _ in at.scene.audit.kept]
    assert acts.count((Act.ROOM_MEMBER_REMOVE, KEEPER, "!a")) == 2
    why = at.scene.audit.kept[-1][1].claims
    assert why == {"reason": "memory:1", "what": "@cora:acme.example"}
    report = at.reports[-1]
    assert (report.breaches, report.in_order) == (0, 1)


async def test_nobody_is_removed_before_the_wait_is_over_and_a_way_back_ends_it() -> None:
    at = over(a=ours(ALICE, CAROL))
    slow = REMOVE.replace("0 seconds", "10 minutes")
    at.put(NO_MORE, slow)
    entry = await at.entry()
    assert (at.rooms.did, entry.frozen) == ([], True)
    assert at.sweep.due() == at.scene.clock.now() + 600
    at.scene.clock.seconds += 300
    at.put(slow)
    assert (await at.run()).rooms == ()
    at.put(NO_MORE, slow)
    await at.run()
    at.scene.clock.seconds += 599
    await at.run()
    assert at.rooms.did == []
    at.scene.clock.seconds += 1
    await at.run()
    assert at.rooms.did == [f"removed {CAROL}"]


async def test_in_a_room_elsewhere_our_people_leave_and_it_is_said_what_can_not_be_done() -> None:
    at = over(a=theirs(ALICE, BOB, CAROL))
    at.put(NO_MORE)
    assert (await at.entry()).goes == (ALICE, BOB)
    at.put(NO_MORE, REMOVE)
    entry = await at.entry()
    assert at.rooms.did == [f"{ALICE} left", f"{BOB} left"]
    assert at.rooms.rooms["!a"].members == {CAROL}
    assert entry.faults == ()


async def test_where_nobody_here_has_power_it_says_so_and_does_nothing() -> None:
    at = over(a=ours(ALICE, CAROL))
    at.rooms.locked.add("!a")
    at.put(NO_MORE, REMOVE)
    entry = await at.entry()
    assert at.rooms.did == []
    assert entry.cannot == ("nobody here has power in the room",)
    assert entry.frozen
    assert entry.done == ()
    assert at.sweep.due() == at.scene.clock.now() + 3600  # not at once again
    at.rooms.locked.clear()
    at.scene.clock.seconds += 3600
    assert (await at.entry()).faults == ()


async def test_of_two_partners_who_may_not_meet_the_later_one_goes() -> None:
    friends = '\n[rules.both]\nbetween = ["staff", "globex"]\nallow = ["contact"]\n'
    for order, gone in (({CAROL: 1, GAVIN: 2}, GAVIN), ({GAVIN: 1, CAROL: 2}, CAROL)):
        at = over(a=ours(ALICE, CAROL, GAVIN))
        at.rooms.order = order
        at.put(friends, REMOVE)
        await at.run()
        assert at.rooms.did == [f"removed {gone}"]


async def test_two_partners_in_a_room_elsewhere_are_not_ours_to_part() -> None:
    friends = '\n[rules.both]\nbetween = ["staff", "globex"]\nallow = ["contact"]\n'
    at = over(a=theirs(ALICE, CAROL, GAVIN))
    at.put(friends, REMOVE)
    assert (await at.run()).rooms == ()


async def test_two_of_us_who_may_not_be_together_are_both_left_for_people_to_say() -> None:
    at = over(a=ours(ALICE, BOB, EVE))
    at.put(REMOVE)
    entry = await at.entry()
    assert at.rooms.did == []
    assert entry.goes == ()
    assert entry.cannot
    assert all("for people to say" in words for words in entry.cannot)


async def test_whom_the_kind_of_room_is_not_for_goes() -> None:
    board: dict[Key, Any] = {
        CREATE: {"org.vedette.kind": "board"},
        ("m.room.encryption", ""): {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    at = over(a=ours(ALICE, BOB, contents=board))
    at.put(REMOVE)
    entry = await at.entry()
    assert at.rooms.did == [f"removed {BOB}"]
    assert entry.faults == ()


async def test_a_kind_of_room_may_want_something_else() -> None:
    kind: dict[Key, Any] = {CREATE: {"org.vedette.kind": "archive"}}
    at = over(a=ours(ALICE, CAROL, contents=kind), b=ours(ALICE, CAROL))
    document = DOCUMENT.replace('history = "shared"', 'on_breach = "freeze"')
    at.scene.policy.policy = policy_of(document + NO_MORE)
    report = await at.run()
    assert {e.room: (e.value, e.frozen) for e in report.rooms} == {
        "!a": ("freeze", True),
        "!b": ("warn", False),
    }


async def test_what_is_set_too_wide_is_set_back_but_encryption_is_left_to_people() -> None:
    wide: dict[Key, Any] = {
        HISTORY: {"history_visibility": "world_readable"},
        POWER: {"invite": 0, "users": {ALICE: 100, CAROL: 50}},
        ("m.room.join_rules", ""): {"join_rule": "public"},
        ("m.room.guest_access", ""): {"guest_access": "can_join"},
    }
    at = over(a=ours(ALICE, CAROL, contents=wide))
    at.put(REMOVE, '\n[messages]\nencrypted = "required"\n')
    entry = await at.entry()
    set_back = at.rooms.rooms["!a"].contents
    assert set_back[HISTORY] == {"history_visibility": "joined"}
    assert set_back[POWER]["users"] == {ALICE: 100, CAROL: 49}
    assert (set_back[POWER]["invite"], set_back[POWER]["users_default"]) == (50, 0)
    assert set_back["m.room.join_rules", ""] == {"join_rule": "invite"}
    assert [fault.what for fault in entry.faults] == ["encryption"]
    assert "encryption is not switched on by itself" in entry.cannot[0]
    assert at.rooms.rooms["!a"].members == {ALICE, CAROL}


async def test_without_settings_and_people_in_force_nothing_is_judged_and_it_says_so() -> None:
    at = over(a=ours(ALICE, CAROL))
    at.put(NO_MORE, REMOVE)
    at.scene.policy.policy = None
    report = await at.run()
    assert (report.state, report.judged) == (SweepState.WAITING, 0)
    assert "policy" in report.why
    assert at.rooms.did == []


async def test_a_room_whose_members_are_not_known_is_in_doubt_and_left_alone() -> None:
    at = over(a=Room(None, contents=OURS), b=ours(ALICE, CAROL))
    at.put(NO_MORE, REMOVE)
    report = await at.run()
    entry = next(e for e in report.rooms if e.room == "!a")
    assert entry.doubt == "not everything about the room is known here yet"
    assert (entry.faults, entry.done) == ((), ())
    assert report.doubts == 1
    assert at.rooms.did == [f"removed {CAROL}"]  # of the other


async def test_a_rule_about_what_no_room_tells_is_doubt() -> None:
    doubtful = NO_MORE.replace("forbid = [", 'when = ["device.managed = no"]\nforbid = [')
    at = over(a=ours(ALICE, CAROL))
    at.put(doubtful, REMOVE)
    entry = await at.entry()
    assert "device.managed" in (entry.doubt or "")
    assert at.rooms.did == []


async def test_what_can_not_be_recorded_is_not_done() -> None:
    at = over(a=ours(ALICE, CAROL))
    at.put(NO_MORE, REMOVE)
    at.scene.audit.full = True
    report = await at.run()
    assert (report.rooms, at.rooms.did) == ((), [])
    at.scene.audit.full = False
    await at.run()
    assert at.rooms.did == [f"removed {CAROL}"]


async def test_the_suites_own_accounts_and_rooms_are_nobodys_breach() -> None:
    loose: dict[Key, Any] = {("m.room.guest_access", ""): {"guest_access": "can_join"}}
    at = over(a=ours(EVE, NOTICES, KEEPER), b=ours(EVE, NOTICES, contents=loose, made_by=NOTICES))
    at.put(REMOVE)
    assert (await at.run()).rooms == ()


async def test_a_policy_that_comes_meanwhile_is_used_for_every_room() -> None:
    at = over(**{f"r{n}": ours(ALICE, CAROL) for n in range(10)})

    class Changing:
        asked = 0

        def current(self) -> Policy:
            self.asked += 1
            return strict if self.asked > 6 else mild

    mild, strict = policy_of(), policy_of(DOCUMENT + NO_MORE)
    at.sweep.spine = type(at.sweep.spine)(
        Changing(), at.scene.audit, at.scene.incidents, at.scene.clock
    )
    report = await at.run()
    assert report.breaches == 10


async def test_members_that_change_are_judged_without_a_sweep() -> None:
    at = over(a=theirs(ALICE, CAROL), b=ours(ALICE, BOB))
    assert (await at.run()).rooms == ()
    members = at.rooms.rooms["!a"].members
    assert members is not None
    members.add(OTTO)
    await at.sweep.look(frozenset({"!a"}))
    (entry,) = at.reports[-1].rooms
    assert (entry.room, entry.goes) == ("!a", (ALICE,))
    assert at.reports[-1].total == 2


async def test_the_sweep_gives_way_after_every_step() -> None:
    at = over(**{f"r{n}": ours(ALICE, CAROL) for n in range(20)})

    class Ticking:
        def now(self) -> float:
            at.scene.clock.seconds += 0.004
            return at.scene.clock.now()

        def today(self) -> int:
            return at.scene.clock.today()

    at.sweep.spine = type(at.sweep.spine)(
        at.scene.policy, at.scene.audit, at.scene.incidents, Ticking()
    )
    await at.run()
    assert len(at.pauses) >= 5
    assert all(0.01 <= pause <= 0.25 for pause in at.pauses)
