"""Who may administer what: every person whom a rule lets do an act, with the rules that do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vedette.admin.door import administration_facts
from vedette.core.administration import MEANINGS
from vedette.core.asks import Act, PartySet, Someone
from vedette.core.channels import Channel
from vedette.core.decision import Verdict
from vedette.core.facts import CONSOLE
from vedette.core.names import UserId
from vedette.core.people import ANYONE, BUILT_IN, US, Directory
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.sentences import rule_sentence
from vedette.core.towards import organisation
from vedette.ports.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """An act that somebody may do: by which rule, and over whom; no party is everything there is."""

    act: Act
    rule: str
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """A person with every act that they may do."""

    user: UserId
    parties: tuple[str, ...]
    granted: tuple[Granted, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules by which they do."""
        return tuple(sorted({each.rule for each in self.granted}))


@dataclass(slots=True)
class Administrators:
    """Finds administrators. What was found is kept until the rules, the people or the day change."""

    _policy: Policy | None = None
    _found: tuple[Administrator, ...] = ()
    _kinds: dict[object, tuple[Granted, ...]] = field(default_factory=dict)

    def every(self, policy: Policy) -> tuple[Administrator, ...]:
        """By user id. Where a rule lets everybody of us do something, everybody is one."""
        if self._policy is not policy:
            self._kinds.clear()
            self._found = tuple(self._look(policy))
            self._policy = policy
        return self._found

    def _look(self, policy: Policy) -> list[Administrator]:
        found = []
        for user in sorted(_candidates(policy.directory)):
            someone = policy.directory.someone(UserId(user))
            granted = self._granted(policy, someone)
            if granted:
                parties = tuple(sorted(someone.parties - {ANYONE, US})) or (US,)
                found.append(Administrator(user=UserId(user), parties=parties, granted=granted))
        return found

    def _granted(self, policy: Policy, someone: Someone) -> tuple[Granted, ...]:
        known = self._kinds.get(someone.kind)
        if known is None:
            known = self._kinds[someone.kind] = tuple(_acts(policy, someone))
        return known


def rules_of(document: Document) -> tuple[tuple[str, str, bool], ...]:
    """The rules about administration: id, sentence, and whether it allows. Guardrails come first."""
    found: list[tuple[str, str, bool]] = []
    tables: tuple[tuple[str, Mapping[str, Rule]], ...] = (
        ("guardrails.", {str(k): v for k, v in document.guardrails.items()}),
        ("", {str(k): v for k, v in document.rules.items()}),
    )
    for before, rules in tables:
        for name, rule in sorted(rules.items()):
            if _administers(rule):
                found.append((f"{before}{name}", rule_sentence(name, rule), bool(rule.allow)))
    return tuple(found)


def _administers(rule: Rule) -> bool:
    return Channel.ADMINISTER.value in {
        str(each) for each in (*(rule.allow or ()), *(rule.forbid or ()))
    }


def _candidates(directory: Directory) -> list[str]:
    """Active people of the parties that some rule lets administer; all where it names all."""
    named = {
        str(side)
        for rule in directory.document.rules.values()
        if rule.allow and _administers(rule)
        for side in (*(rule.from_ or ()), *(rule.between or ()))
    }
    active = [user for user, each in directory.people.items() if each.active and not each.guest]
    if named & BUILT_IN:
        return active
    parties = [p for own, p in directory.document.parties.items() if str(own) in named]
    groups = {group for party in parties for group in party.groups}
    users = {str(user) for party in parties for user in party.users}
    people = directory.people
    return [u for u in active if u in users or not groups.isdisjoint(people[u].groups)]


def _acts(policy: Policy, who: Someone) -> list[Granted]:
    found = []
    for act in sorted(MEANINGS):
        rule = _rule(policy, who, act, None)
        if rule is not None:
            found.append(Granted(act=act, rule=rule, over=()))
            continue
        over = {}
        for party in (US, *sorted(map(str, policy.directory.document.parties))):
            rule = _rule(policy, who, act, frozenset({ANYONE, US, party}))
            if rule is not None:
                over[party] = rule
        if over:
            found.append(Granted(act=act, rule=next(iter(over.values())), over=tuple(over)))
    return found


def _rule(policy: Policy, who: Someone, act: Act, over: PartySet | None) -> str | None:
    """The rule by which somebody may do an act; what hangs on conditions of the moment counts as no."""
    ask = organisation(act, who, Channel.ADMINISTER, over)
    facts = administration_facts(act, frozenset(), CONSOLE)
    decision = policy.decide(ask, facts, policy.directory.today)
    return (decision.rule or "") if decision.verdict is Verdict.YES else None
