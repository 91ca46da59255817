"""From a session to what is asked of the rules and what is known. Only the spine's answer counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.people import Directory
from vedette.core.reasons import Reason
from vedette.core.sessions import DEVICE_GRANT, Session, awaiting, facts_for, sign_in_ask
from vedette.ports.policy import Policy
from vedette.spine import refuse

Gathered = tuple[Ask, Facts] | Decision

APPROVED = "device.approved"
CONFIRMED = "device.confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question of the sign-in door: which act, about which session, at what moment.

    `devices` is how many devices the person has with this one, or its rank among them; `more_factors`,
    `waits`, `connects` and `proves` say what a later step can still add; `registers` says that the
    device is new here, and `others` whether another device of the person is signed in.
    """

    act: Act
    session: Session
    now: int
    today: int
    devices: int
    more_factors: bool = False
    waits: bool = False
    connects: bool = False
    proves: bool = False
    registers: bool = False
    others: bool = False


def gather(policy: Policy, asked: Asked) -> Gathered:
    """The ask and the facts, or a refusal that no rule lifts.

    1. Accounts of the suite itself, and deactivated people, have no way in.
    2. Pending facts are pending only where knowing them as they are is not enough already, and no
       more of them than it takes: whoever has shown enough is asked for nothing more, and waits.
    3. What the value `registration` wants of a new device is held beside the rules.
    """
    directory, session = policy.directory, asked.session
    if directory.is_service(session.user) or not _active(directory, session):  # (1)
        return refuse(policy, Reason.NOT_SUPPORTED, session.user)
    ask = sign_in_ask(asked.act, directory.someone(session.user))
    facts = known(policy, asked)
    decision = policy.decide(ask, facts, asked.today)
    if decision.verdict is not Verdict.YES:  # (2)
        return ask, _open(policy, asked, ask, facts)
    if asked.registers:
        wanted = registration_wants(policy, asked)
        if wanted is not None:  # (3)
            return _held(policy, session, wanted)
    return ask, facts


def _open(policy: Policy, asked: Asked, ask: Ask, facts: Facts) -> Facts:
    """The same facts with what can still be added: only what is waited for, where that is enough."""
    more, can = asked.more_factors, (asked.connects, asked.waits, asked.proves)
    for connect, wait, prove in _FEWER if more or asked.connects or asked.proves else ():
        if any(each and not may for each, may in zip((connect, wait, prove), can, strict=True)):
            continue
        open_ = awaiting(facts, more_factors=False, waits=wait, connects=connect, proves=prove)
        if policy.decide(ask, open_, asked.today).verdict is Verdict.NOT_YET:
            return open_
    return awaiting(
        facts,
        more_factors=more,
        waits=asked.waits,
        connects=asked.connects,
        proves=asked.proves,
        models=_models(policy, asked),
    )


_FEWER = (
    (True, False, False),
    (False, True, False),
    (True, True, False),
    (False, False, True),
    (True, False, True),
    (False, True, True),
    (True, True, True),
)
"""What may be waited for without another factor: a certificate, being let in, a proof of the device."""


def _models(policy: Policy, asked: Asked) -> bool:
    """Whether a passkey that is shown now may prove the device, which is the one that is here."""
    here = asked.act is Act.SIGN_IN_SESSION_START and asked.session.facts.flow != DEVICE_GRANT
    return here and bool(policy.directory.document.sign_in.managed_models)


def known(policy: Policy, asked: Asked) -> Facts:
    """What is known of a session at this moment."""
    named = policy.directory.document.networks
    networks: dict[str, tuple[str, ...]] = {str(name): named[name] for name in named}
    return facts_for(asked.session, now=asked.now, devices=asked.devices, networks=networks)


def registration_wants(policy: Policy, asked: Asked) -> str | None:
    """The fact that the value `registration` still wants of this device, or None.

    Nobody can confirm a person's first device, so it stands without.
    """
    registration = policy.directory.document.sign_in.registration
    facts = asked.session.facts
    if registration == "approved" and not facts.approved:
        return APPROVED
    if registration == "confirmed" and asked.others and not (facts.confirmed or facts.approved):
        return CONFIRMED
    return None


def within_limit(policy: Policy, asked: Asked) -> Asked:
    """The same, with as many devices as there may be where the settings let the oldest make room.

    That is the greatest number, at most what there is, at which the answer is not no; what there is,
    if the number makes no difference.
    """
    if policy.directory.document.sign_in.at_device_limit != "end-oldest":
        return asked
    ask = sign_in_ask(asked.act, policy.directory.someone(asked.session.user))
    for devices in range(asked.devices, 0, -1):
        fewer = replace(asked, devices=devices)
        facts = _open(policy, fewer, ask, known(policy, fewer))
        if policy.decide(ask, facts, asked.today).verdict is not Verdict.NO:
            return fewer
    return asked


def _held(policy: Policy, session: Session, wanted: str) -> Decision:
    return Decision(
        verdict=Verdict.NOT_YET,
        reason=Reason.FACT_PENDING,
        towards=session.user,
        revision=policy.rules.revision,
        pending=(wanted,),
    )


def _active(directory: Directory, session: Session) -> bool:
    person = directory.people.get(session.user)
    return person is None or person.active
