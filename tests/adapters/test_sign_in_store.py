"""What holds for the sign-in store because it is a database that several processes open."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.services.postgresql import MISSING, PostgreSql, postgresql
from vedette.adapters import sign_in_store
from vedette.adapters.sign_in import tables
from vedette.adapters.sign_in.seal import Seal
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.names import UserId
from vedette.core.sessions import Session, SessionFacts, SessionState
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import Factor, NoAccount, TokenKey

KEY = b"k" * 32
NOW = 1_800_000_000
SECRET = b"a secret that nobody reads off the disk"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "sign-in.db")
    address: str = request.getfixturevalue("server").new_database()
    return address


def factor(localpart: str = "alice", id_: str = "f1") -> Factor:
    return Factor(
        id=id_, localpart=localpart, kind="totp", label="", secret=SECRET, created=NOW, counter=0
    )


def session(number: int = 1) -> Session:
    return Session(
        id=f"session-{number:022d}",
        user=UserId("@alice:example.org"),
        device=f"D{number}",
        state=SessionState.LIVE,
        kind="oauth",
        client="",
        facts=SessionFacts(factors=(), network=""),
        created=NOW,
        expires=NOW + 10**6,
        device_name="",
        number=1,
    )


PROCESS = """
import sys, time
from vedette.adapters.sign_in_store import open_sign_in_store
store = open_sign_in_store(sys.argv[1], b"k" * 32)
print("open", flush=True)
sys.stdin.readline()
print(eval(sys.argv[2]), flush=True)
"""


def in_processes(where: str, *calls: str) -> list[str]:
    """What each call says, made at the same moment in a process of its own."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, where, call],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for call in calls
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in running]


def test_processes_that_open_a_new_database_at_once_all_can(where: str) -> None:
    names = ("ada", "ben", "cleo", "dan")
    made = in_processes(where, *(f"store.make_account('{n}', '', None, 1).created" for n in names))
    assert made == ["1"] * 4
    store = open_sign_in_store(where, KEY)
    assert [account.localpart for account in store.accounts()] == list(names)
    store.close()


def test_two_processes_that_refresh_at_once_leave_the_family_alive(where: str) -> None:
    store = open_sign_in_store(where, KEY)
    store.add_session(session(), "r1", NOW)
    answers = in_processes(where, "store.refresh('r1', 'a')", "store.refresh('r1', 'b')")
    assert all(answer.startswith("Refreshed") for answer in answers)
    assert store.refresh("a", "next") is not None
    store.close()


def test_of_two_processes_one_takes_a_code(where: str) -> None:
    store = open_sign_in_store(where, KEY)
    store.put_once("code", "h", b"body", NOW + 60)
    answers = in_processes(where, *[f"store.take('code', 'h', {NOW})"] * 3)
    assert sorted(answers) == ["None", "None", "b'body'"]
    store.close()


def test_one_process_sees_what_another_changed(where: str) -> None:
    signin, control = open_sign_in_store(where, KEY), open_sign_in_store(where, None)
    change = signin.add_session(session(), "r1", NOW)
    assert control.changes() == change
    assert control.sessions() == signin.sessions()
    control.move_session(session().id, SessionState.ENDED, "lost", NOW)
    assert signin.sessions() == ()
    signin.close()
    control.close()


def test_more_sessions_end_at_once_than_one_statement_names(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_store, "_AT_ONCE", 2)
    store = open_sign_in_store(where, KEY)
    ids = [session(number).id for number in range(1, 6)]
    for number in range(1, 6):
        store.add_session(session(number), None, NOW)
    assert store.end_sessions(ids, "revoked", NOW) == set(ids)
    assert store.sessions() == ()
    assert [errand.device for errand in store.outbox()] == ["D1", "D2", "D3", "D4", "D5"]
    store.close()


def test_the_migrations_make_the_tables_that_the_store_uses(where: str) -> None:
    store = open_sign_in_store(where, KEY)
    inspector = sa.inspect(store._database._writes)
    assert set(inspector.get_table_names()) == {
        *tables.CHANGES.metadata.tables,
        "alembic_version_sign_in",
    }
    for name, table in tables.CHANGES.metadata.tables.items():
        made = {column["name"] for column in inspector.get_columns(name)}
        assert made == set(table.c.keys())
    store.close()


def test_another_key_is_noticed_when_the_store_is_opened(where: str) -> None:
    open_sign_in_store(where, KEY).close()
    with pytest.raises(Unavailable, match="another store key"):
        open_sign_in_store(where, b"o" * 32)
    with pytest.raises(Unavailable, match="31 bytes"):
        open_sign_in_store(where, b"k" * 31)
    open_sign_in_store(where, KEY).close()


def test_without_the_key_there_are_no_secrets(where: str) -> None:
    signin, control = open_sign_in_store(where, KEY), open_sign_in_store(where, None)
    signin.make_account("alice", "Alice", None, NOW)
    signin.add_factor(factor())
    signin.add_token_key(TokenKey(kid="k", public=b"p" * 32, private=SECRET, made=NOW))
    assert control.factors("alice")[0].secret == b""
    (key,) = control.token_keys()
    assert (key.public, key.private) == (b"p" * 32, b"")
    assert control.remove_factors("alice", None) == 1
    with pytest.raises(Unavailable, match="store key"):
        control.add_factor(factor())
    with pytest.raises(Unavailable, match="store key"):
        control.add_token_key(TokenKey(kid="l", public=b"", private=b"", made=NOW))
    signin.close()
    control.close()


def test_a_store_that_was_first_opened_without_the_key_takes_it_later(where: str) -> None:
    open_sign_in_store(where, None).close()
    open_sign_in_store(where, KEY).close()
    with pytest.raises(Unavailable):
        open_sign_in_store(where, b"o" * 32)


def test_a_secret_can_t_be_moved_to_another_account(where: str) -> None:
    store = open_sign_in_store(where, KEY)
    for name in ("alice", "ben"):
        store.make_account(name, name, None, NOW)
        store.add_factor(factor(name, f"factor-of-{name}"))
    with store._database._writes.begin() as connection:
        stolen = connection.execute(
            sa.text("SELECT secret FROM sign_in_factors WHERE localpart = 'ben'")
        ).scalar()
        connection.execute(
            sa.text("UPDATE sign_in_factors SET secret = :s WHERE localpart = 'alice'"),
            {"s": stolen},
        )
    assert store.factors("ben")[0].secret == SECRET
    with pytest.raises(Unavailable, match="altered"):
        store.factors("alice")
    with store._database._writes.begin() as connection:
        connection.execute(sa.text("UPDATE sign_in_factors SET localpart = 'alice'"))
    with pytest.raises(Unavailable, match="altered"):
        store.factors("alice")
    store.close()


def test_no_secret_stands_in_the_file_and_nobody_else_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "sign-in.db"
    old = os.umask(0)
    try:
        store = open_sign_in_store(path, KEY)
        store.make_account("alice", "Alice", None, NOW)
        store.add_factor(factor())
        store.add_token_key(TokenKey(kid="k", public=b"p" * 32, private=SECRET, made=NOW))
        files = list(path.parent.iterdir())
        assert len(files) == 3
        assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600"] * 3
        assert all(SECRET not in file.read_bytes() for file in files)
    finally:
        os.umask(old)
    store.close()
    assert SECRET not in path.read_bytes()


def test_sqlite_keeps_what_it_said_it_kept(tmp_path: Path) -> None:
    store = open_sign_in_store(tmp_path / "sign-in.db", KEY)
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_a_writer_of_sqlite_is_alone_from_its_beginning(tmp_path: Path) -> None:
    """Else another process could write between what it reads and what it writes."""
    store = open_sign_in_store(tmp_path / "sign-in.db", KEY)
    other = sqlite3.connect(tmp_path / "sign-in.db", isolation_level=None, timeout=0)
    with store._database.writing(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    store.close()


def test_reading_waits_for_no_writer(tmp_path: Path) -> None:
    store = open_sign_in_store(tmp_path / "sign-in.db", KEY)
    other = sqlite3.connect(tmp_path / "sign-in.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.changes() == 0
    assert store.sessions() == ()
    other.execute("ROLLBACK")
    other.close()
    store.close()


def test_reading_waits_for_no_writer_of_postgresql(server: PostgreSql) -> None:
    store = open_sign_in_store(server.new_database(), KEY)
    with store._database.writing() as connection:
        connection.execute(sa.select(tables.CHANGES).with_for_update())
        assert store.changes() == 0
    store.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"this is a text " * 100)
    with pytest.raises(Unavailable):
        open_sign_in_store(tmp_path / "text", KEY)
    with pytest.raises(Unavailable, match="can't be opened"):
        open_sign_in_store(tmp_path / "text" / "below", KEY)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://app:hunter2@127.0.0.1:1/db",
        "postgresql://app:hunter2@127.0.0.1:x/db",
        "postgresql+psycopg://app:hunter2@[/db",
    ],
)
def test_a_database_s_password_is_never_repeated(address: str) -> None:
    with pytest.raises(Unavailable) as fault:
        open_sign_in_store(address, KEY)
    shown: BaseException | None = fault.value
    while shown is not None:
        assert "hunter2" not in f"{shown} {shown!r}"
        shown = None if shown.__suppress_context__ else shown.__context__


def test_a_fault_never_repeats_what_was_to_be_written(where: str) -> None:
    store = open_sign_in_store(where, KEY)
    with store._database._writes.begin() as connection:
        connection.execute(sa.text("DROP TABLE sign_in_accounts"))
    with pytest.raises(Unavailable) as fault:
        store.make_account("alice", "Alice", "$argon2id$hunter2", NOW)
    assert "hunter2" not in str(fault.value)
    assert "sign_in_accounts" in str(fault.value)
    store.close()


def test_a_store_that_goes_away_comes_back_by_itself() -> None:
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as first:
        address = first.new_database()
        store = open_sign_in_store(address, KEY)
        store.make_account("alice", "Alice", None, NOW)
        with store._database.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        restart(address)
        assert store.account("alice") is not None
        with pytest.raises(NoAccount):
            store.set_password("nobody", "", NOW)
    with pytest.raises(Unavailable):
        store.changes()
    store.close()


def restart(address: str) -> None:
    """Cut every connection to the database, as a restart of the server does."""
    engine = sa.create_engine(
        address.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    engine.dispose()


def test_a_change_is_seen_only_once_everything_of_it_is(server: PostgreSql) -> None:
    """Who sees number `n` sees the session that was made by it."""
    store = open_sign_in_store(server.new_database(), KEY)
    with store._database.writing() as connection:
        connection.execute(sa.select(tables.CHANGES).with_for_update())
        connection.execute(sa.update(tables.CHANGES).values(number=7))
        assert store.changes() == 0
    assert store.changes() == 7
    store.close()


def test_what_belongs_together_is_sealed_as_it_is() -> None:
    seal = Seal.of(KEY)
    with pytest.raises(Unavailable):
        seal.open(seal.close(b"s", "factor", "ab", "c"), "factor", "a", "bc")
    assert seal.close(b"s", "x") != seal.close(b"s", "x")
    assert "k" * 8 not in repr(seal)


@pytest.mark.parametrize("altered", [b"", b"\x01", b"\x02" + b"x" * 40, b"\x01" + b"x" * 11])
def test_any_sealed_bytes_have_an_answer(altered: bytes) -> None:
    with pytest.raises(Unavailable):
        Seal.of(KEY).open(altered, "factor")
