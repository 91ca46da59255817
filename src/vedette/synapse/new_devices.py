"""Who must hear of a new device: whoever has another one already.

Two lists are compared, so nobody hears twice, and what came while Synapse was away is not told.
"""

from __future__ import annotations

from vedette.protocol.internal.sessions import Listed, SessionList


def new_devices(before: SessionList, now: SessionList) -> tuple[Listed, ...]:
    """The sessions of `now` on devices that `before` did not have, of people who were in it."""
    new = [now.sessions[id_] for id_ in now.sessions.keys() - before.sessions.keys()]
    if not new:
        return ()
    known = before.sessions.devices({session.user for session in new})
    return tuple(
        session
        for session in new
        if session.device not in known.get(session.user, {session.device})
    )
