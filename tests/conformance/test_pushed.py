"""What every store of pushed people promises, asked of the real one and of the one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.memory.pushed import MemoryPushedPeople
from vedette.adapters.pushed import SqlPushedPeople
from vedette.adapters.revisions import open_database
from vedette.core.pushed import LastPushed, PushedGroup, PushedPerson, PushedUser
from vedette.ports.pushed import PushedPeopleStore

BODY = {"userName": "Ann@Example.org", "externalId": "A-1", "name": {"givenName": "Än“n"}}
ANN = PushedUser(id="a" * 32, name="ann", body=BODY, version=1, created=5, modified=5, by="t1")
BEN = PushedUser(
    id="b" * 32, name="ben", body={"userName": "ben@example.org", "active": False}, version=3,
    created=6, modified=9, by="t2",
)  # fmt: skip
STAFF = PushedGroup(
    id="c" * 32, name="Staff", version=1, created=7, modified=7, by="t1", external_id="G-1"
)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PushedPeopleStore]:
    if request.param == "memory":
        yield MemoryPushedPeople()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlPushedPeople(database.engine)
    database.close()


def test_somebody_comes_back_exactly_as_they_were_kept(store: PushedPeopleStore) -> None:
    assert (store.users(0, 10), store.count_users(), store.newest()) == ((), 0, None)
    store.keep_user(BEN)
    store.keep_user(ANN)
    assert store.users(0, 10) == (ANN, BEN)
    assert (store.users(1, 10), store.users(0, 1), store.users(2, 10)) == ((BEN,), (ANN,), ())
    assert store.count_users() == 2
    assert [store.user(ANN.id), store.named("ann"), store.called("aNN@example.ORG")] == [ANN] * 3
    assert store.users_of("A-1") == (ANN,)
    assert store.users_of("a-1") == ()
    assert store.user("x") is store.named("x") is store.called("ann") is None
    assert store.newest() == LastPushed(9, "t2", "ben")
    assert store.names_of([ANN.id, "x", BEN.id]) == {ANN.id: "ann", BEN.id: "ben"}


def test_a_change_takes_the_place_of_what_was(store: PushedPeopleStore) -> None:
    store.keep_user(ANN)
    other = replace(ANN, body={"userName": "ann.two@example.org"}, version=2)
    store.keep_user(other)
    assert store.users(0, 10) == (other,)
    assert store.called("ann@example.org") is None
    assert store.called("ann.two@example.org") == other
    assert store.users_of("A-1") == ()


def test_who_was_deleted_is_known_by_their_name_alone(store: PushedPeopleStore) -> None:
    store.keep_user(ANN)
    store.keep_group(STAFF, [ANN.id])
    gone = replace(ANN, deleted=True)
    store.keep_user(gone)
    assert store.user(ANN.id) is store.called("ann@example.org") is None
    assert (store.users(0, 10), store.count_users(), store.names_of([ANN.id])) == ((), 0, {})
    assert store.named("ann") == gone
    assert store.members([STAFF.id]) == {STAFF.id: ()}
    assert store.everything().people == (PushedPerson(ANN.id, "ann", False),)
    again = replace(ANN, id="d" * 32)
    store.keep_user(again)
    assert store.named("ann") == store.called("ann@example.org") == again
    assert store.everything().people == (PushedPerson(again.id, "ann", True),)


def test_groups_have_members_who_come_and_go(store: PushedPeopleStore) -> None:
    store.keep_user(ANN)
    store.keep_user(BEN)
    store.keep_group(STAFF, [ANN.id, BEN.id])
    assert store.group(STAFF.id) == STAFF
    assert store.groups_named("sTAFF") == store.groups(0, 10) == (STAFF,)
    assert (store.groups_named("x"), store.group("x"), store.count_groups()) == ((), None, 1)
    assert store.members([STAFF.id, "x"]) == {STAFF.id: (ANN.id, BEN.id), "x": ()}
    assert store.groups_of([ANN.id, "x"]) == {ANN.id: (STAFF,), "x": ()}
    renamed = replace(STAFF, name="All Staff", version=2)
    store.keep_group(renamed, [ANN.id], [BEN.id])
    assert store.groups(0, 10) == (renamed,)
    assert store.members([STAFF.id]) == {STAFF.id: (ANN.id,)}
    found = store.everything()
    assert found.groups == {STAFF.id: "All Staff"}
    assert found.members == ((STAFF.id, ANN.id),)
    store.drop_group(STAFF.id)
    store.drop_group(STAFF.id)
    assert (store.groups(0, 10), store.everything().members) == ((), ())
    assert store.groups_of([ANN.id]) == {ANN.id: ()}


def test_very_many_members_are_kept_and_found(store: PushedPeopleStore) -> None:
    ids = {f"{n:032x}" for n in range(1300)}
    store.keep_group(STAFF, ids)
    assert set(store.members([STAFF.id])[STAFF.id]) == ids
    assert len(store.groups_of(ids)) == 1300
    store.keep_group(STAFF, (), ids - {f"{7:032x}"})
    assert store.members([STAFF.id]) == {STAFF.id: (f"{7:032x}",)}
