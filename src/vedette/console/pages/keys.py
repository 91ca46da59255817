"""Keys and secrets of the organisation, by name, and the certificates of its own servers."""

from __future__ import annotations

from itertools import groupby
from types import MappingProxyType
from typing import Any

from vedette.admin.door import Doing, foreseen
from vedette.admin.key_table import KeyRow
from vedette.admin.keys import KeyFound
from vedette.admin.server_certificates import ServerCertificate
from vedette.console.desks import Desks
from vedette.console.key_orders import RENEW, ROTATE
from vedette.console.lists import Cell, moment
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.core.german.keys import KEYS as GERMAN
from vedette.core.language import Sentence

_SOON = 30 * 86400
"""Seconds before its end from which a certificate is marked."""


async def keys(desks: Desks, visit: Visit) -> View:
    """Every key: what it is for, who holds it, where it lies and since when; no value of one."""
    found = await desks.keys.list(visit.by)
    rotates = _may(desks, visit, Act.ADMINISTRATION_KEY_ROTATE)
    now = desks.settings.clock.now()
    rows = [
        {
            "name": row.name,
            "what": _said(row.what),
            "holder": _said(row.holder),
            "change": _said(row.change),
            "places": [_place(each, now) for each in places],
            "rotates": row.rotates and rotates,
        }
        for row, places in _by_row(found)
    ]
    context = {
        "keys": rows,
        "may_see_servers": _may(desks, visit, Act.ADMINISTRATION_CERTIFICATE_LIST),
    }
    return View(template="keys", title="keys", context=context)


async def servers(desks: Desks, visit: Visit) -> View:
    """The certificates of the gateway and the console, and what becomes of orders."""
    found, now = await desks.server_certificates.list(visit.by), desks.settings.clock.now()
    renews = _may(desks, visit, Act.ADMINISTRATION_CERTIFICATE_RENEW)
    context = {
        "servers": [_server(each, now) for each in found],
        "may_renew": renews and any(each.directory is not None for each in found),
    }
    return View(template="server-certificates", title="keys-servers", context=context)


def _may(desks: Desks, visit: Visit, act: Act) -> bool:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return foreseen(policy, Doing(act=act, author=visit.by), today)


def _by_row(found: tuple[KeyFound, ...]) -> list[tuple[KeyRow, list[KeyFound]]]:
    groups = groupby(found, key=lambda each: each.row.name)
    return [(places[0].row, places) for _, group in groups for places in [list(group)]]


def _said(text: str) -> Cell:
    """A text of the table of keys, in both languages; marked where it has no German yet."""
    german = GERMAN.get(text)
    return Cell(text, english=True) if german is None else Cell(Sentence(text, german))


def _place(each: KeyFound, now: float) -> dict[str, Any]:
    return {
        "file": "" if each.file is None else str(each.file),
        "there": each.there,
        "made": "" if each.made is None else moment(each.made),
        "ends": None if each.ends is None else _ends(each.ends, now),
    }


def _ends(at: float, now: float) -> Cell:
    return Cell(moment(at), tone="bad" if at < now else "warn" if at < now + _SOON else "")


def _server(each: ServerCertificate, now: float) -> dict[str, Any]:
    shown, ordering = each.shown, each.ordering
    lacks = [name for name in each.wanted if shown is not None and name not in shown.names]
    return {
        "server": each.server,
        "file": str(each.file),
        "shown": shown,
        "ends": None if shown is None else _ends(shown.ends, now),
        "directory": each.directory,
        "ordering": ordering,
        "next": "" if ordering is None else moment(ordering.next_at),
        "lacks": lacks,
    }


ORDERS = (ROTATE, RENEW)
PAGES = (
    Page(path="/keys", handler=keys, act=Act.ADMINISTRATION_KEY_LIST, asks=False, entry="keys"),
    Page(
        path="/certificates/server",
        handler=servers,
        act=Act.ADMINISTRATION_CERTIFICATE_LIST,
        asks=False,
    ),
)
WORDS: Words = MappingProxyType(
    {
        "keys": ("Keys", "Schlüssel"),
        "keys-lead": (
            "Every key and secret of the organisation, by its name. No value of one is ever shown.",
            (
                "Jeder Schlüssel und jedes Geheimnis der Organisation, beim Namen. Ein Wert wird nie "
                "gezeigt."
            ),
        ),
        "keys-name": ("Key", "Schlüssel"),
        "keys-holder": ("Held by", "Bei wem"),
        "keys-place": ("Where, and since when (UTC)", "Wo, und seit wann (UTC)"),
        "keys-change": ("To change it", "So wird er geändert"),
        "keys-store": ("in the sign-in store", "im Speicher des Anmeldedienstes"),
        "keys-missing": ("missing", "fehlt"),
        "keys-ends": ("ends", "endet"),
        "keys-rotate": ("Change {name} …", "{name} wechseln …"),
        "keys-rotate-does": (
            "Puts a new key in the place of {name}. What that means is in the list of keys.",
            "Setzt einen neuen Schlüssel an die Stelle von {name}. Was das heißt, steht in der Liste.",
        ),
        "keys-servers": ("Certificates of our servers", "Zertifikate unserer Server"),
        "keys-to-servers": (
            "Certificates of our own servers",
            "Zertifikate unserer eigenen Server",
        ),
        "keys-server": ("Server", "Server"),
        "keys-for": ("For", "Für"),
        "keys-issuer": ("Issued by", "Ausgestellt von"),
        "keys-own": ("vouches for itself", "bürgt für sich selbst"),
        "keys-until": ("Good until (UTC)", "Gültig bis (UTC)"),
        "keys-from": ("Where it comes from", "Woher es kommt"),
        "keys-from-files": ("files", "Dateien"),
        "keys-from-order": ("ordered at {directory}", "bestellt bei {directory}"),
        "keys-unreadable": ("it can't be read", "es lässt sich nicht lesen"),
        "keys-untold": (
            "The gateway has told nothing of orders yet.",
            "Das Gateway hat von Bestellungen noch nichts gesagt.",
        ),
        "keys-next": (
            "The next one is ordered at {at} UTC.",
            "Das nächste wird um {at} UTC bestellt.",
        ),
        "keys-failed": (
            "The last {count} orders came to nothing; the next try is at {at} UTC.",
            "Die letzten {count} Bestellungen schlugen fehl; der nächste Versuch ist um {at} UTC.",
        ),
        "keys-lacks": (
            "It lacks {names}, which the boot file names.",
            "Ihm fehlt {names}, was die Startdatei nennt.",
        ),
        "keys-renew": ("Order a new one now …", "Jetzt ein neues bestellen …"),
        "keys-renew-does": (
            (
                "The gateway orders a new certificate, under a new key. What serves stays until then. "
                "The answer may take some minutes."
            ),
            (
                "Das Gateway bestellt ein neues Zertifikat, mit neuem Schlüssel. Bis dahin bleibt das "
                "alte. Die Antwort kann einige Minuten dauern."
            ),
        ),
    }
)
