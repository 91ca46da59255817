"""Rulesets, asks and facts for laws, drawn from the rules' own edges.

Chance alone never meets a condition: a random size is never just at a limit. So conditions are
drawn first, and facts then mostly are the values that those conditions name, or their neighbours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.conditions import Condition, Operator, parse
from vedette.core.facts import REGISTRY, Facts, FactType, Missing
from vedette.core.ruleset import EVERYONE, CompiledRule, Ruleset

CALM = settings(deadline=None, max_examples=min(80, settings().max_examples))
"""No hurry on a busy machine; `make check` draws fewer."""

PARTIES = ("us", "staff", "acme", "anyone")
NAMES = ("a", "b", "c", "d", "e", "f")
CHANNELS = (Channel.FILE, Channel.CONTACT)
ASKED = (Channel.MESSAGE, Channel.FILE)
FACTS = (
    "file.encrypted", "file.kind", "file.size", "device.version", "device.platform",
    "change.widens", "today",
)  # fmt: skip
"""One fact of each type, claimable ones among them; the core doesn't ask which channel has them."""

_VALUES = {
    "file.encrypted": ("yes", "no"),
    "file.kind": ("document", "archive", "image"),
    "file.size": ("0 B", "10 B", "1 KiB"),
    "device.version": ("1", "1.2", "1.2.3", "2"),
    "device.platform": ("ios", "linux"),
    "change.widens": ("partners", "outside"),
    "today": ("2027-06-29", "2027-06-30"),
}
_WRONG_TYPES: tuple[Any, ...] = (
    "",
    "10",
    10,
    True,
    (),
    (1, "2"),
    (-1,),
    frozenset({1}),
    frozenset(),
)
_EQUALS = (Operator.EQUAL, Operator.NOT_EQUAL)
_SEVERAL = (Operator.IN, Operator.NOT_IN)
_ORDERED = (Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST)


def _conditions() -> Iterator[Condition]:
    for fact, values in _VALUES.items():
        spec = REGISTRY[fact]
        ordered = spec.type in (FactType.SIZE, FactType.VERSION, FactType.DATE)
        for operator in _EQUALS + _SEVERAL + (_ORDERED if ordered else ()):
            said = values if operator not in _SEVERAL else [values[0], ", ".join(values[:2])]
            for claimed in ("", "claimed ") if spec.claimable else ("",):
                yield from (parse(f"{claimed}{fact} {operator.value} {each}") for each in said)


CONDITIONS = tuple(_conditions())


_few = st.lists(st.sampled_from(CONDITIONS), max_size=2) | st.just([])


@st.composite
def rules(draw: st.DrawFn, name: str) -> CompiledRule:
    # Rules that never meet say nothing about each other: half of them speak about the same.
    anywhere = st.tuples(st.sampled_from(PARTIES), st.sampled_from((*PARTIES, EVERYONE)))
    pairs = st.just(frozenset({("us", "acme")})) | st.frozensets(anywhere, min_size=1, max_size=3)
    channels = st.frozensets(st.sampled_from(CHANNELS), min_size=1)
    forbids = draw(st.booleans())
    return CompiledRule(
        id=name,
        forbids=forbids,
        channels=draw(st.just(frozenset({Channel.FILE})) | channels),
        pairs=draw(pairs),
        when=tuple(draw(_few)),
        unless=tuple(draw(_few)),
        say=draw(st.sampled_from((None, "so it is"))),
        observe=draw(st.sampled_from((False, False, False, True))),
    )


@st.composite
def rulesets(draw: st.DrawFn) -> Ruleset:
    names = draw(st.sets(st.sampled_from(NAMES), min_size=draw(st.sampled_from((0, 2, 3)))))
    return Ruleset.of(7, [draw(rules(name)) for name in sorted(names)])


def party_sets() -> st.SearchStrategy[frozenset[str]]:
    """As the directory makes them: everybody is among `anyone`."""
    return st.frozensets(st.sampled_from(PARTIES), max_size=3).map(lambda found: found | {"anyone"})


@st.composite
def questions(draw: st.DrawFn, ruleset: Ruleset, known: bool = False) -> Question:
    """Mostly one about which some rule speaks."""
    channel, from_ = draw(st.sampled_from(CHANNELS)), draw(party_sets())
    to = draw(party_sets() if known else st.sampled_from((True, True, False)).flatmap(_maybe))
    if ruleset.rules and draw(st.sampled_from((True, True, True, False))):
        rule = draw(st.sampled_from(ruleset.rules))
        one, other = draw(st.sampled_from(sorted(rule.pairs)))
        channel, from_ = draw(st.sampled_from(sorted(rule.channels))), from_ | {one}
        to = to if to is None or other == EVERYONE else to | {other}
    whom = draw(st.sampled_from(("@a:x.example", "@b:y.example")))
    return Question(channel, from_, to, whom)


def _maybe(known: bool) -> st.SearchStrategy[frozenset[str] | None]:
    return party_sets() if known else st.none()


def _asked(ruleset: Ruleset, most: int) -> st.SearchStrategy[list[Question]]:
    one = questions(ruleset).map(lambda question: [question])
    return one | one | st.lists(questions(ruleset), max_size=most)


@st.composite
def asks(draw: st.DrawFn, ruleset: Ruleset, most: int = 3) -> Ask:
    return Ask(
        act=draw(st.sampled_from(Act)),
        who="@me:x.example",
        questions=tuple(draw(_asked(ruleset, most))),
        need=draw(st.sampled_from(Need)),
        where=draw(st.sampled_from((None, "!r:x.example"))),
    )


def edge_values(fact: str, ruleset: Ruleset) -> list[Any]:
    """What the rules name for a fact, and the neighbours of that."""
    read = [each for rule in ruleset.rules for each in rule.conditions() if each.fact == fact]
    named = [value for condition in read for value in condition.values]
    named += [parse(f"{fact} = {value}").values[0] for value in _VALUES[fact][:2]]
    values = [near for value in named for near in _near(value)]
    if REGISTRY[fact].type is FactType.WORDS:
        words = sorted({str(value) for value in values})
        return [frozenset(), *(frozenset({word}) for word in words), frozenset(words)]
    return values


def _near(value: Any) -> list[Any]:
    if isinstance(value, bool | str):
        return [value]
    if isinstance(value, tuple):
        less = (*value[:-1], max(value[-1] - 1, 0))
        return [value, (*value, 0), (*value, 1), less, (*value[:-1], value[-1] + 1)]
    return [value - 1, value, value + 1]


@st.composite
def facts_for(
    draw: st.DrawFn,
    ruleset: Ruleset,
    *,
    pending: bool = True,
    wrong: bool = False,
    unknown: bool = True,
) -> Facts:
    """Facts at the edges of these rules; `wrong` adds values of other types."""
    known: dict[str, Any] = {}
    claims: dict[str, Any] = {}
    missing = [Missing.UNKNOWN] * unknown + [Missing.PENDING] * pending
    for fact in sorted({each.fact for rule in ruleset.rules for each in rule.conditions()}):
        values = edge_values(fact, ruleset) + (list(_WRONG_TYPES) if wrong else [])
        # As often missing as known: doubt is what the laws are about.
        known[fact] = draw(st.sampled_from(values) | st.sampled_from(missing or values))
        if REGISTRY[fact].claimable and draw(st.booleans()):
            claims[fact] = draw(st.sampled_from(values))
    return Facts(known, claims)


@dataclass(frozen=True)
class Case:
    """One ask, under rules, with facts at their edges."""

    rules: Ruleset
    ask: Ask
    facts: Facts


@st.composite
def cases(draw: st.DrawFn, *, parts: bool = False, **how: bool) -> Case:
    """`parts`: what is asked about may have others in it."""
    ruleset = draw(rulesets())
    ask, facts = draw(asks(ruleset)), draw(facts_for(ruleset, **how))
    if parts:
        others = draw(st.lists(facts_for(ruleset, **how), max_size=2))
        facts = Facts(facts.known, facts.claims, tuple(other.known for other in others))
    return Case(ruleset, ask, facts)


@st.composite
def cedar_cases(draw: st.DrawFn) -> Case:
    """One question towards known people, nothing pending: what Cedar can be asked too."""
    ruleset = draw(rulesets())
    question = draw(questions(ruleset, known=True))
    ask = Ask(act=Act.ROOM_EVENT_SEND, who="@me:x.example", questions=(question,))
    return Case(ruleset, ask, draw(facts_for(ruleset, pending=False, wrong=True)))


def facts_read(ruleset: Ruleset) -> st.SearchStrategy[str]:
    """Facts that the rules read, or one that they don't."""
    read = sorted({each.fact for rule in ruleset.rules for each in rule.conditions()})
    return st.sampled_from(read or FACTS)


def forgotten(facts: Facts, name: str, how: Missing | None) -> Facts:
    """The facts without one: said to be missing, or (None) not even mentioned.

    What was merely claimed of it is forgotten too. A lost fact of which a claim remains is not a
    forgotten one: a rule that writes `claimed` asked for just that claim to count then.
    """
    known = {key: value for key, value in facts.known.items() if key != name}
    claims = {key: value for key, value in facts.claims.items() if key != name}
    parts = tuple(
        {key: value for key, value in part.items() if key != name}
        | ({} if how is None else {name: how})
        for part in facts.parts
    )
    return Facts(known if how is None else {**known, name: how}, claims, parts)


def renamed(rule: CompiledRule, rules: dict[str, str], parties: dict[str, str]) -> CompiledRule:
    pairs = frozenset((parties[one], parties.get(other, other)) for one, other in rule.pairs)
    return replace(rule, id=rules[rule.id], pairs=pairs)


_FORMS = {
    "file.encrypted": Channel.FILE,
    "file.kind": Channel.FILE,
    "file.size": Channel.FILE,
    "today": Channel.MESSAGE,
    "device.version": Channel.MESSAGE,
    "device.platform": Channel.MESSAGE,
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Valid settings documents, as values: every rule's conditions are of its channel."""
    return {
        "organisation": {"name": "X", "domain": "x.example"},
        "parties": {name: {"groups": [name.title()]} for name in ("staff",)},
        "partners": {"acme": {"domains": ["acme.example"]}},
        "rules": {name: draw(_rule_tables()) for name in draw(st.sets(st.sampled_from(NAMES)))},
        "guardrails": {
            "rail-" + name: draw(_rule_tables(forbid=True))
            for name in draw(st.sets(st.sampled_from(NAMES), max_size=1))
        },
    }


@st.composite
def _rule_tables(draw: st.DrawFn, forbid: bool = False) -> dict[str, Any]:
    channel = draw(st.sampled_from(ASKED))
    fit = st.sampled_from(
        [c for c in CONDITIONS if _FORMS.get(c.fact) in (channel, Channel.MESSAGE)]
    )
    sides = st.lists(st.sampled_from(PARTIES), min_size=1, max_size=2, unique=True)
    forbids = forbid or draw(st.booleans())
    table: dict[str, Any] = {"forbid" if forbids else "allow": [channel.value]}
    if draw(st.booleans()):
        table["between"] = [draw(st.sampled_from(PARTIES)), draw(st.sampled_from(PARTIES))]
    else:
        table |= {"from": draw(sides), "to": draw(sides)}
    table["when"] = [each.text for each in draw(st.lists(fit, max_size=2))]
    table["unless"] = [each.text for each in draw(st.lists(fit, max_size=2))]
    if not forbids and draw(st.booleans()):
        table["expires"] = dt.date(2027, 6, 29)
    if not forbid and draw(st.integers(0, 3)) == 0:
        table["mode"] = "observe"
    return table
