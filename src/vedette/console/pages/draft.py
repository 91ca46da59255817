"""A draft of the settings: checked, compared with what is in force, and replayed over what was asked."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from starlette.responses import RedirectResponse, Response

from vedette.admin.beside import Beside, drafted, moved
from vedette.admin.door import Doing
from vedette.admin.rejected import Rejected
from vedette.admin.replay import Replayed, recorded, replay
from vedette.console.change_orders import (
    DRAFT_FILE,
    ApplyDraft,
    foreseen_of,
    pending_change,
    starts_of,
    text_of,
)
from vedette.console.desks import Desks
from vedette.console.effects import effect_words
from vedette.console.orders import Foreseen, call, command
from vedette.console.page import Page, View, Visit, Words
from vedette.console.settings_orders import base_of
from vedette.core.asks import Act
from vedette.core.draft import Draft
from vedette.core.language import Sentence
from vedette.core.settings.changes import together
from vedette.core.settings.marks import marked
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.standing import Report

_DAY = 86400
SINCE: Mapping[str, int | None] = MappingProxyType(
    {"1": _DAY, "7": 7 * _DAY, "30": 30 * _DAY, "all": None}
)
"""How far back is replayed, in seconds."""
_USUAL = "7"
_LONGEST_LINE = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What the form holds. `kept` is the draft of which it is `version`; `name` is how to keep it."""

    text: str
    base: int
    at: str = ""
    since: str = _USUAL
    name: str = ""
    kept: str = ""
    version: int = 0

    @property
    def follows(self) -> int:
        """The version that keeping it would follow; 0 for a draft that is new by this name."""
        return self.version if self.name == self.kept else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found out about a draft. `faulty` are the lines that faults are about, by number."""

    foreseen: Foreseen | None = None
    rejected: Rejected | None = None
    faulty: Mapping[int, str] = field(default_factory=dict)
    beside: Beside | None = None
    at_once: str = ""
    affected: Replayed | None = None
    rooms: Report | None = None
    no_rooms: str = ""


async def draft(desks: Desks, visit: Visit) -> View | Response:
    """The draft of the form, or the settings in force, a revision, or a change that waits."""
    if visit.method != "POST":
        return _page(await _begun(desks, visit.query), Looked())
    sheet = _sheet(desks, visit.form)
    do = visit.form.get("do", "")
    if do == "file":
        return _file(sheet)
    if do == "keep":
        return await _keep(desks, visit, sheet)
    if do in ("discard", "discard-yes"):
        return await _discard(desks, visit, sheet, sure=do == "discard-yes")
    looked = _look(desks, sheet)
    if do == "move" and looked.beside is not None:
        sheet = replace(sheet, text=moved(looked.beside), base=looked.beside.newest.number)
        looked = _look(desks, sheet)
    effect = await effect_words(desks, visit.by, looked.foreseen)
    if do == "affected" and looked.rejected is None:
        looked = await _affected(desks, visit, sheet, looked)
    return _page(sheet, looked, effect=effect)


async def _begun(desks: Desks, query: Mapping[str, str]) -> Sheet:
    newest = desks.settings.current()[0]
    if "name" in query:
        kept = await desks.drafts.one(query["name"][:63])
        return _of(kept)
    if "change" in query:
        found = pending_change(desks, query["change"])
        return Sheet(text=found.text, base=found.base)
    number = query.get("revision", "")
    if number.isascii() and number.isdigit() and len(number) < 16:
        return Sheet(text=desks.settings.revision(int(number)).text, base=newest.number)
    return Sheet(text=newest.text, base=newest.number)


def _of(kept: Draft) -> Sheet:
    return Sheet(
        text=kept.text, base=kept.base, name=kept.name, kept=kept.name, version=kept.version
    )


async def _keep(desks: Desks, visit: Visit, sheet: Sheet) -> View:
    """Keep the draft at control, as it is; where that is refused nothing of it is lost."""
    try:
        made = await desks.drafts.save(visit.by, sheet.name, sheet.text, sheet.base, sheet.follows)
    except Rejected as rejected:
        return _page(sheet, Looked(rejected=rejected))
    sheet = replace(sheet, name=made.name, kept=made.name, version=made.version)
    return _page(sheet, Looked(), said="draft-kept")


async def _discard(desks: Desks, visit: Visit, sheet: Sheet, *, sure: bool) -> View | Response:
    """Forget the draft that is kept, once that was said twice."""
    if not sure:
        return _page(sheet, Looked(), said="draft-discard-sure")
    try:
        await desks.drafts.remove(visit.by, sheet.kept, sheet.version)
    except Rejected as rejected:
        return _page(sheet, Looked(rejected=rejected))
    return RedirectResponse("/changes", 303)


def _sheet(desks: Desks, form: Mapping[str, str]) -> Sheet:
    said, text = text_of(form)
    since, version = form.get("since", _USUAL), form.get("version", "")
    return Sheet(
        name=form.get("name", "").strip()[:63],
        kept=form.get("kept", "").strip()[:63],
        version=int(version) if re.fullmatch("[0-9]{1,9}", version) else 0,
        text=text,
        base=said or base_of(form) or desks.settings.current()[0].number,
        at=form.get("at", "").strip()[:40],
        since=since if since in SINCE else _USUAL,
    )


def _file(sheet: Sheet) -> Response:
    """The draft as a file, which says on which revision it stands."""
    return Response(
        marked(sheet.text, sheet.base),
        headers={"Content-Disposition": f'attachment; filename="{DRAFT_FILE}"'},
        media_type="application/toml; charset=utf-8",
    )


def _look(desks: Desks, sheet: Sheet) -> Looked:
    """What the draft would change, or every fault of it."""
    try:
        starts_of({"at": sheet.at})
        found = drafted(desks.settings, sheet.text, sheet.base)
    except Rejected as rejected:
        lines = sheet.text.split("\n")
        faulty = {
            fault.line: lines[fault.line - 1].strip()[:_LONGEST_LINE]
            for fault in rejected.faults
            if 0 < fault.line <= len(lines)
        }
        return Looked(rejected=rejected, faulty=faulty)
    if isinstance(found, Beside):
        return Looked(beside=found)
    all_ = together(found.changes)
    at_once = all_.because("…") if all_ is not None and len(found.changes) > 1 else ""
    return Looked(foreseen=foreseen_of(found, sheet.base, sheet.text), at_once=at_once)


async def _affected(desks: Desks, visit: Visit, sheet: Sheet, looked: Looked) -> Looked:
    """The same, with whom it would affect. Raises Rejected where the visitor may not replay."""
    doing = Doing(act=Act.ADMINISTRATION_SETTINGS_REPLAY, author=visit.by)
    await desks.door.permit(doing)
    desk, back = desks.settings, SINCE[sheet.since]
    document, _ = desk.check(sheet.text)
    since = None if back is None else desk.clock.now() - back
    entries = recorded(desks.records, since)
    found = await asyncio.to_thread(replay, desk.policy.current(), document, entries)
    looked = replace(looked, affected=found)
    try:
        return replace(looked, rooms=await desks.rooms.counts(visit.by))
    except Rejected as rejected:
        return replace(looked, no_rooms=rejected.message)
    except Unavailable as outage:
        return replace(looked, no_rooms=str(outage))


def _page(sheet: Sheet, looked: Looked, said: str = "", effect: tuple[Sentence, ...] = ()) -> View:
    context: dict[str, Any] = {
        "effect": effect,
        "said": said,
        "keeping": _line(
            "save", DRAFT_FILE, "--name", sheet.name or "…", "--version", sheet.follows
        ),
        "discarding": _line("remove", sheet.kept, "--version", sheet.version),
        "sheet": sheet,
        "looked": looked,
        "since": tuple(SINCE),
        "foreseen": looked.foreseen,
    }
    if looked.foreseen is not None:
        order = ApplyDraft(
            text=sheet.text, base=sheet.base, starts=starts_of({"at": sheet.at}), reason=""
        )
        context |= {"command": command(order), "call": call(order)}
    return View(template="draft", title="draft", context=context)


def _line(*words: str | int) -> str:
    """The command that does the same with a draft."""
    return shlex.join(["vedette", "settings", "draft", *map(str, words)])


PAGES = (
    Page(
        path="/changes/draft",
        handler=draft,
        act=Act.ADMINISTRATION_SETTINGS_READ,
        methods=("GET", "POST"),
    ),
)
WORDS: Words = MappingProxyType(
    {
        "draft": ("A draft of the settings", "Ein Entwurf der Einstellungen"),
        "draft-lead": (
            "It stands on revision {base}. Nothing is changed until you apply it, with a reason.",
            "Er beruht auf Revision {base}. Nichts ändert sich, bis Sie ihn mit einem Grund anwenden.",
        ),
        "draft-text": ("The document", "Das Dokument"),
        "draft-text-says": (
            "TOML, as it is kept; comments stay. Paste another one over it, or choose a file.",
            (
                "TOML, wie es aufbewahrt wird; Kommentare bleiben. Fügen Sie ein anderes ein, oder "
                "wählen Sie eine Datei."
            ),
        ),
        "draft-upload": ("A file instead", "Stattdessen eine Datei"),
        "draft-at": ("Not before (may stay empty)", "Nicht vor (darf leer bleiben)"),
        "draft-at-says": (
            "Such as 2027-06-30 22:00, in UTC. Empty: as soon as it may.",
            "Zum Beispiel 2027-06-30 22:00, in UTC. Leer: sobald es darf.",
        ),
        "draft-since": ("Replay what was asked in", "Nachspielen, was gefragt wurde in"),
        "draft-since-1": ("the last day", "dem letzten Tag"),
        "draft-since-7": ("the last 7 days", "den letzten 7 Tagen"),
        "draft-since-30": ("the last 30 days", "den letzten 30 Tagen"),
        "draft-since-all": ("all of the record", "dem ganzen Protokoll"),
        "draft-name": ("Its name (may stay empty)", "Sein Name (darf leer bleiben)"),
        "draft-name-says": (
            "Small letters, digits and hyphens. A draft that is kept is in force for nobody.",
            "Kleine Buchstaben, Ziffern und Bindestriche. Ein aufbewahrter Entwurf gilt für niemanden.",
        ),
        "draft-keep": ("Keep it", "Aufbewahren"),
        "draft-kept": (
            "The draft is kept as {name}, version {version}.",
            "Der Entwurf ist als {name}, Version {version}, aufbewahrt.",
        ),
        "draft-is-kept": (
            "This is the draft {name}, version {version}.",
            "Das ist der Entwurf {name}, Version {version}.",
        ),
        "draft-keep-command": (
            "The commands that do the same",
            "Die Befehle, die dasselbe tun",
        ),
        "draft-discard": ("Discard it", "Verwerfen"),
        "draft-discard-sure": (
            "The draft {name} will be gone for everybody. Do you want that?",
            "Der Entwurf {name} wird für alle weg sein. Wollen Sie das?",
        ),
        "draft-discard-yes": ("Discard it for good", "Endgültig verwerfen"),
        "draft-check": ("Check and compare", "Prüfen und vergleichen"),
        "draft-affected": ("Who is affected", "Wen es betrifft"),
        "draft-file": ("Save as a file", "Als Datei speichern"),
        "draft-apply": ("Go on to apply it", "Weiter zum Anwenden"),
        "draft-no-faults": ("The draft has no faults.", "Der Entwurf hat keine Fehler."),
        "draft-at-once": (
            "Its changes as one command, without its comments",
            "Seine Änderungen als ein Befehl, ohne Kommentare",
        ),
        "draft-beside": (
            "Meanwhile others have changed the settings",
            "Inzwischen haben andere die Einstellungen geändert",
        ),
        "draft-beside-says": (
            (
                "This draft stands on revision {base}; revision {newest} is in force. Nothing of "
                "either is lost: put your changes onto the newest revision, and look at them there."
            ),
            (
                "Dieser Entwurf beruht auf Revision {base}; Revision {newest} gilt. Nichts davon geht "
                "verloren: Setzen Sie Ihre Änderungen auf die neueste Revision, und sehen Sie sie dort an."
            ),
        ),
        "draft-theirs": ("What they changed", "Was sie geändert haben"),
        "draft-mine": ("What your draft changes", "Was Ihr Entwurf ändert"),
        "draft-both": (
            "Both change this; yours will stand there instead of theirs: {paths}.",
            "Beide ändern das; Ihres wird statt ihres dort stehen: {paths}.",
        ),
        "draft-move": (
            "Put my changes onto revision {newest}",
            "Meine Änderungen auf Revision {newest} setzen",
        ),
        "draft-move-says": (
            "Comments that only your draft has are not taken along; save it as a file to keep them.",
            (
                "Kommentare, die nur Ihr Entwurf hat, gehen nicht mit; speichern Sie ihn als Datei, um "
                "sie zu behalten."
            ),
        ),
        "draft-counts": (
            (
                "{asks} recorded asks were decided again by this draft. {counted} of them were only "
                "counted: their numbers stand here, single ones can't be shown."
            ),
            (
                "{asks} aufgezeichnete Anfragen wurden nach diesem Entwurf neu entschieden. {counted} "
                "davon wurden nur gezählt: Ihre Zahl steht hier, einzelne lassen sich nicht zeigen."
            ),
        ),
        "draft-no-asks": (
            "Nothing was asked in this time, so this says nothing about whom the draft would affect.",
            "In dieser Zeit wurde nichts gefragt; das sagt also nichts darüber, wen der Entwurf beträfe.",
        ),
        "draft-no-change": (
            "None of their answers would have been another one.",
            "Keine der Antworten wäre eine andere gewesen.",
        ),
        "draft-fixed": (
            "{count} records were left out: no rule decides them.",
            "{count} Einträge blieben außen vor: Keine Regel entscheidet sie.",
        ),
        "draft-kept-parties": (
            (
                "{count} records were decided with the parties of their time: whom they were about "
                "can't be told from them."
            ),
            (
                "{count} Einträge wurden mit den Kreisen ihrer Zeit entschieden: Um wen es ging, lässt "
                "sich ihnen nicht entnehmen."
            ),
        ),
        "draft-asks": ("Asks", "Anfragen"),
        "draft-answer": ("Answer", "Antwort"),
        "draft-channel": ("Channel", "Kanal"),
        "draft-from-party": ("From", "Von"),
        "draft-to-party": ("To", "An"),
        "draft-rule": ("By rule", "Nach Regel"),
        "draft-examples": ("Records, such as", "Einträge, etwa"),
        "draft-no-rule": ("no rule", "keine Regel"),
        "draft-yes": ("yes", "ja"),
        "draft-no": ("no", "nein"),
        "draft-not-yet": ("not yet", "noch nicht"),
        "draft-becomes": ("{was} becomes {becomes}", "{was} wird {becomes}"),
        "draft-changed": ("Answers that would change", "Antworten, die sich änderten"),
        "draft-observed": ("Rules that only observe", "Regeln, die nur beobachten"),
        "draft-observed-refused": (
            "{rule} would have refused {asks} asks.",
            "{rule} hätte {asks} Anfragen abgelehnt.",
        ),
        "draft-observed-allowed": (
            "{rule} would have allowed {asks} asks.",
            "{rule} hätte {asks} Anfragen erlaubt.",
        ),
        "draft-observed-none": (
            "No rule of the draft that only observes would have had a say.",
            "Keine Regel des Entwurfs, die nur beobachtet, hätte mitgesprochen.",
        ),
        "draft-rooms": ("Rooms", "Räume"),
        "draft-silent": (
            (
                "{count} rooms would fall silent: all that was let through there in this time would be "
                "refused."
            ),
            "{count} Räume verstummten: Alles, was dort in dieser Zeit durchkam, würde abgelehnt.",
        ),
        "draft-silent-none": (
            "No room in which something was said in this time would fall silent.",
            "Kein Raum, in dem in dieser Zeit etwas gesagt wurde, verstummte.",
        ),
        "draft-silent-more": ("and {count} more", "und {count} weitere"),
        "draft-rooms-unknown": (
            (
                "Not known: rooms in which nothing was asked in this time, and who would have to "
                "leave. The event door judges rooms by the settings in force, never by a draft; it "
                "does so as soon as the draft is applied."
            ),
            (
                "Nicht bekannt: Räume, in denen in dieser Zeit nichts gefragt wurde, und wer gehen "
                "müsste. Die Ereignistür beurteilt Räume nach den geltenden Einstellungen, nie nach "
                "einem Entwurf; sie tut es, sobald er angewendet ist."
            ),
        ),
        "draft-rooms-report": (
            "Its last report, under revision {revision}: {total} rooms, {breaches} against the rules.",
            "Ihr letzter Bericht, unter Revision {revision}: {total} Räume, {breaches} gegen die Regeln.",
        ),
        "draft-rooms-none": (
            "How many rooms there are is not known: {why}.",
            "Wie viele Räume es gibt, ist nicht bekannt: {why}.",
        ),
    }
)
