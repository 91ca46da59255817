"""What shows who somebody is, first of all: a password, a passkey, another provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vedette.ports.factors import UpstreamFault
from vedette.signin import proofs
from vedette.signin.flow import Event, NoSuchMove, Step, memory_bytes, memory_text, moved, shown
from vedette.signin.password import Turned
from vedette.signin.walk import Seen, Turn, Walk


def password(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Name and password."""
    localpart = walk.passwords.who(form.get("name", ""))
    known = walk.knows(seen, localpart)
    within = walk.attempts.may(walk.values(), localpart or "-", seen.address, known=known)
    found = walk.passwords.check(localpart, form.get("password", ""), known=known, dead=not within)
    if isinstance(found, Turned):
        walk.note(localpart or "-", seen, turn.purpose, "wrong")
        return replace(turn, error=found.says)
    who = found.account.localpart
    walk.attempts.proved(who, seen.address, known=known)
    return walk.advanced(replace(turn, flow=shown(turn.flow, who, found.use)), seen)


def passkey(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """A passkey, with nobody named before."""
    state = turn.flow.memory
    fresh = replace(turn, flow=replace(turn.flow, memory=""))  # good for one answer
    if not walk.attempts.address_may(walk.values(), seen.address):
        return replace(fresh, error="wrong-passkey")
    used = proofs.used_passkey(walk.means, None, memory_bytes(state), form.get("response", ""))
    if used is None:
        return replace(fresh, error="wrong-passkey")
    walk.attempts.address_proved(seen.address)
    return walk.advanced(replace(fresh, flow=shown(fresh.flow, *used)), seen)


def upstream(walk: Walk, turn: Turn, form: Mapping[str, str], seen: Seen) -> Turn:
    """Go to another provider."""
    del seen
    name = form.get("provider", "")
    provider = walk.means.upstream.get(name)
    if provider is None:
        raise NoSuchMove("there is no such provider")
    departure = provider.begin(walk.callback)
    away = replace(moved(turn.flow, Event.LEFT), memory=f"{name} {memory_text(departure.memory)}")
    return replace(turn, flow=away, leave=departure.url)


def back(walk: Walk, turn: Turn, query: Mapping[str, str], seen: Seen) -> Turn:
    """Somebody came back from another provider. Raises NoSuchMove or Unavailable."""
    flow = turn.flow
    if flow.step is not Step.AWAY:
        raise NoSuchMove("nobody was sent away")
    provider, _, memory = flow.memory.partition(" ")
    try:
        person = walk.means.upstream[provider].finish(memory_bytes(memory), query, walk.means.now())
    except (UpstreamFault, KeyError):
        return walk.kept(replace(turn, flow=moved(flow, Event.BACK), error="vouched-no"))
    account = proofs.vouched(walk.means, person)
    if account is None:
        return walk.kept(replace(turn, flow=moved(flow, Event.BACK), error="vouched-no"))
    use = proofs.vouched_use(person)
    proven = replace(turn, flow=shown(flow, account.localpart, use))
    return walk.kept(walk.advanced(proven, seen), before=flow)
