"""Sessions and devices, as administrators see and change them.

A device is known by its person and its id; its session is the newest one that uses it. Every act
goes one road: the rules are asked over whom it concerns, the yes is on record, the sign-in store is
written, and every door is told at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing, needs_reason, refused
from vedette.admin.doors import DoorAnswer
from vedette.admin.outranking import TURN_AWAY
from vedette.admin.people import may_look, recorded, sees_of
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act, Ask
from vedette.core.facts import Facts
from vedette.core.language import told
from vedette.core.names import UserId
from vedette.core.sessions import (
    STATES,
    Session,
    SessionState,
    by_rule,
    facts_for,
    independent,
    may_move,
    sign_in_ask,
)
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.ports.sign_in import Seen, SignInStore
from vedette.ports.sign_in_lists import SessionsSought
from vedette.spine import Permit

BY_ADMINISTRATOR = "administrator: "
"""How `because` begins where an administrator suspended or ended a session."""

Tell = Callable[[], Awaitable[tuple[DoorAnswer, ...]]]
"""Sends the sessions to every door and returns their answers within a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which sessions of a person to list. `ended` adds those that are over."""

    user: UserId
    state: SessionState | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One session and what is known of it; `seen` is when and where it was last used."""

    session: Session
    facts: Facts
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What an act made of a session, the record of its permit, and what the doors answered."""

    session: Session
    record: str
    doors: tuple[DoorAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedAll:
    """How many sessions of a person were moved, the record of the permit, and what the doors said."""

    user: UserId
    moved: int
    record: str
    doors: tuple[DoorAnswer, ...]


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Some sessions, newest first. `next` is the place behind which it goes on, if it does."""

    sessions: tuple[Session, ...]
    next: int | None


_AT_ONCE = 200
_LOOKS = 10
_PEOPLE_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SessionsDesk:
    """Where sessions and devices are looked at, ended, suspended, resumed and approved.

    Every method raises Rejected where the rules refuse the act or there is no such session, and
    Unavailable where the store does not answer.
    """

    door: AdministrationDoor
    store: SignInStore
    clock: Clock
    tell: Tell

    async def of(self, author: Actor, wanted: Wanted) -> tuple[Session, ...]:
        """The sessions of one person, newest first."""
        act = Act.ADMINISTRATION_SESSION_LIST
        await self.door.permit(Doing(act=act, author=author, over=wanted.user))
        ended = wanted.ended or wanted.state is SessionState.ENDED
        found = await asyncio.to_thread(self.store.sessions, wanted.user, ended=ended)
        listed = (each for each in found if wanted.state in (None, each.state))
        return tuple(sorted(listed, key=lambda each: (-each.created, each.id)))

    async def numbered(self, sessions: Iterable[Session]) -> tuple[Session, ...]:
        """The same sessions, each knowing the how many-th of its person's it is."""
        listed, known = tuple(sessions), dict[str, int]()
        for user in {each.user for each in listed}:
            theirs = await asyncio.to_thread(self.store.sessions, user, ended=True)
            known |= {each.id: each.number for each in theirs}
        return tuple(replace(each, number=known.get(each.id, 0)) for each in listed)

    async def waiting(self, author: Actor) -> int:
        """How many devices wait to be let in, of people over whom the author may look."""
        policy = self.door.spine.policy.current()
        await may_look(self.door, author, policy, self.clock)
        counts = await asyncio.to_thread(self._waiting)
        sees = sees_of(self.door, author, self.clock)
        seen = {user: count for user, count in counts.items() if sees(user)}
        await recorded(self.door, author, map(policy.directory.someone, seen))
        return sum(seen.values())

    def _waiting(self) -> dict[UserId, int]:
        """Whose devices wait, and how many of each: found by what waits, not among all sessions."""
        lists, state = self.store.lists, SessionState.WAITING
        found: dict[UserId, int] = {}
        after = ""
        while users := lists.people_in(state, after, _PEOPLE_AT_ONCE):
            counts = lists.session_counts(users)
            found |= {UserId(user): counts.get(user, {}).get(state, 0) for user in users}
            after = users[-1]
        return found

    async def page(
        self,
        author: Actor,
        sought: SessionsSought,
        factors: int = 0,
        before: int | None = None,
        most: int = 50,
    ) -> SessionsPage:
        """Some sessions of people over whom the author may look, newest first.

        `factors`: only those with so many independent factors. Of a page that ends before `most`
        were found, `next` says where to go on.
        """
        policy = self.door.spine.policy.current()
        await may_look(self.door, author, policy, self.clock)
        sees = sees_of(self.door, author, self.clock)
        found: list[tuple[int, Session]] = []
        for _ in range(_LOOKS):
            read = self.store.lists.sessions
            batch = await asyncio.to_thread(read, sought, before, _AT_ONCE)
            for place, session in batch:
                enough = factors in (0, independent(session.facts.factors))
                if enough and sees(session.user):
                    found.append((place, session))
            before = batch[-1][0] if len(batch) == _AT_ONCE else None
            if len(found) > most or before is None:
                break
        shown = tuple(session for _, session in found[:most])
        directory = policy.directory
        await recorded(self.door, author, (directory.someone(each.user) for each in shown))
        return SessionsPage(shown, found[most - 1][0] if len(found) > most else before)

    async def show(self, author: Actor, id_: str) -> SessionView:
        """One session and how each of its facts is known."""
        session = await self._session(id_)
        act = Act.ADMINISTRATION_SESSION_LIST
        await self.door.permit(Doing(act=act, author=author, over=session.user, what=id_))
        return await self._view(session)

    async def end(self, author: Actor, id_: str, reason: str) -> Moved:
        """End a session for good: its device is deleted, its next request refused."""
        return await self._move(
            Act.ADMINISTRATION_SESSION_END, author, id_, SessionState.ENDED, reason
        )

    async def suspend(self, author: Actor, id_: str, reason: str) -> Moved:
        """Suspend a session: everything is refused, keys are kept, no rule brings it back."""
        return await self._move(
            Act.ADMINISTRATION_SESSION_SUSPEND, author, id_, SessionState.SUSPENDED, reason
        )

    async def resume(self, author: Actor, id_: str, reason: str) -> Moved:
        """Let a suspended session go on, if the rules let it: nobody resumes what they forbid."""
        session = await self._session(id_)
        permit = await self._permit(Act.ADMINISTRATION_SESSION_RESUME, author, session, reason)
        _movable(session, SessionState.LIVE)
        if session.state is SessionState.WAITING:
            raise Rejected(
                Code.INVALID,
                told("this session was not suspended: its device waits to be approved"),
                told(
                    "vedette device approve {user} {device}",
                    user=session.user,
                    device=session.device,
                ),
            )
        self._must_keep(session)
        await self._put(permit, session, SessionState.LIVE, "")
        return await self._moved(permit, session)

    async def device(self, author: Actor, user: UserId, device: str) -> SessionView:
        """One device: the session that uses it, or the last one that did."""
        act, what = Act.ADMINISTRATION_SESSION_LIST, device
        await self.door.permit(Doing(act=act, author=author, over=user, what=what))
        return await self._view(await self._device(user, device))

    async def approve(self, author: Actor, user: UserId, device: str, reason: str = "") -> Moved:
        """Approve a device. Its session begins, or goes on, if the rules want nothing else."""
        act = Act.ADMINISTRATION_DEVICE_APPROVE
        doing = Doing(act=act, author=author, over=user, reason=reason.strip(), what=device)
        permit = await self.door.permit(doing)
        session = await self._device(user, device)
        if session.state is SessionState.ENDED:
            raise _over(session)
        approved = replace(session, facts=replace(session.facts, approved=True))
        await self._approve(permit, approved)
        held = session.state is SessionState.WAITING or by_rule(session.because)
        if session.state is not SessionState.LIVE and held and self._keeps(approved):
            await self._put(permit, session, SessionState.LIVE, "")
        return await self._moved(permit, session)

    async def reject(self, author: Actor, user: UserId, device: str, reason: str) -> Moved:
        """Turn a waiting device away: whoever may approve it may do that, and its session ends."""
        act = Act.ADMINISTRATION_DEVICE_APPROVE
        why = needs_reason(reason)
        doing = Doing(act=act, author=author, over=user, reason=why, what=device, more=TURN_AWAY)
        permit = await self.door.permit(doing)
        session = await self._device(user, device)
        if session.state is not SessionState.WAITING:
            raise Rejected(
                Code.CONFLICT,
                told(
                    "this device does not wait to be approved: its session is {state}",
                    state=STATES[session.state],
                ),
                told(
                    "to sign it out, vedette device end {user} {device} --reason …",
                    user=user,
                    device=device,
                ),
            )
        await self._put(permit, session, SessionState.ENDED, BY_ADMINISTRATOR + why)
        return await self._moved(permit, session)

    async def end_device(self, author: Actor, user: UserId, device: str, reason: str) -> Moved:
        """End the session of a device."""
        return await self.end(author, (await self._device(user, device)).id, reason)

    async def suspend_device(self, author: Actor, user: UserId, device: str, reason: str) -> Moved:
        """Suspend the session of a device."""
        return await self.suspend(author, (await self._device(user, device)).id, reason)

    async def resume_device(self, author: Actor, user: UserId, device: str, reason: str) -> Moved:
        """Let the suspended session of a device go on, if the rules let it."""
        return await self.resume(author, (await self._device(user, device)).id, reason)

    async def approve_session(self, author: Actor, id_: str, reason: str = "") -> Moved:
        """Approve the device of a session that is not over."""
        session = await self._session(id_)
        if session.state is SessionState.ENDED:
            await self._permit(Act.ADMINISTRATION_DEVICE_APPROVE, author, session, reason)
            # Its device may be another session's by now, which nobody looked at here.
            raise _over(session)
        return await self.approve(author, session.user, session.device, reason)

    async def end_all(self, author: Actor, user: UserId, reason: str) -> MovedAll:
        """End every session of a person, those of the console too."""
        return await self._move_all(
            Act.ADMINISTRATION_SESSION_END, author, user, SessionState.ENDED, reason
        )

    async def suspend_all(self, author: Actor, user: UserId, reason: str) -> MovedAll:
        """Suspend every session of a person that is live or waits."""
        return await self._move_all(
            Act.ADMINISTRATION_SESSION_SUSPEND, author, user, SessionState.SUSPENDED, reason
        )

    # ---- deciding ------------------------------------------------------------------------------

    async def _move_all(
        self, act: Act, author: Actor, user: UserId, to: SessionState, reason: str
    ) -> MovedAll:
        """Move what can be moved there; whoever signs in meanwhile is not among them."""
        doing = Doing(act=act, author=author, over=user, reason=needs_reason(reason), what="all")
        permit = await self.door.permit(doing)
        theirs = await asyncio.to_thread(self.store.sessions, user)
        moved, because = 0, BY_ADMINISTRATOR + doing.reason
        for session in theirs:
            if may_move(session.state, to):
                moved += await self._put_if_there(permit, session, to, because)
        return MovedAll(user=user, moved=moved, record=permit.record, doors=await self.tell())

    async def _move(
        self, act: Act, author: Actor, id_: str, to: SessionState, reason: str
    ) -> Moved:
        why = needs_reason(reason)
        session = await self._session(id_)
        permit = await self._permit(act, author, session, why)
        await self._put(permit, session, to, BY_ADMINISTRATOR + why)
        return await self._moved(permit, session)

    async def _permit(self, act: Act, author: Actor, session: Session, reason: str) -> Permit:
        doing = Doing(
            act=act, author=author, over=session.user, reason=reason.strip(), what=session.id
        )
        return await self.door.permit(doing)

    def _must_keep(self, session: Session) -> None:
        """Raise Rejected unless the rules let this session go on."""
        settled = self.door.spine.settle(
            Act.SIGN_IN_SESSION_KEEP, session.user, self._asks(session)
        )
        if not isinstance(settled, Permit):
            raise refused(settled)

    def _keeps(self, session: Session) -> bool:
        settled = self.door.spine.settle(
            Act.SIGN_IN_SESSION_KEEP, session.user, self._asks(session)
        )
        return isinstance(settled, Permit)

    def _asks(self, session: Session) -> Callable[[Policy], tuple[Ask, Facts]]:
        def prepare(policy: Policy) -> tuple[Ask, Facts]:
            person = policy.directory.someone(session.user)
            return sign_in_ask(Act.SIGN_IN_SESSION_KEEP, person), self._facts(session, policy)

        return prepare

    def _facts(self, session: Session, policy: Policy) -> Facts:
        document = policy.directory.document
        networks = {str(name): ranges for name, ranges in document.networks.items()}
        return facts_for(session, now=int(self.clock.now()), networks=networks)

    # ---- reading -------------------------------------------------------------------------------

    async def _session(self, id_: str) -> Session:
        found = await asyncio.to_thread(self.store.session, id_)
        if found is None:
            raise Rejected(
                Code.NOT_FOUND,
                told("there is no session `{id}`", id=id_),
                told("list them with `vedette session list`"),
            )
        return found

    async def _device(self, user: UserId, device: str) -> Session:
        """The session that uses a device: one that is not ended before all others, then the newest."""
        found = await asyncio.to_thread(self.store.sessions, user, ended=True)
        uses = [each for each in found if each.device == device]
        if not uses:
            raise Rejected(
                Code.NOT_FOUND,
                told("`{user}` has no device `{device}`", user=user, device=device),
                told("list them with `vedette device list --user {user}`", user=user),
            )
        return max(uses, key=lambda each: (each.state is not SessionState.ENDED, each.created))

    async def _view(self, session: Session) -> SessionView:
        seen = await asyncio.to_thread(self.store.seen, session.user)
        facts = self._facts(session, self.door.spine.policy.current())
        return SessionView(session=session, facts=facts, seen=seen.get(session.id))

    # ---- effects: each takes a Permit ----------------------------------------------------------

    async def _put(self, permit: Permit, session: Session, to: SessionState, because: str) -> None:
        """Move a session. Raises Rejected when it can't be moved there any more."""
        _movable(session, to)
        if not await self._put_if_there(permit, session, to, because):
            raise Rejected(
                Code.CONFLICT,
                told("somebody else changed this session just now; nothing was done"),
                told("look at it with `vedette session show {id}`", id=session.id),
            )

    async def _put_if_there(
        self, _permit: Permit, session: Session, to: SessionState, because: str
    ) -> bool:
        """Move a session; False when somebody else moved it meanwhile."""
        now = int(self.clock.now())
        change = await asyncio.to_thread(self.store.move_session, session.id, to, because, now)
        return change is not None

    async def _approve(self, _permit: Permit, session: Session) -> None:
        if await asyncio.to_thread(self.store.set_facts, session.id, session.facts) is None:
            raise _over(session)

    async def _moved(self, permit: Permit, session: Session) -> Moved:
        """What came of it, once every door was told."""
        doors = await self.tell()
        return Moved(session=await self._session(session.id), record=permit.record, doors=doors)


def _movable(session: Session, to: SessionState) -> None:
    """Raise Rejected unless a session may be moved there."""
    if session.state is SessionState.ENDED:
        raise _over(session)
    if session.state is SessionState.EXPIRED and to is not SessionState.ENDED:
        raise Rejected(
            Code.CONFLICT,
            told("the time of this session of `{user}` is over", user=session.user),
            told("its client asks the person to sign in again and keeps its keys until then"),
        )
    if not may_move(session.state, to):
        raise Rejected(
            Code.NOTHING_CHANGES,
            told("this session is {state} already", state=STATES[session.state]),
        )


def _over(session: Session) -> Rejected:
    return Rejected(
        Code.CONFLICT,
        told("this session of `{user}` is over, which is final", user=session.user),
        told("the person signs in again; nothing has to be done here"),
    )
