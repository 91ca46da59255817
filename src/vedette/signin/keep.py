"""Asks again whether sessions may go on, when rules, people or time have changed.

A pass looks at every session without asking anybody anything: the rules are a pure function. Only
where the answer is another than before is the door asked, so that what happens to a session is
always on record, and what does not happen costs no record. People whom the rules can't tell apart,
with the same facts as far as any rule reads them, are looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from vedette.core.asks import Act
from vedette.core.decision import Decision, Verdict
from vedette.core.names import UserId
from vedette.core.people import Person
from vedette.core.running_sessions import RunningSessions
from vedette.core.sessions import CONSOLE, OVER, Session, SessionState, by_rule
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore
from vedette.signin.door import SignInDoor
from vedette.signin.enforce import go_on
from vedette.signin.gather import Asked, gather
from vedette.spine import Permit, Refusal

EXPIRED = "its time is over"
FORGOTTEN = "its time is over, and nobody signed in again"
DEACTIVATED = "the account was deactivated"
_TOGETHER = 100
"""So many sessions end at once: the first of many must not wait for the last."""
_SOME = 1000
"""Of more people than this it is quicker to look at everybody's sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """What one pass did. `doubtful` sessions could not be decided, and were left as they are."""

    looked: int
    ended: int = 0
    expired: int = 0
    suspended: int = 0
    live: int = 0
    doubtful: int = 0


class _Wish(IntEnum):
    """What a look finds due. What takes away comes first when it is carried out."""

    END = 0
    EXPIRE = 1
    SUSPEND = 2
    LIVE = 3


@dataclass(frozen=True, slots=True)
class _Due:
    wish: _Wish
    session: Session
    because: str = ""


def ask_again(door: SignInDoor, whose: Iterable[UserId] | None = None) -> AskedAgain:
    """Look at every session that is not ended, or at those of some people, and carry out what is due.

    1. A session of a deactivated person ends, and so does one that is past its end and waited, or
    that nobody came back to within `expired_kept`. 2. Any other past its end expires: its client is
    told to sign in again and keeps its keys. 3. A live one whose answer is no is suspended by that
    rule. 4. A suspended one goes on when its answer is yes, if a rule suspended it: what an
    administrator or a thief's token suspended stays so, past its end too. 5. A waiting one begins
    when its answer is yes. 6. Doubt changes nothing.

    Takes a worker thread for a while; for everybody call it again when it is through, never twice at
    once. Beside it some people may be looked at: whoever of both comes later finds it done.

    Raises:
        Unavailable: the policy is stale or the store does not answer; the rest is left as it is.
    """
    policy = door.spine.policy.current()
    sessions = _sessions(door.store, whose)
    now, today = int(door.clock.now()), door.clock.today()
    running = RunningSessions(policy.rules, policy.directory, now, today)
    look = _Look(policy, now, today, _per_person(sessions), running)
    due = sorted(look.through(sessions), key=lambda each: each.wish)
    done: list[_Wish | None] = _end(door.store, due, look.now)
    done += [_carry_out(door, each, look.now) for each in due if each.wish is not _Wish.END]
    return AskedAgain(
        looked=len(sessions),
        ended=done.count(_Wish.END),
        expired=done.count(_Wish.EXPIRE),
        suspended=done.count(_Wish.SUSPEND),
        live=done.count(_Wish.LIVE),
        doubtful=done.count(None),
    )


def whom_it_concerns(before: Policy | None, now: Policy) -> tuple[UserId, ...] | None:
    """Whose sessions may be worth something else by another policy; None for everybody's.

    Where the rules and the day are the same it concerns those people alone of whom the directory says
    something else.
    """
    if before is None or _but_people(before) != _but_people(now):
        return None
    old, new = before.directory.people, now.directory.people
    changed = [
        user
        for user, person in new.items()
        if (known := old.get(user)) is not person and known != person
    ]
    changed += old.keys() - new.keys()
    return tuple(map(UserId, changed)) if len(changed) <= _SOME else None


def _but_people(policy: Policy) -> tuple[object, ...]:
    return policy.rules, policy.directory.document, policy.directory.today


def _sessions(store: SignInStore, whose: Iterable[UserId] | None) -> tuple[Session, ...]:
    if whose is None:
        return store.sessions()
    return tuple(session for user in whose for session in store.sessions(user))


def _per_person(sessions: Iterable[Session]) -> dict[UserId, set[str]]:
    """The devices of each person that wait for nothing, and whose session is not over."""
    devices: dict[UserId, set[str]] = {}
    for session in sessions:
        if session.state not in (*OVER, SessionState.WAITING) and session.kind != CONSOLE:
            devices.setdefault(session.user, set()).add(session.device)
    return devices


# ---- Looking: pure, and shared where nothing tells two sessions apart ----------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    policy: Policy
    now: int
    today: int
    devices: dict[UserId, set[str]]
    running: RunningSessions

    def through(self, sessions: Iterable[Session]) -> Iterator[_Due]:
        """Everything that is due."""
        for session in sessions:
            due = self._one(session)
            if due is not None:
                yield due

    def _one(self, session: Session) -> _Due | None:
        if not self.policy.directory.people.get(session.user, Person()).active:
            return _Due(_Wish.END, session, DEACTIVATED)
        if session.expires <= self.now:
            return self._past_its_end(session)
        match session.state:
            case SessionState.LIVE:
                no = self._running(session) is Verdict.NO
                return _Due(_Wish.SUSPEND, session) if no else None
            case SessionState.SUSPENDED if by_rule(session.because):
                yes = self._running(session) is Verdict.YES
                return _Due(_Wish.LIVE, session) if yes else None
            case SessionState.WAITING:
                yes = self._waiting(session) is Verdict.YES
                return _Due(_Wish.LIVE, session) if yes else None
            case _:
                return None

    def _past_its_end(self, session: Session) -> _Due | None:
        kept = self.policy.directory.document.sign_in.expired_kept
        if session.state is SessionState.WAITING:
            return _Due(_Wish.END, session, EXPIRED)
        if session.expires + kept <= self.now:
            return _Due(_Wish.END, session, FORGOTTEN)
        by_hand = session.state is SessionState.SUSPENDED and not by_rule(session.because)
        if session.state is SessionState.EXPIRED or by_hand:
            return None
        return _Due(_Wish.EXPIRE, session, EXPIRED)

    def _running(self, session: Session) -> Verdict:
        return self.running.answer(session).verdict

    def _waiting(self, session: Session) -> Verdict:
        gathered = gather(self.policy, self._asked(session))
        if isinstance(gathered, Decision):
            return gathered.verdict
        return self.policy.decide(*gathered, self.today).verdict

    def _asked(self, session: Session) -> Asked:
        """As the door asks about a session that exists."""
        waits = session.state is SessionState.WAITING
        return Asked(
            act=Act.SIGN_IN_SESSION_KEEP,
            session=session,
            now=self.now,
            today=self.today,
            devices=session.number,
            waits=waits,
            registers=waits,
            others=bool(self.devices.get(session.user, set()) - {session.device}),
        )


# ---- Carrying out: the door's answer counts, not the look's ---------------------------------------


def _carry_out(door: SignInDoor, due: _Due, now: int) -> _Wish | None:
    """What was done, `_Wish.EXPIRE` and so on; None if the door was in doubt or thinks otherwise."""
    if due.wish is _Wish.EXPIRE:
        door.store.move_session(due.session.id, SessionState.EXPIRED, due.because, now)
        return due.wish
    settled = door.keep(due.session)
    if isinstance(settled, Permit):
        if due.wish is not _Wish.LIVE:
            return None
        return due.wish if go_on(settled, door.store, due.session, now) is not None else None
    if due.wish is _Wish.SUSPEND and not settled.in_doubt:
        return _suspend(settled, door.store, due.session, now)
    return None


def _end(store: SignInStore, due: Iterable[_Due], now: int) -> list[_Wish | None]:
    """End the sessions whose time or whose person is gone, many at once: there is nothing to ask about.

    Where many people leave on one day the last one would else wait for the disk as often as there are
    others.
    """
    found: dict[str, list[str]] = {}
    for each in due:
        if each.wish is _Wish.END:
            found.setdefault(each.because, []).append(each.session.id)
    done: list[_Wish | None] = []
    for because, ids in found.items():
        for at in range(0, len(ids), _TOGETHER):
            store.end_sessions(ids[at : at + _TOGETHER], because, now)
        done += [_Wish.END] * len(ids)
    return done


def _suspend(refusal: Refusal, store: SignInStore, session: Session, now: int) -> _Wish | None:
    if refusal.decision.verdict is not Verdict.NO:
        return None
    because = refusal.decision.rule or refusal.decision.reason.value
    store.move_session(session.id, SessionState.SUSPENDED, because, now)
    return _Wish.SUSPEND
