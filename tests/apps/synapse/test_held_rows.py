"""What holds and releases write into rows as Synapse has them, over its own two tables, and the list."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.internal.held_files import (
    LISTED,
    FileRow,
    FileState,
    Sought,
    cursor_of,
    read_cursor,
)
from vedette.synapse.internals.held_rows import HeldRows
from vedette.synapse.marks import Mark

OURS, ACME = "example.org", "acme.example"
ALICE = "@alice:example.org"
_TABLES = """
CREATE TABLE local_media_repository (
    media_id TEXT, media_length INTEGER, quarantined_by TEXT, created_ts BIGINT, user_id TEXT,
    media_type TEXT, upload_name TEXT
);
CREATE TABLE remote_media_cache (
    media_origin TEXT, media_id TEXT, media_length INTEGER, quarantined_by TEXT, created_ts BIGINT,
    media_type TEXT, upload_name TEXT
);
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

    def has(
        self,
        media: str,
        by: str | None = None,
        *,
        size: int | None = 5,
        at: int = 1,
        name: str = "a",
    ) -> None:
        own = (media, size, by, at, ALICE, "text/plain", name)
        self.database.execute("INSERT INTO local_media_repository VALUES (?,?,?,?,?,?,?)", own)
        other = (ACME, media, size, by, at, "text/plain", name)
        self.database.execute("INSERT INTO remote_media_cache VALUES (?,?,?,?,?,?,?)", other)

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
    for officer in (True, False):
        assert await rows.hold(OURS, "report", officer=officer)
    assert await rows.release(OURS, "report")
    seen = await rows.see(OURS, "report")
    assert seen is not None
    assert seen[0].state is FileState.ELSEWHERE
    assert await rows.open(OURS, "report", seen[1])
    assert synapse.by(OURS, "report") == "@root:example.org"


async def test_what_is_not_here_yet_is_not_held(synapse: Synapse, rows: HeldRows) -> None:
    synapse.has("announced", size=None)
    assert not await rows.hold(OURS, "announced")
    assert synapse.by(OURS, "announced") is None
    assert await rows.see(OURS, "announced") is None
    for doing in (rows.hold, rows.release):
        assert not await doing(OURS, "nothing")
        assert not await doing("globex.example", "announced")


@pytest.mark.parametrize("server", [OURS, ACME])
@pytest.mark.parametrize("before", BEFORE)
async def test_what_an_officer_holds_the_suites_own_accounts_can_not_let_go(
    synapse: Synapse, rows: HeldRows, server: str, before: str | None
) -> None:
    synapse.has("report", before)
    assert await rows.hold(server, "report", officer=True)
    held = synapse.by(server, "report")
    assert await rows.hold(server, "report")
    assert await rows.release(server, "report")
    assert synapse.by(server, "report") == held
    seen = await rows.see(server, "report")
    assert seen is not None
    assert (seen[0].state, seen[1].rest) == (FileState.OFFICER, before)
    assert await rows.open(server, "report", seen[1])
    assert synapse.by(server, "report") is None


async def test_a_file_that_changed_meanwhile_is_not_opened(
    synapse: Synapse, rows: HeldRows
) -> None:
    synapse.has("report", "vedette:held:DEVICE")
    seen = await rows.see(OURS, "report")
    assert seen is not None
    await rows.hold(OURS, "report", officer=True)
    assert not await rows.open(OURS, "report", seen[1])
    assert str(synapse.by(OURS, "report")).startswith("vedette:officer:")


async def all_of(rows: HeldRows, sought: Sought, most: int) -> list[FileRow]:
    """A list from page to page."""
    found: list[FileRow] = []
    while page := await rows.list(
        sought, read_cursor(cursor_of(found[-1])) if found else None, most
    ):
        found += page
    return found


async def test_every_file_that_is_held_is_listed_once_the_newest_first(
    synapse: Synapse, rows: HeldRows
) -> None:
    marks = {"open": None, "root": "@root:example.org", "waits": "vedette:held:D",
             "refused": "vedette:refused", "member": "vedette:by-id:vedette:held:D"}  # fmt: skip
    for number in range(40):
        name = list(marks)[number % 5]
        synapse.has(
            f"{name}{number}", marks[name], at=number // 7, name=f"{name} 100%_{number}.pdf"
        )
    await rows.hold(OURS, "open0", officer=True)
    every = await all_of(rows, Sought(), 1000)
    assert len(every) == 24 * 2 + 1
    assert {row.state for row in every} == set(LISTED)
    times = [row.created for row in every]
    assert times == sorted(times, reverse=True)
    for most in (1, 3, 48):
        assert await all_of(rows, Sought(), most) == every
    (own,) = await all_of(rows, Sought(state=FileState.OFFICER), 10)
    assert (own.media, own.owner, own.server) == ("open0", ALICE, OURS)
    waiting = await all_of(rows, Sought(state=FileState.WAITING, owner=ALICE), 3)
    assert [row.media for row in waiting] == [f"waits{n}" for n in (37, 32, 27, 22, 17, 7, 12, 2)]
    assert {row.media for row in await all_of(rows, Sought(text="WAITS 100%_2."), 9)} == {"waits2"}
    assert {row.media for row in await all_of(rows, Sought(text="refused3"), 9)} == {"refused3"}
    assert await all_of(rows, Sought(text="%"), 99) == every
    assert not await all_of(rows, Sought(text="1000_"), 99)
    assert not await all_of(rows, Sought(state=FileState.OPEN), 99)
    assert not await all_of(rows, Sought(owner="@x' OR '1'='1:example.org"), 99)


rests = st.sampled_from([None, "vedette:refused", "@root:example.org"]) | st.text(max_size=20).map(
    lambda device: f"vedette:held:{device}"
)
marks = st.builds(Mark, officer=st.booleans(), by_id=st.booleans(), rest=rests)


@given(marks, st.booleans())
def test_whatever_a_row_says_a_hold_adds_its_own_mark_and_nobody_elses_goes(mark, officer):
    assert Mark.read(mark.text) == mark
    held = mark.held(officer=officer)
    assert held.rest == mark.rest
    assert held.let_go().officer == held.officer
    if mark.ours:
        assert held.state in (FileState.OFFICER, FileState.MEMBER)
        assert mark.released().text is None
    else:
        assert held == mark == mark.released()


@given(st.none() | st.text(max_size=60))
def test_whatever_stands_in_a_row_is_read_and_stays_as_it_is(text):
    assert Mark.read(text).text == (text or None)
