"""Synapse, control and the sign-in service on PostgreSQL: nothing of them is kept in SQLite."""

from __future__ import annotations

import base64
import json
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests import commands
from tests.ports import own_addresses
from tests.services.postgresql import MISSING, PostgreSql, postgresql
from tests.system.two_organisations import COMMAND, wait_for_doors
from vedette.adapters.boot_file import load
from vedette.core.names import ServerName
from vedette.suite.accounts import NewAccount, register
from vedette.suite.certificates import issue, make_authority, today
from vedette.suite.client import session_to, signed_in
from vedette.suite.organisation import PEOPLE_HEAD, NewOrganisation, certificate_names, init
from vedette.suite.sign_in_walk import Walker, sign_in

DOMAIN = "example.test"
PASSWORD = "correct horse battery staple"
RULE = ("--between", "us", "us", "--forbid", "video", "--reason", "it is kept in PostgreSQL")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "org"


def made(folder: Path, server: PostgreSql) -> tuple[bytes, dict[str, str]]:
    """An organisation whose boot file names three databases; returns its CA and their addresses."""
    authority = make_authority("test", today())
    names = certificate_names(ServerName(DOMAIN), "127.0.0.1:1")
    init(
        NewOrganisation(
            folder=folder,
            domain=DOMAIN,
            **own_addresses(),
            people=PEOPLE_HEAD + "alice,Employees,no,yes\n",
            certificate=issue(authority, names, today()),
            trusted_ca=authority.pem,
        ),
        today(),
    )
    text = (folder / "boot.toml").read_text()
    addresses = {}
    for section in ("synapse", "control", "signin"):
        addresses[section] = server.new_database()
        # this server asks nobody for a password, but Synapse must find one where it is told
        url = addresses[section].replace("app@", "app:a%3Asecret@")
        (folder / f"secrets/{section}-url").write_text(url)
        pattern = rf'(\[{section}\](?:(?!\n\[).)*?database\s*= )"sqlite"'
        text, count = re.subn(pattern, rf'\1"file:secrets/{section}-url"', text, flags=re.DOTALL)
        assert count == 1, section
    (folder / "boot.toml").write_text(text)
    return authority.pem, addresses


@contextmanager
def up(folder: Path) -> Iterator[None]:
    words = [*COMMAND, "up", str(folder), "--json"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            told = running.stdout.readline()  # nothing is on standard output before it is ready
            assert told, running.communicate(timeout=120)[1]
            assert json.loads(told)["ready"] is True
            yield
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=120)


def cli(folder: Path, *words: str) -> str:
    done = commands.run("--dir", str(folder), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def test_everything_is_kept_in_postgresql_and_outlives_a_restart(
    folder: Path, server: PostgreSql
) -> None:
    ca, addresses = made(folder, server)
    boot = load(folder)
    totp = secrets.token_bytes(20)
    alice = Walker(f"@alice:{DOMAIN}", PASSWORD, base64.b32encode(totp).decode())
    with up(folder):
        assert await register(boot, NewAccount("alice", PASSWORD, totp=(totp,)))
        async with session_to(boot.gateway.client_url, ca) as session:
            login = await sign_in(session, alice, {"device_id": "PHONE"})
            client = signed_in(session, login)
            room = await client.create_room("a room")
            await client.say(room, "kept")
        cli(folder, "rule", "add", "kept", *RULE)
        wait_for_doors(boot)
    kept = [
        each
        for place in ("synapse", "control", "signin")
        for each in (folder / place).rglob("*.db")
        if each.name != "audit-index.db"  # beside the log, made anew from it by whoever lacks it
    ]
    assert kept == [], "something is kept in SQLite all the same"
    assert "whole" in cli(folder, "audit", "verify")  # with control down
    with up(folder):
        assert "kept" in cli(folder, "rule", "list")
        bearer = {"Authorization": f"Bearer {login['access_token']}"}
        async with (
            session_to(boot.gateway.client_url, ca) as session,
            session.get(f"/_matrix/client/v3/rooms/{room}/messages?dir=b", headers=bearer) as got,
        ):
            told = [event["content"].get("body") for event in (await got.json())["chunk"]]
            assert "kept" in told
    for section, table in (
        ("synapse", "events"),
        ("control", "revisions"),
        ("signin", "sign_in_sessions"),
    ):
        with psycopg.connect(addresses[section]) as connection:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            found = connection.execute(query).fetchone()
            assert found is not None
            print(f"  {section}: {found[0]} rows in `{table}`")
            assert found[0] > 0, table
    for file in ("synapse/homeserver.yaml", "log/synapse.log", "log/control.log", "log/signin.log"):
        assert "secret@" not in (folder / file).read_text()
        assert "a:secret" not in (folder / file).read_text()
