"""Effects of the sign-in door: each takes the Permit without which it can't happen."""

from __future__ import annotations

from vedette.core.sessions import CONSOLE, OVER, Session, SessionState
from vedette.ports.sign_in import SignInStore
from vedette.spine import Permit

DEVICE_LIMIT = "device-limit"
"""Why a session ended when a newer device took its place."""


def end_oldest(
    permit: Permit, store: SignInStore, candidate: Session, count: int, now: int
) -> None:
    """End the person's `count` oldest sessions besides the one that begins. Raises Unavailable."""
    del permit  # being given one is the point
    there = [
        each
        for each in store.sessions(candidate.user)
        if each.id != candidate.id
        and each.device != candidate.device
        and each.kind != CONSOLE
        and each.state not in (*OVER, SessionState.WAITING)
    ]
    for session in sorted(there, key=lambda each: (each.created, each.number))[:count]:
        store.move_session(session.id, SessionState.ENDED, DEVICE_LIMIT, now)


def go_on(permit: Permit, store: SignInStore, session: Session, now: int) -> int | None:
    """Let a session that was held go on; returns the number of the change.

    None if somebody moved it since it was looked at: what they did then is not undone. Raises
    Unavailable.
    """
    del permit  # being given one is the point
    there = store.session(session.id)
    if there is None or (there.state, there.because) != (session.state, session.because):
        return None
    return store.move_session(session.id, SessionState.LIVE, "", now)
