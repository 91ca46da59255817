"""A copy of a body that somebody else takes while it arrives: losing it costs nothing but the copy."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vedette.gateway import copying
from vedette.gateway.carrier import Forward, Head, Tcp
from vedette.gateway.plan import CopyTo

from .conftest import Door, RawClient, ScriptedServer, Seen, plain

pytestmark = pytest.mark.asyncio

BODY = bytes(range(256)) * 4096


@pytest_asyncio.fixture
async def taker() -> AsyncIterator[ScriptedServer]:
    made = ScriptedServer()
    await made.start()
    yield made
    await made.stop()


async def opened(door: Door, port: int) -> RawClient:
    upstream = door.upstream()
    copy = CopyTo(Tcp("127.0.0.1", port), b"PUT", b"/contents?wait=0", connect_seconds=0.5)

    def plan(head: Head) -> Forward:
        return Forward(upstream, 2 << 20, copy_to=copy)

    await door.open(plan)
    return await door.client()


def post(length: int) -> bytes:
    return b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length


def taking(taker: ScriptedServer) -> asyncio.Future[bytes]:
    """The body that the taker gets."""
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def script(seen: Seen) -> None:
        body = await seen.body()
        await seen.answer(plain(b"{}", "202 Accepted"))
        got.set_result(body)

    taker.script = script
    return got


async def test_the_copy_is_the_body_and_comes_as_a_request_of_its_own(
    door: Door, taker: ScriptedServer
) -> None:
    client, got = await opened(door, taker.port), taking(taker)
    reply = await client.ask(post(len(BODY)) + BODY)
    assert reply.body == BODY
    assert await asyncio.wait_for(got, 60) == BODY
    assert taker.seen[0].head.startswith(b"PUT /contents?wait=0 HTTP/1.1\r\n")
    assert taker.seen[0].header("content-length") == [str(len(BODY))]
    assert b"authorization" not in taker.seen[0].head.lower()


async def test_a_body_in_chunks_is_copied_too(door: Door, taker: ScriptedServer) -> None:
    client, got = await opened(door, taker.port), taking(taker)
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    reply = await client.ask(head + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
    assert reply.body == b"hello world"
    assert await asyncio.wait_for(got, 60) == b"hello world"


async def test_a_request_without_a_body_is_not_copied(door: Door, taker: ScriptedServer) -> None:
    client = await opened(door, taker.port)
    assert (await client.ask(post(0))).status == 200
    assert taker.connections == 0


async def test_without_a_taker_the_body_goes_its_way(door: Door, taker: ScriptedServer) -> None:
    client = await opened(door, taker.port)
    await taker.stop()
    assert (await client.ask(post(len(BODY)) + BODY)).body == BODY
    await taker.start()  # so that it can be stopped


async def test_a_taker_that_hangs_costs_neither_time_nor_memory(
    door: Door, taker: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_WAITING", 64 << 10)
    hanging = asyncio.Event()

    async def hang(seen: Seen) -> None:
        del seen
        await hanging.wait()

    taker.script = hang
    client = await opened(door, taker.port)
    monkeypatch.setattr(copying, "_ANSWER_SECONDS", 3600.0)  # who waited would wait for ever
    for _ in range(8):
        assert (await client.ask(post(len(BODY)) + BODY)).body == BODY
    hanging.set()


async def test_a_taker_that_refuses_early_is_left_alone(door: Door, taker: ScriptedServer) -> None:
    async def refuse(seen: Seen) -> None:
        await seen.answer(plain(b"{}", "413 Content Too Large"))
        seen.writer.close()

    taker.script = refuse
    client = await opened(door, taker.port)
    assert (await client.ask(post(len(BODY)) + BODY)).body == BODY


async def test_an_upload_that_breaks_off_breaks_its_copy_off(
    door: Door, taker: ScriptedServer
) -> None:
    got = taking(taker)
    client = await opened(door, taker.port)
    await client.send(post(len(BODY)) + BODY[:1000])
    async with asyncio.timeout(60):
        while not taker.seen:
            await asyncio.sleep(0.01)
    await client.close()
    await asyncio.wait_for(taker.lost.wait(), 60)
    assert not got.done()


async def test_an_upload_that_is_answered_early_leaves_no_copy_behind(
    door: Door, taker: ScriptedServer
) -> None:
    async def refuse(seen: Seen) -> None:
        await seen.answer(plain(b"{}", "403 Forbidden"))

    door.behind.script = refuse
    got = taking(taker)
    client = await opened(door, taker.port)
    await client.send(post(len(BODY)) + BODY[:1000])
    assert (await client.reply()).status == 403
    await asyncio.wait_for(taker.lost.wait(), 60)
    assert not got.done()


async def test_a_body_over_its_limit_is_not_finished_for_the_taker(
    door: Door, taker: ScriptedServer
) -> None:
    got = taking(taker)
    client = await opened(door, taker.port)
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"100000\r\n" + BODY + b"\r\n"
    await client.send(head + piece * 3)
    assert (await client.reply()).status == 413
    await asyncio.sleep(0.1)
    assert not got.done()
