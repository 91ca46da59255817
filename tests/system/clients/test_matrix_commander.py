"""matrix-commander: opens a browser by itself, is signed in by it, and talks encrypted."""

from __future__ import annotations

import asyncio
import fcntl
import socket
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.services.own_venv import own_venv
from tests.system.clients.desktop import without_a_screen
from tests.system.listed import factors_of, session_of, sessions_of
from tests.system.matrix_client import signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations
from vedette.suite.client import session_to
from vedette.suite.sign_in_walk import Walker, walk

PATIENCE = 120
PORT = 38080


async def _browser(organisation: Organisation, walker: Walker, opened: Path) -> None:
    """Once an address is opened, go through the page and back to where the program listens."""
    async with asyncio.timeout(PATIENCE):
        while not opened.exists():
            await asyncio.sleep(0.1)
    start = opened.read_text()
    assert start.startswith(f"{organisation.client_url}/_matrix/client/")
    certificate = organisation.ca_file.read_bytes()
    async with session_to(organisation.client_url, certificate) as session:
        back = await walk(session, walker, start)
    assert (back.host, "loginToken" in back.query) == ("localhost", True)
    async with aiohttp.ClientSession() as elsewhere, elsewhere.get(back) as answer:
        assert answer.status == 200


@asynccontextmanager
async def the_port() -> AsyncIterator[None]:
    """For as long as it waits for the browser: at one port, always the same, whoever else runs it."""
    with (_program() / "port.lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        async with asyncio.timeout(PATIENCE):
            while not _is_free():
                await asyncio.sleep(0.2)
        yield


def _is_free() -> bool:
    """Whether it could listen: a kernel may have given this port to whoever connects."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return False
    return True


def _program() -> Path:
    return own_venv("matrix_commander", built="atomicwrites,uuid,notify2,asyncio")


async def _run(environment: dict[str, str], folder: Path, *words: str) -> tuple[int, str]:
    program = _program()
    process = await asyncio.create_subprocess_exec(
        program / "python", program / "matrix-commander",
        "--credentials", str(folder / "credentials.json"), "--store", str(folder / "store"),
        *words, stdout=PIPE, stderr=STDOUT, env=environment, cwd=folder,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode()


async def test_matrix_commander_by_sso(organisations: TwoOrganisations, tmp_path: Path) -> None:
    example = organisations.example
    example.apply(example.first_document)
    dora, environment = example.people["dora"], without_a_screen(tmp_path)
    trust = ("--ssl-certificate", str(example.ca_file))
    async with signed_in(example, "bob", tmp_path / "bob") as bob:
        room = await bob.create_room(dora.user, encrypted=True)
        login = _run(
            environment, tmp_path, *trust, "--login", "sso", "--homeserver", example.client_url,
            "--device", "commander by SSO", "--room-default", room,
        )  # fmt: skip
        async with the_port():
            (status, said), _ = await asyncio.gather(
                login, _browser(example, dora.walker(), tmp_path / "opened")
            )
        assert status == 0, said
        (session,) = (
            each
            for each in sessions_of(example, dora.user)
            if each["device_name"] == "commander by SSO"
        )
        assert session == session_of(example, dora.user, session["device"])
        assert (session["kind"], session["state"]) == ("compat", "live")
        # it is a Python program, and that is all that it says
        assert session["client_name"] == "python"
        assert session["platform"] == ""
        assert factors_of(example, session) == {"password", "totp"}

        status, said = await _run(environment, tmp_path, *trust, "--room-join", room)
        assert status == 0, said
        await bob.knows(room, 2)
        status, said = await _run(environment, tmp_path, *trust, "-m", "hello from a shell")
        assert status == 0, said
        await bob.sees(room, "hello from a shell")


async def test_its_own_password_login_gets_nowhere(
    organisations: TwoOrganisations, tmp_path: Path
) -> None:
    example = organisations.example
    example.apply(example.first_document)
    dora = example.people["dora"]
    status, said = await _run(
        without_a_screen(tmp_path), tmp_path, "--ssl-certificate", str(example.ca_file),
        "--login", "password", "--homeserver", example.client_url, "--user-login", dora.user,
        f"--password={dora.password}", "--device", "commander", "--room-default", "!a:b",
    )  # fmt: skip
    assert status != 0
    assert "does not support password login" in " ".join(said.split())
