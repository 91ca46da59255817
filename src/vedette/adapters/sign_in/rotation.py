"""Refresh tokens: a family of them per session, of which one generation is in force.

| state | meaning | presented |
|---|---|---|
| current | never used; there are several where an answer was lost | becomes previous; a successor |
| previous | used, but no successor of it was | one more successor |
| spent | a successor was used, or a sibling of it | reuse |

RFC 9700 section 4.14.2 asks for reuse to be noticed; that a lost answer costs nobody the session is
why the previous one stays good until its successor is first used.
"""

from __future__ import annotations

import sqlalchemy as sa

from vedette.adapters.sign_in.tables import REFRESH, SESSIONS
from vedette.core.sessions import SessionState
from vedette.ports.sign_in import LOST_ANSWERS_KEPT, SPENT_KEPT, Refreshed, Reused

_CURRENT, _PREVIOUS, _SPENT = "current", "previous", "spent"


def begin_family(connection: sa.Connection, session: str, token_hash: str) -> None:
    """Keep the first token of a session. Raises IntegrityError where the token is known."""
    _insert(connection, session, token_hash, 1)


def end_family(connection: sa.Connection, session: str) -> None:
    """Take every token of a session away."""
    connection.execute(sa.delete(REFRESH).where(REFRESH.c.session == session))


def exchange(
    connection: sa.Connection, token_hash: str, successor_hash: str
) -> Refreshed | Reused | None:
    """Exchange a token for its successor, as the port's `refresh` has it."""
    session = connection.execute(
        sa.select(REFRESH.c.session).where(REFRESH.c.hash == token_hash)
    ).scalar()
    if session is None or not _there(connection, session):
        return None
    # Only now is the family ours alone: what stands here is not what stood above.
    token = connection.execute(
        sa.select(REFRESH.c.state, REFRESH.c.generation).where(REFRESH.c.hash == token_hash)
    ).first()
    if token is None:
        return None
    if token.state == _SPENT:
        return Reused(session=session)
    if token.state == _CURRENT:
        _use(connection, session, token_hash, token.generation)
    _insert(connection, session, successor_hash, token.generation + 1)
    if token.state == _PREVIOUS:
        _forget_old_siblings(connection, session)
    return Refreshed(session=session, forgiven=token.state == _PREVIOUS)


def _there(connection: sa.Connection, session: str) -> bool:
    """Whether the session is not ended; its row is locked from here on."""
    state = connection.execute(
        sa.select(SESSIONS.c.state).where(SESSIONS.c.id == session).with_for_update()
    ).scalar()
    return state is not None and state != SessionState.ENDED


def _use(connection: sa.Connection, session: str, token_hash: str, generation: int) -> None:
    """Make a current token the previous one, and everything beside and before it spent."""
    family = REFRESH.c.session == session
    connection.execute(
        sa.update(REFRESH).where(family, REFRESH.c.state != _SPENT).values(state=_SPENT)
    )
    connection.execute(
        sa.update(REFRESH).where(REFRESH.c.hash == token_hash).values(state=_PREVIOUS)
    )
    connection.execute(
        sa.delete(REFRESH).where(family, REFRESH.c.generation < generation - SPENT_KEPT)
    )


def _insert(connection: sa.Connection, session: str, token_hash: str, generation: int) -> None:
    connection.execute(
        sa.insert(REFRESH).values(
            hash=token_hash, session=session, generation=generation, state=_CURRENT
        )
    )


def _forget_old_siblings(connection: sa.Connection, session: str) -> None:
    current = (REFRESH.c.session == session, REFRESH.c.state == _CURRENT)
    last_forgotten = (
        sa.select(REFRESH.c.seq)
        .where(*current)
        .order_by(REFRESH.c.seq.desc())
        .offset(LOST_ANSWERS_KEPT)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(sa.delete(REFRESH).where(*current, REFRESH.c.seq <= last_forgotten))
