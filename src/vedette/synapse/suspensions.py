"""Whose device was suspended between two lists of sessions: its person hears why, and what helps."""

from __future__ import annotations

from vedette.core.sessions import SessionState
from vedette.protocol.internal.sessions import Listed, SessionList


def newly_suspended(before: SessionList, now: SessionList) -> tuple[Listed, ...]:
    """The sessions that were live before and are suspended by a rule now.

    What was suspended by hand is not told: whoever did it may want to talk to its person first.
    """
    held = (
        id_
        for id_ in now.sessions
        if now.sessions.state(id_) is SessionState.SUSPENDED
        and before.sessions.state(id_) is SessionState.LIVE
    )
    return tuple(session for session in map(now.sessions.__getitem__, held) if session.because)
