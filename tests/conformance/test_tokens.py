"""What every store of API tokens promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette.adapters.memory.tokens import MemoryTokens
from vedette.adapters.revisions import open_database
from vedette.adapters.tokens import SqlTokens
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.tokens import ApiToken
from vedette.ports.tokens import ApiTokens


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApiTokens]:
    if request.param == "memory":
        yield MemoryTokens()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlTokens(database.engine)
    database.close()


def token(id_: str, made: int = 1) -> ApiToken:
    return ApiToken(
        id=id_,
        user=UserId("@anna:example.org"),
        acts=frozenset({Act.ADMINISTRATION_DOOR_LIST, Act.ADMINISTRATION_AUDIT_READ}),
        over=frozenset({"staff"}),
        made=made,
        made_by="local administrator",
        expires=1 << 40,
        reason="contract “4711”",
        digest=id_[0] * 64,
    )


def test_a_token_comes_back_exactly_as_it_was_kept(store: ApiTokens) -> None:
    store.add(token("a1"))
    assert store.by_id("a1") == token("a1")
    assert store.by_digest("a" * 64) == token("a1")


def test_what_was_never_kept_is_nothing(store: ApiTokens) -> None:
    assert store.by_id("a1") is None
    assert store.by_digest("a" * 64) is None
    assert store.every() == ()
    assert store.remove("a1") is False


def test_all_of_them_come_oldest_first(store: ApiTokens) -> None:
    for each in (token("c1", 2), token("a1", 3), token("b1", 2)):
        store.add(each)
    assert [each.id for each in store.every()] == ["b1", "c1", "a1"]


def test_a_removed_token_is_gone(store: ApiTokens) -> None:
    store.add(token("a1"))
    assert store.remove("a1") is True
    assert store.by_digest("a" * 64) is None
    assert store.remove("a1") is False
