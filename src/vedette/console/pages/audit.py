"""The record: searched, proven, taken out, and told of one person."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from vedette.admin.audit import search
from vedette.admin.door import Doing, foreseen, foreseen_anywhere, user_named
from vedette.admin.rejected import Code, Rejected
from vedette.console.desks import Desks
from vedette.console.lists import (
    Cell,
    Column,
    Filter,
    Listing,
    Reading,
    Say,
    Slice,
    moment,
    no_cursor,
)
from vedette.console.orders import NO_REASON, reason_of
from vedette.console.page import Page, View, Visit, Words
from vedette.core.asks import Act
from vedette.core.decision import Verdict
from vedette.core.explain import VERDICTS
from vedette.core.language import said_by, told
from vedette.core.reasons import REASONS, Reason
from vedette.core.record import RecordFault
from vedette.core.settings.commands import Call, Step
from vedette.ports.record_index import Wanted

_CURSOR = re.compile(r"[0-9]{1,16}\.[0-9]{1,16}")
_ANSWERS = (Verdict.YES, Verdict.NO, Verdict.NOT_YET)
_TONES = {Verdict.YES: "good", Verdict.NO: "bad", Verdict.NOT_YET: "warn"}
_Entry = Mapping[str, Any]


async def _read(desks: Desks, visit: Visit, reading: Reading) -> Slice:
    del visit  # the page's act was asked
    wanted = _wanted(desks, reading)
    try:
        if reading.after is not None and _CURSOR.fullmatch(reading.after) is None:
            raise no_cursor()
        page = await asyncio.to_thread(search, desks.index, desks.records, wanted, reading.after)
    except ValueError as fault:
        raise no_cursor() from fault
    except RecordFault as fault:
        raise Rejected(
            Code.UNAVAILABLE, said_by(fault), told("`vedette audit verify` says where")
        ) from fault
    return Slice(page.records, page.next)


def _wanted(desks: Desks, reading: Reading) -> Wanted:
    domain = desks.settings.policy.current().directory.domain
    person, partner = reading["person"], reading["partner"]
    until = day(reading["until"])
    return Wanted(
        since=day(reading["since"]),
        until=None if until is None else until + timedelta(days=1).total_seconds(),
        person=_named(person, domain),
        partner=partner or None,
        domains=desks.audit.domains_of(partner) if partner else (),
        rule=reading["rule"] or None,
        reason=reading["reason"] or None,
        answer=reading["answer"] or None,
        process=reading["door"] or None,
        file=reading["file"] or None,
        most=reading.most,
    )


def _named(person: str, domain: str) -> str | None:
    """A person or a server as records name them; a name without its server is one of ours."""
    if not person or person.startswith("@") or "." in person:
        return person or None
    return user_named(person, domain)


def day(text: str) -> float | None:
    """The beginning of a day, UTC. Raises Rejected."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise Rejected(
            Code.INVALID, told("`{text}` is no day", text=text[:40]), told("such as 2027-06-30")
        ) from None


def _decision(row: _Entry) -> Mapping[str, Any]:
    found = row.get("decision")
    return found if isinstance(found, dict) else {}


def _of(key: str) -> Column:
    return Column(key, lambda row: str(_decision(row).get(key) or ""))


def _time(row: _Entry) -> str:
    return datetime.fromtimestamp(float(row.get("at", 0)), UTC).strftime("%Y-%m-%d %H:%M:%S")


def _why(row: _Entry, _say: Say) -> Cell:
    return Cell(str(row.get("id")), f"/why/{quote(str(row.get('id')), safe='')}")


def _answer(row: _Entry, _say: Say) -> Cell:
    return _answered(str(_decision(row).get("answer")))


def _answered(answer: str) -> Cell:
    known = next((each for each in _ANSWERS if each == answer), None)
    return Cell(answer) if known is None else Cell(VERDICTS[known], tone=_TONES[known])


def _reason(row: _Entry, _say: Say) -> Cell:
    return _reasoned(str(_decision(row).get("reason") or ""))


def _reasoned(reason: str) -> Cell:
    """A reason by its code, for which one may look, and in words."""
    known = next((each for each in Reason if each == reason), None)
    return Cell(reason, code=True, soft=REASONS[known] if known else "")


def _who(row: _Entry) -> str:
    count = int(row.get("count", 1))
    return f"{row.get('who')}" + (f" ({count}×)" if count > 1 else "")  # noqa: RUF001  # times


def _partners(desks: Desks) -> list[str]:
    return sorted(map(str, desks.settings.policy.current().directory.document.partners))


async def _beside(desks: Desks, visit: Visit) -> dict[str, Any]:
    policy, today = desks.settings.policy.current(), desks.settings.clock.today()
    verify = Doing(act=Act.ADMINISTRATION_AUDIT_VERIFY, author=visit.by)
    report, erase = Act.ADMINISTRATION_PERSON_REPORT, Act.ADMINISTRATION_PERSON_ERASE
    return {
        "may_verify": foreseen(policy, verify, today),
        "may_report": foreseen_anywhere(policy, visit.by, report, today),
        "may_erase": foreseen_anywhere(policy, visit.by, erase, today),
        "person": visit.query.get("person", "")[:255],
    }


LISTING = Listing(
    name="audit",
    path="/audit",
    entry="audit",
    act=Act.ADMINISTRATION_AUDIT_READ,
    read=_read,
    template="audit",
    beside=_beside,
    filters=(
        Filter("person"),
        Filter("rule"),
        Filter("partner", named=_partners),
        Filter("reason"),
        Filter("answer", _ANSWERS),
        Filter("door", named=lambda desks: desks.records.processes()),
        Filter("since", date=True),
        Filter("until", date=True),
        Filter("file"),
    ),
    columns=(
        Column("id", lambda row: str(row.get("id")), _why),
        Column("time", _time),
        Column("answer", lambda row: str(_decision(row).get("answer")), _answer),
        Column("who", _who),
        Column("act", lambda row: str(row.get("act"))),
        _of("towards"),
        Column("where", lambda row: str(row.get("where") or "")),
        _of("rule"),
        Column("reason", lambda row: str(_decision(row).get("reason") or ""), _reason),
    ),
)


async def verify(desks: Desks, visit: Visit) -> View:
    """Every chain, checked from its beginning and against every checkpoint."""
    del visit
    found = await asyncio.to_thread(desks.verify)
    context = {"chains": found, "whole": all(each.holds for each in found)}
    return View(template="verified", title="audit-verified", context=context)


async def person(desks: Desks, visit: Visit) -> View:
    """What the record says of one person; telling it is an act of its own, with its reason."""
    named, reason = visit.form.get("person", "").strip()[:255], reason_of(visit.form)
    if visit.part:
        shown = _same(named, reason)
        return View(template="part-command", title="audit-report", context=shown)
    user = await desks.audit.permit_report(named, reason, visit.by)
    found = await asyncio.to_thread(desks.audit.report, user)
    acts = [
        (Cell(act, code=True), _answered(answer), _reasoned(why), Cell(str(count)))
        for (act, answer, why), count in sorted(found.acts.items())
    ]
    context = {
        "report": found,
        "first": moment(found.first) if found.first else "",
        "last": moment(found.last) if found.last else "",
        "acts": acts,
        "towards": [(Cell(name), Cell(str(n))) for name, n in found.towards.most_common(100)],
        "parts": [(key, [_cells(row) for row in reversed(getattr(found, key))])
                  for key in ("refused", "sign_ins", "about")],
        **_same(str(user), reason),
    }  # fmt: skip
    return View(template="report", title="audit-report-of", fill={"user": user}, context=context)


def _same(named: str, reason: str) -> dict[str, Any]:
    """The command and the call that make the same report."""
    apart = ("--", named) if named.startswith("-") else (named,)
    step = Step(("audit", "person", *apart), Call("POST", "/audit/person", {"person": named}))
    why = reason or NO_REASON
    return {"command": step.because(why), "call": step.call.because(why)}


def _cells(row: _Entry) -> tuple[Cell, ...]:
    decision = _decision(row)
    return (
        _why(row, lambda key: key), Cell(_time(row)), _answered(str(decision.get("answer"))),
        Cell(str(row.get("who"))), Cell(str(row.get("act"))), Cell(str(decision.get("rule") or "")),
    )  # fmt: skip


PAGES = (
    *LISTING.pages(),
    Page(path="/audit/verify", handler=verify, act=Act.ADMINISTRATION_AUDIT_VERIFY),
    Page(path="/audit/person", handler=person, methods=("POST",)),
)
WORDS: Words = MappingProxyType(
    {
        "audit-person": ("Person or server", "Person oder Server"),
        "audit-rule": ("Rule", "Regel"),
        "audit-partner": ("Partner", "Partner"),
        "audit-reason": ("Reason", "Grund"),
        "audit-answer": ("Answer", "Antwort"),
        "audit-door": ("Door", "Tür"),
        "audit-since": ("From day (UTC)", "Vom Tag (UTC)"),
        "audit-file": ("File (mxc://…)", "Datei (mxc://…)"),
        "audit-until": ("To day (UTC)", "Bis zum Tag (UTC)"),
        "audit-answer-yes": ("yes", "ja"),
        "audit-answer-no": ("no", "nein"),
        "audit-answer-not-yet": ("not yet", "noch nicht"),
        "audit-id": ("Record: why", "Eintrag: warum"),
        "audit-time": ("When (UTC)", "Wann (UTC)"),
        "audit-who": ("Who", "Wer"),
        "audit-act": ("Act", "Handlung"),
        "audit-towards": ("Towards", "Gegenüber"),
        "audit-where": ("Where", "Wo"),
        "audit-empty": ("Nothing is on record yet.", "Noch ist nichts aufgezeichnet."),
        "audit-verify": ("Check that it is whole", "Prüfen, ob es unversehrt ist"),
        "audit-verified": ("Is the record whole?", "Ist das Protokoll unversehrt?"),
        "audit-whole": (
            "Every chain holds, from its first record to its last.",
            "Jede Kette hält, vom ersten Eintrag bis zum letzten.",
        ),
        "audit-not-whole": (
            "A chain does not hold. Keep this machine as it is, and compare with the SIEM.",
            (
                "Eine Kette hält nicht. Lassen Sie diesen Rechner, wie er ist, und "
                "vergleichen Sie mit dem SIEM."
            ),
        ),
        "audit-chain": ("Chain", "Kette"),
        "audit-holds": ("Holds", "Hält"),
        "audit-count": ("Records", "Einträge"),
        "audit-words": ("In words", "In Worten"),
        "audit-back": ("The record", "Das Protokoll"),
        "audit-report": ("Report on one person", "Bericht über eine Person"),
        "audit-report-says": (
            (
                "Everything that the record says of somebody. That you had it told is "
                "recorded, with your reason."
            ),
            (
                "Alles, was das Protokoll über jemanden sagt. Dass Sie danach fragten, wird "
                "mit Grund aufgezeichnet."
            ),
        ),
        "audit-report-make": ("Make the report", "Bericht erstellen"),
        "audit-export-says": (
            "With what proves it, the record is taken out on control's host:",
            "Mit allem, was es beweist, nimmt man das Protokoll auf dem Rechner von control heraus:",
        ),
        "audit-erase": ("Erase one person from the record", "Eine Person im Protokoll löschen"),
        "audit-erase-says": (
            (
                "For a person's right to be forgotten. What the record says of them can then never be "
                "read again, by nobody; every record stays, and every chain holds. Don't name the "
                "person in the reason."
            ),
            (
                "Für das Recht einer Person, vergessen zu werden. Was das Protokoll über sie sagt, kann "
                "danach niemand je wieder lesen; jeder Eintrag bleibt, und jede Kette hält. Nennen Sie "
                "die Person nicht im Grund."
            ),
        ),
        "audit-erase-person": ("Whom", "Wen"),
        "audit-erase-again": ("The same once more", "Dasselbe noch einmal"),
        "audit-erase-does": (
            "What the record says of {user} can never be read again. This can't be undone.",
            (
                "Was das Protokoll über {user} sagt, lässt sich nie wieder lesen. Das lässt sich nicht "
                "zurücknehmen."
            ),
        ),
        "audit-report-of": ("What the record says of {user}", "Was das Protokoll über {user} sagt"),
        "audit-report-counts": (
            "{records} records, {asks} asks, from {first} to {last} UTC.",
            "{records} Einträge, {asks} Anfragen, von {first} bis {last} UTC.",
        ),
        "audit-report-none": (
            "The record says nothing of this person.",
            "Das Protokoll sagt nichts über diese Person.",
        ),
        "audit-report-acts": ("What they did", "Was diese Person tat"),
        "audit-report-towards": ("Towards whom", "Gegenüber wem"),
        "audit-report-refused": ("Refused, the newest", "Abgelehnt, das Neueste"),
        "audit-report-sign_ins": ("Sign-ins, the newest", "Anmeldungen, die neuesten"),
        "audit-report-about": ("What others did about them", "Was andere über sie taten"),
    }
)  # fmt: skip
