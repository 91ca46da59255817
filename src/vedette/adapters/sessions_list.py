"""Live sessions by the signed list: a token is verified once, its session looked up every time.

No network and no disk: the list comes by the sessions stream, and the keys that verify tokens are in
it. Where there is no list that can be relied on, nothing is said of any token, since a client that is
told that its session is over forgets its keys.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections import OrderedDict
from collections.abc import Callable, Container
from dataclasses import dataclass, field

from vedette.adapters.stream_files import StreamFiles
from vedette.core.sessions import Session, SessionState, facts_between_people
from vedette.ports.clock import Clock
from vedette.ports.errors import StalePolicy
from vedette.ports.live_sessions import Live, TokenState
from vedette.protocol.internal.sessions import NO_SESSIONS, Listed, SessionList, listed_of
from vedette.protocol.internal.streams import Part, Stream
from vedette.protocol.internal.tokens import LARGEST, AccessClaims, TokenFault, read

FRESH_SECONDS = 10.0
"""How long after its token was made a session may be missing from the list for being new."""
WAIT_SECONDS = 2.0
"""How long a request waits for a session that is new."""

_MOST_REMEMBERED = 50_000
_LONGEST_RENEWAL = 3600.0
_LATE_SECONDS = 60.0
_NOT_LIVE = {
    SessionState.SUSPENDED: TokenState.SUSPENDED,
    SessionState.WAITING: TokenState.WAITING,
    SessionState.EXPIRED: TokenState.EXPIRED,
    SessionState.ENDED: TokenState.ENDED,
}


def _never() -> bool:
    return False


@dataclass(slots=True)
class _Known:
    """A verified token, and what was last made of its session's entry in a list.

    `looked` is the number of that list: to keep the list itself would keep every old one alive for
    as long as a token that nobody uses any more is remembered.
    """

    claims: AccessClaims
    looked: int = 0
    entry: Listed | None = None
    live: Live | None = None


@dataclass(slots=True)
class SessionsList:
    """The LiveSessions port over the sessions stream. `take` MUST be called when parts arrive.

    `signin_away` says whether the sign-in service does not answer, so that no client can get a new
    token.
    """

    streams: StreamFiles
    clock: Clock
    signin_away: Callable[[], bool] = _never
    _part: Part | None = None
    _list: SessionList = NO_SESSIONS
    _number: int = 0
    _verified: OrderedDict[str, _Known] = field(default_factory=OrderedDict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self) -> bool:
        """Take the sessions part in force; True if there was a new one.

        A part that can't be read changes nothing: the last good list stays. Reading a long list
        takes a while, so it is done on a thread; one call at a time.
        """
        part, before = self.streams.part(Stream.SESSIONS), self._list
        if part is None or part is self._part:
            return False
        try:
            listed = await asyncio.to_thread(listed_of, part.body, before)
        except ValueError:
            return False
        if (before.keys, before.issuer) != (listed.keys, listed.issuer):
            self._verified.clear()
        self._part, self._list, self._number = part, listed, part.number
        self._changed.set()
        self._changed = asyncio.Event()
        return True

    def is_live(self, session: str) -> bool:
        """Whether the list in force has this session, and as live."""
        return self._list.sessions.state(session) is SessionState.LIVE

    def of(self, token: str) -> Live | TokenState:
        """The session of a token.

        1. There is a list, and it has not expired. 2. A key of the list signed the token; that is
        verified once. 3. The list has the token's session, of the same person and device, and says
        that it is live. 4. The token has not expired, or no new one can be had at the moment.
        """
        part, listed, now = self._part, self._list, self.clock.now()
        if part is None or part.expires <= now:  # (1)
            return TokenState.UNSURE
        known = self._verified.get(token)
        if known is None:
            known = self._verify(token)  # (2)
            if known is None:
                return _unverified(token, listed.keys)
        else:
            self._verified.move_to_end(token)
        state = listed.sessions.state(known.claims.session)  # (3)
        if state is None:
            return _missing(known.claims, listed, now)
        if known.looked != self._number:
            known.looked = self._number
            _look_again(known, listed)
        if known.live is None or known.entry is None:
            return TokenState.UNKNOWN
        if state is not SessionState.LIVE:
            return _NOT_LIVE[state]
        if known.claims.expires > now and known.entry.expires > now:  # (4)
            return known.live
        return self._outlived(known.live, known.claims.expires, known.entry.expires, now)

    def suspended(self, token: str) -> Session | None:
        """The session of a token that opens nothing because it is suspended, as the list has it."""
        if self.of(token) is not TokenState.SUSPENDED:
            return None
        entry = self._verified[token].entry
        return None if entry is None else entry.session()

    async def soon(self, token: str) -> Live | TokenState:
        """Like `of`; a new session is waited for until the list has it, 2 seconds at most.

        Only a token that one of our keys signed just now gets here, so nobody else can make it wait.
        """
        found = self.of(token)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while found is TokenState.TOO_NEW:
                    await self._changed.wait()
                    found = self.of(token)
        except TimeoutError:
            pass  # still too new, which the caller answers with "try again"
        return found

    def _verify(self, token: str) -> _Known | None:
        try:
            known = _Known(read(token, self._list.keys, self._list.issuer))
        except TokenFault:
            return None
        self._verified[token] = known
        if len(self._verified) > _MOST_REMEMBERED:
            self._verified.popitem(last=False)
        return known

    def _outlived(self, live: Live, expired: int, end: int, now: float) -> Live | TokenState:
        """Honour an expired token while no new one can be had; never a session past its own end."""
        try:
            grace = self.streams.current().directory.document.sign_in.outage_grace
        except StalePolicy:
            return TokenState.UNSURE
        in_time = expired + grace > now and end > now
        return live if in_time and self._no_new_token(now) else TokenState.EXPIRED

    def _no_new_token(self, now: float) -> bool:
        """Whether control or the sign-in service is away.

        Control renews every stream at half its lifetime and at least every hour, so a part that is
        clearly older has nobody who renews it.
        """
        part = self._part
        if part is None:
            return False
        renewal = min(_LONGEST_RENEWAL, (part.expires - part.issued) / 2)
        return now - part.issued > renewal + _LATE_SECONDS or self.signin_away()


def _missing(claims: AccessClaims, listed: SessionList, now: float) -> TokenState:
    """A session that is not listed: either so new that the list is on its way, or over."""
    if claims.session in listed.gone:
        return TokenState.ENDED
    fresh = abs(now - claims.issued) < FRESH_SECONDS and claims.expires > now
    return TokenState.TOO_NEW if fresh else TokenState.ENDED


def _unverified(token: str, keys: Container[str]) -> TokenState:
    """A token that no key of the list signed.

    One that names a key which is not listed may be signed by one that was given up, or by the next
    one. Its client is told to get a new token, and not that its session is over: that would cost the
    person the keys to all messages.
    """
    head = token.partition(".")[0]
    if len(token) > LARGEST or not head.isascii():
        return TokenState.UNKNOWN
    try:
        named = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return TokenState.UNKNOWN
    kid = named.get("kid") if isinstance(named, dict) else None
    return TokenState.EXPIRED if isinstance(kid, str) and kid not in keys else TokenState.UNKNOWN


def _look_again(known: _Known, listed: SessionList) -> None:
    """Make a token's session anew from its entry, where that says anything new."""
    before, entry = known.entry, listed.sessions[known.claims.session]
    known.entry = entry
    if before == entry:
        return
    claims = known.claims
    ours = (entry.user, entry.device) == (claims.user, claims.device)
    known.live = None if not ours else Live(
        user=claims.user,
        session=claims.session,
        device=claims.device,
        facts=facts_between_people(entry.session()),
        certificate=claims.certificate,
    )  # fmt: skip
