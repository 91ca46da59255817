"""The sign-in door: each step of a sign-in, and each running session, is asked of the rules.

Everything here is plain blocking code for worker threads. The spine awaits the audit log; this
process's log waits by blocking its thread (`waiting`), so the coroutine runs through in one go and
needs no loop.
"""

from __future__ import annotations

from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from vedette.core.asks import Act
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import DEVICE_PROOF
from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.sessions import CONSOLE, OVER, Session, SessionState, proof_wanted
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore
from vedette.signin.enforce import end_oldest
from vedette.signin.gather import Asked, Gathered, gather, known, within_limit
from vedette.spine import Permit, Refusal, Settled, Spine, refuse

T = TypeVar("T")
_LONGEST_WAIT = 10.0
"""Seconds after which a record that is still not on disk counts as not written."""


async def waiting(done: Future[None]) -> None:
    """Wait for a record by blocking this thread. Raises Unavailable when it takes too long."""
    try:
        done.result(timeout=_LONGEST_WAIT)
    except TimeoutError:
        raise Unavailable("the audit log did not write a record in time") from None


def driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits by blocking, and return what it returns."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    coroutine.close()
    raise TypeError("the audit log of the sign-in process must wait on its own thread")


@dataclass(frozen=True, slots=True)
class SignInDoor:
    """Asks the rules about sessions. Never raises: what can't be decided is a refusal in doubt."""

    spine: Spine
    store: SignInStore
    clock: Clock

    def judge(
        self,
        candidate: Session,
        *,
        more_factors: bool,
        waits: bool,
        connects: bool = False,
        proves: bool = False,
    ) -> Settled:
        """Ask whether this sign-in is enough as it is.

        `more_factors` says that the person can still show another factor, `waits` that the way in
        can wait for the device to be confirmed or approved, `connects` that its program may show a
        certificate, `proves` that the device may still be proven: where that could change the answer,
        it is *not yet* and names the facts. Where the oldest session would make room, nobody is turned
        away for the number of devices; it ends in `start` alone.
        """

        def prepared(policy: Policy) -> Gathered:
            asked = self._asked(Act.SIGN_IN_SESSION_START, candidate)
            asked = replace(
                asked, more_factors=more_factors, waits=waits, connects=connects, proves=proves
            )
            return gather(policy, within_limit(policy, asked))

        return self.spine.settle(Act.SIGN_IN_SESSION_START, candidate.user, prepared)

    def start(self, candidate: Session) -> Settled:
        """Ask for the session itself; the yes is on record before it is returned.

        Where the settings say `end-oldest` and only the number of devices stands against it, the
        oldest sessions end for it.
        """
        act = Act.SIGN_IN_SESSION_START
        too_many = 0

        async def prepared(policy: Policy) -> Gathered:
            nonlocal too_many
            asked = self._asked(act, candidate)
            within = within_limit(policy, asked)
            too_many = asked.devices - within.devices
            return gather(policy, within)

        settled = driven(self.spine.settle_durably(act, candidate.user, prepared))
        if isinstance(settled, Permit) and too_many > 0:
            end_oldest(settled, self.store, candidate, too_many, int(self.clock.now()))
        return settled

    def keep(
        self, session: Session, *, more_factors: bool = False, connects: bool = False
    ) -> Settled:
        """Ask whether a session that exists may go on.

        `more_factors` and `connects` say that its person is showing proofs for it and can still show
        another, or a certificate.
        """
        act = Act.SIGN_IN_SESSION_KEEP
        waits = session.state is SessionState.WAITING

        def prepared(policy: Policy) -> Gathered:
            asked = Asked(
                act=act,
                session=session,
                now=int(self.clock.now()),
                today=self.clock.today(),
                devices=session.number,
                more_factors=more_factors,
                connects=connects,
                waits=waits,
                registers=waits,
                others=waits and self._others(session) > 0,
            )
            return gather(policy, asked)

        return self.spine.settle(act, session.user, prepared)

    def proof_wanted(self, session: Session) -> tuple[str, ...]:
        """The facts by which its person may bring a session back that a rule suspended.

        Empty where no proof helps. Only the door's own answer lets it go on. Raises StalePolicy.
        """
        policy = self.spine.policy.current()
        asked = Asked(
            act=Act.SIGN_IN_SESSION_KEEP,
            session=session,
            now=int(self.clock.now()),
            today=self.clock.today(),
            devices=session.number,
        )
        person = policy.directory.someone(session.user)
        return proof_wanted(policy.rules, person, known(policy, asked).on(asked.today))

    def wants_device(self, candidate: Session) -> bool:
        """Whether a proof of its device is missing, whatever else is.

        Nothing is recorded: the door's answer was. Raises StalePolicy or Unavailable.
        """
        policy = self.spine.policy.current()
        asked = self._asked(Act.SIGN_IN_SESSION_START, candidate)
        gathered = gather(policy, replace(asked, more_factors=True, proves=True, waits=True))
        if isinstance(gathered, Decision):
            return False
        decision = policy.decide(*gathered, self.clock.today())
        return decision.verdict is Verdict.NOT_YET and not DEVICE_PROOF.isdisjoint(decision.pending)

    def visit(
        self,
        candidate: Session,
        *,
        more_factors: bool,
        connects: bool = False,
        proves: bool = False,
    ) -> Settled:
        """Ask whether this person may enter their own pages, by which no device begins."""

        def prepared(policy: Policy) -> Gathered:
            asked = self._asked(Act.SIGN_IN_SESSION_START, candidate)
            return gather(
                policy,
                replace(
                    asked,
                    devices=1,
                    registers=False,
                    more_factors=more_factors,
                    connects=connects,
                    proves=proves,
                    waits=True,
                ),
            )

        return self.spine.settle(Act.SIGN_IN_SESSION_START, candidate.user, prepared)

    def enrol(self, candidate: Session) -> Settled:
        """Ask whether this person may add a factor, with what was shown so far."""
        act = Act.SIGN_IN_FACTOR_ENROL
        return self.spine.settle(
            act, candidate.user, lambda policy: gather(policy, self._asked(act, candidate))
        )

    def turned_away(self, user: UserId, reason: Reason) -> None:
        """Record why the company's directory lets this person in no further. Nothing comes of it."""
        act = Act.SIGN_IN_SESSION_START
        self.spine.settle(act, user, lambda policy: refuse(policy, reason, user))

    def _asked(self, act: Act, candidate: Session) -> Asked:
        """The console's session is no device: it is counted, approved and confirmed as none."""
        console = candidate.kind == CONSOLE
        others = 0 if console else self._others(candidate)
        return Asked(
            act=act,
            session=candidate,
            now=int(self.clock.now()),
            today=self.clock.today(),
            devices=others + 1,
            registers=act is Act.SIGN_IN_SESSION_START and not console,
            others=others > 0,
        )

    def _others(self, session: Session) -> int:
        """How many other devices the person has. Raises Unavailable.

        A device that still waits to be let in takes no place, nor does one whose session is over;
        a session of the same device is replaced by the new one.
        """
        return sum(
            each.state not in (*OVER, SessionState.WAITING) and each.kind != CONSOLE
            for each in self.store.sessions(session.user)
            if session.id != each.id and session.device != each.device
        )


__all__ = ["Permit", "Refusal", "Settled", "SignInDoor", "driven", "waiting"]
