"""The gateway's rows and the sign-in service's routes are the same set, from both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Match, Route

from tests.apps.signin.pages_scene import Pages
from vedette.protocol.matrix.paths import (
    ENDPOINTS,
    OWN_ENDPOINTS,
    Endpoint,
    ServedBy,
    match,
    match_own,
)
from vedette.protocol.matrix.paths_types import spellings

INSIDE = {"/health", "/inside/keys/renew", "/inside/seen", "/ready"}
"""What only those on this machine may ask."""

ROWS = [row for row in (*ENDPOINTS, *OWN_ENDPOINTS) if row.served_by is ServedBy.SIGNIN]


@pytest.fixture(scope="module")
def routes() -> Iterator[list[Route]]:
    pages = Pages()
    yield [route for route in pages.app.routes if isinstance(route, Route)]
    pages.close()


def row_for(method: str, path: str) -> Endpoint | None:
    segments = tuple(path[1:].split("/"))
    found = match(method, segments) or match_own(method, segments)
    return None if found is None else found.endpoint


def test_whatever_the_sign_in_service_serves_has_a_way_in(routes: list[Route]) -> None:
    closed = {
        f"{method} {route.path}"
        for route in routes
        if route.path not in INSIDE
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
        if (row := row_for(method, re.sub(r"\{[^}]*\}", "q", route.path))) is None
        or row not in ROWS
    }
    assert closed == set()


def test_every_row_of_the_sign_in_service_leads_to_a_route(routes: list[Route]) -> None:
    idle = {
        f"{row.name}: {method} {path}"
        for row in ROWS
        for spelling in spellings(row.pattern)
        for path in [re.sub(r":\w+", "q", spelling).removesuffix("/*path")]
        for method in row.methods
        if not _served(routes, method, path)
    }
    assert idle == set()


def _served(routes: list[Route], method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    return any(route.matches(scope)[0] is Match.FULL for route in routes)


def test_what_is_for_this_machine_alone_has_no_way_in() -> None:
    for path in INSIDE:
        assert row_for("GET", path) is None
