"""Partners: what passes between them and us, and whether they can be reached."""

from __future__ import annotations

from types import MappingProxyType
from urllib.parse import quote

from vedette.admin.door import Doing, foreseen
from vedette.admin.partners import DIRECTIONS, PartnerView, show_partner
from vedette.console.desks import Desks
from vedette.console.lists import Cell, Column, Filter, Listing, Reading, Say, Slice, sliced
from vedette.console.page import Page, View, Visit, Words
from vedette.console.partner_orders import ORDERS
from vedette.core.asks import Act
from vedette.core.channels import NOUNS
from vedette.core.language import YES, Sentence, joined
from vedette.core.partners import Extent
from vedette.protocol.internal.partner_checks import Part

_STATES = ("current", "ended")
_SEEN = {"good": "good", "weak": "warn", "broken": "bad"}


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    del visit  # the page's act was asked
    policy = desks.settings.policy.current()
    directory, text = policy.directory, reading["text"].lower()
    names = []
    for name, entry in sorted(directory.document.partners.items()):
        ended = entry.valid_until is not None and entry.valid_until.toordinal() < directory.today
        held = text in " ".join((str(name), entry.contact, *entry.domains)).lower()
        if held and reading["state"] in ("", "ended" if ended else "current"):
            names.append((str(name), str(name)))
    page = sliced(names, reading)
    return Slice([show_partner(policy, name) for name in page.rows], page.next, page.total)


def _ways(row: PartnerView, *, inwards: bool) -> Sentence:
    ways = [(NOUNS[each.channel], each.to_us if inwards else each.to_them) for each in row.channels]
    found = [
        noun if way.words == YES else joined([noun, joined(["(", way.words, ")"], "")])
        for noun, way in ways
        if way.extent is not Extent.NONE
    ]
    return joined(found, ", ")


def _way(*, inwards: bool) -> Column:
    key = "in" if inwards else "out"

    def cell(row: PartnerView, say: Say) -> Cell:
        return Cell(_ways(row, inwards=inwards) or say("partners-nothing"))

    return Column(key, lambda row: _ways(row, inwards=inwards), cell)


def _until(row: PartnerView, say: Say) -> Cell:
    if row.ended:
        return Cell(say("partners-over", day=str(row.entry.valid_until)), tone="warn")
    return Cell(str(row.entry.valid_until or say("partners-no-last-day")))


def _pinned(row: PartnerView, say: Say) -> Cell:
    count = len(row.entry.keys)
    return Cell(str(count)) if count else Cell(say("partners-none-pinned"), tone="warn")


async def _beside(desks: Desks, visit: Visit) -> dict[str, object]:
    return {
        "may_change": _may(desks, visit, Act.ADMINISTRATION_PARTNER_CHANGE),
        "directions": DIRECTIONS,
        "base": str(desks.settings.current()[0].number),
    }


def _may(desks: Desks, visit: Visit, act: Act) -> bool:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    return foreseen(policy, Doing(act=act, author=visit.by), today)


LISTING = Listing(
    name="partners",
    path="/partners",
    entry="partners",
    act=Act.ADMINISTRATION_PARTNER_LIST,
    read=_read,
    template="partners",
    beside=_beside,
    filters=(Filter("text"), Filter("state", _STATES)),
    columns=(
        Column("name", lambda row: row.name,
               lambda row, _: Cell(row.name, f"/partners/{quote(row.name, safe='')}")),
        Column("domains", lambda row: ", ".join(row.entry.domains)),
        _way(inwards=False),
        _way(inwards=True),
        Column("until", lambda row: str(row.entry.valid_until or ""), _until),
        Column("keys", lambda row: str(len(row.entry.keys)), _pinned),
        Column("contact", lambda row: row.entry.contact),
    ),
)  # fmt: skip


async def partner(desks: Desks, visit: Visit) -> View:
    """One partner."""
    found = show_partner(desks.settings.policy.current(), visit.names["name"])
    return _shown(desks, visit, found)


async def check(desks: Desks, visit: Visit) -> View:
    """One partner, which the gateway tries to reach now; what it found in words."""
    policy = desks.settings.policy.current()
    found = await desks.partners.check(visit.by, policy, visit.names["name"])
    tried = [
        (
            each.server,
            [
                (_finding(f.state.value), Cell(_PARTS[f.part]), Cell(f.words, english=True))
                for f in each.findings
            ],
        )
        for each in found.servers
    ]  # fmt: skip
    entry = [(_finding(f.state.value), Cell(f.words)) for f in found.entry]
    result = {"works": found.works, "tried": tried, "entry": entry, "verdict": found.verdict}
    return _shown(desks, visit, found.view, result)


def _shown(
    desks: Desks, visit: Visit, found: PartnerView, result: dict[str, object] | None = None
) -> View:
    entry = found.entry
    rows = [
        (Cell(NOUNS[each.channel]), Cell(each.to_them.words, tone=_tone(each.to_them.extent)),
         Cell(each.to_us.words, tone=_tone(each.to_us.extent)))
        for each in found.channels
    ]  # fmt: skip
    context = {
        "partner": found,
        "entry": entry,
        "channels": rows,
        "result": result,
        "may_change": _may(desks, visit, Act.ADMINISTRATION_PARTNER_CHANGE),
        "may_check": _may(desks, visit, Act.ADMINISTRATION_PARTNER_CHECK),
        "base": str(desks.settings.current()[0].number),
    }
    return View(
        template="partner", title="partners-one", fill={"name": found.name}, context=context
    )


def _finding(state: str) -> Cell:
    return Cell(_STANDS[state], tone=_SEEN[state])


_STANDS = {
    "good": Sentence("good", "gut"),
    "weak": Sentence("weak", "schwach"),
    "broken": Sentence("broken", "gestört"),
}
_PARTS = {
    Part.FINDING: Sentence("finding it", "Auffinden"),
    Part.TLS: Sentence("TLS", "TLS"),
    Part.VERSION: Sentence("version", "Version"),
    Part.KEYS: Sentence("keys", "Schlüssel"),
    Part.CLOCK: Sentence("clock", "Uhr"),
}


def _tone(extent: Extent) -> str:
    return {Extent.ALL: "good", Extent.SOME: "warn", Extent.NONE: ""}[extent]


PAGES = (
    *LISTING.pages(),
    Page(path="/partners/{name}", handler=partner, act=Act.ADMINISTRATION_PARTNER_LIST),
    Page(path="/partners/{name}/check", handler=check, methods=("POST",)),
)
WORDS: Words = MappingProxyType(
    {
        "partners-text": ("Name, domain or contact", "Name, Domain oder Kontakt"),
        "partners-state": ("State", "Zustand"),
        "partners-state-current": ("in force", "gilt"),
        "partners-state-ended": ("ended", "beendet"),
        "partners-name": ("Partner", "Partner"),
        "partners-domains": ("Domains", "Domains"),
        "partners-out": ("We to them", "Wir dorthin"),
        "partners-in": ("They to us", "Von dort zu uns"),
        "partners-until": ("Last day", "Letzter Tag"),
        "partners-keys": ("Keys pinned", "Feste Schlüssel"),
        "partners-contact": ("Contact", "Kontakt"),
        "partners-nothing": ("nothing", "nichts"),
        "partners-over": ("ended on {day}", "endete am {day}"),
        "partners-no-last-day": ("none", "keiner"),
        "partners-none-pinned": ("none", "keiner"),
        "partners-empty": (
            "No partner is named: everybody elsewhere counts as outside.",
            "Kein Partner ist benannt: Alle anderswo gelten als außerhalb.",
        ),
        "partners-add": ("Add a partner", "Partner hinzufügen"),
        "partners-add-says": (
            (
                "Naming a partner allows nothing by itself. With channels and a direction a "
                "rule is added too."
            ),
            (
                "Einen Partner zu benennen erlaubt noch nichts. Mit Kanälen und Richtung "
                "entsteht auch eine Regel."
            ),
        ),
        "partners-form-name": ("Name, such as acme", "Name, etwa acme"),
        "partners-form-domains": ("Domains, with commas", "Domains, mit Kommas"),
        "partners-form-keys": ("Signing keys, one on a line", "Signaturschlüssel, einer je Zeile"),
        "partners-form-tls": ("TLS pins, one on a line", "TLS-Pins, einer je Zeile"),
        "partners-form-allow": ("Channels, with commas", "Kanäle, mit Kommas"),
        "partners-form-direction": ("Direction", "Richtung"),
        "partners-form-direction-none": ("no rule", "keine Regel"),
        "partners-form-direction-both": ("both ways", "beide Richtungen"),
        "partners-form-direction-out": ("we to them", "wir dorthin"),
        "partners-form-direction-in": ("they to us", "von dort zu uns"),
        "partners-form-ours": ("Party of ours", "Unser Kreis"),
        "partners-one": ("Partner {name}", "Partner {name}"),
        "partners-back": ("All partners", "Alle Partner"),
        "partners-is": ("What it is", "Angaben"),
        "partners-tls": ("TLS pins", "TLS-Pins"),
        "partners-ca": ("Own CAs", "Eigene CAs"),
        "partners-acts": ("What you may do", "Was Sie tun dürfen"),
        "partners-acts-none": ("Nothing.", "Nichts."),
        "partners-check": ("Try to reach it now", "Jetzt versuchen, ihn zu erreichen"),
        "partners-check-says": (
            (
                "The gateway finds its server and looks at its certificate, keys and clock. "
                "Nothing of ours is sent."
            ),
            (
                "Das Gateway sucht den Server und prüft Zertifikat, Schlüssel und Uhr. Von "
                "uns wird nichts gesendet."
            ),
        ),
        "partners-remove": ("Remove …", "Entfernen …"),
        "partners-channels": ("What passes", "Was durchgeht"),
        "partners-channel": ("Channel", "Kanal"),
        "partners-rules": ("Rules that name it", "Regeln, die ihn nennen"),
        "partners-rules-none": ("No rule names it.", "Keine Regel nennt ihn."),
        "partners-checked": ("What was found", "Was gefunden wurde"),
        "partners-works": (
            "It works, as far as can be seen from here.",
            "Es funktioniert, soweit es von hier zu sehen ist.",
        ),
        "partners-works-not": ("It does not work.", "Es funktioniert nicht."),
        "partners-seen": ("Finding", "Befund"),
        "partners-part": ("What was looked at", "Was geprüft wurde"),
        "partners-words": ("In words", "In Worten"),
    }
)  # fmt: skip
__all__ = ["ORDERS", "PAGES", "WORDS"]
