"""What of a settings document is weaker than, or other than, what is recommended."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.admin.findings import Found, Health
from vedette.admin.rules import value_at
from vedette.admin.settings_list import recommended
from vedette.core.language import told
from vedette.core.settings.document import Document
from vedette.core.settings.reference import settings_reference, spell_value


def weak_in(document: Document) -> Iterable[Found]:
    """The settings of a document that are weaker than, or other than, what is recommended."""
    for info in settings_reference():
        wanted = recommended(info)
        if "<" in info.path or wanted is None:
            continue
        value = value_at(document, info.path)
        if value != wanted:
            words = told(
                "`{path}` is {value}. {risk}",
                path=info.path,
                value=spell_value(value),
                risk=info.risk,
            )
            mend = f"vedette settings set {info.path} '{info.recommended}' --reason recommended"
            yield Found("settings", Health.WEAK, words, mend)
    yield from _weak_words(document)


def _weak_words(document: Document) -> Iterable[Found]:
    for name, partner in document.partners.items():
        if not partner.keys:
            words = told(
                "partner `{name}` has no pinned key: whoever takes its DNS speaks in its name",
                name=name,
            )
            mend = told(
                "have the partner confirm what `{check}` prints, then: {command}",
                check=f"vedette partner check {name}",
                command=f"vedette settings set partners.{name}.keys '[\"ed25519:… …\"]' --reason pinned",
            )
            yield Found("settings", Health.WEAK, words, mend)
    for name, rule in document.rules.items():
        if rule.mode == "observe":
            words = told("rule `{name}` only observes: it protects nothing", name=name)
            command = f"vedette settings set rules.{name}.mode enforce --reason 'observed enough'"
            yield Found("settings", Health.WEAK, words, command)
