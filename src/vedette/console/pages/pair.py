"""Two parties: what they may do with each other, the rules that make it so, and changing them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vedette.admin.door import Doing, foreseen
from vedette.admin.rules import RuleView, list_rules
from vedette.console.desks import Desks
from vedette.console.page import Page, View, Visit, Words
from vedette.console.pages.grid import sort_of
from vedette.console.pages.rules import fields_of, fields_with, form_context
from vedette.core.asks import Act, PartySet
from vedette.core.channels import Channel
from vedette.core.decision import Verdict
from vedette.core.grid import CHANNELS, Answer, Case, Grid, Way
from vedette.core.people import ANYONE
from vedette.core.ruleset import CompiledRule
from vedette.core.settings.document import Document

ADDS = ("both", "there", "back")
"""The ways for which a rule may be added: `there` from the first party to the second."""
_SAID = {Verdict.YES: Answer.YES, Verdict.NOT_YET: Answer.CONDITIONS, Verdict.NO: Answer.NO}


@dataclass(frozen=True, slots=True)
class Told:
    """One answer within a way: which rule gave it, what it hangs on, and for whom, as an example."""

    answer: Answer
    rule: str
    pending: tuple[str, ...]
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Channelled:
    """One channel in one direction, with the answers behind it."""

    way: Way
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Speaking:
    """A rule that has a say between the two. `arrow` is in which direction."""

    view: RuleView
    rule: CompiledRule
    arrow: str
    fields: Mapping[str, str]


async def pair(desks: Desks, visit: Visit) -> View:
    """One pair. Raises Rejected where one of them is no party."""
    made = desks.grid.current()
    one, other = (desks.grid.party(made, visit.names[name]) for name in ("one", "other"))
    newest, document = desks.settings.current()
    ways = [(one, other)] if one == other else [(one, other), (other, one)]
    rows = await asyncio.to_thread(_rows, made, ways)
    add = visit.query.get("add", "")
    context = {
        "one": one,
        "other": other,
        "sorts": [sort_of(made, name) for name in (one, other)],
        "ways": ways,
        "rows": rows,
        "rules": _speaking(made, document, one, other),
        "base": newest.number,
        "add": add if add in ADDS else "",
        "prefilled": _prefilled(add, one, other),
        "may_change": _may_change(desks, visit),
        **form_context(document),
    }
    title = "pair-same" if one == other else "pair-title"
    return View(template="pair", title=title, context=context, fill={"a": one, "b": other})


def _may_change(desks: Desks, visit: Visit) -> bool:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    doing = Doing(act=Act.ADMINISTRATION_SETTINGS_APPLY, author=visit.by)
    return foreseen(policy, doing, today)


def _rows(made: Grid, ways: list[tuple[str, str]]) -> list[tuple[Channel, list[Channelled]]]:
    return [(each, [_told(made, one, other, each) for one, other in ways]) for each in CHANNELS]


def _told(made: Grid, one: str, other: str, channel: Channel) -> Channelled:
    cases = made.cases(one, other, channel)
    return Channelled(made.way(one, other, channel), tuple(_case(case) for case in cases))


def _case(case: Case) -> Told:
    decision = case.decision
    forbidden = decision.verdict is Verdict.NO and decision.reason.value in (
        "forbidden",
        "fact-unknown",
    )
    answer = Answer.FORBIDDEN if forbidden else _SAID[decision.verdict]
    rule = "" if answer is Answer.NO else decision.rule or ""
    return Told(answer, rule, decision.pending, _names(case.from_), _names(case.to))


def _names(parties: PartySet) -> str:
    """Somebody's parties in words, without the one that everybody is in."""
    return ", ".join(sorted(parties - {ANYONE})) or ANYONE


def _speaking(made: Grid, document: Document, one: str, other: str) -> list[Speaking]:
    """Every rule that has a say: what no revision may lose first, then what forbids."""
    there, back = set(made.speaking(one, other)), set(made.speaking(other, one))
    views = {view.id: view for view in list_rules(document)}
    found = []
    for rule in made.rules.rules:
        if rule.id in there | back and rule.id in views:
            view = views[rule.id]
            arrow = "↔" if rule.id in there & back else "→" if rule.id in there else "←"
            found.append(Speaking(view, rule, arrow, fields_of(document, view.id)))
    return sorted(
        found,
        key=lambda each: (
            each.rule.observe, not each.rule.guardrail, not each.rule.forbids, each.rule.id
        ),
    )  # fmt: skip


def _prefilled(add: str, one: str, other: str) -> Mapping[str, str]:
    if add == "back":
        return fields_with(way="one", one=other, other=one)
    return fields_with(way="one" if add == "there" else "both", one=one, other=other)


PAGES = (Page(path="/grid/{one}/{other}", handler=pair, act=Act.ADMINISTRATION_SETTINGS_READ),)
WORDS: Words = MappingProxyType(
    {
        "pair-title": ("{a} and {b}", "{a} und {b}"),
        "pair-same": ("{a} among themselves", "{a} unter sich"),
        "pair-way": ("From {a} to {b}", "Von {a} an {b}"),
        "pair-among": ("Among themselves", "Unter sich"),
        "pair-by": ("by", "durch"),
        "pair-no-rule": ("no rule allows it", "keine Regel erlaubt es"),
        "pair-hangs": ("hangs on", "hängt ab von"),
        "pair-example": (
            "for example from people of {a} to people of {b}",
            "zum Beispiel von Personen aus {a} an Personen aus {b}",
        ),
        "pair-rules": ("The rules that make it so", "Die Regeln dahinter"),
        "pair-no-rules": (
            "No rule speaks of these two, so nothing is allowed between them.",
            "Keine Regel spricht von diesen beiden; zwischen ihnen ist nichts erlaubt.",
        ),
        "pair-forbids": ("forbids", "verbietet"),
        "pair-allows": ("allows", "erlaubt"),
        "pair-guardrail": ("guardrail", "Leitplanke"),
        "pair-observes": ("only observes", "beobachtet nur"),
        "pair-guardrail-says": (
            "No revision may lose it; unlocking it takes a second person.",
            "Keine Revision darf sie verlieren; wer sie lösen will, braucht eine zweite Person.",
        ),
        "pair-edit": ("Change {id}", "{id} ändern"),
        "pair-remove": ("Remove {id}", "{id} entfernen"),
        "pair-add": ("Add a rule for these two", "Eine Regel für diese beiden hinzufügen"),
        "pair-add-both": ("both ways", "in beide Richtungen"),
        "pair-add-there": ("only from {a} to {b}", "nur von {a} an {b}"),
        "pair-may-not": (
            "You may read the rules here, and not change them.",
            "Sie dürfen die Regeln hier lesen, aber nicht ändern.",
        ),
        "pair-back": ("Back to the grid", "Zurück zum Raster"),
        "pair-turned": ("The other way round", "Andersherum"),
        "pair-how": (
            (
                "A forbid always wins; then one allow is enough. What no rule allows is not allowed. The "
                "order of the rules never matters."
            ),
            (
                "Ein Verbot gewinnt immer; sonst genügt eine Erlaubnis. Was keine Regel erlaubt, ist nicht "
                "erlaubt. Die Reihenfolge der Regeln spielt nie eine Rolle."
            ),
        ),
    }
)
