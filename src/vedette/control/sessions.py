"""Keeps the sessions stream in step with the sign-in store."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vedette.admin.doors import DoorAnswer
from vedette.control.streams import Publisher, Sent
from vedette.core.record import canonical
from vedette.core.sessions import Session, SessionState
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import SignInStore, TokenKey
from vedette.protocol.internal.sessions import body_of, is_listed

_LOG = logging.getLogger("vedette.control")
_LOOK_SECONDS = 0.025
_QUIET_LOOK_SECONDS = 0.1
"""Between two looks once nothing has changed for a while: a look costs a question to the database."""
_QUIET_AFTER = 2.0
"""Seconds without a change: whoever signs in makes several, one after the other."""
_OUTAGE_SECONDS = 1.0


@dataclass(slots=True)
class SessionStream:
    """Sends the list of sessions whenever the store's change counter moves.

    Reading, signing and writing a long list takes its time, so all of it is done on a worker
    thread, one list after the other. What changes while a list is made is in the next one: a burst
    of changes costs two lists, whatever its length.
    """

    publisher: Publisher
    store: SignInStore
    issuer: str
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _as_of: int | None = None
    _listed: dict[str, bytes] = field(default_factory=dict)
    """Each session's piece of the body, by id: a change makes one piece anew, not all of them."""
    _sessions: dict[str, Session] = field(default_factory=dict)
    """The sessions of the last list and those that doors need not know, as they were then, by id."""
    _trouble: str | None = None

    def running(self) -> tuple[Session, ...]:
        """All sessions that are not ended, without reading them again where none has changed.

        Raises:
            Unavailable: the store does not answer.
        """
        if self._as_of is None or self.store.changes() != self._as_of:
            return self.store.sessions()
        return tuple(self._sessions.values())

    def send(self) -> Sent:
        """Send the list as it is now. Raises Unavailable.

        The counter is read before the sessions: a list may hold more than it says, never less.
        Only what changed since the list before is read, unless the store has gone back to an
        older state.
        """
        as_of = self.store.changes()
        if self._as_of is None or as_of < self._as_of:
            self._listed, self._sessions, changed = {}, {}, self.store.sessions()
        else:
            changed = self.store.sessions_since(self._as_of)
        keys = {key.kid: _public(key) for key in self.store.token_keys()}
        body = body_of(as_of=as_of, issuer=self.issuer, keys=keys, sessions=changed)
        for session in changed:
            self._listed.pop(session.id, None)  # the ended ones are not in the body
            self._sessions.pop(session.id, None)
            if session.state is not SessionState.ENDED:
                self._sessions[session.id] = session
        entries = body.pop("sessions")
        for session in changed:
            if is_listed(session) and session.id not in entries:
                _LOG.error("no door could read the session `%s`; it is left out", session.id)
        for id_, entry in entries.items():
            self._listed[id_] = b'"%s":%s' % (id_.encode(), canonical(entry))
        pieces = b",".join(self._listed[id_] for id_ in sorted(self._listed))
        # `sessions` is the last name of the body, as canonical JSON has them.
        sent = self.publisher.sessions(canonical(body)[:-1] + b',"sessions":{' + pieces + b"}}")
        self._as_of = as_of
        return sent

    async def renew(self) -> None:
        """Send the list again, so that it does not expire. Raises Unavailable."""
        await self._send()

    async def announce(self) -> tuple[DoorAnswer, ...]:
        """Send what changed and return each door's answer within a second. Raises Unavailable."""
        return await self.publisher.answers(await self._send())

    async def _send(self) -> Sent:
        async with self._turn:
            return await asyncio.to_thread(self.send)

    async def run(self) -> None:
        """Follow the store until cancelled.

        After a list it rests for as long as the list took: however many people sign in, half of
        the time is left for everything else.
        """
        changed = time.monotonic()
        while True:
            begun = time.monotonic()
            try:
                sent = await self._follow()
                self._say(None)
            except Unavailable as outage:
                self._say(str(outage))
                await asyncio.sleep(_OUTAGE_SECONDS)
                continue
            now = time.monotonic()
            changed = now if sent else changed
            await asyncio.sleep(rest(now - begun if sent else 0.0, now - changed))

    async def _follow(self) -> bool:
        """Look once; True if the list was sent."""
        if await asyncio.to_thread(self.store.changes) == self._as_of:
            return False
        await self._send()
        return True

    def _say(self, trouble: str | None) -> None:
        """Log an outage once, and that it is over."""
        if trouble != self._trouble:
            if trouble is None:
                _LOG.info("the sign-in store answers again")
            else:
                _LOG.error("%s; the doors go on with the sessions that they know", trouble)
        self._trouble = trouble


def rest(took: float, quiet: float) -> float:
    """Seconds until the next look, after a list that took so long, and so long without a change."""
    return max(_LOOK_SECONDS if quiet < _QUIET_AFTER else _QUIET_LOOK_SECONDS, took)


def _public(key: TokenKey) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(key.public)
    except ValueError as fault:
        raise Unavailable(f"the token key `{key.kid}` in the sign-in store is damaged") from fault
