"""The inspector's register, where it was written by an earlier version of Vedette."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from vedette.adapters.file_register import open_register
from vedette.core.names import MediaId, ServerName

_FIRST = """
CREATE TABLE verdicts (
    number INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, rules TEXT NOT NULL, content TEXT NOT NULL,
    UNIQUE (sha256, rules)
);
CREATE TABLE files (
    server TEXT NOT NULL, media TEXT NOT NULL, owner TEXT, declared TEXT NOT NULL,
    name TEXT NOT NULL, class TEXT NOT NULL, held INTEGER NOT NULL,
    held_by TEXT NOT NULL DEFAULT '', sha256 TEXT, PRIMARY KEY (server, media)
) WITHOUT ROWID;
INSERT INTO files VALUES
    ('example.org', 'report', '@alice:example.org', 'text/plain', 'a', 'attachment', 1, 'x', NULL);
PRAGMA user_version = 1;
"""


def test_what_an_earlier_version_wrote_is_kept_and_nobody_has_released_it(tmp_path: Path) -> None:
    path, report = tmp_path / "register.db", (ServerName("example.org"), MediaId("report"))
    before = sqlite3.connect(path)
    before.executescript(_FIRST)
    before.close()
    for _ in range(2):  # it is changed once
        register = open_register(path)
        found = register.file(*report)
        assert found is not None
        assert (found[0].held, found[0].released) == (True, False)
        register.close()
    register = open_register(path)
    assert register.hold(*report, "@olga:example.org", held=False, released=True)
    found = register.file(*report)
    assert found is not None
    assert (found[0].held, found[0].released) == (False, True)
    register.close()
