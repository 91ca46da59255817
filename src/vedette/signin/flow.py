"""One sign-in as a state machine, without a store, a clock or the network.

The steps and what leads from one to the other are the table `TRANSITIONS`; nothing else moves a
flow. Whether the factors shown are enough is never decided here: the door is asked after each of
them, and its answer is one of the events.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from vedette.core.sessions import (
    MOST_FACTORS,
    FactorUse,
    ShownCertificate,
    certificate_from_json,
    certificate_to_json,
    factor_from_json,
    factor_to_json,
    standing_on,
)

ASKED, LATER = "asked", "later"
LIFE = 15 * 60
"""Seconds that a sign-in may take."""


class Step(StrEnum):
    """What the page asks for."""

    WHO = "who"
    """Name and password, or a passkey, or another provider."""
    AWAY = "away"
    """The person is at another provider, or where certificates are shown."""
    SECOND = "second"
    """One of the person's other factors."""
    ANSWER = "answer"
    """The second-factor server asked something back."""
    CHANGE = "change"
    """A new password in the place of one that was handed out."""
    ENROL = "enrol"
    """Which second factor to set up."""
    ENROL_TOTP = "enrol-totp"
    ENROL_PASSKEY = "enrol-passkey"
    CODES = "codes"
    """The recovery codes, shown once."""
    WAIT = "wait"
    """Somebody has to confirm or approve the device."""
    CONSENT = "consent"
    """Which client gets in, and where it leads."""
    REFUSED = "refused"
    DONE = "done"


class Event(StrEnum):
    """What happened."""

    LEFT = "left"
    """They went to another provider."""
    BACK = "back"
    """They came back to the beginning, or want to."""
    MORE = "more"
    """The door wants a factor that the person has and did not show yet."""
    ASKED_BACK = "asked-back"
    MUST_CHANGE = "must-change"
    MUST_ENROL = "must-enrol"
    CHOSE_TOTP = "chose-totp"
    CHOSE_PASSKEY = "chose-passkey"
    CHOSE_OTHER = "chose-other"
    ENROLLED = "enrolled"
    """The first second factor stands, and there are recovery codes to show."""
    HELD = "held"
    """The door waits for somebody to confirm or approve the device."""
    ENOUGH = "enough"
    """The door says yes."""
    NO = "no"
    """The door says no, or the person does, or there were too many mistakes."""
    AGREED = "agreed"


_ASKED = {
    Event.MORE: Step.SECOND,
    Event.MUST_CHANGE: Step.CHANGE,
    Event.MUST_ENROL: Step.ENROL,
    Event.HELD: Step.WAIT,
    Event.ENOUGH: Step.CONSENT,
    Event.NO: Step.REFUSED,
}
"""The answers of the door lead to the same steps, wherever it is asked."""
_AGAIN = {Event.BACK: Step.WHO}

TRANSITIONS: Mapping[Step, Mapping[Event, Step]] = MappingProxyType(
    {
        Step.WHO: MappingProxyType({**_ASKED, **_AGAIN, Event.LEFT: Step.AWAY}),
        # Whoever was sent to show a certificate may be sent once more.
        Step.AWAY: MappingProxyType({**_ASKED, **_AGAIN, Event.LEFT: Step.AWAY}),
        Step.SECOND: MappingProxyType(
            {**_ASKED, **_AGAIN, Event.ASKED_BACK: Step.ANSWER, Event.LEFT: Step.AWAY}
        ),
        Step.ANSWER: MappingProxyType({**_ASKED, **_AGAIN, Event.ASKED_BACK: Step.ANSWER}),
        Step.CHANGE: MappingProxyType({**_ASKED, **_AGAIN}),
        Step.ENROL: MappingProxyType(
            {
                Event.CHOSE_TOTP: Step.ENROL_TOTP,
                Event.CHOSE_PASSKEY: Step.ENROL_PASSKEY,
                Event.NO: Step.REFUSED,
                **_AGAIN,
            }
        ),
        Step.ENROL_TOTP: MappingProxyType(
            {**_ASKED, **_AGAIN, Event.CHOSE_OTHER: Step.ENROL, Event.ENROLLED: Step.CODES}
        ),
        Step.ENROL_PASSKEY: MappingProxyType(
            {**_ASKED, **_AGAIN, Event.CHOSE_OTHER: Step.ENROL, Event.ENROLLED: Step.CODES}
        ),
        Step.CODES: MappingProxyType({**_ASKED, **_AGAIN}),
        Step.WAIT: MappingProxyType({**_ASKED, **_AGAIN}),
        # The door is asked once more when they agree: the rules may have changed meanwhile.
        Step.CONSENT: MappingProxyType({**_ASKED, **_AGAIN, Event.AGREED: Step.DONE}),
        Step.REFUSED: MappingProxyType(_AGAIN),
        Step.DONE: MappingProxyType({}),
    }
)
"""Every legal move."""


class NoSuchMove(Exception):
    """What was sent does not belong to the step at which the flow stands: an old or a made-up form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One sign-in on its way.

    `purpose` is under what its purpose is kept, `csrf` what every form carries. `localpart` is
    empty until somebody proved to be that person. `memory` belongs to the step: a secret being
    enrolled, a ceremony's or another provider's state; `prompt` is what a server asks, `waiting`
    the session that waits to be let in, `rule` and `sentence` why the door said no.
    """

    purpose: str
    csrf: str
    device: str
    until: int
    step: Step = Step.WHO
    localpart: str = ""
    factors: tuple[FactorUse, ...] = ()
    wrong: int = 0
    memory: str = ""
    prompt: str = ""
    waiting: str = ""
    sentence: str = ""
    certificates: tuple[ShownCertificate, ...] = ()
    ticket: str = ""
    """How it stands with a Kerberos ticket, in the words of `ticket_way`."""
    device_proof: str = ""
    """Whether the device's certificate is `asked` for, or the program shows it `later` by itself."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of factor that were shown."""
        return frozenset(use.kind for use in self.factors)

    def to_bytes(self) -> bytes:
        """The flow as bytes; `from_bytes` reads it back."""
        plain: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        plain["factors"] = [factor_to_json(use) for use in self.factors]
        plain["certificates"] = [certificate_to_json(each) for each in self.certificates]
        return json.dumps(plain, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Flow:
        """Read what `to_bytes` wrote. Raises ValueError for anything else."""
        try:
            plain = json.loads(data)
            uses = tuple(factor_from_json(use) for use in plain["factors"])
            read = {"step": Step(plain["step"]), "factors": uses}
            shown = [certificate_from_json(each) for each in plain.get("certificates", [])]
            flow = cls(**{**plain, **read, "certificates": tuple(shown)})
        except (KeyError, TypeError, RecursionError) as fault:
            raise ValueError("this is not a sign-in on its way") from fault
        if not all(isinstance(getattr(flow, name), str) for name in _TEXTS):
            raise ValueError("this is not a sign-in on its way")
        return flow


_TEXTS = ("purpose", "csrf", "device", "localpart", "memory", "prompt", "waiting", "sentence",
          "ticket", "device_proof")  # fmt: skip


def moved(flow: Flow, event: Event) -> Flow:
    """The flow after an event. What belonged to the step it leaves is forgotten.

    Going back to the beginning forgets who they are and everything that was shown.

    Raises:
        NoSuchMove: the event can't happen at this step.
    """
    to = TRANSITIONS[flow.step].get(event)
    if to is None:
        raise NoSuchMove(f"`{event}` can't happen at `{flow.step}`")
    left = replace(flow, step=to, memory="", prompt="", sentence="")
    if to is Step.WHO:
        return replace(left, localpart="", factors=(), wrong=0, waiting="", certificates=(),
                       device_proof="")  # fmt: skip
    return left


def shown(flow: Flow, localpart: str, use: FactorUse) -> Flow:
    """The flow after somebody proved to be `localpart` by one more factor.

    Raises:
        NoSuchMove: it was somebody else who showed the factors before.
    """
    if flow.localpart not in ("", localpart):
        raise NoSuchMove("the factors of two people don't add up")
    kept = tuple(each for each in flow.factors if each.kind != use.kind)
    return replace(flow, localpart=localpart, factors=(*kept, use)[-MOST_FACTORS:])


def certified(flow: Flow, localpart: str, use: FactorUse, shown_: ShownCertificate) -> Flow:
    """The flow after somebody proved to be `localpart` by a certificate. Raises as `shown` does."""
    proven = shown(flow, localpart, use)
    return replace(proven, certificates=standing_on((), shown_))


def on_device(flow: Flow, shown_: ShownCertificate) -> Flow:
    """The flow after the browser showed the certificate of its device, which is nobody's factor."""
    return replace(flow, certificates=standing_on(flow.certificates, shown_))


def mistaken(flow: Flow, most: int) -> Flow:
    """The flow after a wrong second factor; at the one with the number `most` it ends."""
    wrong = replace(flow, wrong=flow.wrong + 1)
    return moved(wrong, Event.NO) if wrong.wrong >= most else wrong


def memory_text(data: bytes) -> str:
    """Bytes as a flow keeps them in `memory`."""
    return base64.urlsafe_b64encode(data).decode()


def memory_bytes(text: str) -> bytes:
    """What `memory_text` kept."""
    return base64.urlsafe_b64decode(text)
