"""The first page: how the organisation stands."""

from __future__ import annotations

from types import MappingProxyType

from vedette.console.desks import Desks
from vedette.console.page import Page, View, Visit, Words


async def overview(desks: Desks, visit: Visit) -> View:
    """How it stands, as far as the visitor may know."""
    del visit
    return View(template="overview", title="overview", context={"doors": desks.doors()})


PAGES = (Page(path="/", handler=overview, asks=False, entry="overview"),)
WORDS: Words = MappingProxyType({})
