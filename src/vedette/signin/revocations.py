"""What the sign-in service knows of revocations: fetched, verified, kept, and fetched anew in time.

A list or an answer counts only with the signature of the CA whose certificates it speaks of; what
doesn't hold changes nothing, and is told. Of each place the last good list of each CA and scope is
kept. Only addresses of the settings are asked, or those in a certificate for which everything else is
good already; none waits for another.
"""

from __future__ import annotations

import heapq
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial

from vedette.core.language import NOTHING, Sentence, said_by, told
from vedette.ports.certificates import (
    CertificateStore,
    Kind,
    RevocationFetcher,
    RevocationFiles,
    RevocationSource,
)
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.protocol.x509.crls import read_crl, time_fault
from vedette.protocol.x509.faults import WORDS, Fault
from vedette.protocol.x509.judging import before_revocation
from vedette.protocol.x509.ocsp import OcspAnswer, question, read_answer
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.revocations import CrlAt, OcspAt, Revocations, what_to_fetch
from vedette.protocol.x509.values import IssuerPolicy, Trusted, thumbprint_of
from vedette.signin.asking import MOST_IN_ROUNDS, Asking, Work, wait_for
from vedette.signin.crl_place import CrlPlace, Taken, saved_lists
from vedette.signin.pending import Pending

_LOG = logging.getLogger("vedette.signin")
_AGAIN = 30
"""Seconds after which what did not answer is asked again, where `refresh` is not sooner."""
_AHEAD = 60
"""So many seconds before the end of what is known its place is asked for the next."""
_AT_SIGN_IN = 10
"""Seconds for which nobody who signs in asks again what did not answer."""
_PATIENCE = 8.0
"""Seconds that whoever signs in waits for all that is asked; what comes later is there for the next."""
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

    def tell(self, told: Callable[[], object]) -> None:
        """Call this, on whichever thread, when there is something new."""
        for each in (self.certificates, self.listed, self.lists):
            each.told = told


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

    lists: dict[str, CrlPlace] = field(default_factory=dict)
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
    asking: Asking = field(init=False)
    _of: dict[str, _Known] = field(default_factory=dict)
    _ends: list[tuple[int, str, str]] = field(default_factory=list)
    """When what is known is good no more, the soonest first: of an issuer, a place or a certificate."""
    _away: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Addresses that did not answer: since when, and for how many seconds they are left alone."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.asking = Asking(self.clock)

    def known(self, issuer: str) -> Revocations:
        """What is known of an issuer's certificates now."""
        with self._lock:
            known = self._of.setdefault(issuer, _Known())
            if known.made is None:
                about = known.about.items()
                known.made = Revocations(
                    crls=tuple(crl for each in known.lists.values() for crl in each.kept.values()),
                    ocsp={name: one.answer for name, one in about if one.answer is not None},
                    missed={name: one.missed for name, one in about if one.missed is not None},
                )
            return known.made

    def learn(self, certificate: bytes, policy: IssuerPolicy, refresh: int, now: int) -> None:
        """Ask what has to be known of a certificate that is shown now, and is not known freshly.

        Everything is asked at once, and waited for a few seconds at most.
        """
        due = self._lacking(self.wanted(certificate, policy, now), policy, refresh, now)
        begun = (self.asking.begin(f"{policy.name} {key}", work) for key, work in due.items())
        wait_for((each for each in begun if each is not None), _PATIENCE)

    def _lacking(
        self, wanted: Iterable[CrlAt | OcspAt], policy: IssuerPolicy, refresh: int, now: int
    ) -> dict[str, Work]:
        due: dict[str, Work] = {}
        for each in wanted:
            if isinstance(each, CrlAt):
                list_ = self._list(policy.name, each.place)
                stale = list_.last is None or time_fault(list_.last, now) is not None
                if stale and now - list_.source.tried >= _AT_SIGN_IN:
                    due[each.place] = partial(self._fetch, list_, policy, now)
            elif (about := self._about(policy, each)) is not None:
                pace = refresh if _good(about, now) else 1
                if now - about.tried >= pace:
                    due[f"{each.url} {_issued(each)}"] = partial(self._ask, about, policy, now)
        return due

    def wanted(self, certificate: bytes, policy: IssuerPolicy, now: int) -> list[CrlAt | OcspAt]:
        """Where it is told whether this certificate was revoked; nowhere for a stranger's."""
        trusted = before_revocation(certificate, policy, now)
        return what_to_fetch(trusted.chain, policy) if isinstance(trusted, Trusted) else []

    def begin_lists(
        self, policy: IssuerPolicy, used: Iterable[str], refresh: int, now: int
    ) -> list[Future[None] | None]:
        """Begin to fetch again the lists that are due: the settings', and what certificates in use lead to.

        `used` are their thumbprints. None stands for what has to wait for the next round.
        """
        due: dict[str, Work] = {}
        for place in sorted(self._in_use(policy, used, now)[0]):
            list_ = self._list(policy.name, place)
            if _over(list_, refresh, now) and not self._rests(place, refresh, now):
                due[place] = partial(self._fetch, list_, policy, now)
        return self._begun(policy, due)

    def begin_answers(
        self, policy: IssuerPolicy, used: Iterable[str], refresh: int, now: int
    ) -> list[Future[None] | None]:
        """Begin to ask responders again about certificates in use, where it is due.

        Each responder is asked one question after the other, and none waits for another responder.
        What nobody leads to any more is forgotten, lists too.
        """
        lists, about = self._in_use(policy, used, now)
        due: dict[str, list[_About]] = {}
        for one in about.values():
            if _due(one, refresh, now) and not self._rests(one.asked.url, refresh, now):
                due.setdefault(one.asked.url, []).append(one)
        self._forget(policy.name, lists, set(about), now)
        work = {
            url: partial(self._ask_all, several, policy, refresh) for url, several in due.items()
        }
        return self._begun(policy, work)

    def _begun(self, policy: IssuerPolicy, due: Mapping[str, Work]) -> list[Future[None] | None]:
        named = {f"{policy.name} {key}": work for key, work in due.items()}
        return [
            self.asking.begin(key, work, MOST_IN_ROUNDS)
            for key, work in named.items()
            if not self.asking.rests(key)
        ]

    def _ask_all(self, several: Iterable[_About], policy: IssuerPolicy, refresh: int) -> None:
        for one in several:
            now = int(self.clock.now())
            if not self._rests(one.asked.url, refresh, now):
                self._ask(one, policy, now)

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
                if list_ and any(crl.next_update == until for crl in list_.kept.values()):
                    self.news.lists.add(issuer)
                if about is not None and about.answer and about.answer.until == until:
                    self._tell(issuer, about)

    def _tell(self, issuer: str, about: _About) -> None:
        if about.of_ca:
            self.news.lists.add(issuer)
        else:
            self.news.certificates.add(thumbprint_of(about.asked.certificate))

    # ---- Lists -----------------------------------------------------------------------------------

    def _list(self, issuer: str, place: str) -> CrlPlace:
        """What is known of a place."""
        with self._lock:
            known = self._of.setdefault(issuer, _Known())
            found = known.lists.get(place)
            if found is None:
                source = RevocationSource(issuer=issuer, place=place, kind="crl")
                found = known.lists[place] = CrlPlace(source)
        return found

    def _fetch(self, list_: CrlPlace, policy: IssuerPolicy, now: int) -> None:
        """Fetch a list, take it if it holds, and note how its place stands."""
        place = list_.source.place
        if not list_.loaded:
            self._load(list_, policy, now)
        try:
            taken = self._take(list_, self._bring(place, None, now), policy, now)
            trouble = taken.trouble
            list_.failed = not taken.good or taken.fault is not None
            if list_.unsaved:
                self.files.save(_file(policy, place), list_.saved())
                list_.unsaved = False
        except Unavailable as outage:
            trouble, list_.failed = said_by(outage), True
        last = list_.last
        list_.source = replace(
            list_.source,
            tried=now,
            trouble=trouble,
            fetched=list_.source.fetched if list_.failed else now,
            next_update=(last.next_update or 0) if last else 0,
            revoked=sum(last.revoked.values()) if last else 0,
        )
        self._note(list_.source)

    def _load(self, list_: CrlPlace, policy: IssuerPolicy, now: int) -> None:
        """Take what was kept before a restart, once; by an earlier release under the place alone."""
        place, list_.loaded = list_.source.place, True
        kept = self.files.load(_file(policy, place)) or self.files.load(place)
        for each in saved_lists(kept) if kept is not None else ():
            self._take(list_, each, policy, now)

    def _take(self, list_: CrlPlace, data: bytes, policy: IssuerPolicy, now: int) -> Taken:
        """Take a list if it is one of the issuer's CAs'; what it says is news."""
        crl = read_crl(data)
        if isinstance(crl, Fault):
            return Taken(fault=crl)
        with self._lock:
            taken = list_.take(crl, _authorities(policy), now)
            if taken.new:
                self._of[policy.name].made = None
                if crl.next_update is not None:
                    end = crl.next_update, policy.name, list_.source.place
                    heapq.heappush(self._ends, end)
                self.news.listed.add(policy.name)
                self.news.lists.add(policy.name)
        return taken

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
        trouble, found = NOTHING, Fault.MALFORMED
        if not isinstance(asked, Fault):
            try:
                answer = read_answer(self._bring(wanted.url, asked.request, now), asked, now)
            except Unavailable as outage:
                answer, trouble = Fault.STATUS_UNKNOWN, said_by(outage)
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
        trouble = told("it gives out an older answer than it did before") if hides else NOTHING
        self._responder(policy.name, about.asked.url, trouble, now, 0 if kept else answer.until)

    def _replace(self, about: _About, answer: OcspAnswer, policy: IssuerPolicy, now: int) -> None:
        before, about.answer = about.answer, answer
        if before is None or before.until != answer.until:
            heapq.heappush(self._ends, (answer.until, policy.name, answer.issued))
        if before is None or before.until < now or before.revoked is not answer.revoked:
            self._tell(policy.name, about)

    def _responder(
        self, issuer: str, url: str, trouble: Sentence, now: int, until: int = 0
    ) -> None:
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


def _over(list_: CrlPlace, refresh: int, now: int) -> bool:
    """Whether a list is due: by the settings' pace, about its end, or after a failure."""
    source, last = list_.source, list_.last
    ends = last is not None and last.next_update is not None and last.next_update - _AHEAD <= now
    soon = list_.failed or ends
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


def _words(fault: Fault) -> Sentence:
    return WORDS[fault].what


def _file(policy: IssuerPolicy, place: str) -> str:
    """By what the lists of a place are kept: two issuers may share a place, and have other CAs."""
    return f"{policy.name} {place}"


__all__ = ["Kind", "RevocationKeeper"]
