"""Element in Chromium and matrix-commander: a file held, released and refused, as people see it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from nio import MemoryDownloadResponse

from tests.system.clients.desktop import without_a_screen
from tests.system.clients.test_matrix_commander import _browser, _run, the_port
from tests.system.element import sign_in_page
from tests.system.element.browser import element_browser
from tests.system.element.build import built_site
from tests.system.element.serve import served
from tests.system.files.conftest import AMONG_STAFF, DOCUMENT, Cast, notices, refused, until
from tests.system.files.test_inspector_fails import delivered, wait_briefly
from tests.system.files.things import pdf, program
from vedette.core.explain import HELD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def notice_room(cast: Cast) -> str:
    """The room in which Alice is told things."""
    await cast.alice.until(lambda: bool(notices(cast.alice)))
    return next(
        room
        for room, event in cast.alice.heard
        if getattr(event, "sender", "").startswith("@vedette-notices")
    )


async def test_in_element_a_file_is_refused_held_and_released(cast: Cast, tmp_path: Path) -> None:
    tool, report = tmp_path / "tool.pdf", tmp_path / "report.pdf"
    tool.write_bytes(program("from element"))
    report.write_bytes(pdf("from element"))
    example = cast.example
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(built_site(), example.client_url))
        alice = await stack.enter_async_context(
            element_browser(url, example.client_url, example.ca_file)
        )
        page = await alice.to_sign_in_page(example.client_url)
        await sign_in_page.by_app(page, example.people["alice"].walker())
        await alice.is_in()
        room = await cast.bob.create_room(cast.alice)
        await cast.alice.join(room)
        await alice.open_room(room)
        assert not await alice.attach_file(tool)
        assert await alice.visible_errors()
        await alice.screenshot(tmp_path / "refused.png")
        # Element hides the sentence; the notice account tells it.
        await alice.waits_for(await notice_room(cast), AMONG_STAFF)
        await alice.page.reload()
        await alice.open_room(room)
        wait_briefly(cast)
        pid = example.kill("inspector", signal.SIGSTOP)
        try:
            assert await alice.attach_file(report)
            no = await refused(cast.bob.open_file(room, "report.pdf"))
            assert (no.status, no.sentence) == ("M_FORBIDDEN", HELD)
        finally:
            os.kill(pid, signal.SIGCONT)
        event = await cast.bob.sees(room, "report.pdf")
        await until(lambda: delivered(cast.bob, event.url))
        assert await cast.bob.open_file(room, "report.pdf") == report.read_bytes()
        await alice.waits_for(await notice_room(cast), "can be opened now")
        await alice.screenshot(tmp_path / "released.png")
        await alice.open_room(room)
        assert await alice.download_file("report.pdf") == report.read_bytes()
        example.apply(DOCUMENT)


async def test_matrix_commander_sees_what_is_refused_held_and_released(
    cast: Cast, tmp_path: Path
) -> None:
    dora, environment = cast.example.people["dora"], without_a_screen(tmp_path)
    tool, report = tmp_path / "tool.pdf", tmp_path / "report.pdf"
    tool.write_bytes(program("from a shell"))
    report.write_bytes(pdf("from a shell"))
    trust = ("--ssl-certificate", str(cast.example.ca_file))
    room = await cast.bob.create_room(dora.user)
    login = _run(
        environment, tmp_path, *trust, "--login", "sso", "--homeserver", cast.example.client_url,
        "--device", "commander", "--room-default", room,
    )  # fmt: skip
    async with the_port():
        (status, said), _ = await asyncio.gather(
            login, _browser(cast.example, dora.walker(), tmp_path / "opened")
        )
    assert status == 0, said
    status, said = await _run(environment, tmp_path, *trust, "--room-join", room)
    assert status == 0, said
    await cast.bob.knows(room, 2)
    # It encrypts whatever it sends into a room; what it merely stores may be plain.
    status, said = await _run(environment, tmp_path, *trust, "--upload", str(tool), "--plain")
    assert AMONG_STAFF in " ".join(said.split())
    status, said = await _run(environment, tmp_path, *trust, "--upload", str(report), "--plain")
    assert status == 0, said
    address = re.search(r"mxc://[^\s\"',]+", said)
    assert address, said
    got = await cast.bob.client.download(address[0])
    assert isinstance(got, MemoryDownloadResponse)
    assert got.body == report.read_bytes()

    async def download(address: str, to: Path) -> str:
        to.unlink(missing_ok=True)
        where = ("--download", address, "--file-name", to.name)  # it puts that into the address
        return " ".join((await _run(environment, tmp_path, *trust, *where))[1].split())

    # What is stored while nobody looks is held, and then released.
    held, to = tmp_path / "held.pdf", tmp_path / "got.pdf"
    held.write_bytes(pdf("held from a shell"))
    wait_briefly(cast)
    pid = cast.example.kill("inspector", signal.SIGSTOP)
    try:
        status, said = await _run(environment, tmp_path, *trust, "--upload", str(held), "--plain")
        assert status == 0, said
        stored = re.search(r"mxc://[^\s\"',]+", said)
        assert stored, said
        assert HELD in await download(stored[0], to)
        assert not to.exists() or to.read_bytes() != held.read_bytes()
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: delivered(cast.bob, stored[0]))
    await download(stored[0], to)
    assert to.read_bytes() == held.read_bytes()
    cast.example.apply(DOCUMENT)
