"""What is shown beside the first factor: codes, passkeys, what another server asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from vedette.core.sessions import FactorUse
from vedette.ports.factors import Accepted, Challenged, ServerAnswer
from vedette.signin import proofs
from vedette.signin.flow import Event, NoSuchMove, memory_bytes, memory_text, moved, shown
from vedette.signin.walk import Seen, Turn, Walk


def totp(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A code from the person's app."""
    return _second(walk, turn, seen, "totp", lambda who: proofs.totp_code(
        walk.means, who, form.get("code", "")))  # fmt: skip


def recovery(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A recovery code."""
    return _second(walk, turn, seen, "recovery", lambda who: proofs.recovery_code(
        walk.means, who, form.get("code", "")))  # fmt: skip


def webauthn(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """One of the person's passkeys."""
    state = memory_bytes(turn.flow.memory)
    fresh = replace(turn, flow=replace(turn.flow, memory=""))

    def check(who: str) -> FactorUse | None:
        used = proofs.used_passkey(walk.means, who, state, form.get("response", ""))
        return None if used is None else used[1]

    return _second(walk, fresh, seen, "webauthn", check)


def radius(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A code for the second-factor server."""
    return _server(walk, turn, form, seen, None)


def answer(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """What the second-factor server asked back."""
    return _server(walk, turn, form, seen, memory_bytes(turn.flow.memory))


def _second(
    walk: Walk, turn: Turn, seen: Seen, kind: str, check: Callable[[str], FactorUse | None]
) -> Turn:
    """Check one second factor within the limits, and ask the door."""
    who = turn.flow.localpart
    if kind not in walk.choices(turn.flow):
        raise NoSuchMove("this factor is not asked for")
    known = walk.knows(seen, who)
    within = walk.attempts.may(walk.values(), who, seen.address, known=known, what="second")
    use = check(who) if within else None
    if use is None:
        return walk.mistake(turn, seen)
    walk.attempts.proved(who, seen.address, known=known, what="second")
    return walk.advanced(replace(turn, flow=shown(turn.flow, who, use)), seen)


def _server(
    walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen, state: bytes | None
) -> Turn:
    """Ask the second-factor server, or carry on with what it asked back."""
    server, who, code = walk.means.server, turn.flow.localpart, form.get("code", "")
    if server is None or (state is None and "radius" not in walk.choices(turn.flow)):
        raise NoSuchMove("this factor is not asked for")
    known = walk.knows(seen, who)
    if not walk.attempts.may(walk.values(), who, seen.address, known=known, what="second"):
        return walk.mistake(turn, seen)
    answer: ServerAnswer = (
        server.begin(who, seen.address, code)
        if state is None
        else server.carry_on(who, seen.address, code, state)
    )
    match answer:
        case Accepted(server=name):
            walk.attempts.proved(who, seen.address, known=known, what="second")
            use = FactorUse(kind="radius", at=walk.means.now(), proven_by=name)
            return walk.advanced(replace(turn, flow=shown(turn.flow, who, use)), seen)
        case Challenged(state=next_state, prompt=prompt):
            asked = moved(turn.flow, Event.ASKED_BACK)
            return replace(
                turn, flow=replace(asked, memory=memory_text(next_state), prompt=prompt[:500])
            )
        case _:
            return walk.mistake(turn, seen)
