"""Proofs shown anew for one session: what a rule suspended for want of them goes on.

Proofs are never added up over time: a session has those of the last time that its person was asked,
all of them, or an old second factor would stay good beside a fresh password.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from vedette.core.names import UserId
from vedette.core.sessions import (
    FactorUse,
    Session,
    SessionState,
    ShownCertificate,
    by_rule,
    standing_on,
)
from vedette.ports.errors import Unavailable
from vedette.protocol.oauth.account_pages import PROVE
from vedette.signin.enforce import go_on
from vedette.signin.flow import NoSuchMove
from vedette.signin.issuing import WAIT, Issuing
from vedette.signin.purpose import Purpose, keep_purpose, sign_in_address
from vedette.signin.signed_in import SignedIn
from vedette.spine import Permit, Settled

KIND = "session"
"""The kind of a purpose that is a session which there is already."""
DONE = f"/{PROVE}?done=yes"
"""Where the person is told that it goes on."""
PROVED = "proved"
"""How a past sign-in is noted that was none, but proofs for a device."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What somebody showed on the pages."""

    factors: tuple[FactorUse, ...]
    certificates: tuple[ShownCertificate, ...] = ()


@dataclass(frozen=True, slots=True)
class StepUp:
    """Lets people show proofs for a session of theirs. Its methods block: for worker threads."""

    issuing: Issuing

    def begin(self, device: str, address: str) -> str | None:
        """The page on which somebody may prove themselves for this device; None: too many began.

        Nothing is said yet of whether there is such a device. Raises Unavailable.
        """
        if not self.issuing.may_begin(address):
            return None
        purpose = Purpose(
            kind="session",
            client_name="",
            client_uri="",
            redirect_host="",
            device=device,
            user_hint=None,
            action=None,
            body={},
        )
        name = keep_purpose(self.issuing.store, purpose, self.issuing.now())
        return sign_in_address(name)

    def session(self, purpose: Purpose, user: UserId) -> Session | None:
        """The session of this person on the purpose's device, if it is not ended."""
        there = self.issuing.store.sessions(user)
        return next((each for each in there if each.device == purpose.device), None)

    def fault(self, purpose: Purpose, user: UserId) -> str:
        """The key of the sentence why no proof changes anything there; empty where one may."""
        session = self.session(purpose, user)
        if session is None or session.state is SessionState.WAITING:
            return "prove-nothing"
        now = self.issuing.now()
        if session.state is SessionState.EXPIRED or session.expires <= now:
            return "prove-expired"
        by_hand = session.state is SessionState.SUSPENDED and not by_rule(session.because)
        return "prove-by-hand" if by_hand else ""

    def judge(
        self, purpose: Purpose, user: UserId, shown: Proofs, *, more: bool, connects: bool
    ) -> Settled:
        """Ask the door about the session with the proofs shown; `fault` MUST have found nothing.

        Raises:
            NoSuchMove: the session has gone meanwhile.
        """
        session = self.session(purpose, user)
        if session is None:
            raise NoSuchMove("the session has ended meanwhile")
        return self.issuing.door.keep(_with(session, shown), more_factors=more, connects=connects)

    def complete(self, purpose: Purpose, signed: SignedIn) -> str:
        """Let the session go on with these proofs; returns the page that says so.

        1. The door is asked once more, about the session as it is now. 2. What was shown is known
        from now on. 3. One that was suspended goes on. 4. The doors have heard of it before its
        person goes back to the program.

        Raises:
            NoSuchMove: the session has ended, or been suspended by hand, meanwhile.
            Unavailable: it could not be decided or kept.
        """
        if self.fault(purpose, signed.user):
            raise NoSuchMove("the session is another one now")
        session, store = self.session(purpose, signed.user), self.issuing.store
        assert session is not None  # or `fault` had said so
        proved = _with(session, Proofs(signed.factors, signed.certificates))
        settled = self.issuing.door.keep(proved)  # (1)
        if not isinstance(settled, Permit):
            if settled.in_doubt:
                raise Unavailable("it could not be decided whether the session may go on")
            raise NoSuchMove("the rules are other ones now")
        change = store.set_facts(session.id, proved.facts)  # (2)
        if session.state is SessionState.SUSPENDED:
            change = go_on(settled, store, session, self.issuing.now()) or change  # (3)
        with suppress(Unavailable):  # it goes on as soon as control is there
            self.issuing.listed.wait(change or 0, WAIT)  # (4)
        address, device = signed.address, session.device_name or session.device
        store.note_sign_in(signed.user.localpart, signed.at, address, device, PROVED)
        return DONE


def _with(session: Session, shown: Proofs) -> Session:
    """The session with these proofs. Certificates of its connection and of its device stay as they were:
    what is shown here may be shown on another device.
    """
    facts = session.facts
    of_device = "" if facts.device is None else facts.device.proof.certificate
    stands = shown.certificates
    for thumbprint in (of_device, session.certificate):
        own = next((each for each in facts.certificates if each.thumbprint == thumbprint), None)
        stands = standing_on(stands, own)
    return replace(session, facts=replace(facts, factors=shown.factors, certificates=stands))
