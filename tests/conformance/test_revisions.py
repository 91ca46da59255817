"""What every store of revisions promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.memory.revisions import MemoryRevisions
from vedette.adapters.revisions import SqlRevisions, open_database
from vedette.core.language import Language, Sentence, in_language
from vedette.core.revision import Revision, verify_revisions
from vedette.ports.revisions import RevisionConflict

Store = MemoryRevisions | SqlRevisions


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryRevisions()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield database
    database.close()


def revision(number: int, before: Revision | None = None) -> Revision:
    made = Revision(
        number=number,
        text=f"# comment {number} with ünï\n",
        digest="d" * 64,
        author="local administrator",
        approvers=("@ben:example.org",),
        reason="contract 4711",
        at=1_800_000_000 + number,
        words=("New rule acme.",),
        commands=("vedette rule add acme",),
    )
    return replace(made, previous=before.hash) if before else made


def three(store: Store) -> tuple[Revision, Revision, Revision]:
    first = revision(1)
    second = revision(2, first)
    third = revision(3, second)
    for each in (first, second, third):
        store.append(each)
    return first, second, third


def test_an_empty_store_has_no_revision(store: Store) -> None:
    assert store.newest() is None
    assert store.get(1) is None
    assert store.history() == ()


def test_what_a_revision_changed_comes_back_in_every_language(store: Store) -> None:
    said = Sentence("New rule acme.", "Neu: Regel acme.")
    store.append(replace(revision(1), words=(said, "kept before there was German")))
    kept = store.newest()
    assert kept is not None
    assert [in_language(each, Language.DE) for each in kept.words] == [
        "Neu: Regel acme.",
        "kept before there was German",
    ]
    assert kept.hash == replace(kept, words=tuple(map(str, kept.words))).hash


def test_a_revision_comes_back_exactly_as_it_was_kept(store: Store) -> None:
    first = revision(1)
    store.append(first)
    assert store.newest() == first
    assert store.get(1) == first


def test_the_history_is_complete_and_its_chain_holds(store: Store) -> None:
    kept = three(store)
    assert store.history() == kept
    verify_revisions(store.history())


def test_the_first_revision_has_the_number_one(store: Store) -> None:
    with pytest.raises(RevisionConflict):
        store.append(revision(2))
    assert store.newest() is None


def test_two_revisions_never_follow_the_same_one(store: Store) -> None:
    first, second, _ = three(store)
    with pytest.raises(RevisionConflict):
        store.append(replace(revision(3, second), reason="the other administrator's"))
    with pytest.raises(RevisionConflict):
        store.append(replace(revision(2, first), reason="late"))
    assert len(store.history()) == 3


def test_a_revision_that_follows_nothing_known_is_not_kept(store: Store) -> None:
    three(store)
    with pytest.raises(RevisionConflict):
        store.append(replace(revision(4), previous="f" * 64))


def test_numbers_of_a_stream_only_rise(store: Store) -> None:
    assert [store.next("settings", 0) for _ in range(3)] == [1, 2, 3]
    assert store.next("people", 0) == 1


def test_a_number_is_above_what_a_door_has_already(store: Store) -> None:
    assert store.next("settings", 41) == 42
    assert store.next("settings", 7) == 43
