"""Every page of the console, in the order of the navigation.

Whoever adds a page writes a module in `pages` (with `PAGES`, and where it has them `ORDERS` and
`WORDS`) and a template, and names the module here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from vedette.console import settings_orders
from vedette.console.orders import OrderKind
from vedette.console.page import Page, Words
from vedette.console.pages import (
    acts,
    administrators,
    audit,
    certificates,
    changes,
    directory,
    draft,
    files,
    grid,
    keys,
    managed_devices,
    named,
    overview,
    pair,
    partners,
    people,
    pushed,
    rooms,
    rules,
    sessions,
    settings,
    why,
)
from vedette.console.words import WORDS

NAVIGATION = (
    "overview",
    "settings",
    "grid",
    "why",
    "partners",
    "sessions",
    "certificates",
    "managed-devices",
    "keys",
    "people",
    "directory",
    "pushed",
    "files",
    "rooms",
    "changes",
    "audit",
    "administrators",
)
"""The words of the navigation, in order. One without a page is not shown."""

MODULES = (
    overview, settings, named, grid, pair, rules, why, changes, acts, draft,
    partners, sessions, certificates, managed_devices, keys, people, directory, pushed, files,
    rooms, audit, administrators,
)  # fmt: skip
"""The modules of `pages`, each with its `PAGES`, `WORDS`, and `ORDERS` where it has any."""

PAGES: tuple[Page, ...] = tuple(page for module in MODULES for page in module.PAGES)


def _apart(tables: Iterable[Words]) -> Words:
    """All sentences together. Raises ValueError where two pages use one key."""
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        twice = found.keys() & table.keys()
        if twice:
            raise ValueError(f"two pages say {sorted(twice)}; begin a key with its page's name")
        found.update(table)
    return MappingProxyType(found)


SENTENCES: Words = _apart((WORDS, *(module.WORDS for module in MODULES)))

ORDERS: Mapping[str, OrderKind] = MappingProxyType(
    {
        kind.name: kind
        for kinds in (settings_orders.ORDERS, *(getattr(each, "ORDERS", ()) for each in MODULES))
        for kind in kinds
    }
)
"""Every kind of order, by its name."""
