"""Looks again, while a session lives, at the certificates on which it stands.

Whoever's certificate was revoked or has expired is out: the session ends. One that is only not trusted
now (its CA left the settings, nothing is known of revocations and the issuer is `hard`) suspends it,
keys kept, and it goes on by itself once the certificate is trusted again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.reasons import Reason
from vedette.core.sessions import CERTIFICATE, Session, SessionFacts, SessionState
from vedette.ports.certificates import REVOKED, CertificateUse, Kind, RevokedCertificate
from vedette.ports.errors import StalePolicy
from vedette.ports.sign_in import SignInStore
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.values import IssuerPolicy
from vedette.signin.asking import wait_for
from vedette.signin.door import SignInDoor
from vedette.signin.enforce import go_on
from vedette.signin.revocations import RevocationKeeper
from vedette.signin.vouched import Certificates, NotVouched, Vouched
from vedette.spine import Permit, refuse

_LOG = logging.getLogger("vedette.signin")
EXPIRED = "its certificate has expired"
UNVOUCHED = "its certificate is not trusted now"
_ROUND = 1.0
"""Seconds that a round waits for those whom it asks; whoever takes longer keeps nobody waiting."""
_RESTS = 10
"""Finding out what is due is followed by a rest that is so many times as long, however many are in use."""
KINDS: frozenset[Kind] = frozenset({"crl", "ocsp"})
_WHOLE = 60
"""Seconds after which every certificate that ended is looked for, and not only since the last look."""
_TOGETHER = 0.1
"""For so many seconds sessions are gathered that end together."""
_ENDS: Mapping[Fault, str] = {Fault.REVOKED: REVOKED, Fault.EXPIRED: EXPIRED}


class _Over(defaultdict[str, set[str]]):
    """The ids of sessions that are to end, by why."""

    def __init__(self) -> None:
        super().__init__(set)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAgain:
    """What one look did."""

    looked: int = 0
    ended: int = 0
    suspended: int = 0
    live: int = 0


@dataclass(slots=True)
class Certified:
    """Keeps sessions in step with their certificates. Every method blocks: for worker threads.

    `refresh` of each kind, `look` and `go_through` may run beside one another, each of them once.
    """

    door: SignInDoor
    certificates: Certificates
    _issuers: tuple[IssuerPolicy, ...] | None = None
    _told: int = -1
    _ended: int = 0
    """Up to when it was looked at whose certificates ended."""
    _whole: int = 0
    """When it is to be looked at which ever did."""
    _refreshed: set[Kind] = field(default_factory=set)
    _rests_until: dict[Kind, float] = field(default_factory=dict)
    _under_way: dict[Kind, list[Future[None]]] = field(default_factory=dict)

    @property
    def _store(self) -> SignInStore:
        return self.door.store

    @property
    def _revocations(self) -> RevocationKeeper:
        return self.certificates.revocations

    def _current(self) -> tuple[IssuerPolicy, ...] | None:
        """The issuers in force; None while no settings are known."""
        try:
            return self.certificates.issuers.current()
        except StalePolicy:
            return None

    def tell_news(self, told: Callable[[], object]) -> None:
        """Call this, on whichever thread, when there is something to look at before the next turn."""
        self._revocations.news.tell(told)

    def rests(self) -> bool:
        """Whether there is nothing to look at: the settings name no issuers, and that was seen to.

        Waits for nothing.
        """
        issuers = self._current()
        return issuers is None or (not issuers and self._issuers is issuers)

    def refresh(self, kind: Kind) -> None:
        """Begin to ask again what is due, lists or responders, each address beside the others.

        Whoever has not answered after a second goes on answering beside later rounds. Raises
        Unavailable.
        """
        clock, begun, issuers = self.door.clock, self.door.clock.now(), self._current()
        if begun < self._rests_until.get(kind, 0.0) or issuers is None:
            return
        again = self._revocations.begin_lists if kind == "crl" else self._revocations.begin_answers
        asked: list[Future[None] | None] = []
        for issuer in issuers:
            used = sorted({use.thumbprint for use in self._store.certificates.uses(issuer.name)})
            pace = self.certificates.issuers.pace(issuer.name)
            asked += again(issuer, used, pace, int(begun))
        self._rests_until[kind] = clock.now() + _RESTS * (clock.now() - begun)
        self._wait(kind, [each for each in asked if each is not None], whole=None not in asked)

    def _wait(self, kind: Kind, asked: list[Future[None]], *, whole: bool) -> None:
        """Wait a moment for a round. Once one that left nothing out is through, all was asked."""
        several = list(dict.fromkeys([*self._under_way.get(kind, ()), *asked]))
        wait_for(several, _ROUND)
        self._under_way[kind] = [each for each in several if not each.done()]
        if whole and all(each.done() for each in asked):
            self._refreshed.add(kind)

    def look(self) -> LookedAgain:
        """Carry out what is due at once: of certificates with news, at the end of a time, and after
        what we were told. Costs little where nothing is. Raises Unavailable.
        """
        store, now = self._store.certificates, int(self.door.clock.now())
        if not self._current():
            return LookedAgain()
        news = self._revocations.news
        self._revocations.notice_ends(now)
        told, named, listed = store.revocations(), news.certificates.due(), news.listed.due()
        # time moves on a little from look to look, and what that missed is found by a whole one
        whole = now >= self._whole
        uses = list(store.uses(ended=now, since=0 if whole else self._ended))
        if told != self._told:
            uses += _revoked(store.told(), store.uses())
        if named:
            uses += (use for several in store.used_by(named).values() for use in several)
        for issuer in sorted(listed):
            serials = self._revocations.listed(issuer)
            uses += (use for use in store.uses(issuer) if int(use.serial, 16) in serials)
        done = self._looked(uses)
        # Only now: what fails before is looked at again.
        self._told, self._ended = told, now
        if whole:
            self._whole = now + _WHOLE
        news.certificates.done(named)
        news.listed.done(listed)
        return done

    def go_through(self) -> LookedAgain:
        """Look at every certificate of an issuer with a new list or one that came to its end, or at
        all after other settings.

        Until everything was asked once after a start, nothing is held against anybody that may only
        not be known yet. Raises Unavailable.
        """
        store, issuers = self._store.certificates, self._current()
        if issuers is None or self._refreshed < KINDS:
            return LookedAgain()
        lists = self._revocations.news.lists.due()
        if issuers is not self._issuers:
            uses = store.uses()
        else:
            uses = tuple(use for name in sorted(lists) for use in store.uses(name))
        done = self._looked(uses)
        self._issuers = issuers
        self._revocations.news.lists.done(lists)
        return done

    def _looked(self, uses: Iterable[CertificateUse]) -> LookedAgain:
        by_certificate: defaultdict[str, set[str]] = defaultdict(set)
        for use in uses:
            by_certificate[use.thumbprint].add(use.session)
        done: list[SessionState] = []
        notes: list[tuple[str, str]] = []
        over, begun = _Over(), self.door.clock.now()
        for thumbprint, sessions in by_certificate.items():
            judged, changed = self._judged(thumbprint)
            done += [m for each in sorted(sessions) if (m := self._carried(each, judged, over))]
            if changed:
                notes.append((thumbprint, _trouble(judged)))
            if self.door.clock.now() - begun >= _TOGETHER:
                done += self._end(over)
                begun = self.door.clock.now()
        done += self._end(over)
        for thumbprint, trouble in notes:  # only now: nobody is out sooner for what lists show
            self._store.certificates.checked(thumbprint, trouble, int(self.door.clock.now()))
        return LookedAgain(
            looked=len(by_certificate),
            ended=done.count(SessionState.ENDED),
            suspended=done.count(SessionState.SUSPENDED),
            live=done.count(SessionState.LIVE),
        )

    def _judged(self, thumbprint: str) -> tuple[Vouched | NotVouched, bool]:
        """Judge a certificate again, by what is known; whose it is was settled when it was shown.

        Also whether that is another answer than before.
        """
        kept = self._store.certificates.kept(thumbprint)
        if kept is None:
            gone = told("the certificate is not kept any more")
            return NotVouched(fault=Fault.MALFORMED, sentence=gone), False
        judged = self.certificates.again(kept)
        trouble = _trouble(judged)
        if trouble != kept.trouble:
            _LOG.info("certificate %s of %s: %s", kept.serial, kept.issuer, trouble or "good again")
        return judged, trouble != kept.trouble

    # ---- Carrying out ----------------------------------------------------------------------------

    def _carried(self, id_: str, judged: Vouched | NotVouched, over: _Over) -> SessionState | None:
        session = self._store.session(id_)
        if session is None or session.state is SessionState.ENDED:
            return None
        if isinstance(judged, Vouched):
            return self._good(session, judged)
        if judged.fault in _ENDS:
            if not any(id_ in ids for ids in over.values()):  # it may stand on two of them
                self._record(session)
                over[_ENDS[judged.fault]].add(id_)
            return None
        return self._hold(session)

    def _end(self, over: _Over) -> list[SessionState]:
        """End the sessions whose certificates are gone, which is on record: all of them at once, since
        of many the last one would wait for the disk as often as there are others.
        """
        now, ended = int(self.door.clock.now()), 0
        for because, ids in over.items():
            ended += len(self._store.end_sessions(ids, because, now))
        over.clear()
        return [SessionState.ENDED] * ended

    def _hold(self, session: Session) -> SessionState | None:
        if session.state is not SessionState.LIVE or self._refreshed < KINDS:
            return None
        self._record(session)
        now = int(self.door.clock.now())
        moved = self._store.move_session(session.id, SessionState.SUSPENDED, UNVOUCHED, now)
        return SessionState.SUSPENDED if moved is not None else None

    def _record(self, session: Session) -> None:
        act, who = Act.SIGN_IN_SESSION_KEEP, session.user
        self.door.spine.settle(act, who, lambda policy: refuse(policy, Reason.CERTIFICATE, who))

    def _good(self, session: Session, judged: Vouched) -> SessionState | None:
        """Keep what rules read of it up to date; let a session go on that was held for it alone."""
        facts = _renewed(session.facts, judged)
        if facts != session.facts:
            self._store.set_facts(session.id, facts)
            session = replace(session, facts=facts)
        if (session.state, session.because) != (SessionState.SUSPENDED, UNVOUCHED):
            return None
        if not all(self._still_good(each.thumbprint, judged) for each in facts.certificates):
            return None
        settled = self.door.keep(session)
        if not isinstance(settled, Permit):
            return None
        moved = go_on(settled, self._store, session, int(self.door.clock.now()))
        return SessionState.LIVE if moved is not None else None

    def _still_good(self, thumbprint: str, judged: Vouched) -> bool:
        if thumbprint == judged.trusted.thumbprint:
            return True
        kept = self._store.certificates.kept(thumbprint)
        return kept is not None and isinstance(self.certificates.again(kept), Vouched)


def _trouble(judged: Vouched | NotVouched) -> str:
    return judged.sentence if isinstance(judged, NotVouched) else ""


def _renewed(facts: SessionFacts, judged: Vouched) -> SessionFacts:
    """The facts with this certificate as it is known now."""
    now_, use = judged.shown, judged.use(0)
    certificates = tuple(
        now_ if each.thumbprint == now_.thumbprint else each for each in facts.certificates
    )
    factors = tuple(
        replace(each, counts=use.counts)
        if (each.kind, each.proven_by) == (CERTIFICATE, use.proven_by)
        else each
        for each in facts.factors
    )
    return replace(facts, certificates=certificates, factors=factors)


def _revoked(
    told: Iterable[RevokedCertificate], uses: Iterable[CertificateUse]
) -> list[CertificateUse]:
    """The uses of certificates that we were told are revoked."""
    named = {(each.issuer, each.serial) for each in told}
    return [use for use in uses if (use.issuer, use.serial) in named]
