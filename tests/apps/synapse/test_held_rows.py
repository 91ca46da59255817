"""What a hold by id and its release write into rows as Synapse has them, over its own two tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vedette.synapse.internals.held_rows import HeldRows

OURS, ACME = "example.org", "acme.example"
_TABLES = """
CREATE TABLE local_media_repository (media_id TEXT, media_length INTEGER, quarantined_by TEXT);
CREATE TABLE remote_media_cache
    (media_origin TEXT, media_id TEXT, media_length INTEGER, quarantined_by TEXT);
"""


class Synapse:
    """As much of a homeserver as these rows need: its name, and its database."""

    hostname = OURS

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.database.executescript(_TABLES)
        self.main = self.db_pool = self

    def get_datastores(self) -> Synapse:
        return self

    async def runInteraction(self, name: str, change: Callable[[Any], object]) -> object:  # noqa: N802  # Synapse's name
        del name
        return change(self.database.cursor())

    def has(self, media: str, by: str | None = None, *, size: int | None = 5) -> None:
        row = (media, size, by)
        self.database.execute("INSERT INTO local_media_repository VALUES (?, ?, ?)", row)
        self.database.execute(
            "INSERT INTO remote_media_cache VALUES (?, ?, ?, ?)", (ACME, media, size, by)
        )

    def by(self, server: str, media: str) -> object:
        query = (
            "SELECT quarantined_by FROM local_media_repository WHERE media_id = ?"
            if server == OURS
            else "SELECT quarantined_by FROM remote_media_cache WHERE media_id = ?"
        )
        (found,) = self.database.execute(query, (media,)).fetchone()
        return found


@pytest.fixture
def synapse() -> Iterator[Synapse]:
    made = Synapse()
    yield made
    made.database.close()


@pytest.fixture
def rows(synapse: Synapse) -> HeldRows:
    return HeldRows(synapse)  # type: ignore[arg-type]


BEFORE = [None, "vedette:held:DEVICE", "vedette:refused"]


@pytest.mark.parametrize("server", [OURS, ACME])
@pytest.mark.parametrize("before", BEFORE)
async def test_a_release_gives_back_what_the_row_said_and_no_more(
    synapse: Synapse, rows: HeldRows, server: str, before: str | None
) -> None:
    synapse.has("report", before)
    synapse.has("other")
    for _ in range(2):  # twice is once
        assert await rows.hold(server, "report")
        held = str(synapse.by(server, "report"))
        assert held.startswith("vedette:")
        assert not held.startswith("vedette:held:")  # which are asked about again by themselves
    assert synapse.by(ACME if server == OURS else OURS, "report") == before
    for _ in range(2):
        assert await rows.release(server, "report")
        assert synapse.by(server, "report") == before
    assert synapse.by(server, "other") is None


async def test_what_an_administrator_quarantined_stays_so(synapse: Synapse, rows: HeldRows) -> None:
    synapse.has("report", "@root:example.org")
    assert await rows.hold(OURS, "report")
    assert await rows.release(OURS, "report")
    assert synapse.by(OURS, "report") == "@root:example.org"


async def test_what_is_not_here_yet_is_not_held(synapse: Synapse, rows: HeldRows) -> None:
    synapse.has("announced", size=None)
    assert not await rows.hold(OURS, "announced")
    assert synapse.by(OURS, "announced") is None
    for doing in (rows.hold, rows.release):
        assert not await doing(OURS, "nothing")
        assert not await doing("globex.example", "announced")
