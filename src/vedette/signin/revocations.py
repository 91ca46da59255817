"""What the sign-in service knows of revocations: fetched, verified, kept, and fetched anew in time.

A list or an answer counts only with the signature of the CA whose certificates it speaks of; what
doesn't hold changes nothing, and is told. Only addresses of the settings are asked, or those in a
certificate for which everything else is good already.
"""

from __future__ import annotations

import heapq
import logging
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vedette.ports.certificates import (
    CertificateStore,
    Kind,
    RevocationFetcher,
    RevocationFiles,
    RevocationSource,
)
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.protocol.x509.crls import Crl, read_crl, time_fault, verified
from vedette.protocol.x509.faults import WORDS, Fault
from vedette.protocol.x509.judging import before_revocation
from vedette.protocol.x509.ocsp import OcspAnswer, question, read_answer
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.revocations import CrlAt, OcspAt, Revocations, what_to_fetch
from vedette.protocol.x509.values import IssuerPolicy, Trusted, thumbprint_of
from vedette.signin.pending import Pending

_LOG = logging.getLogger("vedette.signin")
_AGAIN = 30
"""Seconds after which what did not answer is asked again, where `refresh` is not sooner."""
_AHEAD = 60
"""So many seconds before the end of what is known its place is asked for the next."""
_AT_SIGN_IN = 10
"""Seconds for which nobody who signs in asks again what did not answer."""
_LATE = 60
"""Seconds that the next list or answer may come late before running sessions are held for it; whoever
signs in waits for it."""
_DAY = 86400
_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True)
class News:
    """What is known now that was not, whoever asked for it; there until somebody saw to it.

    `certificates` are thumbprints of those of which a responder says something else; `listed` and
    `lists` issuers of which there is another list: for who stands on it, and for everybody else.
    """

    certificates: Pending[str] = field(default_factory=Pending)
    listed: Pending[str] = field(default_factory=Pending)
    lists: Pending[str] = field(default_factory=Pending)


@dataclass(slots=True)
class _List:
    """One place of CRLs. `last` is the last good list, `tried` when it was asked, in unix seconds."""

    source: RevocationSource
    last: Crl | None = None
    loaded: bool = False


@dataclass(slots=True)
class _About:
    """What a responder said of one certificate, and when it was asked."""

    asked: OcspAt
    of_ca: bool = False
    tried: int = 0
    answer: OcspAnswer | None = None
    missed: Fault | None = None


@dataclass(slots=True)
class _Known:
    """Everything about one issuer."""

    lists: dict[str, _List] = field(default_factory=dict)
    about: dict[str, _About] = field(default_factory=dict)
    responders: dict[str, RevocationSource] = field(default_factory=dict)
    made: Revocations | None = None
    places: set[str] = field(default_factory=set)
    leads: dict[str, tuple[IssuerPolicy, tuple[CrlAt | OcspAt, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class RevocationKeeper:
    """Learns and remembers. For several threads; whatever asks others is done without the lock."""

    store: CertificateStore
    fetcher: RevocationFetcher
    files: RevocationFiles
    clock: Clock
    news: News = field(default_factory=News)
    _of: dict[str, _Known] = field(default_factory=dict)
    _ends: list[tuple[int, str, str]] = field(default_factory=list)
    """When what is known is good no more, the soonest first: of an issuer, a place or a certificate."""
    _away: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Addresses that did not answer: since when, and for how many seconds they are left alone."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def known(self, issuer: str) -> Revocations:
        """What is known of an issuer's certificates now."""
        with self._lock:
            known = self._of.setdefault(issuer, _Known())
            if known.made is None:
                about = known.about.items()
                known.made = Revocations(
                    crls=tuple(each.last for each in known.lists.values() if each.last is not None),
                    ocsp={name: one.answer for name, one in about if one.answer is not None},
                    missed={name: one.missed for name, one in about if one.missed is not None},
                )
            return known.made

    def learn(self, certificate: bytes, policy: IssuerPolicy, refresh: int, now: int) -> None:
        """Ask what has to be known of a certificate that is shown now, and is not known freshly."""
        for wanted in self.wanted(certificate, policy, now):
            if isinstance(wanted, CrlAt):
                list_ = self._list(policy.name, wanted.place)
                stale = list_.last is None or time_fault(list_.last, now) is not None
                if stale and now - list_.source.tried >= _AT_SIGN_IN:
                    self._fetch(list_, policy, now)
            else:
                about = self._about(policy, wanted)
                due = about is not None and (
                    now - about.tried >= refresh if _good(about, now) else now - about.tried >= 1
                )
                if about is not None and due:
                    self._ask(about, policy, now)

    def wanted(self, certificate: bytes, policy: IssuerPolicy, now: int) -> list[CrlAt | OcspAt]:
        """Where it is told whether this certificate was revoked; nowhere for a stranger's."""
        trusted = before_revocation(certificate, policy, now)
        return what_to_fetch(trusted.chain, policy) if isinstance(trusted, Trusted) else []

    def refresh_lists(
        self, policy: IssuerPolicy, used: Iterable[str], refresh: int, now: int
    ) -> None:
        """Fetch again the lists that are due: the settings', and what certificates in use lead to.

        `used` are their thumbprints.
        """
        for place in self._in_use(policy, used, now)[0]:
            list_ = self._list(policy.name, place)
            if _over(list_, refresh, now) and not self._rests(place, refresh, now):
                self._fetch(list_, policy, now)

    def ask_again(self, policy: IssuerPolicy, used: Iterable[str], refresh: int, now: int) -> None:
        """Ask responders again about certificates in use, where it is due.

        What nobody leads to any more is forgotten, lists too.
        """
        lists, about = self._in_use(policy, used, now)
        for one in about.values():
            if _due(one, refresh, now) and not self._rests(one.asked.url, refresh, now):
                self._ask(one, policy, now)
        self._forget(policy.name, lists, set(about), now)

    def _in_use(
        self, policy: IssuerPolicy, used: Iterable[str], now: int
    ) -> tuple[set[str], dict[str, _About]]:
        lists = dict.fromkeys(policy.crl)
        about: dict[str, _About] = {}
        for thumbprint in used:
            for wanted in self._leads_to(thumbprint, policy, now):
                if isinstance(wanted, CrlAt):
                    lists[wanted.place] = None
                elif (one := self._about(policy, wanted)) is not None:
                    about[_issued(wanted)] = one
        return set(lists), about

    # ---- Addresses -------------------------------------------------------------------------------

    def _rests(self, place: str, refresh: int, now: int) -> bool:
        """Whether an address that did not answer is left alone, for whatever it would be asked."""
        away = self._away.get(place)
        return away is not None and now - away[0] < min(away[1], refresh)

    def _bring(self, place: str, request: bytes | None, now: int) -> bytes:
        """What is there. Each time that nothing comes, the pause is twice as long. Raises Unavailable."""
        try:
            found = self.fetcher.fetch(place, request)
        except Unavailable:
            with self._lock:
                since, pause = self._away.get(place, (0, 0))
                if now - since >= pause:
                    self._away[place] = now, min(max(2 * pause, _AGAIN), _DAY)
            raise
        with self._lock:
            self._away.pop(place, None)
        return found

    def _leads_to(
        self, thumbprint: str, policy: IssuerPolicy, now: int
    ) -> tuple[CrlAt | OcspAt, ...]:
        """Where a kept certificate leads to; found out once, as long as its issuer is the same."""
        places = self._of.setdefault(policy.name, _Known()).leads
        found = places.get(thumbprint)
        if found is None or found[0] is not policy:
            kept = self.store.kept(thumbprint)
            if kept is None:
                return ()
            found = places[thumbprint] = policy, tuple(self.wanted(kept.der, policy, now))
        return found[1]

    def listed(self, issuer: str) -> frozenset[int]:
        """Every serial that stands on any list of an issuer."""
        lists = self.known(issuer).crls
        return frozenset(serial for crl in lists for serial, gone in crl.revoked.items() if gone)

    def _forget(self, issuer: str, lists: set[str], about: set[str], now: int) -> None:
        """Forget what nothing in use leads to any more, and was not asked for a day."""
        with self._lock:
            known = self._of.setdefault(issuer, _Known())
            gone = {place for place, each in known.lists.items()
                    if place not in lists and now - each.source.tried > _DAY}  # fmt: skip
            for place in gone:
                del known.lists[place]
            for issued in [each for each, one in known.about.items() if now - one.tried > _DAY]:
                if issued not in about:
                    del known.about[issued]
            places = {*known.lists, *known.responders}
            changed = places != known.places
            known.places, known.made = places, None if gone else known.made
        if changed:
            self.store.forget_sources(issuer, sorted(places))

    # ---- What is new -----------------------------------------------------------------------------

    def notice_ends(self, now: int) -> None:
        """Have it among the news whose list or answer came to its end, and nothing came after it."""
        with self._lock:
            while self._ends and self._ends[0][0] + _LATE < now:
                until, issuer, what = heapq.heappop(self._ends)
                known = self._of[issuer]
                list_, about = known.lists.get(what), known.about.get(what)
                if list_ is not None and list_.last and list_.last.next_update == until:
                    self.news.lists.add(issuer)
                if about is not None and about.answer and about.answer.until == until:
                    self._tell(issuer, about)

    def _tell(self, issuer: str, about: _About) -> None:
        if about.of_ca:
            self.news.lists.add(issuer)
        else:
            self.news.certificates.add(thumbprint_of(about.asked.certificate))

    # ---- Lists -----------------------------------------------------------------------------------

    def _list(self, issuer: str, place: str) -> _List:
        """What is known of a place; its last good list from before a restart, the first time."""
        with self._lock:
            known = self._of.setdefault(issuer, _Known())
            found = known.lists.get(place)
            if found is None:
                source = RevocationSource(issuer=issuer, place=place, kind="crl")
                found = known.lists[place] = _List(source)
        return found

    def _fetch(self, list_: _List, policy: IssuerPolicy, now: int) -> None:
        """Fetch a list, take it if it holds, and note how its place stands."""
        before = list_.last
        if not list_.loaded:
            list_.loaded = True
            kept = self.files.load(list_.source.place)
            if kept is not None:
                self._take(list_, kept, policy, now)
        try:
            trouble = self._take(list_, self._bring(list_.source.place, None, now), policy, now)
            if not trouble and list_.last is not None and list_.last is not before:
                self.files.save(list_.source.place, list_.last.der)
        except Unavailable as outage:
            trouble = str(outage)
        last = list_.last
        fetched = now if not trouble else list_.source.fetched
        list_.source = replace(
            list_.source,
            tried=now,
            trouble=trouble,
            fetched=fetched,
            next_update=(last.next_update or 0) if last else 0,
            revoked=sum(last.revoked.values()) if last else 0,
        )
        self._note(list_.source)

    def _take(self, list_: _List, data: bytes, policy: IssuerPolicy, now: int) -> str:
        """Take a list in the place of the one before, if it is the CA's and no older one.

        Returns what is wrong with it, empty if nothing is.
        """
        crl = read_crl(data)
        if isinstance(crl, Fault):
            return _words(crl)
        if not any(verified(crl, ca) is None for ca in _authorities(policy)):
            return _words(Fault.CRL_FORGED)
        with self._lock:
            last = list_.last
            if last is not None and (crl.number, crl.this_update) < (last.number, last.this_update):
                # Whoever gives it out may be hiding what was revoked since.
                return "it gives out an older list than it did before"
            if last is None or crl.der != last.der:
                list_.last = crl
                self._of[policy.name].made = None
                if crl.next_update is not None:
                    end = crl.next_update, policy.name, list_.source.place
                    heapq.heappush(self._ends, end)
                self.news.listed.add(policy.name)
                self.news.lists.add(policy.name)
        fault = time_fault(crl, now)
        return "" if fault is None else _words(fault)

    # ---- Responders ------------------------------------------------------------------------------

    def _about(self, policy: IssuerPolicy, wanted: OcspAt) -> _About | None:
        issued = _issued(wanted)
        if not issued:
            return None
        with self._lock:
            known = self._of.setdefault(policy.name, _Known())
            of_ca = wanted.certificate in policy.intermediates
            return known.about.setdefault(issued, _About(wanted, of_ca))

    def _ask(self, about: _About, policy: IssuerPolicy, now: int) -> None:
        """Ask a responder about one certificate. The last good answer stays while it holds."""
        wanted = about.asked
        asked = question(wanted.certificate, wanted.issuer, secrets.token_bytes(_NONCE_BYTES))
        trouble, found = "", Fault.MALFORMED
        if not isinstance(asked, Fault):
            try:
                answer = read_answer(self._bring(wanted.url, asked.request, now), asked, now)
            except Unavailable as outage:
                answer, trouble = Fault.STATUS_UNKNOWN, str(outage)
            if isinstance(answer, OcspAnswer):
                self._answered(about, answer, policy, now)
                return
            found = answer
        with self._lock:
            about.tried, about.missed = now, found
            self._of[policy.name].made = None
        self._responder(policy.name, wanted.url, trouble or _words(found), now)

    def _answered(self, about: _About, answer: OcspAnswer, policy: IssuerPolicy, now: int) -> None:
        """Take an answer in the place of the one before, and tell where it says something else.

        One that takes something back without being newer may be an old one that somebody kept.
        """
        with self._lock:
            before, about.tried = about.answer, now
            kept = before is not None and _stays(before, answer)
            hides = before is not None and kept and before.revoked is not answer.revoked
            about.missed = Fault.OCSP_EXPIRED if hides else None
            self._of[policy.name].made = None
            if not kept:
                self._replace(about, answer, policy, now)
        trouble = "it gives out an older answer than it did before" if hides else ""
        self._responder(policy.name, about.asked.url, trouble, now, 0 if kept else answer.until)

    def _replace(self, about: _About, answer: OcspAnswer, policy: IssuerPolicy, now: int) -> None:
        before, about.answer = about.answer, answer
        if before is None or before.until != answer.until:
            heapq.heappush(self._ends, (answer.until, policy.name, answer.issued))
        if before is None or before.until < now or before.revoked is not answer.revoked:
            self._tell(policy.name, about)

    def _responder(self, issuer: str, url: str, trouble: str, now: int, until: int = 0) -> None:
        """Note how a responder stands; not at every answer, since there is one for each person."""
        with self._lock:
            known = self._of[issuer].responders
            before = known.get(url) or RevocationSource(issuer=issuer, place=url, kind="ocsp")
            fetched = before.fetched if trouble else now
            now_ = replace(before, tried=now, trouble=trouble, fetched=fetched,
                           next_update=until or before.next_update)  # fmt: skip
            known[url] = now_
        if trouble != before.trouble or now - before.tried >= _AGAIN or not before.tried:
            self._note(now_)

    def _note(self, source: RevocationSource) -> None:
        if source.trouble:
            _LOG.warning("%s of issuer %s: %s", source.place, source.issuer, source.trouble)
        try:
            self.store.note_source(source)
        except Unavailable as outage:
            _LOG.error("%s", outage)


def _stays(before: OcspAnswer, answer: OcspAnswer) -> bool:
    """Whether the answer before counts on; what was revoked is so until a newer one says *good*."""
    if before.revoked and not answer.revoked:
        return answer.revoked is None or answer.this_update <= before.this_update
    return answer.this_update < before.this_update


def _good(about: _About, now: int) -> bool:
    return about.missed is None and about.answer is not None and now <= about.answer.until


def _over(list_: _List, refresh: int, now: int) -> bool:
    """Whether a list is due: by the settings' pace, about its end, or after a failure."""
    source, last = list_.source, list_.last
    ends = last is not None and last.next_update is not None and last.next_update - _AHEAD <= now
    soon = source.trouble or ends
    return not source.tried or now - source.tried >= (min(refresh, _AGAIN) if soon else refresh)


def _due(about: _About, refresh: int, now: int) -> bool:
    steady = _good(about, now + _AHEAD)
    return now - about.tried >= (refresh if steady else min(refresh, _AGAIN))


def _issued(wanted: OcspAt) -> str:
    certificate, issuer = read(wanted.certificate), read(wanted.issuer)
    if isinstance(certificate, Fault) or isinstance(issuer, Fault):
        return ""
    return f"{certificate.serial_hex}-{issuer.key_sha256}"


def _authorities(policy: IssuerPolicy) -> list[Read]:
    found = map(read, (*policy.anchors, *policy.intermediates))
    return [each for each in found if isinstance(each, Read)]


def _words(fault: Fault) -> str:
    return WORDS[fault].what


__all__ = ["Kind", "RevocationKeeper"]
