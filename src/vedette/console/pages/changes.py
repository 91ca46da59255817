"""What waits, and every revision of the settings: in words, as commands, one beside the other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from vedette.admin.beside import between
from vedette.admin.door import Doing, foreseen
from vedette.admin.rejected import Code, Rejected
from vedette.admin.settings import Difference
from vedette.console.change_orders import ORDERS, pending_change
from vedette.console.desks import Desks
from vedette.console.orders import when
from vedette.console.page import Page, View, Visit, Words
from vedette.console.pages.acts import that_wait
from vedette.core.administration import MEANINGS
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.pending import OPEN, PendingChange, State
from vedette.core.revision import Revision
from vedette.core.settings.changes import together
from vedette.ports.errors import Unavailable

__all__ = ["ORDERS", "PAGES", "WORDS"]

_READ = Act.ADMINISTRATION_SETTINGS_READ
_ON_A_PAGE = 25
_NO_REASON = "…"
_MOST_LINES = 2000


# ---- all of them ---------------------------------------------------------------------------------


async def changes(desks: Desks, visit: Visit) -> View:
    """What waits, and the history, newest first."""
    every = await desks.pending.every()
    history = desks.settings.revisions.history()
    before = _number(visit.query.get("before", "")) or len(history) + 1
    shown = [each for each in reversed(history) if each.number < before][:_ON_A_PAGE]
    return View(
        template="changes",
        title="changes",
        context={
            "drafts": await desks.drafts.every(),
            "acts": await that_wait(desks, visit),
            "meanings": MEANINGS,
            "open": [each for each in every if each.change.state in OPEN],
            "over": [
                each.change
                for each in every
                if each.change.state not in OPEN and each.change.state is not State.APPLIED
            ],
            "history": shown,
            "newest": history[-1].number if history else 0,
            "older": shown[-1].number if shown and shown[-1].number > 1 else 0,
            "when": when,
        },
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


# ---- one that waits ------------------------------------------------------------------------------


async def pending(desks: Desks, visit: Visit) -> View:
    """One change that waits or waited, and what the visitor may do with it."""
    pending_change(desks, visit.names["change"])
    found = await desks.pending.one(visit.names["change"])
    return View(
        template="changes-pending",
        title="changes-one",
        fill={"id": found.change.id},
        context={
            "waiting": found,
            "change": found.change,
            "may": _may(desks, visit, found.change),
            "when": when,
        },
    )


def _may(desks: Desks, visit: Visit, change: PendingChange) -> frozenset[str]:
    """What is offered; what is then done is asked anew."""
    if change.state not in OPEN:
        return frozenset()
    own = change.author == visit.by.name
    offered = {
        "approve": change.state is State.WAITING and not own,
        "reject": True,
        "withdraw": own,
    }
    acts = {
        "approve": Act.ADMINISTRATION_SETTINGS_APPROVE,
        "reject": Act.ADMINISTRATION_SETTINGS_REJECT,
        "withdraw": Act.ADMINISTRATION_SETTINGS_WITHDRAW,
    }
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return frozenset(
        name
        for name, yes in offered.items()
        if yes and foreseen(policy, Doing(act=acts[name], author=visit.by), today)
    )


# ---- revisions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What differs, as commands to be copied: each by itself, and all of them as one revision."""

    words: tuple[str, ...]
    commands: tuple[str, ...]
    at_once: str
    widens: tuple[str, ...] = ()


async def revision(desks: Desks, visit: Visit) -> View:
    """One revision: who, when, why, what it changed, its text."""
    number = _number(visit.names["number"])
    found = desks.settings.revision(number)
    return View(
        template="changes-revision",
        title="changes-revision",
        fill={"number": str(number)},
        context={
            "made": found,
            "does": _made_of(desks, found),
            "newest": desks.settings.current()[0].number,
            "when": when,
        },
    )


def _made_of(desks: Desks, found: Revision) -> Made:
    """What a revision changed. What is kept of it in words stands even where texts can't be read."""
    if found.number > 1:
        try:
            return made(between(desks.settings, found.number - 1, found.number), found.reason)
        except Unavailable:
            pass
    commands = tuple(f"{each} --reason '{_NO_REASON}'" for each in found.commands)
    return Made(words=found.words, commands=commands, at_once="")


def made(difference: Difference, reason: str) -> Made:
    """A difference, with its commands complete."""
    changes_, all_ = difference.changes, together(difference.changes)
    return Made(
        words=tuple(each.words for each in changes_),
        commands=tuple(each.step.because(reason) for each in changes_),
        at_once=all_.because(reason) if all_ is not None and len(changes_) > 1 else "",
        widens=difference.widens,
    )


async def compare(desks: Desks, visit: Visit) -> View:
    """What differs between two revisions."""
    newest = desks.settings.current()[0].number
    other = _number(visit.query.get("to", "")) or newest
    one = _number(visit.query.get("from", "")) or max(1, other - 1)
    difference = between(desks.settings, one, other)
    texts = [desks.settings.revision(number).text for number in (one, other)]
    lines = tuple(_differing_lines(*texts))
    return View(
        template="changes-compare",
        title="changes-compare",
        context={
            "one": one,
            "other": other,
            "newest": newest,
            "does": made(difference, _NO_REASON),
            "lines": lines[:_MOST_LINES],
            "left_off": max(0, len(lines) - _MOST_LINES),
        },
    )


def _differing_lines(one: str, other: str) -> Iterator[str]:
    found = difflib.unified_diff(one.splitlines(), other.splitlines(), lineterm="", n=2)
    yield from (line for line in found if not line.startswith(("---", "+++")))


async def text(desks: Desks, visit: Visit) -> View:
    """Nothing but the text of a revision, which may be long."""
    number = _number(visit.names["number"])
    if not number:
        raise Rejected(
            Code.NOT_FOUND, told("no revision is named"), told("choose one in the history")
        )
    return View(
        template="changes-text",
        title="changes-text",
        fill={"number": str(number)},
        context={"made": desks.settings.revision(number)},
    )


PAGES = (
    Page(path="/changes", handler=changes, act=_READ, entry="changes"),
    Page(path="/changes/compare", handler=compare, act=_READ),
    Page(path="/changes/pending/{change}", handler=pending, act=_READ),
    Page(path="/changes/revisions/{number}", handler=revision, act=_READ),
    Page(path="/changes/revisions/{number}/text", handler=text, act=_READ),
)
WORDS: Words = MappingProxyType(
    {
        "changes-lead": (
            "What waits to be applied, and everything that ever was.",
            "Was noch angewendet werden soll, und alles, was je galt.",
        ),
        "changes-begin": ("Begin a draft", "Einen Entwurf beginnen"),
        "changes-drafts": ("Drafts that are kept", "Aufbewahrte Entwürfe"),
        "changes-draft-says": (
            "Version {version}, on revision {base}.",
            "Version {version}, auf Revision {base}.",
        ),
        "changes-waiting": ("Waiting", "Wartet"),
        "changes-none-wait": (
            (
                "No change waits. One that may allow more than before waits here for a second person "
                "where the rules say so; one that can only refuse more never waits."
            ),
            (
                "Keine Änderung wartet. Eine, die mehr erlauben kann als bisher, wartet hier auf eine "
                "zweite Person, wo die Regeln das sagen; eine, die nur mehr ablehnen kann, wartet nie."
            ),
        ),
        "changes-state-waiting": ("waits for a second person", "wartet auf eine zweite Person"),
        "changes-state-scheduled": ("waits for its hour", "wartet auf ihre Zeit"),
        "changes-state-applied": ("applied", "angewendet"),
        "changes-state-rejected": ("turned away", "abgelehnt"),
        "changes-state-withdrawn": ("taken back", "zurückgezogen"),
        "changes-state-expired": ("nobody approved it in time", "nicht rechtzeitig freigegeben"),
        "changes-state-void": ("void", "hinfällig"),
        "changes-by": ("{who} on {when}", "{who} am {when}"),
        "changes-until": ("Until", "Bis"),
        "changes-starts": ("Not before", "Nicht vor"),
        "changes-author": ("Asked for by", "Beantragt von"),
        "changes-widens": ("May allow more towards", "Kann mehr erlauben gegenüber"),
        "changes-widens-none": ("nobody: it allows no more than before", "niemandem"),
        "changes-approved": ("Approved by", "Freigegeben von"),
        "changes-could": ("Who may approve it", "Wer sie freigeben darf"),
        "changes-could-none": (
            "nobody at present: make somebody else a security officer, or take it back",
            (
                "derzeit niemand: Nehmen Sie noch jemanden in das Sicherheitsbüro auf, oder ziehen Sie "
                "sie zurück"
            ),
        ),
        "changes-why": ("Why it waits", "Warum sie wartet"),
        "changes-stands-on": ("Stands on", "Beruht auf"),
        "changes-became": ("What became of it", "Was daraus wurde"),
        "changes-over": ("Came to nothing", "Ohne Wirkung geblieben"),
        "changes-one": ("The change {id}", "Die Änderung {id}"),
        "changes-look": ("Look at it", "Ansehen"),
        "changes-as-draft": (
            "Open it as a draft: see whom it would affect, or write another one from it",
            "Als Entwurf öffnen: sehen, wen sie beträfe, oder daraus eine andere machen",
        ),
        "changes-approve": ("Approve", "Freigeben"),
        "changes-approve-says": (
            (
                "Your approval is for exactly what stands here; a change with another content would "
                "want another one. If it is enough, the change is applied at once, or at its hour."
            ),
            (
                "Ihre Freigabe gilt für genau das, was hier steht; eine Änderung anderen Inhalts bräuchte "
                "eine andere. Reicht sie, gilt die Änderung sofort oder zu ihrer Zeit."
            ),
        ),
        "changes-reject": ("Turn away", "Ablehnen"),
        "changes-reject-says": (
            "It can't be applied any more; its author may ask again.",
            "Sie kann dann nicht mehr gelten; wer sie beantragt hat, darf es neu tun.",
        ),
        "changes-withdraw": ("Take back", "Zurückziehen"),
        "changes-withdraw-says": (
            "You asked for this change; nobody approves their own.",
            "Sie haben diese Änderung beantragt; niemand gibt die eigene frei.",
        ),
        "changes-history": ("History", "Verlauf"),
        "changes-in-force": ("in force", "gilt"),
        "changes-revision": ("Revision {number}", "Revision {number}"),
        "changes-older": ("Older", "Ältere"),
        "changes-nothing": (
            "Nothing that decides: comments or the form alone.",
            "Nichts, das entscheidet: nur Kommentare oder die Form.",
        ),
        "changes-each": ("Each change as a command", "Jede Änderung als Befehl"),
        "changes-at-once": (
            "All of it at once, as one revision",
            "Alles auf einmal, als eine Revision",
        ),
        "changes-compare": ("Compare two revisions", "Zwei Revisionen vergleichen"),
        "changes-from": ("From revision", "Von Revision"),
        "changes-to": ("To revision", "Zu Revision"),
        "changes-compare-do": ("Compare", "Vergleichen"),
        "changes-lines": ("Line by line, comments too", "Zeile für Zeile, auch Kommentare"),
        "changes-no-lines": ("Their texts are the same.", "Ihre Texte sind gleich."),
        "changes-left-off": (
            "{count} more lines are not shown.",
            "{count} weitere Zeilen sind nicht gezeigt.",
        ),
        "changes-text": ("The text of revision {number}", "Der Text von Revision {number}"),
        "changes-text-do": ("Read its text", "Den Text lesen"),
        "changes-before": ("Compare with the one before", "Mit der davor vergleichen"),
        "changes-restore": ("Go back to it", "Zu ihr zurückkehren"),
        "changes-restore-says": (
            "Its text becomes a new revision; the history keeps everything in between.",
            "Ihr Text wird eine neue Revision; der Verlauf behält alles dazwischen.",
        ),
        "changes-digest": ("Hash of the document", "Hash des Dokuments"),
    }
)
