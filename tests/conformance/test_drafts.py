"""What every store of drafts promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.drafts import SqlDrafts
from vedette.adapters.memory.drafts import MemoryDrafts
from vedette.adapters.revisions import open_database
from vedette.core.draft import Draft
from vedette.ports.drafts import Drafts

FIRST = Draft(name="mine", text="# “ünï”\n", base=3, version=1, author="@anna:example.org", at=5)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Drafts]:
    if request.param == "memory":
        yield MemoryDrafts()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlDrafts(database.engine)
    database.close()


def test_a_draft_comes_back_exactly_as_it_was_kept(store: Drafts) -> None:
    assert (store.every(), store.get("mine")) == ((), None)
    assert store.save(FIRST) is True
    assert store.get("mine") == FIRST
    assert store.save(replace(FIRST, name="another")) is True
    assert [each.name for each in store.every()] == ["another", "mine"]


def test_of_two_who_edited_the_same_version_the_second_loses_nothing(store: Drafts) -> None:
    store.save(FIRST)
    second = replace(FIRST, text="ben's", version=2, author="@ben:example.org")
    assert store.save(second) is True
    assert store.save(replace(FIRST, text="anna's", version=2)) is False
    assert store.save(FIRST) is False
    assert store.save(replace(FIRST, version=9)) is False
    assert store.get("mine") == second


def test_only_the_version_that_is_there_is_removed(store: Drafts) -> None:
    store.save(FIRST)
    assert store.remove("mine", 2) is False
    assert store.remove("mine", 1) is True
    assert store.remove("mine", 1) is False
    assert store.get("mine") is None
