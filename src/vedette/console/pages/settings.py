"""Every setting on one page, and every rule as a sentence; each is edited in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from vedette.admin.rules import list_rules
from vedette.admin.settings_list import SettingRow, last_change, last_changes, setting_rows
from vedette.admin.synapse_options import OptionRow
from vedette.console.desks import Desks
from vedette.console.page import Page, View, Visit, Words
from vedette.console.pages.rules import fields_of, fields_with, form_context
from vedette.core.asks import Act
from vedette.core.revision import Revision
from vedette.core.settings.document import Document

_SHOWN = ("all", "changed", "lacking")
_LONGEST_QUERY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting as the page shows it; `choices` are TOML spellings where there is a closed list."""

    row: SettingRow
    choices: tuple[str, ...]
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOption:
    """One option of Synapse as the page shows it."""

    row: OptionRow
    last: str


async def values(desks: Desks, visit: Visit) -> View:
    """The settings that the search finds."""
    newest, document = desks.settings.current()
    changes = await _changes(desks, newest)
    query, show = _query(visit), visit.query.get("show", "all")
    words = query.casefold().split()
    rows = [row for row in setting_rows(document) if row.says(words) and _wanted(row, show)]
    sections: dict[str, list[Shown]] = {}
    for row in rows:
        last = _last(last_change(changes, row.path))
        shown = Shown(row=row, choices=_choices(row), last=last)
        sections.setdefault(row.section, []).append(shown)
    context = {
        "sections": sections,
        "count": len(rows),
        "query": query,
        "show": show if show in _SHOWN else "all",
        "shows": _SHOWN,
        "base": newest.number,
        **_beneath(desks, document, changes, words, show),
    }
    return _view(visit, "settings", "part-settings", context)


def _beneath(
    desks: Desks,
    document: Document,
    changes: Mapping[str, Revision],
    words: list[str],
    show: str,
) -> dict[str, Any]:
    """Synapse's own options, as far as they say every word; all of them are as recommended."""
    groups: dict[str, list[ShownOption]] = {}
    for row in desks.beneath(document):
        if show != "lacking" and row.says(words) and (show != "changed" or row.differs):
            found = [last_change(changes, path) for path in row.option.by]
            newest = max((e for e in found if e), key=lambda each: each.number, default=None)
            groups.setdefault(row.group, []).append(ShownOption(row=row, last=_last(newest)))
    return {"beneath": groups, "options": sum(map(len, groups.values()))}


async def rules(desks: Desks, visit: Visit) -> View:
    """The rules that the search finds, as sentences, guardrails first."""
    newest, document = desks.settings.current()
    changes = await _changes(desks, newest)
    query = _query(visit)
    words = query.casefold().split()
    found = [
        {"view": view, "fields": fields_of(document, view.id), "last": _last(last_change(changes, path))}
        for view in list_rules(document)
        if all(word in f"{view.id} {view.sentence} {view.say} {view.owner}".casefold()
               for word in words)
        for path in [view.id if view.guardrail else f"rules.{view.id}"]
    ]  # fmt: skip
    context = {
        "rules": found,
        "query": query,
        "base": newest.number,
        "blank": fields_with(),
        **form_context(document),
    }
    return _view(visit, "rules", "part-rules", context)


async def _changes(desks: Desks, newest: Revision) -> Mapping[str, Revision]:
    """Who changed what last. The history only grows, so it is read once for each revision."""
    seen = desks.remembered
    if seen.revision != newest.hash:
        history = await asyncio.to_thread(desks.settings.revisions.history)
        seen.changes, seen.revision = last_changes(history), newest.hash
    return seen.changes


def _view(visit: Visit, whole: str, part: str, context: Mapping[str, Any]) -> View:
    title = "settings" if whole == "settings" else "settings-rules"
    return View(template=part if visit.part else whole, title=title, context=context)


def _query(visit: Visit) -> str:
    return visit.query.get("q", "").strip()[:_LONGEST_QUERY]


def _wanted(row: SettingRow, show: str) -> bool:
    return row.differs if show == "changed" else row.lacks if show == "lacking" else True


def _choices(row: SettingRow) -> tuple[str, ...]:
    if row.info.type == "true or false":
        return ("true", "false")
    kind, _, words = row.info.type.partition("one of ")
    return () if kind or not words else tuple(words.split(", "))


def _last(revision: Revision | None) -> str:
    if revision is None:
        return ""
    day = datetime.fromtimestamp(revision.at, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{revision.author}, {day} UTC, revision {revision.number}: {revision.reason}"


_READ = Act.ADMINISTRATION_SETTINGS_READ
PAGES = (
    Page(path="/settings", handler=values, act=_READ, entry="settings"),
    Page(path="/settings/rules", handler=rules, act=_READ),
)
WORDS: Words = MappingProxyType(
    {
        "settings-values": ("Values", "Werte"),
        "settings-rules": ("Rules", "Regeln"),
        "settings-search": ("Search", "Suchen"),
        "settings-found": ("{count} settings", "{count} Einstellungen"),
        "settings-none": (
            "No setting says this. Try fewer or other words.",
            "Keine Einstellung passt dazu. Versuchen Sie weniger oder andere Wörter.",
        ),
        "settings-show": ("Show", "Zeigen"),
        "settings-all": ("all", "alle"),
        "settings-changed": ("changed from the default", "anders als die Vorgabe"),
        "settings-lacking": ("other than recommended", "anders als empfohlen"),
        "settings-beneath": (
            "Beneath: Synapse's own configuration",
            "Darunter: Synapses eigene Konfiguration",
        ),
        "settings-beneath-says": (
            (
                "Every option of Synapse that matters for security: what is in force, what Synapse does "
                "by itself, and what decides it here. Vedette writes its configuration before each start "
                "and starts it again when a setting asks for that; an edit by hand is drift, which the "
                "overview shows."
            ),
            (
                "Jede Option von Synapse, auf die es für die Sicherheit ankommt: was gilt, was Synapse von "
                "selbst täte, und was sie hier bestimmt. Vedette schreibt seine Konfiguration vor jedem "
                "Start und startet es neu, wenn eine Einstellung es verlangt; eine Änderung von Hand zeigt "
                "der Überblick als Abweichung."
            ),
        ),
        "settings-options": (
            "{count} options of Synapse",
            "{count} Optionen von Synapse",
        ),
        "settings-way": ("Decided by", "Bestimmt durch"),
        "settings-way-fixed": ("fixed", "fest"),
        "settings-way-setting": ("a setting", "eine Einstellung"),
        "settings-way-governed": ("governed", "folgt"),
        "settings-way-host": ("this host", "dieser Rechner"),
        "settings-way-fixed-says": (
            "Fixed in Vedette; changed, it would break or open what stands under the risk.",
            "Fest in Vedette; anders bräche oder öffnete sich, was unter Risiko steht.",
        ),
        "settings-way-host-says": (
            "The boot file of this host (`boot.toml`); its value is not shown here.",
            "Die Startdatei dieses Rechners (`boot.toml`); ihr Wert steht nicht hier.",
        ),
        "settings-way-rules": ("the rules", "die Regeln"),
        "settings-synapse-default": ("Synapse by itself", "Synapse von selbst"),
        "settings-as-it-is": ("as it is", "so, wie es ist"),
        "settings-as-setting": ("what is recommended there", "was dort empfohlen ist"),
        "settings-value": ("Value", "Wert"),
        "settings-default": ("Default", "Vorgabe"),
        "settings-recommended": ("Recommended", "Empfohlen"),
        "settings-risk": ("Risk", "Risiko"),
        "settings-type": ("Kind", "Art"),
        "settings-last": ("Changed last", "Zuletzt geändert"),
        "settings-never": ("never", "nie"),
        "settings-restart": ("starts Synapse again", "startet Synapse neu"),
        "settings-lacks": ("other than recommended", "anders als empfohlen"),
        "settings-own": ("set here", "hier gesetzt"),
        "settings-edit": ("Change {path}", "{path} ändern"),
        "settings-unset": (
            "Back to the default",
            "Zurück zur Vorgabe",
        ),
        "settings-other": ("Set another path", "Einen anderen Pfad setzen"),
        "settings-other-says": (
            "A party, a partner, a network, a kind of room, by its path and a TOML value.",
            "Ein Kreis, ein Partner, ein Netz oder eine Raumart, mit Pfad und TOML-Wert.",
        ),
        "settings-path": ("Path", "Pfad"),
        "settings-toml": (
            "Value in TOML; a bare text will do.",
            "Wert in TOML; bloßer Text geht auch.",
        ),
        "settings-rule-add": ("Add a rule", "Eine Regel hinzufügen"),
        "settings-rule-edit": ("Change {id}", "{id} ändern"),
        "settings-rule-remove": ("Remove {id}", "{id} entfernen"),
        "settings-rule-none": (
            "No rule says this. An organisation without rules allows nothing.",
            "Keine Regel passt dazu. Eine Organisation ohne Regeln erlaubt nichts.",
        ),
        "settings-guardrail": ("guardrail", "Leitplanke"),
    }
)
