"""Requests and answers travel whole, and nothing of the client's own framing with them."""

import asyncio
import json

import pytest

from vedette.gateway.carrier import (
    Answer,
    Collect,
    Forward,
    Head,
    Limits,
    Tagged,
    Tcp,
    Unix,
    Upstream,
    serve,
)

from .conftest import Door, Seen, plain, until

pytestmark = pytest.mark.asyncio

GET = b"GET /_matrix/client/versions HTTP/1.1\r\nHost: example.org\r\n\r\n"


def post(body: bytes, *extra: bytes) -> bytes:
    lines = [b"POST /_matrix/x HTTP/1.1", b"Host: example.org", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *extra, b"", b""]) + body


async def test_a_request_reaches_the_server_rebuilt(door: Door) -> None:
    await door.open()
    client = await door.client()
    raw = b"GET /_matrix/client/v3/rooms/%21a%3Ab/state?x=%2F HTTP/1.1\r\n"
    reply = await client.ask(raw + b"hOST:   example.org \r\nX-Thing:\t a b \r\n\r\n")
    assert reply.status == 200
    (seen,) = door.behind.seen
    assert seen.head == (
        b"GET /_matrix/client/v3/rooms/%21a%3Ab/state?x=%2F HTTP/1.1\r\n"
        b"host: example.org\r\nx-thing: a b\r\n"
        b"x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\n\r\n"
    )
    assert door.heads[0].target.segments[-2:] == ("!a:b", "state")


async def test_one_connection_serves_many_requests_over_one_pooled_connection(door: Door) -> None:
    await door.open()
    client = await door.client()
    for number in range(5):
        reply = await client.ask(post(b"%d" % number))
        assert reply.body == b"%d" % number
    assert (len(door.behind.seen), door.behind.connections) == (5, 1)


async def test_pipelined_requests_are_served_one_at_a_time_in_order(door: Door) -> None:
    running = 0

    async def slow(seen: Seen) -> None:
        nonlocal running
        running += 1
        assert running == 1
        body = await seen.body()
        await asyncio.sleep(0.02)
        running -= 1
        await seen.answer(plain(body))

    door.behind.script = slow
    await door.open()
    client = await door.client()
    await client.send(b"".join(post(b"number %d" % number) for number in range(10)))
    assert [(await client.reply()).body for _ in range(10)] == [b"number %d" % n for n in range(10)]


async def test_pipelined_requests_byte_by_byte_mean_the_same(door: Door) -> None:
    await door.open()
    client = await door.client()
    for byte in post(b"a") + GET + post(b"b"):
        await client.send(bytes([byte]))
    assert [(await client.reply()).body for _ in range(3)] == [b"a", b"", b"b"]


async def test_a_chunked_body_is_chunked_anew_without_extensions_or_trailers(door: Door) -> None:
    await door.open()
    client = await door.client()
    await client.send(
        b"PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nTrailer: X-T\r\n\r\n"
        b"003;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    assert (await client.reply()).body == b"abcde"
    (seen,) = door.behind.seen
    assert seen.header("transfer-encoding") == ["chunked"]
    assert seen.header("content-length") == seen.header("trailer") == seen.header("x-t") == []
    assert (await client.ask(GET)).status == 200


async def test_a_chunked_answer_is_chunked_anew(door: Door) -> None:
    async def chunked(seen: Seen) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        await seen.answer(head + b"1;x=y\r\na\r\n")
        await asyncio.sleep(0.02)
        await seen.answer(b"2\r\nbc\r\n0\r\nX-Trailer: 1\r\n\r\n")

    door.behind.script = chunked
    await door.open()
    client = await door.client()
    for _ in range(2):
        reply = await client.ask(GET)
        assert (reply.body, reply.headers) == (b"abc", {"transfer-encoding": "chunked"})
    assert door.behind.connections == 1


async def test_an_answer_that_ends_with_its_connection_is_chunked(door: Door) -> None:
    async def closing(seen: Seen) -> None:
        await seen.answer(b"HTTP/1.1 200 OK\r\n\r\nabc")
        seen.writer.close()

    door.behind.script = closing
    await door.open()
    client = await door.client()
    for _ in range(2):
        assert (await client.ask(GET)).body == b"abc"


async def test_an_answer_that_breaks_off_breaks_off_for_the_client(door: Door) -> None:
    async def cut(seen: Seen) -> None:
        await seen.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        seen.writer.transport.abort()

    door.behind.script = cut
    await door.open()
    client = await door.client()
    await client.send(GET)
    assert not (await client.rest()).endswith(b"abc\r\n0\r\n\r\n")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
async def test_an_answer_without_a_body_leaves_the_connection_in_order(
    door: Door, status: str
) -> None:
    async def bodiless(seen: Seen) -> None:
        await seen.answer(b"HTTP/1.1 %s\r\nETag: a\r\n\r\n" % status.encode())

    door.behind.script = bodiless
    await door.open()
    client = await door.client()
    for _ in range(3):
        reply = await client.ask(GET)
        assert (reply.status, "transfer-encoding" in reply.headers) == (int(status[:3]), False)


async def test_the_answer_to_head_has_its_length_and_no_body(door: Door) -> None:
    async def head_or_get(seen: Seen) -> None:
        body = b"" if seen.head.startswith(b"HEAD") else b"abc"
        await seen.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + body)

    door.behind.script = head_or_get
    await door.open()
    client = await door.client()
    for _ in range(2):
        await client.send(GET.replace(b"GET", b"HEAD"))
        assert (await client.reply(bodiless=True)).headers["content-length"] == "3"
        assert (await client.ask(GET)).body == b"abc"


async def test_interim_answers_end_at_the_carrier(door: Door) -> None:
    async def interim(seen: Seen) -> None:
        await seen.answer(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await seen.answer(b"HTTP/1.1 100 Continue\r\n\r\n" + plain(b"x"))

    door.behind.script = interim
    await door.open()
    client = await door.client()
    for _ in range(2):
        assert (await client.ask(GET)).body == b"x"


async def test_who_expects_100_gets_it_once_the_plan_forwards(door: Door) -> None:
    await door.open()
    client = await door.client()
    body = post(b"abc", b"Expect: 100-continue")
    await client.send(body[:-3])
    assert (await client.head()).raw == b"HTTP/1.1 100 Continue\r\n\r\n"
    await client.send(b"abc")
    assert (await client.reply()).body == b"abc"
    assert door.behind.seen[0].header("expect") == []


async def test_who_expects_100_for_a_refused_request_gets_the_refusal_alone(door: Door) -> None:
    await door.open(lambda _: Answer(403, (), b"no"))
    client = await door.client()
    await client.send(post(b"abc", b"Expect: 100-continue")[:-3])
    reply = await client.reply()
    assert (reply.status, reply.body, reply.headers["connection"]) == (403, b"no", "close")
    assert await client.rest() == b""


async def test_other_expectations_fail(door: Door) -> None:
    await door.open()
    client = await door.client()
    assert (await client.ask(post(b"", b"Expect: 200-ok"))).status == 417


async def test_a_local_answer_drops_a_short_body_and_goes_on(door: Door) -> None:
    await door.open(lambda head: Answer(403, ((b"x-a", b"b"),), head.method))
    client = await door.client()
    for _ in range(3):
        reply = await client.ask(post(b"POST / HTTP/1.1\r\n\r\n"))
        assert (reply.status, reply.body, reply.headers["x-a"]) == (403, b"POST", "b")
    assert door.behind.seen == []


async def test_a_local_answer_to_a_long_body_arrives_before_the_connection_closes(
    door: Door,
) -> None:
    await door.open(lambda _: Answer(403, (), b"no"))
    client = await door.client()
    await client.send(post(b"x" * 1_000_000))
    assert (await client.reply()).status == 403
    assert await client.rest() == b""


async def test_a_plan_may_take_its_time(door: Door) -> None:
    async def plan(head: Head) -> Forward:
        await asyncio.sleep(0.02)
        return Forward(door.upstream(), None)

    await door.open(plan)
    client = await door.client()
    assert (await client.ask(post(b"abc") + post(b"def"))).body == b"abc"
    assert (await client.reply()).body == b"def"


async def test_a_plan_that_breaks_gives_no_answer_but_a_closed_connection(door: Door) -> None:
    def broken(head: Head) -> Answer:
        raise ZeroDivisionError

    await door.open(broken)
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    client = await door.client()
    await client.send(GET)
    assert await client.rest() == b""


async def test_a_plan_that_breaks_later_gives_500(door: Door) -> None:
    async def broken(head: Head) -> Answer:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    told = []
    await door.open(broken)
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    client = await door.client()
    assert (await client.ask(GET)).status == 500
    assert isinstance(told[0]["exception"], ZeroDivisionError)


async def test_a_plan_may_add_replace_and_rename(door: Door) -> None:
    def plan(head: Head) -> Forward:
        extra = ((b"authorization", b"ours"), (b"x-vedette", b"1"))
        return Forward(door.upstream(), None, extra, host=b"inner", target=b"/other?x=1")

    await door.open(plan)
    client = await door.client()
    await client.ask(post(b"abc", b"Authorization: theirs", b"X-Vedette: forged"))
    (seen,) = door.behind.seen
    assert seen.head.startswith(b"POST /other?x=1 HTTP/1.1\r\nhost: inner\r\n")
    assert (seen.header("authorization"), seen.header("x-vedette")) == (["ours"], ["1"])


async def test_a_collected_body_decides_and_may_be_replaced(door: Door) -> None:
    def then(body: bytes) -> Forward | Answer:
        if b"bad" in body:
            return Answer(403, (), b"no")
        return Forward(door.upstream(), None, body=body.upper())

    await door.open(lambda _: Collect(1000, then))
    client = await door.client()
    assert (await client.ask(post(b"good"))).body == b"GOOD"
    assert (await client.ask(post(b"bad"))).status == 403
    chunked = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await client.ask(chunked + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")).body == b"ABC"
    assert door.behind.seen[-1].header("content-length") == ["3"]


async def test_a_collected_body_may_be_judged_later_and_stays_as_it_is(door: Door) -> None:
    async def then(body: bytes) -> Forward:
        await asyncio.sleep(0.01)
        return Forward(door.upstream(), None)

    await door.open(lambda _: Collect(1000, then))
    client = await door.client()
    await client.send(post(b"abc", b"Expect: 100-continue")[:-3])
    assert (await client.head()).status == 100
    assert (await client.ask(b"abc")).body == b"abc"


async def test_whoever_counts_is_told_once_that_an_exchange_is_over(door: Door) -> None:
    told: list[int] = []
    asked: list[Head] = []

    def plan(head: Head) -> Collect:
        asked.append(head)
        return Collect(10, then, over=lambda: told.append(1))

    def then(body: bytes) -> Forward | Answer:
        if body == b"break":
            raise RuntimeError("a plan broke")
        return Answer(403) if body == b"bad" else Forward(door.upstream(), None)

    await door.open(plan)
    client = await door.client()
    assert (await client.ask(post(b"good"))).status == 200
    assert (await client.ask(post(b"bad"))).status == 403
    assert (await client.ask(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")).status == 200
    assert door.behind.seen[-1].header("content-length") == []
    assert told == [1, 1, 1]
    assert (await client.ask(post(b"x" * 11))).status == 413
    assert told == [1] * 4
    before = len(asked)
    client = await door.client()
    await client.send(post(b"good")[:-1])
    await until(lambda: len(asked) > before)
    await client.close()
    await until(lambda: len(told) > 4)
    assert told == [1] * 5
    client = await door.client()
    await client.send(post(b"break"))
    await client.rest()
    assert told == [1] * 6


async def test_an_answer_can_be_observed_before_the_client_has_it(door: Door) -> None:
    told: list[tuple[int, dict[bytes, bytes], bytes]] = []

    def observe(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        told.append((status, dict(headers), body))

    def plan(head: Head) -> Forward:
        return Forward(door.upstream(), None, on_response=observe, observe_limit=4)

    await door.open(plan)
    client = await door.client()
    await client.ask(post(json.dumps({"a": 1}).encode()))
    assert told == [(200, {b"content-type": b"application/json"}, b'{"a"')]


async def test_what_names_the_software_behind_is_dropped_from_answers(door: Door) -> None:
    async def chatty(seen: Seen) -> None:
        extra = b"Server: x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
        await seen.answer(plain(b"", extra=extra + b"Set-Cookie: a\r\nSet-Cookie: b\r\n"))

    door.behind.script = chatty
    await door.open()
    client = await door.client()
    raw = (await client.ask(GET)).raw
    assert raw == (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nset-cookie: a\r\n"
        b"set-cookie: b\r\ncontent-length: 0\r\n\r\n"
    )


async def test_unix_sockets_serve_on_both_sides(door: Door, tmp_path: object) -> None:
    inner, outer = f"{tmp_path}/inner", f"{tmp_path}/outer"
    upstream = Upstream(Unix(inner))
    heads: list[Head] = []

    def plan(head: Head) -> Forward:
        heads.append(head)
        return Forward(upstream, None)

    first = await serve(lambda _: Forward(door.upstream(), None), [Unix(inner)])
    second = await serve(plan, [Unix(outer)])
    door.servers += [first, second]
    reader, writer = await asyncio.open_unix_connection(outer)
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert (await reader.read()).startswith(b"HTTP/1.1 200 OK\r\n")
    assert heads[0].peer.host == ""
    assert door.behind.seen[0].header("x-forwarded-for") == []
    writer.close()


async def test_closing_lets_the_answer_under_way_end(door: Door) -> None:
    goes_on = asyncio.Event()

    async def slow(seen: Seen) -> None:
        await goes_on.wait()
        await seen.answer(plain(b"late"))

    door.behind.script = slow
    await door.open()
    idle, busy = await door.client(), await door.client()
    await busy.send(GET)
    await until(lambda: bool(door.behind.seen))
    closing = asyncio.create_task(door.servers[0].close(60))
    await asyncio.sleep(0.05)
    goes_on.set()
    reply = await busy.reply()
    assert (reply.body, reply.headers["connection"]) == (b"late", "close")
    assert await idle.rest() == b""
    await closing
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", 1)


async def test_a_cut_breaks_off_what_carries_the_tag_and_nothing_else(door: Door) -> None:
    goes_on = asyncio.Event()

    async def slow(seen: Seen) -> None:
        await goes_on.wait()
        await seen.answer(plain(b"late"))

    def plan(head: Head) -> Tagged:
        return Tagged(Forward(door.upstream(), None), head.target.segments[0])

    door.behind.script = slow
    await door.open(plan, limits=Limits())
    one, two = await door.client(), await door.client()
    await one.send(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n")
    await two.send(b"GET /two HTTP/1.1\r\nHost: a\r\n\r\n")
    await until(lambda: len(door.behind.seen) == 2)
    assert door.servers[0].tags() == {"one", "two"}
    assert door.servers[0].cut(["one"]) == 1
    assert await one.rest() == b""
    goes_on.set()
    assert (await two.reply()).body == b"late"


async def test_no_server_means_503_with_a_time_to_come_again(door: Door) -> None:
    nowhere = Upstream(Tcp("127.0.0.1", 1))
    await door.open(lambda _: Forward(nowhere, None))
    client = await door.client()
    for _ in range(2):
        reply = await client.ask(post(b"abc"))
        assert (reply.status, reply.headers["retry-after"]) == (503, "5")
        assert json.loads(reply.body)["errcode"] == "M_UNKNOWN"
