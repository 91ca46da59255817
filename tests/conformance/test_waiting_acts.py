"""What every store of waiting acts promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.test_waiting_acts import ACT, approval
from vedette.adapters.memory.waiting_acts import MemoryWaitingActs
from vedette.adapters.revisions import open_database
from vedette.adapters.waiting_acts import SqlWaitingActs
from vedette.core.waiting_acts import ActState
from vedette.ports.waiting_acts import WaitingActs

FULL = replace(ACT, token="ab", over="@dora:example.org", more="totp", reason="“ünï”")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[WaitingActs]:
    if request.param == "memory":
        yield MemoryWaitingActs()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlWaitingActs(database.engine)
    database.close()


def test_an_act_comes_back_exactly_as_it_was_kept(store: WaitingActs) -> None:
    store.add(FULL)
    assert store.get(FULL.id) == FULL


def test_what_was_never_kept_is_nothing(store: WaitingActs) -> None:
    assert store.get("0123456789") is None
    assert store.waiting() == store.newest(5) == store.approvals("0123456789") == ()
    assert store.end(FULL) is False


def test_an_act_ends_once_and_what_it_says_is_never_written_again(store: WaitingActs) -> None:
    store.add(FULL)
    done = replace(FULL, state=ActState.DONE, ended=5, said="record control:9")
    assert store.end(replace(done, what="another")) is True
    assert store.end(replace(FULL, state=ActState.REJECTED, ended=6, said="x")) is False
    assert store.get(FULL.id) == done


def test_waiting_ones_come_oldest_first_and_all_of_them_newest_first(store: WaitingActs) -> None:
    for id_, asked, state in (
        ("c", 2, ActState.WAITING), ("a", 3, ActState.WAITING), ("b", 2, ActState.DONE),
    ):  # fmt: skip
        store.add(replace(FULL, id=id_, asked=asked, state=state))
    assert [each.id for each in store.waiting()] == ["c", "a"]
    assert [each.id for each in store.newest(9)] == ["a", "c", "b"]
    assert [each.id for each in store.newest(1)] == ["a"]


def test_a_person_approves_once(store: WaitingActs) -> None:
    store.add(FULL)
    first = approval(FULL, at=2)
    assert store.approve(first) is True
    assert store.approve(replace(first, reason="again", token="other")) is False
    assert store.approve(approval(FULL, "@cara:example.org", at=1)) is True
    found = store.approvals(FULL.id)
    assert [each.person for each in found] == ["@cara:example.org", "@ben:example.org"]
    assert found[1] == first
