"""A file that is stored already is held by its id, as the inspector member will have it held: nobody
gets it, here or at a partner, whatever becomes of the inspector and of the gateway."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import aiohttp
import pytest

from tests.system.files.conftest import DOCUMENT, Cast, document_of, refused, until
from tests.system.files.test_inspector_fails import delivered
from tests.system.files.test_what_passes import store
from tests.system.files.things import pdf
from vedette.core.explain import HELD
from vedette.synapse.held_by_id import PATH

pytestmark = pytest.mark.asyncio(loop_scope="module")

FREE = document_of(
    "example.test",
    "acme",
    """
[rules.files]
between = ["us", "us"]
allow = ["file"]
[rules.acme-files]
between = ["us", "acme"]
allow = ["file"]
""",
)
"""Rules that read nothing of files, so that they need no inspector."""
MEMBER = "@vedette-inspector:example.test"


async def inside(cast: Cast, method: str, path: str, **more: Any) -> int:
    """Ask Synapse itself over its socket, as nobody outside can."""
    socket = cast.example.boot.path(cast.example.boot.synapse.socket)
    connector = aiohttp.UnixConnector(path=str(socket))
    async with (
        aiohttp.ClientSession(connector=connector) as http,
        http.request(method, f"http://synapse{path}", **more) as answer,
    ):
        await answer.read()
        return answer.status


async def set_held(cast: Cast, address: str, held: object, by: str = MEMBER) -> int:
    path = f"{PATH}/{address.removeprefix('mxc://')}"
    return await inside(cast, "POST", path, json={"by": by, "held": held})


async def test_a_file_held_by_its_id_is_held_whatever_becomes_of_the_inspector(cast: Cast) -> None:
    cast.example.apply(FREE)
    room = await cast.room(cast.alice, cast.bob, cast.carol, encrypted=True)
    await cast.alice.send_file(room, "secret.pdf", pdf("secret by id"))
    await cast.alice.send_file(room, "other.pdf", pdf("not held"))
    address = str((await cast.bob.sees(room, "secret.pdf")).url)
    await cast.carol.sees(room, "secret.pdf")

    async def nobody_gets_it() -> None:
        no = await refused(cast.bob.open_file(room, "secret.pdf"))
        assert (no.status, no.sentence) == ("M_FORBIDDEN", HELD)
        await refused(cast.carol.open_file(room, "secret.pdf"))

    assert await set_held(cast, address, True) == 200
    await asyncio.sleep(1)  # what the gateway was told may be believed for so long
    await nobody_gets_it()
    token = {"Authorization": f"Bearer {cast.bob.client.access_token}"}
    fetch = f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
    assert await inside(cast, "GET", fetch, headers=token) == 404  # nor past the gateway

    inspector = cast.example.kill("inspector")
    cast.example.wait_for_another("inspector", inspector)
    await nobody_gets_it()
    await until(lambda: becomes(cast, address, held=True))  # again, which changes nothing

    pid = cast.example.kill("inspector", signal.SIGSTOP)
    try:
        gateway = cast.example.kill("gateway")  # which remembers nothing then
        cast.example.wait_for_another("gateway", gateway)
        await until(lambda: opens(cast, room))
        await nobody_gets_it()
        assert await set_held(cast, address, False) == 503
        await nobody_gets_it()
    finally:
        os.kill(pid, signal.SIGCONT)

    await until(lambda: becomes(cast, address, held=False))
    assert await cast.bob.open_file(room, "secret.pdf") == pdf("secret by id")
    assert await cast.carol.open_file(room, "secret.pdf") == pdf("secret by id")
    cast.example.apply(DOCUMENT)


async def becomes(cast: Cast, address: str, *, held: bool) -> bool:
    return await set_held(cast, address, held) == 200


async def opens(cast: Cast, room: str) -> bool:
    """Whether the file beside it is handed out, without the inspector."""
    try:
        return bool(await cast.bob.open_file(room, "other.pdf") == pdf("not held"))
    except Exception:  # noqa: BLE001  # the gateway is just starting: nio and aiohttp have many ways to say so
        return False


async def test_only_the_suites_own_account_holds_and_only_what_is_here(cast: Cast) -> None:
    address = await store(cast.alice, "plain.pdf", pdf("held by nobody"))
    assert await set_held(cast, address, True, by=cast.alice.user) == 403
    assert await set_held(cast, address, "yes") == 400
    assert await set_held(cast, address, True, by="nobody") == 400
    assert await set_held(cast, "mxc://example.test/nothing", True) == 404
    assert await set_held(cast, "mxc://no_name/a!b", True) == 404
    assert await delivered(cast.bob, address)
    url = f"{cast.example.client_url}{PATH}/{address.removeprefix('mxc://')}"
    async with aiohttp.ClientSession() as http:
        body = {"by": MEMBER, "held": True}
        async with http.post(url, json=body, ssl=False) as answer:
            assert answer.status in (403, 404)
    assert await delivered(cast.bob, address)
