"""An organisation with a sign-in service, run by `vedette up`: people come in over the page."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests import commands
from tests.ports import own_addresses
from tests.system.two_organisations import COMMAND
from vedette.adapters.boot_file import Boot, load
from vedette.core.names import ServerName
from vedette.suite.accounts import NewAccount, register
from vedette.suite.certificates import issue, make_authority, today
from vedette.suite.client import Client, Refused, session_to, signed_in, until
from vedette.suite.organisation import PEOPLE_HEAD, NewOrganisation, certificate_names, init
from vedette.suite.sign_in_walk import Walker, WalkFault, sign_in

DOMAIN = "example.test"
PASSWORD = "correct horse battery staple"
STARTS_SECONDS = 180


@dataclass(slots=True)
class House:
    """The organisation while it runs."""

    boot: Boot
    ca: bytes
    process: subprocess.Popen[str]

    def session(self) -> aiohttp.ClientSession:
        """A browser that nobody used before."""
        return session_to(self.boot.gateway.client_url, self.ca)

    def pid(self, name: str) -> int:
        return int(json.loads((self.boot.folder / "run/pids.json").read_text())[name])

    def cli(self, *words: str) -> Any:
        done = commands.run("--dir", str(self.boot.folder), *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def person(self, name: str) -> Walker:
        """Somebody with a password and an app."""
        totp = secrets.token_bytes(20)
        assert await register(self.boot, NewAccount(name, PASSWORD, totp=(totp,)))
        return Walker(f"@{name}:{DOMAIN}", PASSWORD, base64.b32encode(totp).decode())


PEOPLE = ("alice", "bert", "cleo", "dina", "emma", "fred", "gina", "hugo")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house") / "org"
    authority = make_authority("test", today())
    listed = "".join(f"{name},Employees,no,yes\n" for name in PEOPLE)
    made = init(
        NewOrganisation(
            folder=folder,
            domain=DOMAIN,
            **own_addresses(),
            people=PEOPLE_HEAD + listed,
            certificate=issue(
                authority, certificate_names(ServerName(DOMAIN), "127.0.0.1:1"), today()
            ),
            trusted_ca=authority.pem,
        ),
        today(),
    )
    process = subprocess.Popen(
        [*COMMAND, "up", str(made.folder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        _wait_until_ready(process)
        yield House(load(folder), authority.pem, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + STARTS_SECONDS
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if line.strip() == "ready":
            return
        assert time.monotonic() < end, said
    raise AssertionError("".join(said))


async def test_whoever_has_both_proofs_comes_in_and_talks(house: House) -> None:
    alice = await house.person("alice")
    async with house.session() as session:
        login = await sign_in(session, alice, {"device_id": "PHONE"})
        assert (login["user_id"], login["device_id"]) == (f"@alice:{DOMAIN}", "PHONE")
        client = signed_in(session, login)
        room = await client.create_room("a room")
        await client.say(room, "hello")


async def test_a_new_device_is_told_to_the_others(house: House) -> None:
    hugo = await house.person("hugo")
    async with house.session() as first, house.session() as second:
        phone = signed_in(first, await sign_in(first, hugo, {"device_id": "PHONE"}))
        assert await _notices(phone) == []
        await sign_in(second, hugo, {"device_id": "DESK"})
        end = time.monotonic() + 60
        while not (told := await _notices(phone)) and time.monotonic() < end:
            await asyncio.sleep(0.2)
        assert len(told) == 1
        assert "signed in on a new device" in told[0]
        assert "from 127.0.0.1" in told[0]


async def _notices(client: Client) -> list[str]:
    """What the notice account has told this person."""
    async with client.session.get(
        "/_matrix/client/v3/joined_rooms", headers={"Authorization": f"Bearer {client.token}"}
    ) as got:
        rooms = (await got.json())["joined_rooms"]
    return [
        str(event["content"]["body"])
        for room in rooms
        for event in await client.seen(room)
        if event["type"] == "m.room.message"
    ]


async def test_a_new_person_changes_the_password_and_sets_up_an_app(house: House) -> None:
    added = house.cli("user", "add", "nora", "--groups", "Employees")
    nora = Walker(f"@nora:{DOMAIN}", added["password"])
    async with house.session() as session:
        with pytest.raises(WalkFault, match="has to choose another password"):
            await sign_in(session, nora, {})
        nora.next_password = "another horse, another staple"
        await until(lambda: _known(house, "nora"), 60)
    async with house.session() as session:
        login = await sign_in(session, nora, {"device_id": "FIRST"})
        assert login["device_id"] == "FIRST"
        assert nora.totp is not None
    async with house.session() as session:
        assert (await sign_in(session, nora, {}))["user_id"] == nora.user
        with pytest.raises(WalkFault):
            await sign_in(session, Walker(nora.user, added["password"], nora.totp), {})


async def _known(house: House, name: str) -> bool:
    """Whether people.csv with this person in it has arrived at the sign-in door."""
    part = (house.boot.door("signin") / "accepted/people.part").read_text()
    return f"@{name}:{DOMAIN}" in part


@pytest.mark.parametrize(
    ("password", "totp"), [("wrong", None), (PASSWORD, "A" * 32), (PASSWORD, None)]
)
async def test_one_proof_is_not_enough(house: House, password: str, totp: str | None) -> None:
    bert = await _once(house, "bert")
    async with house.session() as session:
        with pytest.raises(WalkFault):
            await sign_in(session, Walker(bert.user, password, totp), {})


_MADE: dict[str, Walker] = {}


async def _once(house: House, name: str) -> Walker:
    if name not in _MADE:
        _MADE[name] = await house.person(name)
    return _MADE[name]


async def test_a_password_in_a_client_s_own_field_lets_nobody_in(house: House) -> None:
    cleo = await _once(house, "cleo")
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "cleo"},
        "password": cleo.password,
    }
    async with house.session() as session:
        async with session.get("/_matrix/client/v3/login") as answer:
            flows = {flow["type"] for flow in (await answer.json())["flows"]}
        assert flows == {"m.login.sso", "m.login.token"}
        async with session.post("/_matrix/client/v3/login", json=body) as answer:
            assert answer.status in (400, 403)


async def test_an_ended_session_is_over_at_once_and_its_device_is_gone(house: House) -> None:
    dina = await house.person("dina")
    async with house.session() as session:
        first = signed_in(session, await sign_in(session, dina, {"device_id": "ONE"}))
        second = signed_in(session, await sign_in(session, dina, {"device_id": "TWO"}))
        found = house.cli("session", "list", "--user", dina.user)
        listed = found["sessions"] if isinstance(found, dict) else found
        (one,) = (each for each in listed if each["device"] == "ONE")
        house.cli("session", "end", one["id"], "--reason", "lost")

        async def dead() -> bool:
            return await _status(first) == 401

        assert await until(dead, 60)

        async def gone() -> bool:
            async with session.get(
                "/_matrix/client/v3/devices", headers={"Authorization": f"Bearer {second.token}"}
            ) as answer:
                devices = (await answer.json()).get("devices", [])
                return [each["device_id"] for each in devices] == ["TWO"]

        assert await until(gone, 60)


async def _status(client: Client) -> int:
    """With what a client that only looks is answered."""
    try:
        await client.invited()
    except Refused as refused:
        return refused.status
    return 200


async def test_sessions_go_on_while_the_sign_in_service_is_away(house: House) -> None:
    emma = await house.person("emma")
    async with house.session() as session:
        client = signed_in(session, await sign_in(session, emma, {"device_id": "PHONE"}))
        os.kill(house.pid("signin"), signal.SIGKILL)
        room = await client.create_room("still here")
        await client.say(room, "hello")

        async def again() -> bool:
            try:
                return bool((await sign_in(session, emma, {"device_id": "LAPTOP"}))["user_id"])
            except (Refused, WalkFault):
                return False

        assert await until(again, 120)
        await client.say(room, "hello again")


async def test_two_at_once_both_come_in(house: House) -> None:
    fred, gina = await house.person("fred"), await house.person("gina")

    async def one(walker: Walker) -> Client:
        async with house.session() as session:
            return signed_in(session, await sign_in(session, walker, {}))

    both = await asyncio.gather(one(fred), one(gina))
    assert [client.user for client in both] == [fred.user, gina.user]


def test_nothing_that_was_typed_or_handed_out_stands_in_a_log(house: House) -> None:
    logs = [*house.boot.folder.glob("log/*.log"), *house.boot.folder.glob("synapse/log/*")]
    assert logs
    for path in (path for path in logs if path.is_file()):
        text = path.read_text(errors="replace")
        assert PASSWORD not in text, path
        assert "eyJ" not in text, path
        assert "loginToken" not in text, path
