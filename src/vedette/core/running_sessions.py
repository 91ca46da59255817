"""What the rules answer to sessions that run: found once for all that no rule tells apart."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter

from vedette.core.asks import Act, Ask, PartySet, Someone
from vedette.core.decide import decide
from vedette.core.decision import Decision
from vedette.core.facts import Facts
from vedette.core.people import Directory
from vedette.core.ruleset import Ruleset
from vedette.core.sessions import FactorUse, Session, SessionFacts, facts_for, sign_in_ask

_WITHOUT_TIME = attrgetter(*(each.name for each in fields(FactorUse) if each.name != "at"))
_OTHER_FACTS = attrgetter(*(each.name for each in fields(SessionFacts) if each.name != "factors"))


@dataclass(slots=True)
class RunningSessions:
    """The answers of one policy at one moment; `now` is in unix seconds, `today` an ordinal day.

    People of the same parties whose sessions have the same facts, of those that a rule reads, get
    one answer: 100,000 sessions take as many decisions as there are such kinds.
    """

    rules: Ruleset
    directory: Directory
    now: int
    today: int
    _networks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _read: dict[PartySet, tuple[str, ...]] = field(default_factory=dict)
    _answers: dict[object, Decision] = field(default_factory=dict)
    _seen: dict[object, Decision] = field(default_factory=dict)
    """The answers by kind of person and what is kept of the session: no fact need be made for it."""
    _ages: bool = field(init=False)

    def __post_init__(self) -> None:
        named = self.directory.document.networks
        self._networks.update({str(name): named[name] for name in named})
        read = (each.fact for rule in self.rules.rules for each in rule.conditions())
        self._ages = "sign_in.age" in read

    def answer(self, session: Session) -> Decision:
        """Whether a session may go on."""
        who = self.directory.someone(session.user)
        key = who.kind, self._kept(session)
        found = self._seen.get(key)
        if found is None:
            facts = facts_for(session, now=self.now, networks=self._networks)
            found = self._seen[key] = self._decided(who, facts)
        return found

    def _kept(self, session: Session) -> tuple[object, ...]:
        """All that is kept of a session and makes facts; when factors were shown only if rules ask."""
        facts = session.facts
        shown = facts.factors if self._ages else tuple(map(_WITHOUT_TIME, facts.factors))
        return shown, session.number, *_OTHER_FACTS(facts)

    def _decided(self, who: Someone, facts: Facts) -> Decision:
        ask = sign_in_ask(Act.SIGN_IN_SESSION_KEEP, who)
        read = self._facts_read(ask)
        key = (
            ask.questions[0].from_,
            tuple(facts.known.get(name) for name in read),
            tuple(facts.claims.get(name) for name in read),
        )
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = decide(self.rules, ask, facts.on(self.today))
        return found

    def _facts_read(self, ask: Ask) -> tuple[str, ...]:
        """The facts that any rule about these parties may read."""
        parties = ask.questions[0].from_
        found = self._read.get(parties)
        if found is None:
            found = self._read[parties] = tuple(sorted(self.rules.needs(ask.questions)))
        return found
