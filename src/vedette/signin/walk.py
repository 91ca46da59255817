"""Takes a person through one sign-in: each form is checked, and after each proof the door is asked.

`ACTIONS` is the list of everything that a form can ask for, by the step at which it may. What it
does with the flow is a legal move of `flow.TRANSITIONS`, or nothing.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from vedette.core.decision import Verdict
from vedette.core.explain import sentence_for_person
from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.sessions import (
    CERTIFICATE_FACTS,
    DEVICE_GRANT,
    PAGE,
    FactorUse,
    Session,
    SessionState,
    independent,
)
from vedette.core.settings.document import SignIn
from vedette.pages.sealed import Sealed
from vedette.ports.errors import Unavailable
from vedette.ports.factors import (
    Accepted,
    Challenged,
    PasswordFault,
    ServerAnswer,
    UpstreamFault,
)
from vedette.ports.policy import PolicySource
from vedette.protocol.oauth.console import FACTORS
from vedette.signin import certificate_way, proofs, step_up
from vedette.signin.attempts import Attempts
from vedette.signin.candidates import Client, candidate, life_of, new_device, new_session_name
from vedette.signin.door import SignInDoor
from vedette.signin.flow import LIFE, Event, Flow, NoSuchMove, Step, mistaken, moved, shown
from vedette.signin.flows import Flows
from vedette.signin.gather import APPROVED, CONFIRMED
from vedette.signin.password import PasswordProof, Turned, own
from vedette.signin.proofs import Means
from vedette.signin.purpose import ONE_TIME_KIND, Complete, Purpose, key_of
from vedette.signin.signed_in import SignedIn
from vedette.signin.step_up import Proofs, StepUp
from vedette.signin.words import spoken
from vedette.spine import Permit, Settled

KNOWN_LIFE = 180 * 86400
"""Seconds for which a browser that signed in all the way is known."""
WAITING_LIFE = 86400
"""Seconds for which a sign-in waits for somebody to let the device in."""
_REGISTERED = frozenset({APPROVED, CONFIRMED})
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
            return self._kept(self._let_in(turn, seen))
        return turn

    def act(self, turn: Turn, do: str, form: Mapping[str, str], seen: Seen) -> Turn:
        """Do what a form asks for.

        Raises:
            NoSuchMove: the form does not belong to the step at which the flow stands.
            Unavailable: something did not answer; the flow stands where it stood.
        """
        action = ACTIONS.get(turn.flow.step, {}).get(do)
        if action is None:
            raise NoSuchMove(f"nothing asks for `{do[:20]}` at `{turn.flow.step}`")
        return self._kept(action(self, turn, form, seen), before=turn.flow)

    def back(self, turn: Turn, query: Mapping[str, str], seen: Seen) -> Turn:
        """Somebody came back from another provider. Raises NoSuchMove or Unavailable."""
        flow = turn.flow
        if flow.step is not Step.AWAY:
            raise NoSuchMove("nobody was sent away")
        provider, _, memory = flow.memory.partition(" ")
        try:
            person = self.means.upstream[provider].finish(_bytes(memory), query, self.means.now())
        except (UpstreamFault, KeyError):
            return self._kept(replace(turn, flow=moved(flow, Event.BACK), error="vouched-no"))
        account = proofs.vouched(self.means, person)
        if account is None:
            return self._kept(replace(turn, flow=moved(flow, Event.BACK), error="vouched-no"))
        use = proofs.vouched_use(person)
        proven = replace(turn, flow=shown(flow, account.localpart, use))
        return self._kept(self.advanced(proven, seen), before=flow)

    # ---- The first factor ------------------------------------------------------------------------

    def do_password(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Name and password."""
        localpart = self.passwords.who(form.get("name", ""))
        known = self._known(seen, localpart)
        within = self.attempts.may(self.values(), localpart or "-", seen.address, known=known)
        found = self.passwords.check(
            localpart, form.get("password", ""), known=known, dead=not within
        )
        if isinstance(found, Turned):
            self._note(localpart or "-", seen, turn.purpose, "wrong")
            return replace(turn, error=found.says)
        who = found.account.localpart
        self.attempts.proved(who, seen.address, known=known)
        return self.advanced(replace(turn, flow=shown(turn.flow, who, found.use)), seen)

    def do_passkey(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A passkey, with nobody named before."""
        state = turn.flow.memory
        fresh = replace(turn, flow=replace(turn.flow, memory=""))  # good for one answer
        if not self.attempts.address_may(self.values(), seen.address):
            return replace(fresh, error="wrong-passkey")
        used = proofs.used_passkey(self.means, None, _bytes(state), form.get("response", ""))
        if used is None:
            return replace(fresh, error="wrong-passkey")
        self.attempts.address_proved(seen.address)
        return self.advanced(replace(fresh, flow=shown(fresh.flow, *used)), seen)

    def do_upstream(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Go to another provider."""
        del seen
        name = form.get("provider", "")
        provider = self.means.upstream.get(name)
        if provider is None:
            raise NoSuchMove("there is no such provider")
        departure = provider.begin(self.callback)
        away = replace(moved(turn.flow, Event.LEFT), memory=f"{name} {_text(departure.memory)}")
        return replace(turn, flow=away, leave=departure.url)

    def do_certificate(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Show a certificate, where connections are asked for one."""
        return certificate_way.depart(self, turn, form, seen)

    def certified(self, turn: Turn, answer: str, seen: Seen) -> Turn:
        """Somebody came back from there. Raises NoSuchMove or Unavailable."""
        after = certificate_way.come_back(self, turn, answer, seen)
        return self._kept(after, before=turn.flow)

    # ---- The second factor -----------------------------------------------------------------------

    def do_totp(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A code from the person's app."""
        return self._second(turn, seen, "totp", lambda who: proofs.totp_code(
            self.means, who, form.get("code", "")))  # fmt: skip

    def do_recovery(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A recovery code."""
        return self._second(turn, seen, "recovery", lambda who: proofs.recovery_code(
            self.means, who, form.get("code", "")))  # fmt: skip

    def do_webauthn(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """One of the person's passkeys."""
        state = _bytes(turn.flow.memory)
        fresh = replace(turn, flow=replace(turn.flow, memory=""))

        def check(who: str) -> FactorUse | None:
            used = proofs.used_passkey(self.means, who, state, form.get("response", ""))
            return None if used is None else used[1]

        return self._second(fresh, seen, "webauthn", check)

    def _second(
        self, turn: Turn, seen: Seen, kind: str, check: Callable[[str], FactorUse | None]
    ) -> Turn:
        """Check one second factor within the limits, and ask the door."""
        who = turn.flow.localpart
        if kind not in self.choices(turn.flow):
            raise NoSuchMove("this factor is not asked for")
        known = self._known(seen, who)
        within = self.attempts.may(self.values(), who, seen.address, known=known, what="second")
        use = check(who) if within else None
        if use is None:
            return self.mistake(turn, seen)
        self.attempts.proved(who, seen.address, known=known, what="second")
        return self.advanced(replace(turn, flow=shown(turn.flow, who, use)), seen)

    def mistake(self, turn: Turn, seen: Seen, error: str = "wrong-code") -> Turn:
        """Count a wrong second factor, and say so; after too many it is over. Raises Unavailable."""
        self._note(turn.flow.localpart, seen, turn.purpose, "wrong-second")
        flow = mistaken(turn.flow, self.values().wrong_second_factors)
        if flow.step is Step.REFUSED:
            return replace(turn, flow=replace(flow, sentence="too-often"))
        return replace(turn, flow=flow, error=error)

    def do_radius(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A code for the second-factor server."""
        return self._server(turn, form, seen, None)

    def do_answer(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """What the second-factor server asked back."""
        return self._server(turn, form, seen, _bytes(turn.flow.memory))

    def _server(self, turn: Turn, form: Mapping[str, str], seen: Seen, state: bytes | None) -> Turn:
        """Ask the second-factor server, or carry on with what it asked back."""
        server, who, code = self.means.server, turn.flow.localpart, form.get("code", "")
        if server is None or (state is None and "radius" not in self.choices(turn.flow)):
            raise NoSuchMove("this factor is not asked for")
        known = self._known(seen, who)
        if not self.attempts.may(self.values(), who, seen.address, known=known, what="second"):
            return self.mistake(turn, seen)
        answer: ServerAnswer = (
            server.begin(who, seen.address, code)
            if state is None
            else server.carry_on(who, seen.address, code, state)
        )
        match answer:
            case Accepted(server=name):
                self.attempts.proved(who, seen.address, known=known, what="second")
                use = FactorUse(kind="radius", at=self.means.now(), proven_by=name)
                return self.advanced(replace(turn, flow=shown(turn.flow, who, use)), seen)
            case Challenged(state=next_state, prompt=prompt):
                asked = moved(turn.flow, Event.ASKED_BACK)
                return replace(
                    turn, flow=replace(asked, memory=_text(next_state), prompt=prompt[:500])
                )
            case _:
                return self.mistake(turn, seen)

    # ---- Setting up ------------------------------------------------------------------------------

    def do_change(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A new password in the place of one that was handed out."""
        error = self.new_password(turn.flow.localpart, form.get("new", ""), form.get("again", ""))
        return replace(turn, error=error) if error else self.advanced(turn, seen)

    def new_password(self, localpart: str, new: str, again: str) -> str:
        """Set a new password; returns the key of what is wrong with it, empty when it is set."""
        values = self.values()
        if not secrets.compare_digest(new.encode(), again.encode()):
            return "not-the-same"
        fault = self.means.passwords.fault(
            new, values.password_min_length, values.breached_passwords
        )
        if fault is not None:
            return _PASSWORD_FAULTS[fault]
        account = self.means.store.account(localpart)
        if account is None or self.means.passwords.verify(new, account.password_hash).ok:
            return "same-as-before"
        self.means.store.set_password(localpart, self.means.passwords.hash(new), self.means.now())
        return ""

    def do_choose_totp(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Set up an app."""
        del form, seen
        flow = self._chosen(turn.flow, Event.CHOSE_TOTP, "totp")
        return replace(turn, flow=replace(flow, memory=_text(proofs.new_secret())))

    def do_choose_passkey(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Set up a passkey."""
        del form, seen
        return replace(turn, flow=self._chosen(turn.flow, Event.CHOSE_PASSKEY, "webauthn"))

    def _chosen(self, flow: Flow, event: Event, kind: str) -> Flow:
        if kind not in proofs.enrollable(self.values().second_factors):
            raise NoSuchMove("this factor can't be set up here")
        return moved(flow, event)

    def do_choose_other(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Choose another kind after all."""
        del form, seen
        return replace(turn, flow=moved(turn.flow, Event.CHOSE_OTHER))

    def do_enrol_totp(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """The first code of a new app."""
        flow = turn.flow
        if not self.may_enrol(flow):
            raise NoSuchMove("nothing may be set up now")
        use = proofs.keep_totp(self.means, flow.localpart, _bytes(flow.memory),
                               form.get("code", ""), form.get("label", ""))  # fmt: skip
        if use is None:
            return replace(turn, error="wrong-code")
        return self._enrolled(turn, use, seen)

    def do_enrol_passkey(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """A new passkey."""
        flow = turn.flow
        if not self.may_enrol(flow):
            raise NoSuchMove("nothing may be set up now")
        use = proofs.keep_passkey(self.means, flow.localpart, _bytes(flow.memory),
                                  form.get("response", ""), form.get("label", ""))  # fmt: skip
        fresh = replace(turn, flow=replace(flow, memory=""))
        if use is None:
            return replace(fresh, error="wrong-passkey")
        return self._enrolled(fresh, use, seen)

    def _enrolled(self, turn: Turn, use: FactorUse, seen: Seen) -> Turn:
        who = turn.flow.localpart
        flow = shown(turn.flow, who, use)
        if "recovery" not in self.values().second_factors:
            return self.advanced(replace(turn, flow=flow), seen)
        if self.means.store.recovery_left(who) > 0:
            return self.advanced(replace(turn, flow=flow), seen)
        codes = proofs.new_recovery_codes(self.means, who)
        return replace(turn, flow=moved(flow, Event.ENROLLED), codes=codes)

    def do_codes_seen(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """The recovery codes are kept."""
        del form
        return self.advanced(turn, seen)

    def do_new_codes(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Show new recovery codes."""
        del form, seen
        return replace(turn, codes=proofs.new_recovery_codes(self.means, turn.flow.localpart))

    # ---- The end ---------------------------------------------------------------------------------

    def do_agree(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Ask once more, and only then finish; nobody finishes twice."""
        del form
        asked = self.advanced(turn, seen)
        if asked.flow.step is not Step.CONSENT:
            return asked
        return self._finished(asked, seen)

    def _finished(self, turn: Turn, seen: Seen) -> Turn:
        now, flow = self.means.now(), turn.flow
        if self.means.store.take(ONE_TIME_KIND, flow.purpose, now) is None:
            raise NoSuchMove("this sign-in went on somewhere else")
        self.flows.sealed.end(turn.name, now)
        signed = self.signed_in(flow, seen)
        done = replace(turn, name="", flow=moved(flow, Event.AGREED))
        if turn.purpose.kind == "own":
            self._note(flow.localpart, seen, turn.purpose, "own")
            trusted = self._known(seen, flow.localpart)
            to = own_path(turn.purpose.body.get("to", ""))
            return replace(done, leave=to, own=self.enter(signed, trusted))
        leave = self.complete[turn.purpose.kind](turn.purpose, signed)
        return replace(done, leave=leave, known=self._remember(flow.localpart))

    def do_cancel(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Do not let the client in."""
        del form
        self._note(turn.flow.localpart, seen, turn.purpose, "cancelled")
        self.means.store.take(ONE_TIME_KIND, turn.flow.purpose, self.means.now())
        self.flows.sealed.end(turn.name, self.means.now())
        flow = replace(moved(turn.flow, Event.NO), sentence="cancelled")
        tell = self.refused.get(turn.purpose.kind)
        leave = "" if tell is None else tell(turn.purpose)
        return replace(turn, name="", flow=flow, leave=leave)

    def do_again(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Begin again."""
        del form, seen
        return replace(turn, flow=moved(turn.flow, Event.BACK))

    def do_check(self, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
        """Look whether the device was let in."""
        del form
        return self._let_in(turn, seen)

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
        self._note(flow.localpart, seen, turn.purpose, "refused")
        return replace(
            turn, flow=replace(moved(flow, Event.NO), sentence=decision_sentence(settled))
        )

    def _judged(self, turn: Turn, seen: Seen) -> Settled:
        flow = turn.flow
        choices = self.choices(flow)
        more, shows = bool(choices) or self.may_enrol(flow), "certificate" in choices
        if turn.purpose.kind == step_up.KIND:
            proved = Proofs(flow.factors, flow.certificates)
            who = self.user(flow)
            return self.step_up.judge(turn.purpose, who, proved, more=more, connects=shows)
        candidate = self.candidate(flow, turn.purpose, seen)
        if turn.purpose.kind == "own":
            return self.door.visit(candidate, more_factors=more, connects=shows)
        connects = shows or self._connects(turn)
        return self.door.judge(candidate, more_factors=more, waits=True, connects=connects)

    def _connects(self, turn: Turn) -> bool:
        """Whether the program's own connection may still show a certificate: the one of its device.

        Where people are asked for theirs on the page, it is asked for here.
        """
        asked = "certificate" in self.values().second_factors
        later = turn.purpose.kind in ("oauth", "sso", "device") and not turn.purpose.console
        return later and not asked and certificate_way.offered(self) is not None

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
        return self._finished(enough, seen) if turn.purpose.kind == "own" else enough

    def _wanting(self, turn: Turn, sentence: str) -> Turn:
        """The door wants another factor: one that the person has, or a first one to be set up.

        A password that was handed out is replaced only after that: until then it is what lets
        whoever lost everything set up a factor, today or, if they stop half-way, tomorrow.
        """
        flow = turn.flow
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

    def _let_in(self, turn: Turn, seen: Seen) -> Turn:
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
        kept = self._kept(replace(turn, flow=replace(flow, memory=_text(asked.state))))
        return kept, asked.options

    # ---- What is known ---------------------------------------------------------------------------

    def choices(self, flow: Flow) -> tuple[str, ...]:
        """The kinds of factor that this person has and did not show yet."""
        if not flow.localpart:
            return ()
        kinds = self.values().second_factors
        certificate = certificate_way.offered(self) is not None
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

    def _kept(self, turn: Turn, before: Flow | None = None) -> Turn:
        """Keep how far the flow came.

        1. Whoever sends a form twice sees what the first one did, not that the second failed.
        2. After the first proof the flow has a new name, which nobody can have planted.
        """
        if not turn.name:
            return turn
        flow = turn.flow
        there = self.flows.find(turn.name, self.means.now())
        if turn.error and there is not None and before not in (None, there):  # (1)
            return replace(turn, flow=there, error="")
        if before is not None and flow.factors and not before.factors:  # (2)
            flow = replace(flow, csrf=secrets.token_urlsafe(32))
            return replace(turn, name=self.flows.renamed(turn.name, flow), flow=flow)
        if not self.flows.keep(turn.name, flow):
            raise NoSuchMove("this sign-in has ended")
        return turn

    def _note(self, localpart: str, seen: Seen, purpose: Purpose, outcome: str) -> None:
        self.means.store.note_sign_in(
            localpart, self.means.now(), seen.address, purpose.client_name[:100], outcome
        )

    def _known(self, seen: Seen, localpart: str | None) -> bool:
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


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text)


_PASSWORD_FAULTS: Mapping[PasswordFault, str] = MappingProxyType(
    {
        PasswordFault.TOO_SHORT: "password-short",
        PasswordFault.TOO_LONG: "password-long",
        PasswordFault.BREACHED: "password-breached",
    }
)

Action = Callable[[Walk, Turn, Mapping[str, str], Seen], Turn]

_SETTING_UP: Mapping[str, Action] = {"other": Walk.do_choose_other, "back": Walk.do_again}
ACTIONS: Mapping[Step, Mapping[str, Action]] = MappingProxyType(
    {
        Step.WHO: {
            "password": Walk.do_password,
            "passkey": Walk.do_passkey,
            "upstream": Walk.do_upstream,
            "certificate": Walk.do_certificate,
        },
        Step.AWAY: {"back": Walk.do_again},
        Step.SECOND: {
            "totp": Walk.do_totp,
            "recovery": Walk.do_recovery,
            "webauthn": Walk.do_webauthn,
            "radius": Walk.do_radius,
            "certificate": Walk.do_certificate,
            "back": Walk.do_again,
        },
        Step.ANSWER: {"answer": Walk.do_answer, "back": Walk.do_again},
        Step.CHANGE: {"change": Walk.do_change, "back": Walk.do_again},
        Step.ENROL: {
            "totp": Walk.do_choose_totp,
            "webauthn": Walk.do_choose_passkey,
            "back": Walk.do_again,
        },
        Step.ENROL_TOTP: {"totp": Walk.do_enrol_totp, **_SETTING_UP},
        Step.ENROL_PASSKEY: {"webauthn": Walk.do_enrol_passkey, **_SETTING_UP},
        Step.CODES: {"seen": Walk.do_codes_seen, "new": Walk.do_new_codes},
        Step.WAIT: {"check": Walk.do_check, "back": Walk.do_again},
        Step.CONSENT: {"agree": Walk.do_agree, "cancel": Walk.do_cancel},
        Step.REFUSED: {"back": Walk.do_again},
        Step.DONE: {},
    }
)
"""Everything that a form can ask for."""
