"""The company's directory: the last change seen, how old what is known is, and whom a filter holds."""

from __future__ import annotations

import shlex
from types import MappingProxyType

from vedette.admin.directory import Previewed
from vedette.admin.door import Doing, foreseen
from vedette.admin.rejected import Rejected
from vedette.console.act_orders import CONFIRM_DIRECTORY, SYNC_DIRECTORY
from vedette.console.desks import Desks
from vedette.console.lists import moment
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.core.people import GUESTS, US
from vedette.ports.directory import Check
from vedette.ports.errors import Unavailable


async def directory(desks: Desks, visit: Visit) -> View:
    """How the list of people stands towards the directory, and what was asked to be tried."""
    state, clock = desks.directory.standing(), desks.settings.clock
    policy, today, now = desks.settings.policy.current(), clock.today(), clock.now()

    def may(act: Act) -> bool:
        return foreseen(policy, Doing(act=act, author=visit.by), today)

    dry, trouble = await _dry(desks, visit)
    checks = await _checks(desks, visit)
    lag = None if state is None else state.lag(now)
    context = {
        "state": state,
        "read_at": moment(state.read_at) if state and state.read_at else "",
        "took": f"{state.read_seconds:.1f}" if state else "",
        "changed_at": moment(state.changed_at) if state and state.changed_at else "",
        "since": moment(state.trouble_since) if state and state.trouble_since else "",
        "lag": "" if lag is None else f"{lag:.1f}",
        "filter": visit.query.get("people", policy.directory.document.directory.people),
        "party": visit.query.get("party", ""),
        "parties": [US, GUESTS, *sorted(map(str, policy.directory.document.parties))],
        "tried": dry,
        "trouble": trouble,
        "command": _command(visit),
        "checks": checks,
        "may_sync": may(Act.ADMINISTRATION_DIRECTORY_SYNC),
        "may_preview": may(Act.ADMINISTRATION_DIRECTORY_PREVIEW),
    }
    return View(template="directory", title="directory", context=context)


async def _checks(desks: Desks, visit: Visit) -> tuple[Check, ...]:
    """What comes of trying every server, where that was asked."""
    if "test" not in visit.query or not desks.directory.exists:
        return ()
    return await desks.directory.tried(visit.by)


def _command(visit: Visit) -> str:
    """The command that says the same as the dry run."""
    words = ["vedette", "directory", "preview", "--filter", visit.query.get("people", "")]
    words += ["--party", party] if (party := visit.query.get("party", "")) else []
    return shlex.join(words)


async def _dry(desks: Desks, visit: Visit) -> tuple[Previewed | None, str]:
    """Whom the filter of the query would hold, or why that can't be said."""
    if "people" not in visit.query or not desks.directory.exists:
        return None, ""
    people, party = visit.query["people"], visit.query.get("party", "")
    try:
        return await desks.directory.preview(visit.by, people=people, party=party), ""
    except Rejected as rejected:
        return None, f"{rejected.message} {rejected.hint or ''}".strip()
    except Unavailable as outage:
        return None, str(outage)


ORDERS = (SYNC_DIRECTORY, CONFIRM_DIRECTORY)
PAGES = (
    Page(
        path="/directory",
        handler=directory,
        act=Act.ADMINISTRATION_DIRECTORY_SHOW,
        entry="directory",
    ),
)
WORDS: Words = MappingProxyType(
    {
        "directory-none": (
            (
                "People come from the table here. To have them come from the company's directory, name "
                "it in [directory] of the boot file."
            ),
            (
                "Die Personen kommen hier aus der Tabelle. Sollen sie aus dem Verzeichnis der Firma "
                "kommen, nennen Sie es in der Boot-Datei unter [directory]."
            ),
        ),
        "directory-well": (
            "The directory answers, and people are as it says.",
            "Das Verzeichnis antwortet, und die Personen sind so, wie es sagt.",
        ),
        "directory-away": (
            (
                "The directory has not answered since {since} UTC. People are as it told them last; no "
                "ban is lifted. {why}"
            ),
            (
                "Das Verzeichnis antwortet seit {since} UTC nicht. Die Personen bleiben, wie es sie "
                "zuletzt nannte; kein Verbot fällt weg. {why}"
            ),
        ),
        "directory-held": (
            (
                "The new list would take away {taken} of {of} people at once. The last good one stays "
                "in force until somebody confirms; whoever is new or enabled again waits too, and "
                "whoever is disabled is out all the same. Among them: {some}."
            ),
            (
                "Die neue Liste nähme auf einmal {taken} von {of} Personen weg. Die letzte gute gilt "
                "weiter, bis jemand bestätigt; auch wer neu ist oder wieder eingeschaltet wurde, "
                "wartet, und wer abgeschaltet ist, ist trotzdem draußen. Darunter: {some}."
            ),
        ),
        "directory-confirm": ("Take the new list …", "Die neue Liste übernehmen …"),
        "directory-confirm-does": (
            (
                "Reads the directory and takes its list, whatever it takes away: whoever is not in it "
                "loses every session and leaves every room."
            ),
            (
                "Liest das Verzeichnis und übernimmt seine Liste, was sie auch wegnimmt: Wer nicht darin "
                "steht, verliert jede Sitzung und verlässt jeden Raum."
            ),
        ),
        "directory-sync": ("Read everything now …", "Jetzt alles lesen …"),
        "directory-sync-does": (
            "Reads the whole directory. A list that would take too many people away still waits.",
            "Liest das ganze Verzeichnis. Eine Liste, die zu viele Personen wegnähme, wartet weiter.",
        ),
        "directory-server": ("Server", "Server"),
        "directory-people": ("People", "Personen"),
        "directory-counts": (
            "{active} active, {guests} of them guests; {people} known",
            "{active} aktiv, davon {guests} Gäste; {people} bekannt",
        ),
        "directory-groups": ("Groups", "Gruppen"),
        "directory-changed": ("Last change seen (UTC)", "Letzte Änderung (UTC)"),
        "directory-never": ("none since the start", "keine seit dem Start"),
        "directory-lag": ("What is known is at most", "Der Stand ist höchstens"),
        "directory-seconds": ("{count} seconds old", "{count} Sekunden alt"),
        "directory-read": ("Read whole (UTC)", "Ganz gelesen (UTC)"),
        "directory-took": ("{at}, in {count} seconds", "{at}, in {count} Sekunden"),
        "directory-unread": ("not yet", "noch nicht"),
        "directory-follows": (
            "Changes are seen once a minute: {why}",
            "Änderungen werden einmal je Minute bemerkt: {why}",
        ),
        "directory-left-out": ("Left out", "Nicht aufgenommen"),
        "directory-dry": ("Whom would a filter hold?", "Wen träfe ein Filter?"),
        "directory-filter": ("Filter of people", "Filter der Personen"),
        "directory-filter-hint": (
            "Such as (department=Sales). Empty: everybody. Nothing is changed by this.",
            "Zum Beispiel (department=Vertrieb). Leer: alle. Dadurch ändert sich nichts.",
        ),
        "directory-party": ("Party", "Kreis"),
        "directory-everybody": ("everybody", "alle"),
        "directory-try": ("Try it", "Ausprobieren"),
        "directory-command": ("The same as a command:", "Dasselbe als Befehl:"),
        "directory-servers": (
            "Do the servers answer as they should?",
            "Antworten die Server richtig?",
        ),
        "directory-servers-does": (
            "Tries each server step by step, and says what mends it. Takes seconds where one is away.",
            (
                "Probiert jeden Server Schritt für Schritt; ein Fehler nennt, was ihn behebt. Dauert "
                "Sekunden, wenn einer fehlt."
            ),
        ),
        "directory-servers-try": ("Try the servers", "Die Server ausprobieren"),
        "directory-good": ("good", "gut"),
        "directory-fails": ("fails", "scheitert"),
        "directory-holds": ("It would hold {count}", "Er träfe {count}"),
        "directory-come": ("{count} would come", "{count} kämen hinzu"),
        "directory-go": ("{count} would go", "{count} fielen weg"),
        "directory-too-many": (
            "So many would go that the list would wait for a confirmation.",
            "Es fielen so viele weg, dass die Liste auf eine Bestätigung warten würde.",
        ),
        "directory-unknown-groups": (
            "Groups that the directory does not have",
            "Gruppen, die das Verzeichnis nicht hat",
        ),
    }
)
