"""What only the database can promise: that it survives."""

import sqlite3
from pathlib import Path

import pytest

from tests.conformance.test_revisions import revision
from vedette.adapters.revisions import open_database
from vedette.ports.errors import Unavailable
from vedette.ports.revisions import RevisionConflict


def test_revisions_and_numbers_outlive_the_process(tmp_path: Path) -> None:
    first = open_database(tmp_path / "control.db")
    first.append(revision(1))
    assert first.next("settings", 0) == 1
    first.close()
    again = open_database(tmp_path / "control.db")
    assert again.newest() == revision(1)
    assert again.next("settings", 0) == 2
    again.close()


def test_of_two_processes_that_append_at_once_one_is_told(tmp_path: Path) -> None:
    one, other = (open_database(tmp_path / "control.db") for _ in range(2))
    one.append(revision(1))
    with pytest.raises(RevisionConflict):
        other.append(revision(1))
    one.close()
    other.close()


def test_only_its_user_can_read_the_database(tmp_path: Path) -> None:
    open_database(tmp_path / "folder" / "control.db").close()
    assert (tmp_path / "folder" / "control.db").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "control.db").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(Unavailable, match=r"control\.db"):
        open_database(tmp_path / "control.db")


def test_a_database_that_lost_its_tables_does_not_answer(tmp_path: Path) -> None:
    store = open_database(tmp_path / "control.db")
    with sqlite3.connect(tmp_path / "control.db") as connection:
        connection.execute("DROP TABLE revisions")
    with pytest.raises(Unavailable):
        store.newest()
    store.close()
