"""Takes a person through one sign-in: after each proof the door is asked where it goes from there.

What the forms ask for, `actions` has done; what is shown is checked beside: `first_factor`,
`second_factor`, `certificate_way`. What they do with the flow is a legal move of
`flow.TRANSITIONS`, or nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vedette.core.decision import Verdict
from vedette.core.explain import sentence_for_person
from vedette.core.facts import DEVICE_PROOF
from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.sessions import (
    CERTIFICATE_FACTS,
    DEVICE_GRANT,
    PAGE,
    Session,
    SessionState,
    independent,
)
from vedette.core.settings.document import SignIn
from vedette.pages.sealed import Sealed
from vedette.ports.errors import Unavailable
from vedette.ports.policy import PolicySource
from vedette.ports.sign_in import Account, Taken
from vedette.protocol.oauth.console import FACTORS
from vedette.signin import proofs, step_up
from vedette.signin.attempts import Attempts
from vedette.signin.candidates import Client, candidate, life_of, new_device, new_session_name
from vedette.signin.door import SignInDoor
from vedette.signin.flow import (
    ASKED,
    LATER,
    LIFE,
    Event,
    Flow,
    NoSuchMove,
    Step,
    memory_text,
    mistaken,
    moved,
)
from vedette.signin.flows import Flows
from vedette.signin.gather import APPROVED, CONFIRMED
from vedette.signin.password import PasswordProof, own
from vedette.signin.proofs import Means
from vedette.signin.purpose import ONE_TIME_KIND, Complete, Purpose, key_of
from vedette.signin.signed_in import SignedIn
from vedette.signin.step_up import Proofs, StepUp
from vedette.signin.vouched import Certificates
from vedette.signin.words import spoken
from vedette.spine import Permit, Settled

KNOWN_LIFE = 180 * 86400
"""Seconds for which a browser that signed in all the way is known."""
WAITING_LIFE = 86400
"""Seconds for which a sign-in waits for somebody to let the device in."""
_REGISTERED = frozenset({APPROVED, CONFIRMED})
_SHOWN = CERTIFICATE_FACTS | DEVICE_PROOF | _REGISTERED
_HELD_BACK = frozenset({"totp", "webauthn", "radius"})


Refused = Callable[[Purpose], str]
Enter = Callable[[SignedIn, bool], str]
"""Lets a person into their own pages and returns the cookie's value; the flag says whether the
browser was known before.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a request brings besides its form. `known` is the cookie of a browser known before."""

    address: str
    user_agent: str
    known: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where the flow stands now, and what the page does about it.

    `name` is the flow's secret name from now on, empty when there is no flow any more. `error` is
    the key of a sentence, `codes` are to be shown this once, `leave` is an address to go to, and
    `known` a new cookie for a browser that is through, `own` one for the person's own pages.
    """

    name: str
    flow: Flow
    purpose: Purpose
    error: str = ""
    codes: tuple[str, ...] = ()
    leave: str = field(default="", repr=False)
    known: str = field(default="", repr=False)
    own: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Everything that takes somebody through a sign-in. Its methods block: for worker threads."""

    means: Means
    door: SignInDoor
    flows: Flows
    attempts: Attempts
    policy: PolicySource
    step_up: StepUp
    complete: Mapping[str, Complete]
    """By the purpose's kind: what is called when the person is through."""
    refused: Mapping[str, Refused]
    """By the purpose's kind: the address at which a client hears of a no, where it can."""
    enter: Enter
    callback: str
    """The address at which other providers give people back to us."""

    # ---- Beginning and looking -------------------------------------------------------------------

    def begin(self, purpose_name: str, seen: Seen, flow_name: str) -> Turn | None:
        """The flow for a purpose: the one that the browser has on its way, or a new one.

        None if there is no such purpose any more. Raises Unavailable.
        """
        key = key_of(purpose_name)
        found = self.look(flow_name, seen)
        if found is not None and secrets.compare_digest(found.flow.purpose, key):
            return found
        purpose = self._purpose(key)
        if purpose is None:
            return None
        flow = Flow(
            purpose=key,
            csrf=secrets.token_urlsafe(32),
            device=purpose.device or new_device(),
            until=self.means.now() + LIFE,
        )
        return Turn(name=self.flows.begin(flow), flow=flow, purpose=purpose)

    def find(self, name: str) -> Turn | None:
        """Where the flow stands; None if there is no such flow any more. Raises Unavailable."""
        flow = self.flows.find(name, self.means.now()) if name else None
        purpose = None if flow is None else self._purpose(flow.purpose)
        if flow is None or purpose is None:
            return None
        return Turn(name=name, flow=flow, purpose=purpose)

    def look(self, name: str, seen: Seen) -> Turn | None:
        """As `find`; whoever waits to be let in is asked about again."""
        turn = self.find(name)
        if turn is not None and turn.flow.step is Step.WAIT:
            return self.kept(self.let_in(turn, seen))
        return turn

    def mistake(self, turn: Turn, seen: Seen, error: str = "wrong-code") -> Turn:
        """Count a wrong second factor, and say so; after too many it is over. Raises Unavailable."""
        self.note(turn.flow.localpart, seen, turn.purpose, "wrong-second")
        flow = mistaken(turn.flow, self.values().wrong_second_factors)
        if flow.step is Step.REFUSED:
            return replace(turn, flow=replace(flow, sentence="too-often"))
        return replace(turn, flow=flow, error=error)

    # ---- The end ---------------------------------------------------------------------------------

    def finished(self, turn: Turn, seen: Seen) -> Turn:
        """Complete what the sign-in was for, once. Raises NoSuchMove or Unavailable."""
        now, flow = self.means.now(), turn.flow
        if self.means.store.take(ONE_TIME_KIND, flow.purpose, now) is None:
            raise NoSuchMove("this sign-in went on somewhere else")
        self.flows.sealed.end(turn.name, now)
        signed = self.signed_in(flow, seen)
        done = replace(turn, name="", flow=moved(flow, Event.AGREED))
        if turn.purpose.kind == "own":
            self.note(flow.localpart, seen, turn.purpose, "own")
            trusted = self.knows(seen, flow.localpart)
            to = own_path(turn.purpose.body.get("to", ""))
            return replace(done, leave=to, own=self.enter(signed, trusted))
        leave = self.complete[turn.purpose.kind](turn.purpose, signed)
        return replace(done, leave=leave, known=self._remember(flow.localpart))

    # ---- Asking the door -------------------------------------------------------------------------

    def advanced(self, turn: Turn, seen: Seen) -> Turn:
        """Ask the door with everything that was shown, and go where its answer leads.

        Raises:
            Unavailable: it could not be decided now; nothing is lost.
        """
        flow = turn.flow
        fault = self._nothing_to_prove(turn)
        if fault:
            return replace(turn, flow=replace(moved(flow, Event.NO), sentence=fault))
        settled = self._judged(turn, seen)
        if isinstance(settled, Permit):
            if turn.purpose.console and independent(flow.factors) < FACTORS:
                return self._wanting(turn, "console-wants-two")
            return self._through(turn, seen)
        if settled.in_doubt:
            raise Unavailable("the sign-in could not be decided")
        decision = settled.decision
        if decision.reason is Reason.NOT_SUPPORTED:  # an account without a way in: as if unknown
            return replace(turn, flow=moved(flow, Event.BACK), error="wrong")
        pending = frozenset(decision.pending)
        if decision.verdict is Verdict.NOT_YET and pending & DEVICE_PROOF and pending <= _SHOWN:
            return self._on_device(turn, seen)
        if (
            decision.verdict is Verdict.NOT_YET
            and pending <= CERTIFICATE_FACTS
            and self._connects(turn)
        ):
            return self._through(turn, seen)  # decided where its program fetches the first token
        if decision.verdict is Verdict.NOT_YET and pending - _REGISTERED:
            return self._wanting(turn, decision_sentence(settled))
        if decision.verdict is Verdict.NOT_YET:
            return (
                self._through(turn, seen) if turn.purpose.kind == "own" else self._held(turn, seen)
            )
        self.note(flow.localpart, seen, turn.purpose, "refused")
        return replace(
            turn, flow=replace(moved(flow, Event.NO), sentence=self._no(turn, settled, seen))
        )

    def _no(self, turn: Turn, settled: Settled, seen: Seen) -> str:
        """What the person reads. A device that shows a code can't be proven from here."""
        if turn.purpose.kind == "device" and self._managed():
            candidate = self.candidate(turn.flow, turn.purpose, seen)
            if self.door.wants_device(candidate):
                return "device-code-no"
        return decision_sentence(settled)

    def _on_device(self, turn: Turn, seen: Seen) -> Turn:
        """Only the proof of the device is missing: ask the browser for it, or leave it to the program."""
        if turn.flow.device_proof == LATER and self.follows(turn):
            return self._through(turn, seen)  # decided where it fetches the first token
        return replace(turn, flow=replace(moved(turn.flow, Event.MORE), device_proof=ASKED))

    def leave_to_program(self, turn: Turn, seen: Seen) -> Turn:
        """Go on without: the program shows its device's certificate. Raises NoSuchMove."""
        if turn.flow.device_proof != ASKED or not self.follows(turn):
            raise NoSuchMove("nothing shows a certificate after this")
        return self.advanced(replace(turn, flow=replace(turn.flow, device_proof=LATER)), seen)

    def _judged(self, turn: Turn, seen: Seen) -> Settled:
        flow = turn.flow
        choices = self.choices(flow)
        more, shows = bool(choices) or self.may_enrol(flow), "certificate" in choices
        if turn.purpose.kind == step_up.KIND:
            proved = Proofs(flow.factors, flow.certificates)
            who = self.user(flow)
            return self.step_up.judge(turn.purpose, who, proved, more=more, connects=shows)
        candidate = self.candidate(flow, turn.purpose, seen)
        proves = self._proves(turn, candidate)
        if turn.purpose.kind == "own":
            return self.door.visit(candidate, more_factors=more, connects=shows, proves=proves)
        connects = shows or self._connects(turn)
        return self.door.judge(
            candidate, more_factors=more, waits=True, connects=connects, proves=proves
        )

    def _managed(self) -> bool:
        """Whether devices may prove by a certificate that they are managed."""
        devices = self.means.devices
        return devices is not None and bool(devices.managed())

    def _proves(self, turn: Turn, candidate: Session) -> bool:
        """Whether the device may still be proven: by this browser on it, or by the program's connection.

        A code that was typed here stands on another device, of which nothing shown here is a proof.
        """
        if turn.purpose.kind == "device" or self.certificates() is None or not self._managed():
            return False
        known = candidate.facts.device
        return known is None or not known.proof.certificate

    def _connects(self, turn: Turn) -> bool:
        """Whether the program's own connection may still show a certificate: the one of its device.

        Where people are asked for theirs on the page, it is asked for here.
        """
        asked = "certificate" in self.values().second_factors
        return self.follows(turn) and not asked and self.certificates() is not None

    @staticmethod
    def follows(turn: Turn) -> bool:
        """Whether a program follows that shows a certificate on a connection of its own."""
        return turn.purpose.kind in ("oauth", "sso", "device") and not turn.purpose.console

    def _nothing_to_prove(self, turn: Turn) -> str:
        """Why no proof helps the session that this is about; empty where one may, or there is none."""
        purpose = turn.purpose
        if purpose.kind != step_up.KIND:
            return ""
        return self.step_up.fault(purpose, self.user(turn.flow))

    def _through(self, turn: Turn, seen: Seen) -> Turn:
        """The door says yes; first comes what else has to be done.

        A recovery code is used up: whoever has nothing else sets up a factor now, or could never
        come in again.
        """
        if "recovery" in turn.flow.kinds and self._needs_factor(turn.flow):
            return replace(turn, flow=moved(turn.flow, Event.MUST_ENROL))
        if self._must_change(turn.flow):
            return replace(turn, flow=moved(turn.flow, Event.MUST_CHANGE))
        enough = replace(turn, flow=moved(turn.flow, Event.ENOUGH))
        # Our own pages are no client that somebody has to agree to.
        return self.finished(enough, seen) if turn.purpose.kind == "own" else enough

    def _wanting(self, turn: Turn, sentence: str) -> Turn:
        """The door wants another factor: one that the person has, or a first one to be set up.

        A password that was handed out is replaced only after that: until then it is what lets
        whoever lost everything set up a factor, today or, if they stop half-way, tomorrow.
        """
        flow = replace(turn.flow, device_proof="")
        if self.choices(flow):
            return replace(turn, flow=moved(flow, Event.MORE))
        if not self.may_enrol(flow):
            return replace(turn, flow=replace(moved(flow, Event.NO), sentence=sentence))
        return replace(turn, flow=moved(flow, Event.MUST_ENROL))

    def _held(self, turn: Turn, seen: Seen) -> Turn:
        """Put the device on the list of those that wait to be let in."""
        if self._must_change(turn.flow):
            return replace(turn, flow=moved(turn.flow, Event.MUST_CHANGE))
        flow, store = moved(turn.flow, Event.HELD), self.means.store
        until = max(flow.until, self.means.now() + WAITING_LIFE)
        waiting = store.session(flow.waiting) if flow.waiting else None
        if waiting is None or waiting.state is SessionState.ENDED:
            candidate = self.candidate(flow, turn.purpose, seen)
            waiting = replace(candidate, state=SessionState.WAITING, expires=until)
            store.add_session(waiting, None, self.means.now())
        store.replace(ONE_TIME_KIND, flow.purpose, turn.purpose.to_bytes(), until)
        return replace(turn, flow=replace(flow, waiting=waiting.id, until=until))

    def let_in(self, turn: Turn, seen: Seen) -> Turn:
        """Whether somebody let the waiting device in meanwhile, or turned it away."""
        session = self.means.store.session(turn.flow.waiting)
        if session is None or session.state is SessionState.ENDED:
            return replace(turn, flow=replace(moved(turn.flow, Event.NO), sentence="turned-away"))
        return self.advanced(turn, seen)

    def prepared(self, turn: Turn) -> tuple[Turn, str]:
        """The turn with a ceremony begun where its page can use a passkey, and what the browser
        needs for it (JSON), empty where it can't. Raises Unavailable.
        """
        flow, kinds = turn.flow, self.values().second_factors
        if "webauthn" not in kinds or not turn.name:
            return turn, ""
        account = self.means.store.account(flow.localpart) if flow.localpart else None
        if flow.step is Step.WHO:
            asked = proofs.ask_passkey(self.means, None)
        elif flow.step is Step.SECOND and "webauthn" in self.choices(flow):
            asked = proofs.ask_passkey(self.means, flow.localpart)
        elif flow.step is Step.ENROL_PASSKEY and account is not None:
            asked = proofs.offer_passkey(self.means, account)
        else:
            return turn, ""
        kept = self.kept(replace(turn, flow=replace(flow, memory=memory_text(asked.state))))
        return kept, asked.options

    # ---- What is known ---------------------------------------------------------------------------

    def certificates(self) -> Certificates | None:
        """Where certificates are judged, if people may show one now. Raises StalePolicy."""
        there = self.means.certificates
        return there if there is not None and there.offered() else None

    def choices(self, flow: Flow) -> tuple[str, ...]:
        """The kinds of factor that this person has and did not show yet."""
        if not flow.localpart:
            return ()
        kinds = self.values().second_factors
        certificate = self.certificates() is not None
        there = proofs.available(self.means, flow.localpart, kinds, certificate=certificate)
        return tuple(kind for kind in there if kind not in flow.kinds)

    def may_enrol(self, flow: Flow) -> bool:
        """Whether this person may set up a second factor now.

        1. Whoever showed a second factor already may add another kind. 2. Whoever has none may set
        up a first one within the grace after the account was made, with a password that was handed
        out anew, or after a recovery code. 3. Whoever has one that they can't show may not.
        """
        values = self.values()
        wanted = [k for k in proofs.enrollable(values.second_factors) if k not in flow.kinds]
        if not wanted or not flow.localpart:
            return False
        if flow.kinds & _HELD_BACK:  # (1)
            return True
        account = self.means.store.account(flow.localpart)
        if account is None or self.means.store.factors(flow.localpart):  # (3)
            return False
        fresh = self.means.now() < account.created + values.enrolment_grace
        return fresh or account.must_change or "recovery" in flow.kinds  # (2)

    def offered(self, flow: Flow) -> tuple[str, ...]:
        """The kinds of factor that can be set up now."""
        kinds = proofs.enrollable(self.values().second_factors)
        return tuple(kind for kind in kinds if kind not in flow.kinds)

    def candidate(self, flow: Flow, purpose: Purpose, seen: Seen) -> Session:
        """The session that this sign-in would become."""
        client = Client(
            kind=purpose.session_kind,
            id=purpose.body.get("client_id", ""),
            name=purpose.client_name,
            user_agent=seen.user_agent,
            device=flow.device,
            device_name="",
            flow=DEVICE_GRANT if purpose.kind == "device" else PAGE,
        )
        return candidate(
            self.means.store,
            self.signed_in(flow, seen),
            client,
            name=new_session_name(),
            now=self.means.now(),
            life=life_of(self.values(), purpose.session_kind),
            proofs=self.means.devices,
        )

    def signed_in(self, flow: Flow, seen: Seen) -> SignedIn:
        """Who came through, for whoever wanted to know."""
        return SignedIn(
            user=self.user(flow),
            factors=flow.factors,
            address=seen.address,
            user_agent=seen.user_agent,
            at=self.means.now(),
            session=flow.waiting or None,
            certificates=flow.certificates,
        )

    def user(self, flow: Flow) -> UserId:
        """Whom the flow is about, once they have shown who they are."""
        return UserId(f"@{flow.localpart}:{self.means.domain}")

    @property
    def passwords(self) -> PasswordProof:
        """What checks passwords."""
        return PasswordProof(means=self.means, door=self.door, policy=self.policy)

    def values(self) -> SignIn:
        """The values of `[sign_in]` now in force. Raises StalePolicy."""
        return self.policy.current().directory.document.sign_in

    def _needs_factor(self, flow: Flow) -> bool:
        """Whether this person has no second factor, and may set one up."""
        return not self.means.store.factors(flow.localpart) and self.may_enrol(flow)

    def _must_change(self, flow: Flow) -> bool:
        """Whether the password that was shown has to be replaced before anything else."""
        account = self.means.store.account(flow.localpart)
        return account is not None and account.must_change and any(map(own, flow.factors))

    def _purpose(self, key: str) -> Purpose | None:
        found = self.means.store.peek(ONE_TIME_KIND, key, self.means.now())
        return None if found is None else Purpose.from_bytes(found)

    def kept(self, turn: Turn, before: Flow | None = None) -> Turn:
        """Keep how far the flow came.

        1. Whoever sends a form twice sees what the first one did, not that the second failed.
        2. After the first proof the flow has a new name, which nobody can have planted.
        """
        if not turn.name:
            return turn
        flow = turn.flow
        if turn.error and before is not None:  # (1)
            if self.flows.swap(turn.name, before, flow, self.means.now()):
                return turn
            there = self.flows.find(turn.name, self.means.now())
            if there is None:
                raise NoSuchMove("this sign-in has ended")
            return replace(turn, flow=there, error="")
        if before is not None and flow.factors and not before.factors:  # (2)
            flow = replace(flow, csrf=secrets.token_urlsafe(32))
            return replace(turn, name=self.flows.renamed(turn.name, flow), flow=flow)
        if not self.flows.keep(turn.name, flow):
            raise NoSuchMove("this sign-in has ended")
        return turn

    def note(self, localpart: str, seen: Seen, purpose: Purpose, outcome: str) -> None:
        """Keep for the person and the help desk how a try ended. Raises Unavailable."""
        self.means.store.note_sign_in(
            localpart, self.means.now(), seen.address, purpose.client_name[:100], outcome
        )

    def known_here(self, localpart: str) -> Account | None:
        """The account of a person who was vouched for; made at their first sign-in if control has read
        of them. Raises Unavailable.
        """
        store = self.means.store
        there = store.account(localpart)
        user = UserId(f"@{localpart}:{self.means.domain}")
        if there is not None or user not in self.policy.current().directory.people:
            return there
        with suppress(Taken):  # they sign in on two devices at once
            return store.make_account(localpart, "", None, self.means.now())
        return store.account(localpart)

    def knows(self, seen: Seen, localpart: str | None) -> bool:
        """Whether this browser signed in all the way as this person before."""
        return localpart is not None and is_known(self.means, seen.known, localpart)

    def _remember(self, localpart: str) -> str:
        until = self.means.now() + KNOWN_LIFE
        return Sealed(self.means.store, "known").put(localpart.encode(), until)


def is_known(means: Means, cookie: str, localpart: str) -> bool:
    """Whether this browser signed in all the way as this person before."""
    found = Sealed(means.store, "known").find(cookie, means.now()) if cookie else None
    return found is not None and secrets.compare_digest(found, localpart.encode())


def own_path(text: str) -> str:
    """A path of the person's own pages; the first of them for anything else."""
    inside = text.startswith("/account/") and "//" not in text and "\\" not in text
    return text if inside and text.isascii() and text.isprintable() else "/account/"


def decision_sentence(settled: Settled) -> str:
    """What the person reads: the rule's own sentence, or a plain one."""
    return spoken(sentence_for_person(settled.decision))
