"""The sweep: judges every room again when the rules or the people have changed.

One room after the other, in small steps between which messages pass. What is found is recorded, the
people of the room are told, and where the settings want it the room is put in order. Everything it
does is an ask of the account that keeps rooms, through the spine, and every effect takes its Permit.

In doubt it does nothing and says so: without settings and people in force it judges nothing; where a
room's members or a fact are not known, the room is listed as in doubt; what can't be recorded is not
done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from vedette.core.asks import Act, Someone
from vedette.core.explain import sentence_about_removal, sentence_for_administrator
from vedette.core.facts import Facts
from vedette.core.people import keeper_of
from vedette.core.towards import routine
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.protocol.internal.standing import (
    MOST_ROOMS,
    DoneEntry,
    FaultEntry,
    Report,
    RoomEntry,
    SweepState,
)
from vedette.protocol.matrix.room_form import bounded_levels
from vedette.spine import Permit, Spine
from vedette.synapse.gather import (
    GUESTS,
    HISTORY,
    JOIN_RULES,
    POWER,
    Gathered,
    RoomFacts,
    RoomGather,
    is_ours,
    kind_named,
    people,
)
from vedette.synapse.internals.gate import CanNot, RoomReader, RoomsKept
from vedette.synapse.standing import Fault, Judgement, judge, part, value_for

NAME = ("m.room.name", "")
STEP = 0.01
"""Seconds of looking at rooms after which messages have their turn for as long."""
_LONGEST_PAUSE = 0.25
_REPORT_EVERY = 1.0
_TRY_AGAIN = 3600.0
"""Seconds after which a room is tried again that could not be put in order."""
_ENCRYPTION_STAYS = (
    "encryption is not switched on by itself, since that can't be taken back: a moderator may do it"
)
_DECRYPTION = "encryption can't be switched off"

Write = Callable[[Report], Awaitable[None]]
Pause = Callable[[float], Awaitable[None]]
Tell = Callable[[Policy, list[tuple[RoomEntry, tuple[str, ...]]]], None]
"""Tells people of rooms that are newly against the rules: each with who is to hear of it."""


@dataclass(slots=True)
class Sweep:
    """Looks at all rooms again whenever it is run, and remembers what it found."""

    spine: Spine
    rooms: RoomsKept
    tell: Tell
    write: Write
    pause: Pause
    known: dict[str, RoomEntry] = field(default_factory=dict)
    """The rooms that were found against the rules or in doubt, or were put in order since."""
    _gather: RoomGather = field(default_factory=RoomGather)
    _last: Report = field(default_factory=lambda: Report(revision=0, state=SweepState.WAITING))
    _written: float = 0
    _step_began: float = 0

    async def run(self, answers: str | None = None) -> Report:
        """Judge every room, and go on until all of them were judged by the same policy.

        A policy that arrives meanwhile is used from the next room on, and every room is judged by it.
        """
        begun = self._step_began = self.spine.clock.now()
        policy = self._policy()
        if isinstance(policy, str):
            return await self._waiting(policy, answers, begun)
        rooms = await self.rooms.ours()
        self._forget_others(rooms)
        report = Report(
            revision=policy.rules.revision,
            state=SweepState.SWEEPING,
            begun=begun,
            total=len(rooms),
            answers=answers,
        )
        await self.write(report)
        news: dict[str, tuple[RoomEntry, tuple[str, ...]]] = {}
        at, left = 0, len(rooms)
        while left:
            now = self._policy()
            if isinstance(now, str):
                return await self._waiting(now, answers, begun)
            if now is not policy:
                policy, left = now, len(rooms)
            await self._room(policy, rooms[at % len(rooms)], news)
            at, left = at + 1, left - 1
            await self._breathe(replace(report, judged=len(rooms) - left))
        self.tell(policy, list(news.values()))
        return await self._done(policy, report)

    async def look(self, rooms: frozenset[str]) -> None:
        """Judge these rooms alone, whose members have changed."""
        policy = self._policy()
        if isinstance(policy, str):
            return
        news: dict[str, tuple[RoomEntry, tuple[str, ...]]] = {}
        before = dict(self.known)
        for room in sorted(rooms):
            await self._room(policy, room, news)
        self.tell(policy, list(news.values()))
        if self.known != before:
            await self.write(self._counted(self._last))

    def due(self) -> float | None:
        """When the next room has been against the rules for so long that somebody is removed."""
        policy = self._policy()
        if isinstance(policy, str):
            return None
        wait = policy.directory.document.standing.wait
        waiting = (e for e in self.known.values() if e.value == "remove" and e.faults)
        return min((_when(each, wait) for each in waiting), default=None)

    def _policy(self) -> Policy | str:
        try:
            return self.spine.policy.current()
        except Unavailable as outage:
            return str(outage)

    def _forget_others(self, rooms: list[str]) -> None:
        there = set(rooms)
        self.known = {room: e for room, e in self.known.items() if room in there and e.faults}

    async def _waiting(self, why: str, answers: str | None, begun: float) -> Report:
        report = self._counted(
            Report(revision=0, state=SweepState.WAITING, why=why, begun=begun, answers=answers)
        )
        await self.write(report)
        return report

    async def _done(self, policy: Policy, report: Report) -> Report:
        done = self._counted(
            replace(
                report,
                revision=policy.rules.revision,
                state=SweepState.DONE,
                judged=report.total,
                ended=self.spine.clock.now(),
            )
        )
        self._last = done
        await self.write(done)
        return done

    def _counted(self, report: Report) -> Report:
        entries = list(self.known.values())
        return replace(
            report,
            breaches=sum(bool(e.faults) for e in entries),
            doubts=sum(e.doubt is not None and not e.faults for e in entries),
            in_order=sum(e.doubt is None and not e.faults for e in entries),
            rooms=tuple(entries[:MOST_ROOMS]),
        )

    async def _breathe(self, progress: Report) -> None:
        """After a step, let everything else have its turn for as long as the step took."""
        now = self.spine.clock.now()
        if now - self._step_began < STEP:
            return
        if now - self._written > _REPORT_EVERY:
            self._written = now
            await self.write(replace(self._counted(progress), rooms=()))
        await self.pause(min(now - self._step_began, _LONGEST_PAUSE))
        self._step_began = self.spine.clock.now()

    async def _room(
        self, policy: Policy, room: str, news: dict[str, tuple[RoomEntry, tuple[str, ...]]]
    ) -> None:
        before = self.known.get(room)
        reader = self.rooms.reader(room)
        facts = await self._gather.room(policy.directory, reader)
        self._gather.forget(room)
        found = judge(policy, facts, room)
        if not found.faults and found.doubt is None:
            if (
                before is None or before.faults or not before.done
            ):  # else it was put in order just now
                self.known.pop(room, None)
            news.pop(room, None)
            return
        entry = await self._entry(policy, reader, facts, found, before)
        if entry is None:  # it could not be recorded
            return
        if _concerns_others(before, entry):
            news[room] = (entry, await _whom_to_tell(policy, reader, facts))
        self.known[room] = entry
        now, wait = self.spine.clock.now(), policy.directory.document.standing.wait
        if _to_be_put_in_order(entry, now, wait):
            self.known[room] = await self._put_in_order(policy, reader, facts, found, entry)

    async def _entry(
        self,
        policy: Policy,
        reader: RoomReader,
        facts: RoomFacts,
        found: Judgement,
        before: RoomEntry | None,
    ) -> RoomEntry | None:
        faults = await self._recorded(policy, reader.room, found, before)
        if faults is None:
            return None
        value = value_for(policy, facts)
        goes, undecided = await self._parting(policy, reader, facts, found)
        entry = RoomEntry(
            room=reader.room,
            name=await _name(reader),
            kind=facts.kind,
            ours=facts.ours is True,
            value=value,
            frozen=value != "warn" and found.grave is not None,
            since=self.spine.clock.now(),
            faults=faults,
            goes=goes,
            cannot=tuple(
                f"`{name}` and somebody else here may not be together; who of us stays is for people "
                "to say"
                for name in undecided
            ),
            doubt=found.doubt,
        )
        if before is None or not before.faults or not set(goes) <= set(before.goes):
            return entry
        return replace(entry, since=before.since, done=before.done, tried=before.tried)

    async def _parting(
        self, policy: Policy, reader: RoomReader, facts: RoomFacts, found: Judgement
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Who would have to go, and who of us is not ours to choose from."""
        if not any(fault.what in ("members", "kind") for fault in found.faults):
            return (), ()
        joined, invited = await reader.joined(), await reader.invited()
        everyone: list[Someone] = people(
            policy.directory, (joined or frozenset()) | (invited or frozenset())
        )
        partners = {one.organisation for one in everyone if not one.ours}
        came = await self.rooms.came(reader.room) if len(partners) > 1 else {}
        parting = part(policy, facts, everyone, came)
        return parting.goes, parting.undecided

    async def _recorded(
        self, policy: Policy, room: str, found: Judgement, before: RoomEntry | None
    ) -> tuple[FaultEntry, ...] | None:
        """Every fault with its record; one that was recorded before keeps it. None: not recorded."""
        kept = {
            (f.what, f.reason, f.rule, f.towards, f.sentence): f
            for f in (before.faults if before else ())
        }
        entries = []
        for fault in found.faults:
            entry = _fault_entry(fault, None)
            key = (entry.what, entry.reason, entry.rule, entry.towards, entry.sentence)
            if key not in kept:
                record = await self._record(policy, room, fault)
                if record is None:
                    return None
                entry = replace(entry, record=record)
            entries.append(kept.get(key, entry))
        return tuple(entries)

    async def _record(self, judged_by: Policy, room: str, fault: Fault) -> str | None:
        """The record of a fault; None if it is none by the policy in force now, or not kept."""

        async def gather(policy: Policy) -> Gathered:
            if policy is not judged_by:
                raise Unavailable("the rules changed meanwhile")
            if fault.ask is not None:
                return fault.ask, fault.facts
            return replace(fault.decision, towards=room)

        settled = await self.spine.settle_after(Act.ROOM_STANDING_JUDGE, self._keeper(), gather)
        return settled.record if not isinstance(settled, Permit) else None

    def _keeper(self) -> str:
        policy = self._policy()
        return keeper_of("" if isinstance(policy, str) else policy.directory.domain)

    async def _put_in_order(
        self,
        policy: Policy,
        reader: RoomReader,
        facts: RoomFacts,
        found: Judgement,
        entry: RoomEntry,
    ) -> RoomEntry:
        """Do what can be done, then judge the room again. `cannot` says what is left, and why."""
        doing = _Doing(self.spine, self.rooms, policy, reader.room, self._keeper(), entry.faults)
        if facts.ours:
            await doing.in_a_room_of_ours(entry.goes, _mended(policy, facts, found))
        else:
            await doing.in_a_room_elsewhere(entry.goes)
        again = self.rooms.reader(reader.room)
        left = judge(policy, await self._gather.room(policy.directory, again), reader.room)
        self._gather.forget(reader.room)
        if not facts.ours and not await _ours_joined(policy, again):
            left = Judgement()  # nobody of us is there any more, so it is not ours to judge
        cannot = [*entry.cannot, *doing.cannot]
        cannot += [words for fault in left.faults if (words := _left(fault, facts))]
        return replace(
            entry,
            done=(*entry.done, *doing.done),
            cannot=tuple(dict.fromkeys(cannot)) if left.faults else (),
            faults=tuple(_same(entry, fault) for fault in left.faults),
            frozen=left.grave is not None,
            tried=self.spine.clock.now(),
            goes=entry.goes if left.faults else (),
        )


@dataclass(slots=True)
class _Doing:
    """What is done in one room: each act asked, recorded, and noted with what could not be done."""

    spine: Spine
    rooms: RoomsKept
    policy: Policy
    room: str
    keeper: str
    because: tuple[FaultEntry, ...]
    done: list[DoneEntry] = field(default_factory=list)
    cannot: list[str] = field(default_factory=list)

    async def in_a_room_of_ours(
        self, goes: tuple[str, ...], mended: dict[str, dict[str, object]]
    ) -> None:
        """Remove who has to go, and set back what is set too wide."""
        if not goes and not mended:
            return
        entering = await self._permit(Act.ROOM_MEMBER_JOIN, self.keeper)
        if entering is None:
            return
        try:
            await self.rooms.enter(entering, self.room)
        except CanNot as why:
            self.cannot.append(str(why))
            return
        for user in goes:
            await self._remove(user)
        for kind, content in mended.items():
            await self._set(kind, content)
        try:
            await self.rooms.withdraw(self.room)
        except CanNot as why:
            self.cannot.append(str(why))

    async def in_a_room_elsewhere(self, goes: tuple[str, ...]) -> None:
        """Let our people leave; of theirs nobody can be removed."""
        for user in goes:
            permit = await self._permit(Act.ROOM_MEMBER_LEAVE, user)
            if permit is not None:
                leaving = self.rooms.leave(permit, self.room, user, self._reason(permit))
                await self._try(leaving, f"{user} has left", permit)

    async def _remove(self, user: str) -> None:
        permit = await self._permit(Act.ROOM_MEMBER_REMOVE, user)
        if permit is not None:
            removing = self.rooms.remove(permit, self.room, user, self._reason(permit))
            await self._try(removing, f"{user} was removed", permit)

    async def _set(self, kind: str, content: dict[str, object]) -> None:
        permit = await self._permit(Act.ROOM_STATE_CHANGE, kind)
        if permit is not None:
            setting = self.rooms.set_state(permit, self.room, kind, content)
            await self._try(setting, f"`{kind}` was set back", permit)

    async def _try(self, doing: Awaitable[None], words: str, permit: Permit) -> None:
        try:
            await doing
        except CanNot as why:
            self.cannot.append(str(why))
        else:
            self.done.append(DoneEntry(what=words, record=permit.record, at=self.spine.clock.now()))

    async def _permit(self, act: Act, what: str) -> Permit | None:
        """The permit for one act under the policy that found the fault; None: not now."""
        why = next((fault.record for fault in self.because if fault.record), None) or ""

        async def gather(policy: Policy) -> Gathered:
            if policy is not self.policy:
                raise Unavailable("the rules changed meanwhile")
            return routine(act, self.keeper, self.room), Facts({}, {"reason": why, "what": what})

        settled = await self.spine.settle_durably(act, self.keeper, gather)
        if isinstance(settled, Permit):
            return settled
        self.cannot.append(f"{what}: {sentence_for_administrator(settled.decision)}; tried again")
        return None

    @staticmethod
    def _reason(permit: Permit) -> str:
        return sentence_about_removal(permit.record)


def _when(entry: RoomEntry, wait: float) -> float:
    """When this room is to be put in order, or tried again."""
    return entry.since + wait if entry.tried is None else entry.tried + _TRY_AGAIN


def _to_be_put_in_order(entry: RoomEntry, now: float, wait: float) -> bool:
    return entry.value == "remove" and bool(entry.faults) and now >= _when(entry, wait)


def _concerns_others(before: RoomEntry | None, entry: RoomEntry) -> bool:
    """Whether the people of this room have not heard of this yet."""
    if not entry.faults:
        return False
    if before is None or not before.faults:
        return True
    heard = {(fault.what, fault.reason, fault.rule) for fault in before.faults}
    now = {(fault.what, fault.reason, fault.rule) for fault in entry.faults}
    return not now <= heard or before.value != entry.value


def _fault_entry(fault: Fault, record: str | None) -> FaultEntry:
    decision = fault.decision
    said = f" “{decision.say}”" if decision.say else ""
    return FaultEntry(
        what=fault.what,
        reason=decision.reason.value,
        rule=decision.rule,
        towards=decision.towards,
        sentence=f"{fault.what}: {sentence_for_administrator(decision)}{said}",
        record=record,
    )


def _same(entry: RoomEntry, fault: Fault) -> FaultEntry:
    fresh = _fault_entry(fault, None)
    same = (f for f in entry.faults if f.what == fresh.what and f.reason == fresh.reason)
    return next(same, fresh)


def _mended(policy: Policy, facts: RoomFacts, found: Judgement) -> dict[str, dict[str, object]]:
    """State that sets back what is set too wide; encryption is left to people."""
    state, kind = facts.state or {}, kind_named(policy.directory, facts.kind)
    history = kind.history if kind and not facts.any_remote else "joined"
    levels = bounded_levels(
        dict(state.get(POWER, {})), lambda user: is_ours(policy.directory, user)
    )
    narrow: dict[str, tuple[str, dict[str, object]]] = {
        "power": (POWER[0], levels),
        "history": (HISTORY[0], {"history_visibility": history}),
        "join rules": (JOIN_RULES[0], {"join_rule": "invite"}),
        "guests": (GUESTS[0], {"guest_access": "forbidden"}),
    }
    return dict(narrow[fault.what] for fault in found.faults if fault.what in narrow)


def _left(fault: Fault, facts: RoomFacts) -> str | None:
    """Why a fault is still there after everything was tried that can be."""
    if fault.what == "encryption":
        encrypted = ("m.room.encryption", "") in (facts.state or {})
        return _DECRYPTION if encrypted else _ENCRYPTION_STAYS
    if not facts.ours:
        return "the room is owned elsewhere: of theirs nobody can be removed from here"
    return None


async def _ours_joined(policy: Policy, reader: RoomReader) -> bool:
    joined = await reader.joined() or frozenset()
    return any(is_ours(policy.directory, user) for user in joined)


async def _name(reader: RoomReader) -> str:
    content = (await reader.state(NAME) or {}).get(NAME, {})
    name = content.get("name")
    return name[:120] if isinstance(name, str) else ""


_MOST_TOLD = 20


async def _whom_to_tell(policy: Policy, reader: RoomReader, facts: RoomFacts) -> tuple[str, ...]:
    """The room's moderators here; where there is none, our people in it, at most a few."""
    joined = await reader.joined() or frozenset()
    here = sorted(user for user in joined if is_ours(policy.directory, user))
    users = (facts.state or {}).get(POWER, {}).get("users")
    levels = users if isinstance(users, dict) else {}
    strong = [user for user in here if isinstance(levels.get(user), int) and levels[user] >= 50]
    return tuple((strong or here)[:_MOST_TOLD])
