"""The form of a rule, wherever one is added or changed: what it is filled with, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from vedette.console.page import Page, Words
from vedette.core.people import BUILT_IN
from vedette.core.settings.commands import rule_data
from vedette.core.settings.document import Document

CHANNEL_WORDS = ("message", "file", "call", "voice", "video", "screen", "conference", "presence",
                 "contact", "all", "sign-in", "administer")  # fmt: skip
"""Every word that a rule may use for channels, in the order of the form."""
_TEXTS = ("say", "owner", "expires", "mode")
_FIELDS = ("id", "name", "way", "one", "other", "answer", "order", "when", "unless", *_TEXTS)


def fields_with(**fields: str) -> Mapping[str, str]:
    """What the form of a rule that is still to be added is filled with."""
    return dict.fromkeys(_FIELDS, "") | fields


def fields_of(document: Document, name: str) -> Mapping[str, str]:
    """What a rule's form is filled with; a guardrail's id begins with `guardrails.`.

    Raises:
        KeyError: there is no such rule.
    """
    bare = name.removeprefix("guardrails.")
    table = document.guardrails if bare != name else document.rules
    data = rule_data({str(own): rule for own, rule in table.items()}[bare])
    answer = "allow" if "allow" in data else "forbid"
    both = [*data["between"]] if "between" in data else []
    one, other = both or [", ".join(data.get(key, ())) for key in ("from", "to")]
    return fields_with(
        id=name,
        way="both" if both else "one",
        one=one,
        other=other,
        answer=answer,
        order=", ".join(data.get(answer, ())),
        **{key: "\n".join(data.get(key, ())) for key in ("when", "unless")},
        **{key: str(data.get(key, "")) for key in _TEXTS},
    )


def form_context(document: Document) -> Mapping[str, object]:
    """What every page with such a form gives it besides."""
    named = {*map(str, document.parties), *map(str, document.partners)}
    return {"parties": sorted(BUILT_IN | named), "words": CHANNEL_WORDS}


PAGES: tuple[Page, ...] = ()
WORDS: Words = MappingProxyType(
    {
        "rule-id": ("Name", "Name"),
        "rule-id-hint": (
            "lower-case letters, digits and hyphens, such as acme-documents",
            "Kleinbuchstaben, Ziffern und Bindestriche, etwa acme-dokumente",
        ),
        "rule-guardrail": (
            "a guardrail: a forbid that no revision may lose",
            "eine Leitplanke: ein Verbot, das keine Revision verlieren darf",
        ),
        "rule-whom": ("About whom", "Um wen es geht"),
        "rule-both": ("between two, both ways", "zwischen zweien, in beide Richtungen"),
        "rule-one": ("from … to …, one way", "von … an …, eine Richtung"),
        "rule-from": ("Between, or from", "Zwischen, oder von"),
        "rule-to": ("and, or to", "und, oder an"),
        "rule-parties-hint": (
            "One way there may be several, with commas.",
            "In einer Richtung dürfen es mehrere sein, mit Kommas.",
        ),
        "rule-what": ("What it does", "Was sie tut"),
        "rule-allow": ("it allows", "sie erlaubt"),
        "rule-forbid": ("it forbids", "sie verbietet"),
        "rule-channels": ("Channels", "Kanäle"),
        "rule-when": ("When: all of these hold", "Wenn: all das gilt"),
        "rule-unless": ("Unless: any of these holds", "Außer wenn: eines davon gilt"),
        "rule-conditions-hint": (
            "One condition on a line: fact, operator, values, such as file.kind in document, image.",
            "Eine Bedingung je Zeile: Tatsache, Vergleich, Werte, etwa file.kind in document, image.",
        ),
        "rule-say": ("What a refused person reads", "Was Abgewiesene lesen"),
        "rule-owner": ("Which party answers for it", "Welcher Kreis sie verantwortet"),
        "rule-expires": ("Last day of an allow", "Letzter Tag einer Erlaubnis"),
        "rule-mode": ("Mode", "Modus"),
        "rule-enforce": ("it decides", "sie entscheidet"),
        "rule-observe": ("it only observes", "sie beobachtet nur"),
    }
)
