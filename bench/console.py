"""The console with 100,000 people and a million records, page by page in turn with a hundred of each.

Both are whole organisations with their console, as they run, and a security officer who is signed in;
what is measured is a page from request to the last byte, without the network. Everybody has an account
and a session. People and records are written in bulk beforehand, as the doors and the sign-in service
have them. The pages are those that one opens from the navigation, with each of their filters, the next
page and one in the middle, and one person's own page.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from bench.audit import BEGAN, DOORS, decision_of
from tests.apps.console.crowd import add_people, session
from tests.apps.console.house import DOMAIN, Browser, House
from vedette.adapters.audit_keys import recipient_at
from vedette.adapters.audit_writer import AuditWriter
from vedette.adapters.sign_in.rows import session_columns
from vedette.adapters.sign_in.tables import ACCOUNTS, SESSIONS
from vedette.core.sessions import SessionState

Entry = dict[str, Any]

PEOPLE, RECORDS, FEW = 100_000, 1_000_000, 100
ROUNDS = 20
AT_ONCE = 5_000
MOST_TIMES = 3.0
"""So many times as long as with a hundred a page may take, at the 95th percentile."""
PARTNER = 'partner3 = { domains = ["partner3.example"] }'


def name(number: int) -> str:
    """The localpart of one of them."""
    return f"worker{number:06}"


@dataclass(frozen=True)
class Office:
    """One organisation of some size, and the officer's browser."""

    house: House
    browser: Browser
    people: int
    records: int

    def page(self, address: str) -> float:
        """Seconds until a page is there."""
        began = time.perf_counter()
        shown = self.browser.get(address)
        took = time.perf_counter() - began
        if shown.status != 200:
            raise RuntimeError(f"`{address}` was answered with {shown.status}: {shown.words[:200]}")
        return took


def office(folder: Path, people: int, records: int) -> Office:
    """An organisation with so many people and records.

    The officer signs in first: the sign-in service of the tests sends every session at each change.
    """
    house = House(folder)
    browser = house.browser()
    if browser.signs_in("olga").status != 200:
        raise RuntimeError("the officer was not signed in")
    house.signin.close()
    add_people(house, map(name, range(people)))
    house.obey("\n[partners]\n", f"\n[partners]\n{PARTNER}\n")
    _accounts(house, people)
    _records(house, records)
    while house.wiring.office.index.follow(AT_ONCE):
        pass
    return Office(house, browser, people, records)


def _accounts(house: House, count: int) -> None:
    """An account and a session for everybody; every hundredth session is suspended."""
    engine = sa.create_engine(f"sqlite:///{house.boot.sign_in_database()}")
    with engine.begin() as connection:
        for numbers in _batches(range(count)):
            connection.execute(ACCOUNTS.insert(), [_account(number) for number in numbers])
            connection.execute(SESSIONS.insert(), [_session(number) for number in numbers])
    engine.dispose()


def _account(number: int) -> Mapping[str, object]:
    return {
        "localpart": name(number),
        "display_name": f"Worker No {number}",
        "password_hash": "x",
        "must_change": False,
        "created": 1,
        "provisioned": True,
    }


def _session(number: int) -> Mapping[str, object]:
    state = SessionState.LIVE if number % 100 else SessionState.SUSPENDED
    return session_columns(replace(session(number, name(number)), state=state), 1)


def _records(house: House, count: int) -> None:
    """What the doors recorded, sealed as they seal it."""
    recipient = recipient_at(house.boot.path(house.boot.audit_key))
    for turn, door in enumerate(DOORS):
        writer = AuditWriter(house.boot.spool(door), door, recipient)
        writer.begin()
        numbers = range(turn, count, len(DOORS))
        for some in _batches(enumerate(numbers)):
            entries = [decision_of(door, at, number) for at, number in some]
            writer.write(entries, float(entries[-1]["at"]))


def _batches(every: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(every)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def people_pages(size: int) -> Sequence[str]:
    """The addresses of the people page, filters and pages behind included."""
    middle = name(size // 2)
    filters: Sequence[Mapping[str, str]] = (
        {}, {"after": middle}, {"text": middle}, {"text": "No 7"}, {"party": "us"},
        {"party": "guests"}, {"group": "Employees"}, {"group": "Board"}, {"state": "active"},
        {"state": "inactive"}, {"state": "suspended"}, {"state": "locked"},
    )  # fmt: skip
    return [f"/people?{urlencode(each)}" for each in filters] + [f"/people/{middle}"]


def audit_pages(size: int) -> Sequence[str]:
    """The addresses of the audit page, filters and pages behind included."""
    middle = BEGAN + size / 8
    day = time.strftime("%Y-%m-%d", time.gmtime(middle))
    filters: Sequence[Mapping[str, str]] = (
        {}, {"after": f"{int(middle * 1000)}.1"}, {"person": f"@user17:{DOMAIN}"},
        {"person": "@theirs9:partner3.example"}, {"person": "@nobody:example.org"},
        {"partner": "partner3"}, {"rule": "r17"}, {"rule": "no-files"}, {"reason": "no-rule"},
        {"answer": "no"}, {"door": "synapse"}, {"since": day, "until": day},
        {"person": f"@user17:{DOMAIN}", "rule": "r17", "answer": "no"},
    )  # fmt: skip
    return [f"/audit?{urlencode(each)}" for each in filters]


def _measured(id_: str, many: Office, few: Office, pages: Sequence[Sequence[str]]) -> Entry:
    """Every page of both in turn."""
    slow, quick = dict[str, list[float]](), dict[str, list[float]]()
    for _ in range(ROUNDS):
        for address, other in zip(*pages, strict=True):
            slow.setdefault(address, []).append(many.page(address))
            quick.setdefault(other, []).append(few.page(other))
    p95, peer = (_p95(each) for each in (slow, quick))
    worst = max(slow, key=lambda address: statistics.median(slow[address]))
    size = many.people if id_.startswith("console.people") else many.records
    return {
        "id": id_,
        "value": round(p95 * 1e3, 2),
        "unit": "ms",
        "peer": f"with {FEW} instead of {size:,}",
        "peer_value": round(peer * 1e3, 2),
        "ratio": round(p95 / peer, 2),
        "target": round(MOST_TIMES * peer * 1e3, 2),
        "met": p95 <= MOST_TIMES * peer,
        "worst": f"{worst} ({statistics.median(slow[worst]) * 1e3:.1f} ms)",
    }


def _p95(taken: Mapping[str, list[float]]) -> float:
    every = [seconds for each in taken.values() for seconds in each]
    return statistics.quantiles(every, n=20)[-1]


def run() -> list[Entry]:
    """Measure; beforehand it writes 0.8 GB, which takes two minutes."""
    return list(_run())


def _run() -> Iterator[Entry]:
    with tempfile.TemporaryDirectory() as folder:
        few = office(Path(folder) / "few", FEW, FEW)
        many = office(Path(folder) / "many", PEOPLE, RECORDS)
        try:
            pages = [people_pages(each) for each in (PEOPLE, FEW)]
            yield _measured("console.people.p95", many, few, pages)
            pages = [audit_pages(each) for each in (RECORDS, FEW)]
            yield _measured("console.audit.p95", many, few, pages)
        finally:
            many.house.close()
            few.house.close()
