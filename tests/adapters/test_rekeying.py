"""Another store key while the store is used: nothing is lost, whenever somebody is ended."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.postgresql import MISSING, PostgreSql, postgresql
from vedette.adapters.sign_in import database, rekeying, rows, tables
from vedette.adapters.sign_in.rekeying import SEALED, Rekeying, StoreKeyFile
from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Factor, TokenKey

OLD = b"o" * 32
NOW = 1_800_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "s.db")
    address: str = request.getfixturevalue("server").new_database()
    return address


def key_file(folder: Path) -> StoreKeyFile:
    path = folder / "store.key"
    if not path.exists():
        path.write_bytes(OLD)
        path.chmod(0o600)
    return StoreKeyFile(path, least_age=0)


def opened(folder: Path, file: StoreKeyFile, where: str = "") -> SqlSignInStore:
    """The store as the sign-in process opens it."""
    return open_sign_in_store(where or folder / "s.db", file.path.read_bytes(), file.unfinished())


def factor(number: int) -> Factor:
    return Factor(
        id=f"f{number}", localpart="alice", kind="totp", label="", secret=secret(number),
        created=NOW, counter=0,
    )  # fmt: skip


def secret(number: int) -> bytes:
    return b"secret %d" % number


def filled(store: SqlSignInStore, count: int = 5) -> None:
    store.make_account("alice", "", None, NOW)
    for number in range(count):
        store.add_factor(factor(number))
    store.add_token_key(TokenKey(kid="k1", public=b"p", private=b"private", made=NOW))
    store.add_token_key(TokenKey(kid="k0", public=b"q", private=b"older", made=NOW - 1))
    store.retire_token_key("k0", NOW)


def whole(store: SqlSignInStore) -> bool:
    kept = {each.id: each.secret for each in store.factors("alice")}
    keys = [each.private for each in store.token_keys()]
    return keys == [b"private"] and all(kept[f"f{n}"] == secret(n) for n in range(5))


def test_everything_is_closed_by_the_new_key_and_the_old_one_opens_nothing(tmp_path: Path):
    file = key_file(tmp_path)
    store = opened(tmp_path, file)
    filled(store)
    file.rotate(store.rekeying)
    assert whole(store)
    store.close()
    new = file.path.read_bytes()
    assert (new != OLD, len(new), file.path.stat().st_mode & 0o777) == (True, 32, 0o600)
    assert not file.next.exists()
    again = open_sign_in_store(tmp_path / "s.db", new)
    assert whole(again)
    assert again.rekeying.again() == 0
    again.close()
    with pytest.raises(Unavailable, match="another store key"):
        open_sign_in_store(tmp_path / "s.db", OLD)


def test_whoever_writes_and_reads_meanwhile_loses_nothing(tmp_path: Path, where: str):
    file = key_file(tmp_path)
    store = opened(tmp_path, file, where)
    filled(store)
    stop, wrote, faults = threading.Event(), [4], []

    def use() -> None:
        while not stop.is_set():
            number = wrote[-1] + 1
            store.add_factor(factor(number))
            wrote.append(number)
            if not whole(store):
                faults.append(number)

    user = threading.Thread(target=use, daemon=True)
    user.start()
    for _ in range(10):
        file.rotate(store.rekeying)
    stop.set()
    user.join()
    store.close()
    again = opened(tmp_path, file, where)
    kept = {each.id: each.secret for each in again.factors("alice")}
    again.close()
    assert faults == []
    assert len(wrote) > 2
    assert all(kept[f"f{number}"] == secret(number) for number in wrote)


@pytest.mark.parametrize("at", ["before the first row", "after some rows", "before the file"])
def test_whoever_is_ended_in_between_goes_on_at_the_next_start(tmp_path: Path, at: str):
    file = key_file(tmp_path)
    store = opened(tmp_path, file)
    filled(store)
    file._begin(store.rekeying)
    if at == "after some rows":
        rekeyed = Rekeying(store.rekeying.database, store.rekeying.seal)
        rekeyed._table(*SEALED[1])
    if at == "before the file":
        store.rekeying.again()
    store.close()  # and nothing more of this process
    file = key_file(tmp_path)
    assert file.unfinished() is not None
    store = opened(tmp_path, file)
    assert whole(store)
    file.finish(store.rekeying)
    store.close()
    assert file.unfinished() is None
    store = open_sign_in_store(tmp_path / "s.db", file.path.read_bytes())
    assert whole(store)
    store.close()


def test_what_was_broken_off_is_brought_to_its_end_rather_than_begun_anew(tmp_path: Path):
    file = key_file(tmp_path)
    store = opened(tmp_path, file)
    filled(store)
    file._begin(store.rekeying)
    waiting = file.unfinished()
    file.rotate(store.rekeying)
    assert file.path.read_bytes() == waiting
    store.close()


def test_one_is_changed_at_a_time_and_not_again_at_once(tmp_path: Path):
    file = key_file(tmp_path)
    store = opened(tmp_path, file)
    file._turn.acquire()
    with pytest.raises(Unavailable, match="already"):
        file.rotate(store.rekeying)
    file._turn.release()
    file.least_age = 600
    with pytest.raises(Unavailable, match="ten minutes"):
        file.rotate(store.rekeying)
    assert file.unfinished() is None
    store.close()


def test_a_new_key_that_is_torn_is_told(tmp_path: Path):
    file = key_file(tmp_path)
    file.next.write_bytes(b"short")
    with pytest.raises(Unavailable, match="32 bytes"):
        file.unfinished()


def test_every_column_that_is_sealed_is_closed_anew():
    """Whoever seals another column names it in SEALED: each `seal.close` in the code has its row."""
    sources = [Path(module.__file__ or "").read_text() for module in (rows, database)]
    closes = sum(len(re.findall(r"seal\.close\(", text)) for text in sources)
    assert closes == len(SEALED)
    assert {table for table, *_ in SEALED} == {tables.CHANGES, tables.FACTORS, tables.TOKEN_KEYS}
    assert rekeying.__doc__


def test_a_seal_closes_with_the_newest_key_and_opens_with_each():
    seal = Seal.of(OLD)
    before = seal.close(b"x", "factor")
    seal.add(b"n" * 32)
    assert not seal.is_newest(before, "factor")
    assert seal.is_newest(seal.close(b"x", "factor"), "factor")
    assert seal.open(before, "factor") == b"x"
    seal.forget()
    with pytest.raises(Unavailable):
        seal.open(before, "factor")


def test_nothing_is_closed_anew_before_whoever_closed_by_the_old_key_has_kept_it(tmp_path: Path):
    file = key_file(tmp_path)
    store = opened(tmp_path, file)
    filled(store)
    file.settling = 0.05
    with store.rekeying.seal.using(), pytest.raises(Unavailable, match="too slow"):
        file.rotate(store.rekeying)
    assert file.path.read_bytes() == OLD
    assert whole(store)  # with either key
    file.rotate(store.rekeying)
    assert file.path.read_bytes() != OLD
    assert whole(store)
    store.close()
