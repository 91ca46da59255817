"""What a change of the settings would do at once, computed before it is applied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

from vedette.admin.lockout import Held, comes_in, last_known
from vedette.admin.promises import PromiseChange, promise_changes
from vedette.core.decision import Verdict
from vedette.core.facts import DEVICE_PROOF, DEVICE_REPORTED
from vedette.core.language import Sentence, as_is, listed, told
from vedette.core.names import UserId
from vedette.core.people import ANYONE, US, Person
from vedette.core.ruleset import CompiledRule
from vedette.core.running_sessions import RunningSessions
from vedette.core.sessions import CERTIFICATE_FACTS, Session, SessionState
from vedette.core.settings.document import Document
from vedette.ports.policy import Policy

FEW = 5
"""A count below this tells something about single people: it needs the right to list them."""
_MOST_PROMISES = 12
"""So many changed promises are said; all of them are in the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change would do at once.

    `sessions` would be suspended, those of so many `people`; `own` of them are those of whoever asks
    and `unnamed` of people whom no changed rule names. `shut_out` of these people could not sign in on
    any device that they use, whatever they show. Nothing in the settings supplies the facts
    `unsupplied`, although rules that are new or changed read them. `promises` are what becomes of each
    partner. `back` is the revision that undoes it. `exact`: whoever asks may list sessions, and so
    know small counts.
    """

    sessions: int = 0
    people: int = 0
    own: int = 0
    shut_out: int = 0
    unnamed: int = 0
    unsupplied: tuple[str, ...] = ()
    promises: tuple[PromiseChange, ...] = ()
    back: int = 0
    exact: bool = False

    @property
    def wants_confirmation(self) -> bool:
        """Whether it would suspend sessions of whoever asks, or of people whom it does not name."""
        return bool(self.own or self.unnamed)

    def shown(self, count: int) -> int | None:
        """A count as whoever asks may know it: None where it is small, and they may not list sessions."""
        return None if 0 < count < FEW and not self.exact else count

    @property
    def words(self) -> tuple[Sentence, ...]:
        """It in sentences; nothing where nothing is to be said."""
        return tuple(self._words())

    def _words(self) -> Iterator[Sentence]:
        def count(number: int) -> Sentence:
            if self.shown(number) is None:
                return told("fewer than {few}", few=FEW)
            return as_is(str(number))

        if self.sessions:
            yield told(
                "Sessions that would be suspended: {sessions} (people: {people}).",
                sessions=count(self.sessions),
                people=count(self.people),
            )
        if self.own:
            yield told("Yours are among them: {own}.", own=self.own)
        if self.shut_out:
            yield told(
                "People who could not sign in again on any device that they use: {people}.",
                people=count(self.shut_out),
            )
        if self.unsupplied:
            yield told(
                "Nothing in the settings supplies {facts}: a ban by it refuses everybody, and an "
                "allow by it allows nobody.",
                facts=listed([f"`{each}`" for each in self.unsupplied]),
            )
        yield from (each.words for each in self.promises[:_MOST_PROMISES])
        if len(self.promises) > _MOST_PROMISES:
            yield told(
                "and {number} further promises to partners",
                number=len(self.promises) - _MOST_PROMISES,
            )


def effect_of(
    old: Policy, new: Policy, sessions: Iterable[Session], author: str, now: int, *, exact: bool
) -> Effect:
    """What the policy `new` would do at once instead of `old`; `now` is in unix seconds.

    `sessions` are all that are not ended; `author` is the name of whoever asks.
    """
    suspended = tuple(_suspended(old, new, sessions, now))
    mine: dict[UserId, list[Session]] = {}
    for session in suspended:
        mine.setdefault(session.user, []).append(session)
    return Effect(
        sessions=len(suspended),
        people=len(mine),
        own=sum(str(session.user) == author for session in suspended),
        unnamed=_unnamed(old, new, mine),
        shut_out=_shut_out(new, mine),
        unsupplied=tuple(sorted(_unsupplied(old, new))),
        promises=tuple(promise_changes(old, new)),
        back=old.rules.revision,
        exact=exact,
    )


def _suspended(
    old: Policy, new: Policy, sessions: Iterable[Session], now: int
) -> Iterator[Session]:
    """The running sessions to which the answer is no, and was none before."""
    today = new.directory.today
    before = RunningSessions(old.rules, old.directory, now, today)
    after = RunningSessions(new.rules, new.directory, now, today)
    for session in sessions:
        if session.state is not SessionState.LIVE or session.expires <= now:
            continue
        if not new.directory.people.get(session.user, Person()).active:
            continue
        becomes = after.answer(session).verdict
        if becomes is Verdict.NO and before.answer(session).verdict is not Verdict.NO:
            yield session


def _shut_out(new: Policy, mine: Mapping[UserId, list[Session]]) -> int:
    """How many of these people come in on none of their devices; asked once for each kind of them."""
    known: dict[object, bool] = {}
    count = 0
    for user, sessions in mine.items():
        devices = [last_known(new, session) for session in sessions]
        kind = (
            new.directory.someone(user).kind,
            frozenset(
                (frozenset(each.known.items()), frozenset(each.claims.items())) for each in devices
            ),
        )
        if kind not in known:
            held = Held(kinds=None, sets_up=True, sessions=tuple(sessions))
            known[kind] = not comes_in(new, user, held)
        count += known[kind]
    return count


def _unnamed(old: Policy, new: Policy, mine: Mapping[UserId, list[Session]]) -> int:
    """How many sessions are of people whom no changed rule names by a party of their own."""
    changed = chain(_changed(old, new), _changed(new, old))
    named = {side for rule in changed for pair in rule.pairs for side in pair} - _EVERYBODY
    of = new.directory.someone
    return sum(len(each) for user, each in mine.items() if named.isdisjoint(of(user).parties))


_EVERYBODY = frozenset({ANYONE, US})


# ---- Facts that nothing here supplies ------------------------------------------------------------


def _unsupplied(old: Policy, new: Policy) -> set[str]:
    read = {name for rule in _changed(old, new) for name in _read(rule)}
    document = new.directory.document
    return {name for name in read if name in _SUPPLIED and not _SUPPLIED[name](document)}


def _changed(old: Policy, new: Policy) -> Iterator[CompiledRule]:
    """The rules of `new` that are others in `old`, or not there."""
    before = {rule.id: rule for rule in old.rules.rules}
    return (rule for rule in new.rules.rules if before.get(rule.id) != rule)


def _read(rule: CompiledRule) -> Iterator[str]:
    """The facts that a rule reads and for which it takes no mere claim."""
    if not rule.observe:
        yield from (each.fact for each in rule.conditions() if not each.claimed)


def _manages(document: Document) -> bool:
    by_certificate = any(each.devices == "managed" for each in document.issuers.values())
    return by_certificate or bool(document.sign_in.managed_models)


def _reports(document: Document) -> bool:
    return bool(document.device_management)


def _certifies(document: Document) -> bool:
    return bool(document.issuers)


_SUPPLIED = MappingProxyType(
    {
        **dict.fromkeys(DEVICE_PROOF - DEVICE_REPORTED, _manages),
        **dict.fromkeys(DEVICE_REPORTED, _reports),
        **dict.fromkeys(CERTIFICATE_FACTS, _certifies),
    }
)
"""The facts that are known only where the settings say from where, and whether they do."""
