"""Whether a room that exists could be made today: the judgement, and who would have to go.

Pure. Nothing here is recorded and nothing here acts: the event door uses it to keep a room frozen,
the sweep to find rooms that are against the rules and to put them in order.

1. Members: everybody must be allowed to be in contact with everybody else, by the very questions of
   a join, and must be whom the room's kind is for.
2. Form, of rooms that our people made: power, history, who may come in, encryption, as the event door would
   let them be set today.

Only what is certain counts. Where a fact is missing that a rule reads, the room is in doubt, and
nothing is done to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vedette.core.asks import Act, Ask, Members, Someone
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.people import keeper_of
from vedette.core.reasons import Reason
from vedette.core.settings.sections import Breach, RoomKind
from vedette.core.towards import together
from vedette.ports.policy import Policy
from vedette.protocol.matrix.rooms import (
    guests_fault,
    history_fault,
    join_rules_fault,
    power_fault,
)
from vedette.spine import refuse
from vedette.synapse.gather import (
    ENCRYPTION,
    GUESTS,
    HISTORY,
    JOIN_RULES,
    POWER,
    RoomFacts,
    encryption_wanted,
    is_ours,
    kind_fault,
    kind_named,
)

Kind = tuple[frozenset[str], str, bool]
"""What tells people apart for the rules, as `Someone.kind`."""

_MOST_ROOMS = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a room is against the rules.

    `ask` and `facts` lead to `decision` by the rules of its revision; without an ask the decision is
    fixed in code. `grave`: it concerns who is together, or lets somebody from elsewhere in or read.
    """

    what: str
    decision: Decision
    grave: bool
    ask: Ask | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said about a room. `doubt` says in words why it can't be judged."""

    faults: tuple[Fault, ...] = ()
    doubt: str | None = None

    @property
    def grave(self) -> Fault | None:
        """The first fault for which a room is frozen."""
        return next((fault for fault in self.faults if fault.grave), None)


def value_for(policy: Policy, room: RoomFacts) -> Breach:
    """What the settings want done to this room where it is against the rules."""
    document = policy.directory.document
    kind = kind_named(policy.directory, room.kind) if room.ours else None
    return (kind.on_breach if kind else None) or document.standing.on_breach


def freezes_at_all(policy: Policy) -> bool:
    """Whether there may be a frozen room at all: else the event door need not look."""
    document = policy.directory.document
    kinds = document.rooms.values()
    return document.standing.on_breach != "warn" or any(
        kind.on_breach not in (None, "warn") for kind in kinds
    )


def judge(policy: Policy, room: RoomFacts, where: str) -> Judgement:
    """Judge a room whose facts are these."""
    if room.members is None or room.ours is None or room.state is None:
        return Judgement(doubt="not everything about the room is known here yet")
    members, doubt = _members_fault(policy, room, room.members, where)
    found = [*members, *_kind_faults(policy, room, room.members)]
    if room.ours and not room.of_the_suite:
        found += _form_faults(policy, room)
    return Judgement(tuple(found), doubt)


def _members_fault(
    policy: Policy, room: RoomFacts, members: Members, where: str
) -> tuple[tuple[Fault, ...], str | None]:
    service = keeper_of(policy.directory.domain)
    ask = together(Act.ROOM_STANDING_JUDGE, service, members, where, ours=room.ours is True)
    facts = Facts(room.known())
    decision = policy.decide(ask, facts, policy.directory.today)
    if decision.verdict is Verdict.YES:
        return (), None
    if not certain(decision):
        missing = ", ".join(sorted({*decision.unknown, *decision.pending}))
        return (), f"rule `{decision.rule}` reads what is not known of a whole room: {missing}"
    return (Fault("members", decision, True, ask, facts),), None


def certain(decision: Decision) -> bool:
    """Whether a refusal hangs on nothing that was not learnt."""
    return decision.verdict is Verdict.NO and not decision.unknown and not decision.pending


def _kind_faults(policy: Policy, room: RoomFacts, members: Members) -> list[Fault]:
    kind = kind_named(policy.directory, room.kind) if room.ours else None
    if room.ours and room.kind is not None and kind is None:
        return [_fixed(policy, "kind", Reason.ROOM_KIND, grave=False)]
    people = sorted(members.kinds, key=lambda person: person.name)
    found = ((person, kind_fault(kind, person)) for person in people)
    return [
        _fixed(policy, "kind", fault, grave=True, towards=person.name)
        for person, fault in found
        if fault is Reason.ROOM_KIND
    ]


def _form_faults(policy: Policy, room: RoomFacts) -> list[Fault]:
    state = room.state or {}
    kind = kind_named(policy.directory, room.kind)
    found = {
        "power": power_fault(state.get(POWER, {}), lambda user: is_ours(policy.directory, user)),
        "history": history_fault(
            state.get(HISTORY, {"history_visibility": "shared"}),
            kind.history if kind else "joined",
            room.any_remote,
        ),
        "join rules": join_rules_fault(
            state.get(JOIN_RULES, {"join_rule": "invite"}), room.federates
        ),
        "guests": guests_fault(state.get(GUESTS, {"guest_access": "forbidden"})),
        "encryption": _encryption_fault(policy, kind, encrypted=ENCRYPTION in state),
    }
    return [
        _fixed(policy, what, fault, grave=room.any_remote)
        for what, fault in found.items()
        if fault is not None
    ]


def _encryption_fault(policy: Policy, kind: RoomKind | None, *, encrypted: bool) -> Reason | None:
    wanted = encryption_wanted(policy.directory, kind)
    wrong = (wanted == "required" and not encrypted) or (wanted == "never" and encrypted)
    return Reason.ROOM_ENCRYPTION if wrong else None


def _fixed(
    policy: Policy, what: str, reason: Reason, *, grave: bool, towards: str | None = None
) -> Fault:
    return Fault(what, refuse(policy, reason, towards), grave)


@dataclass(frozen=True, slots=True)
class Parting:
    """Who goes, by user id, so that the rest may stay together; and who must be asked which of them."""

    goes: tuple[str, ...]
    undecided: tuple[str, ...] = ()


def part(
    policy: Policy, room: RoomFacts, people: Iterable[Someone], came: Mapping[str, int]
) -> Parting:
    """Decide who has to go. `came` says of people in which order they came.

    1. Whom the room's kind is not for goes.
    2. In a room made here, who is from elsewhere goes where one of us may not be together with them:
       never one of us for a stranger. In a room elsewhere nobody of theirs can be removed, so
       whoever of us may not be together with them leaves.
    3. Of two partners who may not be together, those go of whom somebody came last.
    4. Two of us who may not be together are both left: which of them belongs there is for people to
       say.
    """
    ours_room = room.ours is True
    kind = kind_named(policy.directory, room.kind) if ours_room else None
    everyone = sorted(people, key=lambda person: person.name)
    gone = {p.kind for p in everyone if kind_fault(kind, p) is Reason.ROOM_KIND}  # (1)
    examples = {person.kind: person for person in everyone if person.kind not in gone}
    us = [person for person in examples.values() if person.ours]
    them = [person for person in examples.values() if not person.ours]
    apart = _Apart(policy, room)
    if ours_room:  # (2)
        gone |= {one.kind for one in them if any(apart(one, other) for other in us)}
        gone |= _later_partners([p for p in them if p.kind not in gone], everyone, came, apart)
    else:
        gone |= {one.kind for one in us if any(apart(one, other) for other in them)}
    stay = [person for person in us if person.kind not in gone]
    undecided = {  # (4)
        other.name
        for at, one in enumerate(stay)
        for other in stay[at:]
        if (one is not other or _several(one, everyone)) and apart(one, other)
    }
    goes = tuple(person.name for person in everyone if person.kind in gone)
    return Parting(goes, tuple(sorted(undecided)))


def _later_partners(
    partners: list[Someone], everyone: list[Someone], came: Mapping[str, int], apart: _Apart
) -> set[Kind]:
    """(3) Partners in the order in which the first of each came; who may not join those goes."""
    last = 1 << 62
    first = {
        partner.kind: min(came.get(p.name, last) for p in everyone if p.kind == partner.kind)
        for partner in partners
    }
    admitted: list[Someone] = []
    gone: set[Kind] = set()
    for partner in sorted(partners, key=lambda p: (first[p.kind], p.name)):
        if any(apart(partner, other) for other in admitted):
            gone.add(partner.kind)
        else:
            admitted.append(partner)
    return gone


def _several(one: Someone, everyone: Iterable[Someone]) -> bool:
    return sum(person.kind == one.kind for person in everyone) > 1


@dataclass(frozen=True, slots=True)
class _Apart:
    """Whether two people may certainly not be together in this room."""

    policy: Policy
    room: RoomFacts

    def __call__(self, one: Someone, other: Someone) -> bool:
        if not one.ours and not other.ours and one.organisation == other.organisation:
            return False
        alone = frozenset({one.kind, other.kind} if one is not other else ())
        pair = Members(frozenset({one, other}), alone)
        ask = together(Act.ROOM_STANDING_JUDGE, one.name, pair, "", ours=self.room.ours is True)
        today = self.policy.directory.today
        return certain(self.policy.decide(ask, Facts(self.room.known()), today))


@dataclass(slots=True)
class Frozen:
    """Which rooms are frozen, remembered as long as the policy and the room stay the same."""

    _known: dict[str, tuple[Policy, RoomFacts, Fault | None]] = field(default_factory=dict)

    def fault(self, policy: Policy, room: RoomFacts, where: str) -> Fault | None:
        """For what this room is frozen; None where it is not, or where that is in doubt."""
        known = self._known.get(where)
        if known and known[0] is policy and known[1] == room:
            return known[2]
        found = judge(policy, room, where).grave if value_for(policy, room) != "warn" else None
        if len(self._known) >= _MOST_ROOMS:
            self._known.clear()
        self._known[where] = (policy, room, found)
        return found
