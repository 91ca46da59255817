"""Sessions begin and go on here: the one place that hands out tokens, and each time for a Permit.

A refresh token is `vrt_` and 256 random bits; its hash alone is kept (RFC 9700 section 4.14.2: each
is used once, and a lost answer is forgiven until the successor was used).
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

from vedette.core.explain import sentence_about_suspension
from vedette.core.names import UserId
from vedette.core.sessions import (
    CONSOLE,
    FactorUse,
    Session,
    SessionFacts,
    SessionState,
    ShownCertificate,
    by_rule,
)
from vedette.core.suspension import suspension_of
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.policy import PolicySource
from vedette.ports.provisioning import Provisioning
from vedette.ports.sign_in import Refreshed, Reused, SignInStore, TokenKey
from vedette.protocol.internal.sessions import SessionList
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, TokenFault, mint, read
from vedette.protocol.oauth.account_pages import prove_address
from vedette.protocol.oauth.scopes import scope_of
from vedette.signin.attempts import WINDOW, network_of
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.door import SignInDoor
from vedette.signin.enforce import go_on
from vedette.signin.listed import Listed
from vedette.signin.presented import NOTHING, Presented, facts_now
from vedette.signin.vouched import Certificates
from vedette.spine import Permit

WAIT = 3.0
"""Seconds within which every door must have heard of a new session, or it gets no token."""

NOT_HANDED_OUT = "its tokens were never handed out"
REUSED = "a refresh token was used twice"
SIGNED_OUT = "signed out"

_REFRESH = re.compile(r"vrt_[A-Za-z0-9_-]{43}")
_TRY_AGAIN = "This can't be done right now. Please try again in a moment."


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What a client is handed. `expires_in` is in seconds and is about the access token."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: int
    session: Session


class Standing(StrEnum):
    """Why a token is worth nothing now."""

    GONE = "gone"
    """It never was one, or its session has ended: the client may forget everything."""
    EXPIRED = "expired"
    """It is past its time and its session is not: refreshing, or signing in again, helps."""
    HELD = "held"
    """Its session is suspended or waits to be let in: the client must keep its keys."""
    DOUBT = "doubt"
    """It could not be decided: the same request may succeed later."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """No token, and the sentence for the person."""

    standing: Standing
    sentence: str
    pending: tuple[str, ...] = ()
    """The facts by which proofs shown anew let the session go on; empty where no proof helps."""
    page: str = ""
    """Where the person shows them."""


GONE = Withheld(Standing.GONE, "This sign-in has ended. Please sign in again.")
EXPIRED = Withheld(Standing.EXPIRED, "This sign-in has expired. Please sign in again.")
DOUBT = Withheld(Standing.DOUBT, _TRY_AGAIN)
SUSPENDED = Withheld(
    Standing.HELD,
    "This session is suspended. Your messages are safe. If you need it, ask your administrator.",
)
WAITING = Withheld(Standing.HELD, "This device still waits to be let in by your organisation.")


@dataclass(frozen=True, slots=True)
class Issuing:
    """Makes sessions and tokens. Every method waits for a store, so call it on a worker thread."""

    store: SignInStore
    door: SignInDoor
    provisioning: Provisioning
    listed: Listed
    policy: PolicySource
    clock: Clock
    issuer: str
    patience: float = WAIT
    certificates: Certificates | None = None
    devices: DeviceProofs | None = None

    def connection(
        self, certificate: bytes, user: UserId
    ) -> tuple[ShownCertificate | None, FactorUse | None]:
        """What the certificate of a request that fetches tokens is worth. Raises Unavailable."""
        if self.certificates is None:
            return None, None
        return self.certificates.of_connection(certificate, user)

    def begin(self, permit: Permit, candidate: Session, *, refreshes: bool) -> Issued:
        """Make the session that was permitted, and hand out its first tokens.

        1. Control must be there, so that nothing is replaced in vain. 2. The session is kept; from
        here on a failure takes it back. 3. Synapse knows person and device. 4. Every change up to
        this one is in the list that doors have. 5. Only then is there a token.

        Raises:
            Unavailable: one of these could not be done; nobody was let in.
        """
        del permit  # being given one is the point
        now = self.now()
        self.listed.wait(self.store.nudge(), self.patience)  # (1)
        known = any(each.device == candidate.device for each in self.store.sessions(candidate.user))
        refresh = new_refresh_token() if refreshes else None
        change = self.store.add_session(candidate, refresh and digest(refresh), now)  # (2)
        try:
            self._provision(candidate)  # (3)
            listed = self.listed.wait(change, self.patience)  # (4)
            return self._issued(candidate, refresh, listed)  # (5)
        except Unavailable:
            self._take_back(candidate, known=known)
            raise

    def refresh(
        self, token: str, client: str | None, presented: Presented = NOTHING
    ) -> Issued | Withheld:
        """Exchange a refresh token for its successor and a new access token.

        `client` is the client that presents it; None where the endpoint knows no clients.

        1. A token that is bound to a certificate is worth nothing without it (RFC 8705, section 4),
        nor is one of another client; neither is exchanged. 2. The exchange comes first: if anything
        later fails, the token is still good, since its successor was never used. 3. One that was
        used before suspends its session: two parties hold tokens of one family, and nobody can tell
        which is the thief. 4. What the request says of the session is known from now on. 5. The
        session must not be over or held by hand, and the rules must let it go on; one that a rule
        suspended goes on by the same answer.

        Raises:
            Unavailable: the store does not answer.
        """
        if _REFRESH.fullmatch(token) is None:
            return GONE
        session = self._of_family(token)
        if session is None or (client is not None and session.client != client):  # (1)
            return GONE
        if not _bound("", session, presented.thumbprint(self.now())):
            return EXPIRED
        successor = new_refresh_token()
        match self.store.refresh(digest(token), digest(successor)):  # (2)
            case Refreshed():
                pass
            case Reused(session=name):  # (3)
                self.store.move_session(name, SessionState.SUSPENDED, REUSED, self.now())
                return SUSPENDED
            case _:
                return GONE
        session = self.seen(session, presented)  # (4)
        withheld = self._over(session) or self._goes_on(session)  # (5)
        return withheld or self._issued(session, successor, self.listed.current())

    def seen(self, session: Session, presented: Presented) -> Session:
        """The session as it is known after this request of its program, which is kept.

        Raises:
            Unavailable: the store does not answer.
        """
        client = self.store.client(session.client) if session.client else None
        return self.noted(session, presented, facts_now(session, client, presented))

    def noted(self, session: Session, presented: Presented, facts: SessionFacts) -> Session:
        """The session with these facts, which are kept where they are new. Raises Unavailable."""
        self.store.touch(session.id, self.now(), presented.address)
        if facts == session.facts:
            return session
        self.store.set_facts(session.id, facts)
        return replace(session, facts=facts)

    def again(self, session: Session) -> None:
        """Ask the rules about a session that moved, and suspend it or let it go on. In doubt nothing
        is done. Raises Unavailable.
        """
        self._goes_on(session)

    def session_of(self, token: str, presented: Presented = NOTHING) -> Session | Withheld:
        """The session that an access token stands for, if it lives.

        A token that is bound to a certificate stands for nothing without it, and is said to have
        expired: its own client may have a new certificate, and must not forget its keys for that.

        Raises:
            Unavailable: the store does not answer.
        """
        try:
            claims = read(token, self.listed.current().keys, self.issuer)
        except TokenFault:
            return GONE
        session = self.store.session(claims.session)
        if session is None or (session.user, session.device) != (claims.user, claims.device):
            return GONE
        if not _bound(claims.certificate, session, presented.thumbprint(self.now())):
            return EXPIRED
        withheld = self._stands(session)
        if withheld is None and claims.expires <= self.now():
            return EXPIRED
        return withheld or session

    def end(self, session: Session, because: str = SIGNED_OUT) -> None:
        """End a session; what is left of it in Synapse is an errand. Raises Unavailable."""
        self.store.move_session(session.id, SessionState.ENDED, because, self.now())

    def session_behind(self, token: str, presented: Presented = NOTHING) -> Session | None:
        """The session of an access or refresh token, expired or not; None if there is none.

        A bound token is none without its certificate. Only for taking away. Raises Unavailable.
        """
        found = self._behind(token)
        if found is None or not _bound("", found, presented.thumbprint(self.now())):
            return None
        return found

    def _behind(self, token: str) -> Session | None:
        if _REFRESH.fullmatch(token) is not None:
            return self._of_family(token)
        try:
            claims = read(token, self.listed.current().keys, self.issuer)
        except TokenFault:
            return None
        return self.store.session(claims.session)

    def _of_family(self, refresh_token: str) -> Session | None:
        name = self.store.family(digest(refresh_token))
        return None if name is None else self.store.session(name)

    def may_begin(self, address: str) -> bool:
        """Count one sign-in that somebody begins; False where one address begins too many.

        Beginning needs no proof and is kept for a while, so it must not fill the store.
        """
        store, now = self.store, self.now()
        keys = (f"begin:{address}", f"begin:{network_of(address)}")
        here, around = store.attempts(keys, now, WINDOW)
        values = self.policy.current().directory.document.sign_in
        return here <= values.sign_ins_per_address and around <= values.sign_ins_per_network

    def signing_key(self, listed: SessionList) -> SigningKey:
        """The newest key that every door knows. Raises Unavailable when there is none."""
        for key in self.store.token_keys():
            if key.kid in listed.keys:
                return SigningKey.from_bytes(key.private)
        raise Unavailable("no key that signs tokens is known to the doors yet")

    def now(self) -> int:
        """The time in whole seconds."""
        return int(self.clock.now())

    def _stands(self, session: Session) -> Withheld | None:
        over = self._over(session)
        if over is not None or session.state is not SessionState.SUSPENDED:
            return over
        return self._suspended(session)

    def _suspended(self, session: Session) -> Withheld:
        """Why a session that a rule suspended gets nothing, and where proofs would help."""
        policy, page = self.policy.current(), prove_address(self.issuer, session.device)
        why = suspension_of(session, policy.rules, policy.directory, now=self.now())
        sentence = sentence_about_suspension(why, page)
        return replace(SUSPENDED, sentence=sentence, pending=why.pending, page=page)

    def _over(self, session: Session) -> Withheld | None:
        """Why no rule is asked about this session any more, or not yet; None if one is."""
        if session.state is SessionState.ENDED:
            return GONE
        if session.state is SessionState.EXPIRED or session.expires <= self.now():
            return EXPIRED
        if session.state is SessionState.SUSPENDED and not by_rule(session.because):
            return SUSPENDED
        return WAITING if session.state is SessionState.WAITING else None

    def _goes_on(self, session: Session) -> Withheld | None:
        settled = self.door.keep(session)
        if isinstance(settled, Permit):
            return self._gone_on(settled, session)
        if settled.in_doubt:
            return DOUBT
        decision = settled.decision
        because = decision.rule or decision.reason.value
        self.store.move_session(session.id, SessionState.SUSPENDED, because, self.now())
        return self._suspended(replace(session, because=because))

    def _gone_on(self, permit: Permit, session: Session) -> Withheld | None:
        """Let a session go on that was suspended until now; the doors hear of it before its client."""
        if session.state is not SessionState.SUSPENDED:
            return None
        change = go_on(permit, self.store, session, self.now())
        if change is None:
            return SUSPENDED
        self.listed.wait(change, self.patience)
        return None

    def _provision(self, session: Session) -> None:
        if session.kind == CONSOLE:
            return  # Synapse never hears of it
        localpart = session.user.localpart
        account = self.store.account(localpart)
        if account is None or not account.provisioned:
            self.provisioning.person(localpart, account.display_name if account else "")
        if account is not None and not account.provisioned:
            self.store.provisioned(localpart)
        self.provisioning.device(localpart, session.device, session.device_name)

    def _issued(self, session: Session, refresh: str | None, listed: SessionList) -> Issued:
        now = self.now()
        life = self.policy.current().directory.document.sign_in.access_token
        expires = session.expires if refresh is None else min(session.expires, now + life)
        claims = AccessClaims(
            issuer=self.issuer,
            user=session.user,
            client=session.client,
            id=secrets.token_urlsafe(16),
            issued=now,
            expires=expires,
            session=session.id,
            device=session.device,
            scope=scope_of(session.device),
            certificate=session.certificate,
        )
        return Issued(
            access_token=mint(claims, self.signing_key(listed)),
            refresh_token=refresh,
            expires_in=expires - now,
            session=session,
        )

    def _take_back(self, session: Session, *, known: bool) -> None:
        # Ending deletes Synapse's device: where the device was there before, its keys must stay.
        to = SessionState.SUSPENDED if known else SessionState.ENDED
        with suppress(Unavailable):
            self.store.move_session(session.id, to, NOT_HANDED_OUT, self.now())


def _bound(named: str, session: Session, presented: str) -> bool:
    """Whether a token that names this certificate, or none, may be used with the one presented.

    The session counts too: a token from before it was bound would be a way around.
    """
    return all(
        secrets.compare_digest(each, presented) for each in (named, session.certificate) if each
    )


def new_refresh_token() -> str:
    """A refresh token that nobody can guess."""
    return "vrt_" + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Under what a secret is kept: its SHA-256."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def ensure_token_key(store: SignInStore, now: int) -> None:
    """Make the first key that signs tokens, if there is none. Raises Unavailable."""
    if not store.token_keys():
        key = SigningKey.generate()
        store.add_token_key(
            TokenKey(kid=key.kid, public=key.public_bytes, private=key.private_bytes, made=now)
        )
