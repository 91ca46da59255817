"""The console with 100,000 people and a million records, page by page in turn with a hundred of each.

Both are whole organisations with their console, as they run, and a security officer who is signed in;
what is measured is a page from request to the last byte, without the network. Everybody has an account,
a session with a device, a certificate and a file that is held; rooms are as many as a report may name.
All of it is written in bulk beforehand, as the doors and the sign-in service have it.

The pages are those of the console's own registry: each that has no place in its path, each list with
each of its filters, its next page, and one where nothing is found; and the pages of one person, one
session and the like. A page is measured because it is there. A new filter that takes a text needs a line
in `TEXTS`, a new page with a place in its path may have one in `PLACES`.
"""

from __future__ import annotations

import math
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.audit import BEGAN
from bench.console_office import FEW, MANY, Office, Size, name, office
from tests.apps.console.house import DOMAIN
from tests.shares import at_share
from vedette.console.lists import Filter, Listing
from vedette.console.registry import MODULES

Entry = dict[str, Any]

ROUNDS, SAMPLES = 12, 100
"""How often each page is asked for, at least, and how many answers a percentile needs."""
MOST_TIMES = 3.0
MOST_SECONDS = 0.2
"""A page may take three times as long as with a hundred, or this long, at the 95th percentile: below it
nobody notices how much there is."""
NOTHING = "nothing-is-called-so"
_NEXT = re.compile(r'href="([^"]+)" rel="next"')


def _day(size: Size) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(BEGAN + size.records / 8))


def _middle(size: Size) -> str:
    return name(size.people // 2)


TEXTS: Mapping[str, tuple[Callable[[Size], str], ...]] = {
    "administrators.text": (lambda _: "olga",),
    "audit.file": (lambda _: "mxc://example.org/none",),
    "audit.person": (
        lambda _: f"@user17:{DOMAIN}",
        lambda _: "@theirs9:partner3.example",
    ),
    "audit.reason": (lambda _: "no-rule",),
    "audit.rule": (lambda _: "r17", lambda _: "no-files"),
    "files-refused.rule": (lambda _: "no-files",),
    "files-refused.user": (lambda _: "user17",),
    "files.text": (lambda _: "report 7",),
    "files.user": (_middle,),
    "managed-devices.text": (_middle, lambda _: "Laptop 00000"),
    "partners.text": (lambda _: "partner3",),
    "people.group": (lambda _: "Employees", lambda _: "Board"),
    "people.text": (_middle, lambda _: "No 7"),
    "rooms.text": (lambda _: "r007",),
    "sessions.client": (lambda _: "Element",),
    "sessions.user": (_middle,),
    "tokens.text": (lambda _: "test",),
}
"""What is looked for in filters that take a text, beside what nothing is called."""
TOGETHER: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "audit": ({"person": f"@user17:{DOMAIN}", "rule": "r17", "answer": "no"},),
    "sessions": ({"platform": "android", "approved": "yes"},),
}
"""Filters that are set together."""
PLACES: Mapping[str, Callable[[Size], str]] = {
    "/administrators/of/{user:path}": lambda _: "/administrators/of/olga",
    "/changes/revisions/{number}": lambda _: "/changes/revisions/1",
    "/grid/{one}/{other}": lambda _: "/grid/us/partner3",
    "/partners/{name}": lambda _: "/partners/partner3",
    "/people/{user:path}": lambda size: f"/people/{_middle(size)}",
    "/rooms/{room:path}": lambda _: "/rooms/!room1:example.org",
    "/sessions/{id}": lambda size: f"/sessions/session-{size.people // 2:0>22}",
    "/why/{record}": lambda size: f"/why/synapse:{size.records // 6}",
}
"""One example of what has a place in its path."""
LEFT_OUT = frozenset({
    "/audit/verify",  # it proves the whole record, from its first byte
    "/files/one",  # it leads to the page of the file that is named
})  # fmt: skip


def addresses(made: Office) -> dict[str, list[str]]:
    """The pages of this organisation, by the word under which they are counted.

    Raises:
        RuntimeError: a filter takes a text, and nobody said here what would be looked for by it.
    """
    found: dict[str, list[str]] = {}
    for module in MODULES:
        word = module.__name__.rpartition(".")[2]
        lists = {each.path: each for each in vars(module).values() if isinstance(each, Listing)}
        for page in module.PAGES:
            if "GET" not in page.methods or page.path.endswith(".csv") or page.path in LEFT_OUT:
                continue
            if page.path in lists:
                found.setdefault(word, []).extend(_of_list(made, lists[page.path]))
            elif page.path in PLACES:
                found.setdefault(word, []).append(PLACES[page.path](made.size))
            elif "{" not in page.path:
                found.setdefault(word, []).append(page.path)
    return found


def _of_list(made: Office, listing: Listing) -> Iterator[str]:
    """A list, its next page, with each value of each filter, and with some together."""
    yield listing.path
    yield made.next_of(listing.path, _NEXT) or listing.path
    each = chain.from_iterable(_values(made, listing, one) for one in listing.filters)
    for filters in chain(each, TOGETHER.get(listing.name, ())):
        yield f"{listing.path}?{urlencode(filters)}"


def _values(made: Office, listing: Listing, one: Filter) -> Iterator[Mapping[str, str]]:
    if one.chosen:
        yield from ({one.key: text} for text in one.options(made.house.desks)[:_MOST_CHOICES])
        return
    if one.date:
        yield {one.key: _day(made.size)}
        return
    texts = TEXTS.get(f"{listing.name}.{one.key}")
    if texts is None:
        raise RuntimeError(f"say in TEXTS what is looked for by `{one.key}` in `{listing.path}`")
    yield from ({one.key: text(made.size)} for text in texts)
    yield {one.key: NOTHING}


_MOST_CHOICES = 8


@dataclass(slots=True)
class Taken:
    """Seconds that pages took, by address."""

    by: dict[str, list[float]]

    @property
    def p95(self) -> float:
        """Of all pages together."""
        return at_share([one for each in self.by.values() for one in each], 0.95)

    def slowest(self) -> str:
        """The address that takes longest, and how long."""
        worst = max(self.by, key=lambda address: statistics.median(self.by[address]))
        return f"{unescape(worst)} ({statistics.median(self.by[worst]) * 1e3:.0f} ms)"


def _measured(word: str, many: Office, few: Office, pages: tuple[list[str], list[str]]) -> Entry:
    """Every page of both in turn."""
    slow, quick = Taken({}), Taken({})
    for _ in range(max(ROUNDS, math.ceil(SAMPLES / len(pages[0])))):
        for address, other in zip(*pages, strict=True):
            slow.by.setdefault(address, []).append(many.page(address))
            quick.by.setdefault(other, []).append(few.page(other))
    p95, peer = slow.p95, quick.p95
    return {
        "id": f"console.{word}.p95",
        "value": round(p95 * 1e3, 1),
        "unit": f"ms, {len(slow.by)} pages",
        "peer": f"with {few.size.people} of each",
        "peer_value": round(peer * 1e3, 1),
        "ratio": round(p95 / peer, 2),
        "target": f"{MOST_SECONDS * 1e3:.0f} ms or {MOST_TIMES:.0f} times",
        "met": p95 <= MOST_SECONDS or p95 <= MOST_TIMES * peer,
        "worst": slow.slowest(),
    }


def run() -> Iterator[Entry]:
    """Measure; beforehand it writes 1 GB, which takes some minutes."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        few = office(Path(folder) / "few", FEW)
        many = office(Path(folder) / "many", MANY)
        try:
            for word, pages in addresses(many).items():
                yield _measured(word, many, few, (pages, addresses(few)[word]))
        finally:
            many.house.close()
            few.house.close()
