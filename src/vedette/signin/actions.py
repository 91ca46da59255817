"""Everything that a form of the sign-in pages can ask for, by the step at which it may.

What an action does with the flow is a legal move of `flow.TRANSITIONS`, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from vedette.signin import certificate_way, first_factor, second_factor, setting_up, ticket_way
from vedette.signin.flow import Event, NoSuchMove, Step, moved
from vedette.signin.purpose import ONE_TIME_KIND
from vedette.signin.walk import Seen, Turn, Walk


def act(walk: Walk, turn: Turn, do: str, form: Mapping[str, str], seen: Seen) -> Turn:
    """Do what a form asks for.

    Raises:
        NoSuchMove: the form does not belong to the step at which the flow stands.
        Unavailable: something did not answer; the flow stands where it stood.
    """
    action = ACTIONS.get(turn.flow.step, {}).get(do)
    if action is None:
        raise NoSuchMove(f"nothing asks for `{do[:20]}` at `{turn.flow.step}`")
    return walk.kept(action(walk, turn, form, seen), before=turn.flow)


def agree(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Ask once more, and only then finish; nobody finishes twice."""
    del form
    asked = walk.advanced(turn, seen)
    if asked.flow.step is not Step.CONSENT:
        return asked
    return walk.finished(asked, seen)


def cancel(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Do not let the client in."""
    del form
    walk.note(turn.flow.localpart, seen, turn.purpose, "cancelled")
    walk.means.store.take(ONE_TIME_KIND, turn.flow.purpose, walk.means.now())
    walk.flows.sealed.end(turn.name, walk.means.now())
    flow = replace(moved(turn.flow, Event.NO), sentence="cancelled")
    tell = walk.refused.get(turn.purpose.kind)
    leave = "" if tell is None else tell(turn.purpose)
    return replace(turn, name="", flow=flow, leave=leave)


def again(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Begin again."""
    del walk, form, seen
    return replace(turn, flow=moved(turn.flow, Event.BACK))


def check(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Look whether the device was let in."""
    del form
    return walk.let_in(turn, seen)


def later(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Leave it to the program to show which device this is."""
    del form
    return walk.leave_to_program(turn, seen)


Action = Callable[[Walk, Turn, Mapping[str, str], Seen], Turn]

_SETTING_UP: Mapping[str, Action] = {"other": setting_up.choose_other, "back": again}
ACTIONS: Mapping[Step, Mapping[str, Action]] = MappingProxyType(
    {
        Step.WHO: {
            "password": first_factor.password,
            "passkey": first_factor.passkey,
            "upstream": first_factor.upstream,
            "certificate": certificate_way.depart,
            "kerberos": ticket_way.ask,
        },
        Step.AWAY: {
            "certificate": certificate_way.depart,
            "without": certificate_way.without,
            "back": again,
        },
        Step.SECOND: {
            "totp": second_factor.totp,
            "recovery": second_factor.recovery,
            "webauthn": second_factor.webauthn,
            "radius": second_factor.radius,
            "certificate": certificate_way.depart,
            "later": later,
            "back": again,
        },
        Step.ANSWER: {"answer": second_factor.answer, "back": again},
        Step.CHANGE: {"change": setting_up.change, "back": again},
        Step.ENROL: {
            "totp": setting_up.choose_totp,
            "webauthn": setting_up.choose_passkey,
            "back": again,
        },
        Step.ENROL_TOTP: {"totp": setting_up.enrol_totp, **_SETTING_UP},
        Step.ENROL_PASSKEY: {"webauthn": setting_up.enrol_passkey, **_SETTING_UP},
        Step.CODES: {"seen": setting_up.codes_seen, "new": setting_up.new_codes},
        Step.WAIT: {"check": check, "back": again},
        Step.CONSENT: {"agree": agree, "cancel": cancel},
        Step.REFUSED: {"back": again},
        Step.DONE: {},
    }
)
"""Everything that a form can ask for."""
