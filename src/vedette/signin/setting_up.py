"""What a person sets up on the way in: a new password, a second factor, recovery codes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from vedette.core.sessions import FactorUse
from vedette.ports.factors import PasswordFault
from vedette.signin import proofs
from vedette.signin.flow import Event, Flow, NoSuchMove, memory_bytes, memory_text, moved, shown
from vedette.signin.walk import Seen, Turn, Walk


def change(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A new password in the place of one that was handed out."""
    error = new_password(walk, turn.flow.localpart, form.get("new", ""), form.get("again", ""))
    return replace(turn, error=error) if error else walk.advanced(turn, seen)


def new_password(walk: Walk, localpart: str, new: str, again: str) -> str:
    """Set a new password; returns the key of what is wrong with it, empty when it is set."""
    values = walk.values()
    if not secrets.compare_digest(new.encode(), again.encode()):
        return "not-the-same"
    fault = walk.means.passwords.fault(new, values.password_min_length, values.breached_passwords)
    if fault is not None:
        return _PASSWORD_FAULTS[fault]
    account = walk.means.store.account(localpart)
    if account is None or walk.means.passwords.verify(new, account.password_hash).ok:
        return "same-as-before"
    walk.means.store.set_password(localpart, walk.means.passwords.hash(new), walk.means.now())
    return ""


def choose_totp(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Set up an app."""
    del form, seen
    flow = _chosen(walk, turn.flow, Event.CHOSE_TOTP, "totp")
    return replace(turn, flow=replace(flow, memory=memory_text(proofs.new_secret())))


def choose_passkey(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Set up a passkey."""
    del form, seen
    return replace(turn, flow=_chosen(walk, turn.flow, Event.CHOSE_PASSKEY, "webauthn"))


def choose_other(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Choose another kind after all."""
    del walk, form, seen
    return replace(turn, flow=moved(turn.flow, Event.CHOSE_OTHER))


def enrol_totp(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """The first code of a new app."""
    flow = turn.flow
    if not walk.may_enrol(flow):
        raise NoSuchMove("nothing may be set up now")
    use = proofs.keep_totp(walk.means, flow.localpart, memory_bytes(flow.memory),
                           form.get("code", ""), form.get("label", ""))  # fmt: skip
    if use is None:
        return replace(turn, error="wrong-code")
    return _enrolled(walk, turn, use, seen)


def enrol_passkey(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A new passkey."""
    flow = turn.flow
    if not walk.may_enrol(flow):
        raise NoSuchMove("nothing may be set up now")
    use = proofs.keep_passkey(walk.means, flow.localpart, memory_bytes(flow.memory),
                              form.get("response", ""), form.get("label", ""))  # fmt: skip
    fresh = replace(turn, flow=replace(flow, memory=""))
    if use is None:
        return replace(fresh, error="wrong-passkey")
    return _enrolled(walk, fresh, use, seen)


def codes_seen(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """The recovery codes are kept."""
    del form
    return walk.advanced(turn, seen)


def new_codes(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Show new recovery codes."""
    del form, seen
    return replace(turn, codes=proofs.new_recovery_codes(walk.means, turn.flow.localpart))


def _chosen(walk: Walk, flow: Flow, event: Event, kind: str) -> Flow:
    if kind not in proofs.enrollable(walk.values().second_factors):
        raise NoSuchMove("this factor can't be set up here")
    return moved(flow, event)


def _enrolled(walk: Walk, turn: Turn, use: FactorUse, seen: Seen) -> Turn:
    who = turn.flow.localpart
    flow = shown(turn.flow, who, use)
    if "recovery" not in walk.values().second_factors:
        return walk.advanced(replace(turn, flow=flow), seen)
    if walk.means.store.recovery_left(who) > 0:
        return walk.advanced(replace(turn, flow=flow), seen)
    codes = proofs.new_recovery_codes(walk.means, who)
    return replace(turn, flow=moved(flow, Event.ENROLLED), codes=codes)


_PASSWORD_FAULTS: Mapping[PasswordFault, str] = MappingProxyType(
    {
        PasswordFault.TOO_SHORT: "password-short",
        PasswordFault.TOO_LONG: "password-long",
        PasswordFault.BREACHED: "password-breached",
    }
)
