"""Certificates: issuers and their anchors, who signs in with what, and how revocations are learnt."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from vedette.admin.certificates import ENDS_SOON, CertificateView
from vedette.admin.door import Doing, foreseen
from vedette.admin.issuers import mends_authority, mends_source, troubles
from vedette.console.act_orders import REVOKED
from vedette.console.desks import Desks
from vedette.console.issuer_orders import ADD
from vedette.console.lists import Cell, Column, Listing, Reading, Say, Slice, moment
from vedette.console.page import Visit, Words
from vedette.console.pages.people import address
from vedette.core.asks import Act
from vedette.core.language import told
from vedette.core.settings.issuers import Issuer
from vedette.ports.certificates import RevocationSource
from vedette.protocol.x509.faults import WORDS as FAULT_WORDS
from vedette.protocol.x509.faults import Fault, fault_of, mending
from vedette.protocol.x509.reading import read


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    page = await desks.certificates.page(visit.by, reading.after or "", reading.most)
    now = int(desks.settings.clock.now())
    return Slice([(each, now) for each in page.certificates], page.next)


async def _beside(desks: Desks, visit: Visit) -> dict[str, Any]:
    standing = await desks.certificates.standing(visit.by)
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    revoke = Doing(act=Act.ADMINISTRATION_SHOWN_CERTIFICATE_REVOKE, author=visit.by)
    change = Doing(act=Act.ADMINISTRATION_SETTINGS_APPLY, author=visit.by)
    return {
        "names": sorted(standing.issuers),
        "issuers": [_issuer(name, issuer) for name, issuer in standing.issuers.items()],
        "sources": [_source(each, standing.now) for each in standing.sources],
        "told": [
            (Cell(each.issuer), Cell(each.serial, code=True), Cell(moment(each.at)),
             Cell(each.because))
            for each in standing.told[:20]
        ],
        "ending": standing.ending,
        "authorities": [
            (each.words, mends_authority(each.issuer))
            for each in troubles(policy.directory.document, standing.now)
        ],
        "base": str(desks.settings.current()[0].number),
        "may_add": foreseen(policy, change, today),
        "may_revoke": foreseen(policy, revoke, today),
    }  # fmt: skip


def _issuer(name: str, issuer: Issuer) -> dict[str, str]:
    return {
        "name": name,
        "anchors": "; ".join(_anchor(each) for each in issuer.anchors),
        "counts": f"certificates-counts-{issuer.counts}",
        "unknown": f"certificates-{issuer.revocation}",
    }


def _anchor(text: str) -> str:
    """An anchor's name and its last day."""
    found = read(base64.b64decode(text))
    if isinstance(found, Fault):
        return found.value  # the settings look at the outer form only; the doctor names it
    last = datetime.fromtimestamp(found.not_after, UTC).date().isoformat()
    return f"{found.subject_text[:200]} ({last})"


def _source(each: RevocationSource, now: int) -> tuple[Cell, ...]:
    late = 0 < each.next_update < now
    trouble = each.trouble or (told("it is past its next update") if late else "")
    tone = "bad" if trouble else "good"
    return (
        Cell(each.issuer),
        Cell(each.place, code=True),
        Cell(each.kind.upper(), tone=tone),
        Cell(moment(each.fetched) if each.fetched else "-"),
        Cell(moment(each.next_update) if each.next_update else "-"),
        Cell(trouble, command=mends_source(each.issuer, each.kind) if trouble else ""),
    )


Row = tuple[CertificateView, int]


def _who(row: Row, _say: Say) -> Cell:
    people = sorted({str(use.user) for use in row[0].uses})
    if len(people) == 1:
        return Cell(people[0], address(people[0]))
    return Cell(", ".join(people) or row[0].certificate.localpart or "-")


def _until(row: Row, _say: Say) -> Cell:
    kept, now = row[0].certificate, row[1]
    tone = "bad" if kept.ends < now else "warn" if kept.ends < now + ENDS_SOON else ""
    return Cell(moment(kept.ends), tone=tone)


def _state(row: Row, say: Say) -> Cell:
    trouble = row[0].certificate.trouble
    if not trouble:
        return Cell(say("certificates-good"), tone="good")
    fault, issuer = fault_of(trouble), row[0].certificate.issuer
    if fault is None:
        return Cell(trouble, tone="bad")
    return Cell(
        trouble, tone="bad", soft=FAULT_WORDS[fault].way_out, command=mending(fault, issuer)
    )


LISTING = Listing(
    name="certificates",
    path="/certificates",
    entry="certificates",
    act=Act.ADMINISTRATION_SHOWN_CERTIFICATE_LIST,
    asks=False,
    read=_read,
    template="certificates",
    beside=_beside,
    filters=(),
    columns=(
        Column("who", lambda row: ", ".join(sorted({str(use.user) for use in row[0].uses})), _who),
        Column("subject", lambda row: row[0].certificate.subject),
        Column("issuer", lambda row: row[0].certificate.issuer),
        Column("serial", lambda row: row[0].certificate.serial,
               lambda row, _: Cell(row[0].certificate.serial, code=True)),
        Column("sessions", lambda row: str(len(row[0].uses))),
        Column("until", lambda row: moment(row[0].certificate.ends), _until),
        Column("state", lambda row: row[0].certificate.trouble, _state),
    ),
)  # fmt: skip

ORDERS = (REVOKED, ADD)
PAGES = LISTING.pages()
WORDS: Words = MappingProxyType(
    {
        "certificates-who": ("Who is signed in with it", "Wer damit angemeldet ist"),
        "certificates-subject": ("Subject", "Inhaber laut Zertifikat"),
        "certificates-issuer": ("Issuer", "Aussteller"),
        "certificates-serial": ("Serial number", "Seriennummer"),
        "certificates-sessions": ("Sessions", "Sitzungen"),
        "certificates-until": ("Good until (UTC)", "Gültig bis (UTC)"),
        "certificates-state": ("State", "Zustand"),
        "certificates-good": ("good", "gültig"),
        "certificates-empty": (
            "Nobody has shown a certificate yet.",
            "Noch hat niemand ein Zertifikat gezeigt.",
        ),
        "certificates-none": (
            (
                "The settings name no issuers, so nobody signs in with a certificate. Your CA is added "
                "by a command:"
            ),
            (
                "Die Einstellungen nennen keine Aussteller, also meldet sich niemand mit Zertifikat an. "
                "Ihre CA fügt ein Befehl hinzu:"
            ),
        ),
        "certificates-add": ("Add an issuer", "Aussteller hinzufügen"),
        "certificates-add-name": ("Its name in rules", "Sein Name in Regeln"),
        "certificates-add-pem": (
            "Certificates of its root and of every issuing CA (PEM)",
            "Zertifikate der Wurzel und jeder ausstellenden CA (PEM)",
        ),
        "certificates-add-names": (
            "Where the person's name stands, one a line: sid, upn, email, subject:…",
            "Wo der Name der Person steht, je Zeile einer: sid, upn, email, subject:…",
        ),
        "certificates-add-anchors": (
            "Trust each of these CAs itself, not only roots",
            "Jeder dieser CAs selbst vertrauen, nicht nur Wurzeln",
        ),
        "certificates-issuers": ("Issuers", "Aussteller"),
        "certificates-anchors": ("Trust anchors and their end", "Vertrauensanker und ihr Ende"),
        "certificates-counts": ("Counts as", "Zählt als"),
        "certificates-counts-1": ("one factor", "ein Faktor"),
        "certificates-counts-2": ("two factors", "zwei Faktoren"),
        "certificates-unknown": ("Revocation unknown", "Sperrung ungewiss"),
        "certificates-hard": ("refused", "abgelehnt"),
        "certificates-soft": ("let in", "eingelassen"),
        "certificates-sources": ("Revocation lists and responders", "Sperrlisten und Auskunftsdienste"),
        "certificates-place": ("Where", "Wo"),
        "certificates-kind": ("Kind", "Art"),
        "certificates-fetched": ("Last good answer (UTC)", "Letzte gute Antwort (UTC)"),
        "certificates-next": ("Good until (UTC)", "Gültig bis (UTC)"),
        "certificates-trouble": ("What is wrong", "Was nicht stimmt"),
        "certificates-no-sources": (
            "No list or responder was asked yet.",
            "Noch wurde keine Liste und kein Dienst gefragt.",
        ),
        "certificates-ending": (
            "{count} in use end within 30 days.",
            "{count} benutzte enden innerhalb von 30 Tagen.",
        ),
        "certificates-told": ("Revoked, as we were told", "Gesperrt, wie uns gemeldet wurde"),
        "certificates-at": ("When (UTC)", "Wann (UTC)"),
        "certificates-because": ("Why", "Warum"),
        "certificates-revoke": ("Revoked by its CA …", "Von der CA gesperrt …"),
        "certificates-revoke-does": (
            (
                "The certificate {serial} of {issuer} is refused from now on, and every session that "
                "stands on it ends. Nothing takes that back."
            ),
            (
                "Das Zertifikat {serial} von {issuer} wird ab jetzt abgelehnt, und jede Sitzung, die "
                "darauf beruht, endet. Das lässt sich nicht zurücknehmen."
            ),
        ),
        "certificates-list": ("Certificates that were shown", "Zertifikate, die gezeigt wurden"),
    }
)  # fmt: skip
