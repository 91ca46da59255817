"""What is slow, endless or too large costs little and ends; what is merely long does not."""

import asyncio
import resource
from pathlib import Path

import pytest

from vedette.gateway.carrier import Answer, Collect, Forward, Head, Limits

from .conftest import Door, Seen, plain, until

pytestmark = pytest.mark.asyncio

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
BIG = 200 * 1024 * 1024
SHORT = Limits(
    head_seconds=0.3, idle_seconds=0.3, body_seconds=0.3, body_rate=1_000_000, write_seconds=0.5,
    linger_seconds=0.3, sweep_seconds=0.05,
)  # fmt: skip


def resident() -> int:
    """Return this process's resident memory in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def post(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length


async def test_a_head_that_never_ends_is_closed_though_bytes_keep_coming(door: Door) -> None:
    await door.open(limits=SHORT)
    client = await door.client()
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n")

    async def drip() -> None:
        while True:
            await client.send(b"X: y\r\n")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert (await client.reply()).status == 408
    await client.rest()
    dripping.cancel()
    assert door.heads == []


async def test_a_connection_that_says_nothing_is_closed(door: Door) -> None:
    await door.open(limits=SHORT)
    assert await (await door.client()).rest() == b""


async def test_empty_lines_don_t_keep_a_connection(door: Door) -> None:
    await door.open(limits=SHORT)
    client = await door.client()

    async def drip() -> None:
        while True:
            await client.send(b"\r\n")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert await client.rest() == b""
    dripping.cancel()


async def test_an_idle_connection_is_closed_after_its_time(door: Door) -> None:
    await door.open(limits=SHORT)
    client = await door.client()
    assert (await client.ask(GET)).status == 200
    assert await client.rest() == b""


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
async def test_an_endless_head_is_refused_by_size(door: Door, start: bytes) -> None:
    await door.open()
    client = await door.client()
    before = resident()
    await client.send(start)
    try:
        for _ in range(400):
            await client.send(
                b"a" * 65536 if start != b"GET / HTTP/1.1\r\n" else b"X: y\r\n" * 10000
            )
    except ConnectionError:
        pass
    assert resident() - before < 20_000_000
    assert door.heads == []


@pytest.mark.parametrize("endless", [b"1;" + b"a" * 65536, b"0\r\nX: " + b"a" * 65536])
async def test_endless_extensions_and_trailers_are_refused(door: Door, endless: bytes) -> None:
    await door.open()
    client = await door.client()
    before = resident()
    await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + endless)
    try:
        for _ in range(400):
            await client.send(b"a" * 65536)
    except ConnectionError:
        pass
    assert resident() - before < 20_000_000


async def test_a_body_that_stops_is_refused(door: Door) -> None:
    await door.open(limits=SHORT)
    client = await door.client()
    await client.send(post(1000) + b"abc")
    assert (await client.reply()).status == 408
    assert await client.rest() == b""
    await asyncio.wait_for(door.behind.lost.wait(), 60)


async def test_a_body_that_drips_is_refused(door: Door) -> None:
    await door.open(limits=SHORT)
    client = await door.client()
    await client.send(post(1000))

    async def drip() -> None:
        while True:
            await client.send(b"a")
            await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    assert (await client.reply()).status == 408
    dripping.cancel()


async def test_a_body_that_is_steady_may_take_longer_than_the_patience(door: Door) -> None:
    limits = Limits(body_seconds=1.0, body_rate=100, sweep_seconds=0.05)
    await door.open(limits=limits)
    client = await door.client()
    await client.send(post(1000))
    for _ in range(10):
        await client.send(b"a" * 100)
        await asyncio.sleep(0.15)
    assert (await client.reply()).body == b"a" * 1000


async def test_a_collected_body_must_come_in_time_too(door: Door) -> None:
    await door.open(lambda _: Collect(10_000, lambda _: Answer(200)), limits=SHORT)
    client = await door.client()
    await client.send(post(1000) + b"abc")
    assert (await client.reply()).status == 408


@pytest.mark.parametrize(
    "body", [post(11) + b"a" * 11, post(10**12),
             (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n")]
)  # fmt: skip
@pytest.mark.parametrize("collect", [False, True])
async def test_too_large_a_body_is_refused_and_closes(
    door: Door, body: bytes, collect: bool
) -> None:
    def plan(head: Head) -> Forward | Collect:
        forward = Forward(door.upstream(), 10)
        return Collect(10, lambda _: forward) if collect else forward

    async def wait(seen: Seen) -> None:
        await seen.body()
        await seen.answer(plain(b"too late"))

    door.behind.script = wait
    await door.open(plan)
    client = await door.client()
    reply = await client.ask(body)
    assert (reply.status, reply.headers["connection"]) == (413, "close")
    assert await client.rest() == b""


async def test_a_long_poll_outlives_every_other_limit(door: Door) -> None:
    async def poll(seen: Seen) -> None:
        await asyncio.sleep(1)
        await seen.answer(plain(b"news"))

    door.behind.script = poll
    await door.open(limits=SHORT)
    client = await door.client()
    assert (await client.ask(GET)).body == b"news"


async def test_a_server_that_says_nothing_for_too_long_is_given_up(door: Door) -> None:
    async def never(seen: Seen) -> None:
        await asyncio.sleep(3600)

    door.behind.script = never
    upstream = door.upstream(response_seconds=0.2)
    await door.open(lambda _: Forward(upstream, None))
    client = await door.client()
    assert (await client.ask(GET)).status == 503


async def test_a_client_that_leaves_frees_the_server(door: Door) -> None:
    async def poll(seen: Seen) -> None:
        await seen.reader.read()
        raise ConnectionError

    door.behind.script = poll
    await door.open()
    client = await door.client()
    await client.send(GET)
    await until(lambda: bool(door.behind.seen))
    await client.close()
    await asyncio.wait_for(door.behind.lost.wait(), 60)
    await until(lambda: door.servers[0].connections == 0)


async def test_a_client_that_leaves_while_the_plan_is_made_cancels_it(door: Door) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def plan(head: Head) -> Answer:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            cancelled.set()
        return Answer(200)

    await door.open(plan)
    client = await door.client()
    await client.send(GET)
    await asyncio.wait_for(begun.wait(), 60)
    await client.close()
    await asyncio.wait_for(cancelled.wait(), 60)


async def test_too_many_connections_from_one_address_are_closed(door: Door) -> None:
    await door.open(limits=Limits(per_address=2))
    clients = [await door.client() for _ in range(3)]
    await clients[2].send(GET)
    assert await clients[2].rest() == b""
    assert (await clients[0].ask(GET)).status == 200
    await clients[0].close()
    await until(lambda: door.servers[0].connections == 1)
    assert (await (await door.client()).ask(GET)).status == 200


async def test_two_hundred_megabytes_go_up_in_bounded_memory(door: Door) -> None:
    async def count(seen: Seen) -> None:
        left = BIG
        while left:
            left -= len(await seen.reader.read(1 << 18))
            if left > BIG - (1 << 21):
                await asyncio.sleep(0.05)  # slow at first, so that buffers fill
        await seen.answer(plain(b"%d" % (BIG - left)))

    door.behind.script = count
    await door.open()
    client = await door.client()
    before = resident()
    most = 0
    await client.send(post(BIG))
    block = b"x" * (1 << 20)
    for _ in range(BIG >> 20):
        await client.send(block)
        most = max(most, resident())
    assert (await client.reply()).body == b"%d" % BIG
    assert most - before < 30_000_000


async def test_two_hundred_megabytes_come_down_in_bounded_memory(door: Door) -> None:
    async def fill(seen: Seen) -> None:
        seen.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
        block = b"x" * (1 << 20)
        for _ in range(BIG >> 20):
            await seen.answer(block)

    door.behind.script = fill
    await door.open()
    client = await door.client()
    before = resident()
    most = got = 0
    await client.send(GET)
    await client.head()
    await asyncio.sleep(0.3)  # nothing is taken at first, so that buffers fill
    while got < BIG:
        got += len(await client.reader.read(1 << 20))
        most = max(most, resident())
    assert most - before < 30_000_000
    assert got == BIG


async def test_a_client_that_takes_nothing_is_cut_off(door: Door) -> None:
    async def fill(seen: Seen) -> None:
        seen.writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
        while True:
            await seen.answer(b"x" * (1 << 20))

    door.behind.script = fill
    await door.open(limits=SHORT)
    client = await door.client()
    await client.send(GET)
    await asyncio.wait_for(door.behind.lost.wait(), 60)
    await until(lambda: door.servers[0].connections == 0)


async def test_a_client_that_asks_without_reading_is_not_served_for_ever(door: Door) -> None:
    async def large(seen: Seen) -> None:
        await seen.answer(plain(b"x" * 1_000_000))

    door.behind.script = large
    await door.open(limits=SHORT)
    client = await door.client()
    client.writer.write(GET * 2000)
    await until(lambda: bool(door.behind.seen))
    await until(lambda: door.servers[0].connections == 0)
    assert len(door.behind.seen) < 40


async def test_a_restarted_server_is_found_again_without_a_lost_request(door: Door) -> None:
    await door.open()
    client = await door.client()
    put = b"PUT /_matrix/client/v3/rooms/a/send/m/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    assert (await client.ask(put)).body == b"abc"
    await door.behind.stop()
    assert (await client.ask(put)).status == 503
    await door.behind.start()
    assert (await client.ask(put)).body == b"abc"


async def dies_when_reused(seen: Seen) -> None:
    """Answer the first request of all; then close without a word, once."""
    if seen.number == 1:
        await seen.body()
        seen.writer.transport.abort()
        raise ConnectionError
    await seen.answer(plain(await seen.body()))


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE"])
async def test_an_idempotent_request_on_a_stale_connection_is_sent_again(
    door: Door, method: bytes
) -> None:
    door.behind.script = dies_when_reused
    await door.open()
    client = await door.client()
    assert (await client.ask(GET)).status == 200
    request = post(3).replace(b"POST", method) + b"abc"
    assert (await client.ask(request)).body == b"abc"
    assert len(door.behind.seen) == 3


async def test_a_post_is_never_sent_twice(door: Door) -> None:
    door.behind.script = dies_when_reused
    await door.open()
    client = await door.client()
    assert (await client.ask(GET)).status == 200
    assert (await client.ask(post(3) + b"abc")).status == 503
    assert len(door.behind.seen) == 2


async def test_an_early_answer_reaches_the_client_and_ends_the_connection(door: Door) -> None:
    async def early(seen: Seen) -> None:
        await seen.answer(plain(b"too large", "413 Content Too Large"))
        await asyncio.sleep(0.2)

    door.behind.script = early
    await door.open()
    client = await door.client()
    reply = await client.ask(post(10_000_000) + b"x" * 1000)
    assert (reply.status, reply.body, reply.headers["connection"]) == (413, b"too large", "close")
    assert await client.rest() == b""
