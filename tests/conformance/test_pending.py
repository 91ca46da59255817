"""What every store of waiting changes promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.test_pending import CHANGE, approval
from vedette.adapters.memory.pending import MemoryPendingChanges
from vedette.adapters.pending import SqlPendingChanges
from vedette.adapters.revisions import open_database
from vedette.core.facts import Facts
from vedette.core.pending import State
from vedette.ports.pending import PendingChanges

FULL = replace(
    CHANGE,
    text="# “ünï”\n",
    starts=1_800_000_500,
    token="ab",
    why=("The guardrail `x` would be lost or weaker.",),
    words=("New rule x.",),
    commands=("vedette rule add x",),
    widens=("outside", "us"),
    signed=Facts(
        {"sign_in.factors": 2, "sign_in.kinds": frozenset({"totp"}), "device.version": (1, 2)},
        {"client.name": "firefox"},
    ),
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PendingChanges]:
    if request.param == "memory":
        yield MemoryPendingChanges()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlPendingChanges(database.engine)
    database.close()


def test_a_change_comes_back_exactly_as_it_was_kept(store: PendingChanges) -> None:
    store.add(FULL)
    assert store.get(FULL.id) == FULL
    kept = store.get(FULL.id)
    assert kept is not None
    assert kept.content == FULL.content


def test_what_was_never_kept_is_nothing(store: PendingChanges) -> None:
    assert store.get("0123456789") is None
    assert store.open() == store.newest(5) == ()
    assert store.approvals("0123456789") == ()
    assert store.move(FULL, State.WAITING) is False


def test_a_change_moves_only_from_where_it_stands(store: PendingChanges) -> None:
    store.add(FULL)
    void = replace(FULL, state=State.VOID, ended=1_800_000_001, said="it was", revision=None)
    assert store.move(void, State.SCHEDULED) is False
    assert store.get(FULL.id) == FULL
    assert store.move(void, State.WAITING) is True
    assert store.move(replace(void, state=State.APPLIED), State.WAITING) is False
    assert store.get(FULL.id) == void


def test_what_a_change_says_is_never_written_again(store: PendingChanges) -> None:
    store.add(FULL)
    store.move(replace(FULL, text="another", base=9, state=State.VOID), State.WAITING)
    kept = store.get(FULL.id)
    assert kept is not None
    assert (kept.text, kept.base, kept.content) == (FULL.text, FULL.base, FULL.content)


def test_open_ones_come_oldest_first_and_all_of_them_newest_first(store: PendingChanges) -> None:
    for id_, asked, state in (
        ("c", 2, State.WAITING), ("a", 3, State.SCHEDULED), ("b", 2, State.VOID),
        ("d", 1, State.WAITING),
    ):  # fmt: skip
        store.add(replace(FULL, id=id_, asked=asked, state=state))
    assert [each.id for each in store.open()] == ["d", "c", "a"]
    assert [each.id for each in store.newest(9)] == ["a", "c", "b", "d"]
    assert [each.id for each in store.newest(1)] == ["a"]


def test_a_person_approves_once(store: PendingChanges) -> None:
    store.add(FULL)
    first = approval(FULL, at=2)
    assert store.approve(first) is True
    assert store.approve(replace(first, reason="again", token="other")) is False
    assert store.approve(approval(FULL, "@cara:example.org", at=1)) is True
    found = store.approvals(FULL.id)
    assert [each.person for each in found] == ["@cara:example.org", "@ben:example.org"]
    assert found[1] == first
