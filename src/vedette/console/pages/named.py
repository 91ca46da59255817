"""Words of the rules that the organisation gives itself: parties, networks, kinds of room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import get_args
from urllib.parse import quote

from vedette.console.desks import Desks
from vedette.console.named_orders import ORDERS
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.core.conditions import ConditionError, parse
from vedette.core.people import BUILT_IN
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.sections import Breach

_READ = Act.ADMINISTRATION_SETTINGS_READ
_BLANK = dict.fromkeys(
    ("name", "groups", "users", "except", "ranges", "members", "encryption", "sealed", "history",
     "on_breach"), ""
)  # fmt: skip
"""What a form is filled with where something is still to be added."""
Rows = Callable[[Document], Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One name, what its form is filled with, and what else of the document names it."""

    name: str
    fields: Mapping[str, str]
    rules: tuple[str, ...]
    people: str = ""


async def parties(desks: Desks, visit: Visit) -> View:
    """Every party, and a form for each."""
    return _view(desks, visit, "parties", _parties)


async def networks(desks: Desks, visit: Visit) -> View:
    """Every network, and a form for each."""
    return _view(desks, visit, "networks", _networks)


async def room_kinds(desks: Desks, visit: Visit) -> View:
    """Every kind of room, and a form for each."""
    return _view(desks, visit, "rooms", _room_kinds)


def _view(desks: Desks, visit: Visit, section: str, rows: Rows) -> View:
    del visit  # the page's act was asked
    newest, document = desks.settings.current()
    found = [
        Named(
            name=name,
            fields=_BLANK | {"name": name, **fields},
            rules=tuple(_naming(document, section, name)),
            people=f"/people?party={quote(name)}" if section == "parties" else "",
        )
        for name, fields in sorted(rows(document).items())
    ]
    known = {*map(str, document.parties), *map(str, document.partners)}
    context = {
        "section": section,
        "kind": _ORDER[section],
        "found": found,
        "blank": _BLANK,
        "base": newest.number,
        "parties": sorted(BUILT_IN | known),
        "breaches": get_args(Breach),
        "histories": ("joined", "invited", "shared"),
    }
    return View(template="named", title=f"named-{section}", context=context)


_ORDER = {"parties": "set-party", "networks": "set-network", "rooms": "set-room-kind"}


def _parties(document: Document) -> dict[str, dict[str, str]]:
    return {
        str(name): {
            "groups": "\n".join(party.groups),
            "users": "\n".join(party.users),
            "except": ", ".join(party.except_),
        }
        for name, party in document.parties.items()
    }


def _networks(document: Document) -> dict[str, dict[str, str]]:
    return {
        str(name): {"ranges": "\n".join(map(str, ranges))}
        for name, ranges in document.networks.items()
    }


def _room_kinds(document: Document) -> dict[str, dict[str, str]]:
    return {
        str(name): {
            "members": ", ".join(kind.members),
            "encryption": "encrypted" if kind.encrypted else "plain" if kind.plain else "",
            "sealed": "yes" if kind.sealed else "",
            "history": kind.history,
            "on_breach": kind.on_breach or "",
        }
        for name, kind in document.rooms.items()
    }


def _naming(document: Document, section: str, name: str) -> Iterable[str]:
    """What names it, by path: it can't go before that does."""
    for table, rules in (("guardrails", document.guardrails), ("rules", document.rules)):
        for own, rule in sorted(rules.items()):
            if name in _named_by(rule, section):
                yield f"{table}.{own}"
    if section == "parties":
        yield from (
            f"parties.{own}" for own, one in document.parties.items() if name in one.except_
        )
        yield from (f"rooms.{own}" for own, kind in document.rooms.items() if name in kind.members)


def _named_by(rule: Rule, section: str) -> set[str]:
    if section == "parties":
        return _sides(rule)
    return _compared(rule, "sign_in.networks" if section == "networks" else "room.kind")


def _sides(rule: Rule) -> set[str]:
    sides = (rule.between or (), rule.from_ or (), rule.to or ())
    return {*(each for side in sides for each in side), rule.owner}


def _compared(rule: Rule, fact: str) -> set[str]:
    """The values with which a rule compares a fact."""
    found: set[str] = set()
    for text in (*rule.when, *rule.unless):
        try:
            condition = parse(text)
        except ConditionError:
            continue  # a document in force has none that can't be read
        if condition.fact == fact:
            found |= set(map(str, condition.values))
    return found


PAGES = (
    Page(path="/settings/parties", handler=parties, act=_READ),
    Page(path="/settings/networks", handler=networks, act=_READ),
    Page(path="/settings/room-kinds", handler=room_kinds, act=_READ),
)
WORDS: Words = MappingProxyType(
    {
        "named-parties": ("Parties", "Kreise"),
        "named-parties-says": (
            "A party is a named set of our people; rules speak about it. By itself it allows nothing.",
            (
                "Ein Kreis ist eine benannte Menge unserer Leute; Regeln sprechen von ihm. Für sich "
                "erlaubt er nichts."
            ),
        ),
        "named-parties-empty": (
            "No party of your own yet: rules can speak about us, guests and everybody else already.",
            (
                "Noch kein eigener Kreis: Von uns, Gästen und allen anderen können Regeln schon sprechen."
            ),
        ),
        "named-parties-add": ("Add a party", "Einen Kreis hinzufügen"),
        "named-networks": ("Networks", "Netze"),
        "named-networks-says": (
            (
                "A network is a name for address ranges; rules ask with sign_in.networks from where "
                "somebody signs in. An address in none of them is elsewhere."
            ),
            (
                "Ein Netz ist ein Name für Adressbereiche; mit sign_in.networks fragen Regeln, woher "
                "sich jemand anmeldet. Eine Adresse in keinem davon ist elsewhere."
            ),
        ),
        "named-networks-empty": (
            "No network has a name yet, so no rule can ask from where somebody signs in.",
            "Noch hat kein Netz einen Namen; also kann keine Regel fragen, woher sich jemand anmeldet.",
        ),
        "named-networks-add": ("Add a network", "Ein Netz hinzufügen"),
        "named-rooms": ("Kinds of room", "Raumarten"),
        "named-rooms-says": (
            (
                "A kind is chosen when a room is made and never changes. It says who may be in such "
                "rooms, and rules ask for it with room.kind."
            ),
            (
                "Eine Art wird gewählt, wenn ein Raum entsteht, und ändert sich nie. Sie sagt, wer in "
                "solchen Räumen sein darf, und Regeln fragen mit room.kind danach."
            ),
        ),
        "named-rooms-empty": (
            "There are no kinds yet: every room is for whom the rules allow in it.",
            "Noch gibt es keine Arten: Jeder Raum ist für alle, die die Regeln hineinlassen.",
        ),
        "named-rooms-add": ("Add a kind of room", "Eine Raumart hinzufügen"),
        # ---- forms
        "named-name": ("Name", "Name"),
        "named-name-hint": (
            "lower-case letters, digits and hyphens, such as works-council",
            "Kleinbuchstaben, Ziffern und Bindestriche, etwa betriebsrat",
        ),
        "named-groups": ("Groups, one on a line", "Gruppen, eine je Zeile"),
        "named-groups-hint": (
            "Whoever may edit a group decides who falls under the rules of this party.",
            "Wer eine Gruppe ändern darf, entscheidet, für wen die Regeln dieses Kreises gelten.",
        ),
        "named-users": ("Single people, one on a line", "Einzelne Personen, eine je Zeile"),
        "named-users-hint": (
            "Whole user ids: @alice:example.org",
            "Ganze Kennungen: @alice:example.org",
        ),
        "named-except": ("Except parties", "Außer den Kreisen"),
        "named-commas": ("Several with commas.", "Mehrere mit Kommas."),
        "named-ranges": ("Address ranges, one on a line", "Adressbereiche, einer je Zeile"),
        "named-ranges-hint": ("Such as 192.0.2.0/24.", "Etwa 192.0.2.0/24."),
        "named-members": ("For parties and partners", "Für Kreise und Partner"),
        "named-members-hint": (
            "With commas; empty: for everybody whom the rules let in.",
            "Mit Kommas; leer: für alle, die die Regeln hineinlassen.",
        ),
        "named-encryption": ("Encryption", "Verschlüsselung"),
        "named-encryption-none": ("as messages.encrypted says", "wie messages.encrypted sagt"),
        "named-encryption-encrypted": ("always, for good", "immer und für immer"),
        "named-encryption-plain": ("never", "nie"),
        "named-history": ("From when a member may read", "Ab wann ein Mitglied lesen darf"),
        "named-history-joined": ("from joining", "ab dem Beitritt"),
        "named-history-invited": ("from the invitation", "ab der Einladung"),
        "named-history-shared": ("everything", "alles"),
        "named-on-breach": ("Where it is against the rules", "Wo er gegen die Regeln ist"),
        "named-on-breach-none": ("as standing.on_breach says", "wie standing.on_breach sagt"),
        "named-on-breach-warn": ("only warn", "nur warnen"),
        "named-on-breach-freeze": ("freeze the room", "den Raum einfrieren"),
        "named-on-breach-remove": ("remove who may not be there", "entfernen, wer nicht sein darf"),
        "named-sealed": (
            "sealed: the inspector member stays out",
            "versiegelt: Das prüfende Mitglied bleibt draußen",
        ),
        "named-edit": ("Change {name}", "{name} ändern"),
        "named-remove": ("Remove {name} …", "{name} entfernen …"),
        "named-rules": ("Named by", "Genannt von"),
        "named-rules-none": ("nothing names it", "nichts nennt es"),
        "named-people": ("Who is in it", "Wer dazugehört"),
    }
)
__all__ = ["ORDERS", "PAGES", "WORDS"]
