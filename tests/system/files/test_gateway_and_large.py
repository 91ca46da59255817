"""A gateway that is killed while a file comes in, and a file of a gigabyte with bounded memory."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.system.files.conftest import DOCUMENT, Cast, until
from tests.system.files.test_inspector_fails import delivered
from tests.system.files.test_what_passes import store
from tests.system.files.things import pdf
from tests.system.matrix_client import Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = bool(os.environ.get("VEDETTE_QUICK"))
LARGE = (64 << 20) if QUICK else (1 << 30)
MOST_MORE = 256 << 20
"""How much more memory a process may take while a gigabyte passes."""


def session(person: Person) -> aiohttp.ClientSession:
    trust = ssl.create_default_context(cafile=str(person.organisation.ca_file))
    token = person.client.access_token
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"},
        connector=aiohttp.TCPConnector(ssl=trust),
        timeout=aiohttp.ClientTimeout(total=600),
    )


async def test_an_upload_whose_gateway_is_killed_leaves_nothing_behind(cast: Cast) -> None:
    media = cast.example.boot.path(cast.example.boot.synapse.folder) / "media"

    def stored() -> list[Path]:
        return sorted(path for path in media.rglob("*") if path.is_file())

    before = stored()

    async def slowly() -> AsyncIterator[bytes]:
        yield pdf("begins")
        gateway = cast.example.kill("gateway")
        await asyncio.to_thread(cast.example.wait_for_another, "gateway", gateway)
        yield b"and never ends"

    url = f"{cast.example.client_url}/_matrix/media/v3/upload?filename=half.pdf"
    async with session(cast.alice) as http:
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await http.post(url, data=slowly(), headers={"Content-Length": "5000"})

    async def nothing_is_left() -> bool:
        return stored() == before

    await until(nothing_is_left)

    async def again() -> bool:
        try:
            address = await store(cast.alice, "whole.pdf", pdf("whole"))
        except (AssertionError, aiohttp.ClientError):
            return False
        return await delivered(cast.bob, address)

    await until(again)


def peaks(cast: Cast) -> dict[str, int]:
    """The most memory that each process, its children included, has had, in bytes."""
    return {name: _peak(cast.example.pid(name)) for name in ("gateway", "synapse", "inspector")}


def _peak(pid: int) -> int:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a looking that has just ended
    own = sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    return own + sum(_peak(int(child)) for child in children)


@pytest.mark.thorough
async def test_a_gigabyte_passes_with_bounded_memory(cast: Cast) -> None:
    raised = DOCUMENT + '\n[media]\nmax_upload = "2 GiB"\n[files]\nwait = "120 seconds"\n'
    cast.example.apply(raised)
    synapse = cast.example.kill("synapse")  # which reads its limit when it starts
    cast.example.wait_for_another("synapse", synapse)
    await until(lambda: _answers(cast))
    calm = peaks(cast)

    def pieces() -> Iterator[bytes]:
        piece, left = b"0123456789abcdef" * 4096, LARGE
        while left:
            yield piece[:left]
            left -= min(left, len(piece))

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces():
            yield piece

    url = f"{cast.example.client_url}/_matrix/media/v3/upload?filename=large.txt"
    async with session(cast.alice) as http:
        began = asyncio.get_running_loop().time()
        headers = {"Content-Length": str(LARGE), "Content-Type": "text/plain"}
        async with http.post(url, data=body(), headers=headers) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        seconds = asyncio.get_running_loop().time() - began
        address = told["content_uri"].removeprefix("mxc://")
        got = 0

        async def fetched() -> bool:
            nonlocal got
            got = 0
            down = f"{cast.example.client_url}/_matrix/client/v1/media/download/{address}"
            async with session(cast.bob) as other, other.get(down) as answer:
                if answer.status != 200:
                    return False
                async for piece in answer.content.iter_chunked(1 << 20):
                    got += len(piece)
            return True

        await until(fetched, 240)
        assert got == LARGE
    now = peaks(cast)
    more = {name: (now[name] - calm[name]) >> 20 for name in now}
    print(f"\n{LARGE >> 20} MiB up in {seconds:.1f} s; peaks in MiB:")
    print({name: value >> 20 for name, value in now.items()}, "more than before:", more)
    assert all(now[name] - calm[name] < MOST_MORE for name in now), more
    cast.example.apply(DOCUMENT)


async def _answers(cast: Cast) -> bool:
    try:
        async with (
            session(cast.alice) as http,
            http.get(f"{cast.example.client_url}/_matrix/media/v3/config") as answer,
        ):
            return bool((await answer.json()).get("m.upload.size") == 2 << 30)
    except (aiohttp.ClientError, ValueError):
        return False
