"""Bytes that two programs read differently reach no server, and end their connection."""

import asyncio

import pytest

from .conftest import Door, Seen, plain

pytestmark = pytest.mark.asyncio

LINE = b"POST /_matrix/x HTTP/1.1\r\nHost: example.org\r\n"
SECOND = b"GET /_synapse/admin HTTP/1.1\r\nHost: example.org\r\n\r\n"

HOSTILE = {
    "absolute form": b"GET http://example.org/_matrix/x HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "authority form": b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "asterisk form": b"OPTIONS * HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "double slash": b"GET //_matrix/x HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "climbing": b"GET /_matrix/../_synapse HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "encoded climbing": b"GET /_matrix/%2e%2e/_synapse HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "climbing with parameter": b"GET /_matrix/..;/_synapse HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "encoded slash": b"GET /_matrix%2fx HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "backslash": b"GET /_matrix\\x HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "over-long target": b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "method in lower case": b"get / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "method not offered": b"TRACE / HTTP/1.1\r\nHost: example.org\r\n\r\n",
    "HTTP/1.0": b"GET / HTTP/1.0\r\nHost: example.org\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: example.org\n\n",
    "bare carriage return": LINE + b"X: a\rContent-Length: 5\r\n\r\n",
    "folded header": LINE + b"X: a\r\n b\r\n\r\n",
    "folded first header": b"GET / HTTP/1.1\r\n Host: example.org\r\n\r\n",
    "space before colon": LINE + b"Content-Length : 5\r\n\r\nabcde",
    "NUL in a value": LINE + b"X: a\x00b\r\n\r\n",
    "two equal lengths": LINE + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + SECOND,
    "two different lengths": LINE + b"Content-Length: 0\r\nContent-Length: 50\r\n\r\n" + SECOND,
    "list of lengths": LINE + b"Content-Length: 0, 0\r\n\r\n" + SECOND,
    "signed length": LINE + b"Content-Length: +5\r\n\r\nabcde" + SECOND,
    "negative length": LINE + b"Content-Length: -1\r\n\r\n" + SECOND,
    "empty length": LINE + b"Content-Length:\r\n\r\n" + SECOND,
    "length and chunked": LINE
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": LINE
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two codings": LINE + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": LINE
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked first": LINE + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": LINE + b"Transfer-Encoding: identity\r\n\r\n" + SECOND,
    "unknown coding": LINE + b"Transfer-Encoding: xchunked\r\n\r\n" + SECOND,
    "coding after a tab": LINE + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "coding with space": LINE + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "connection names authorization": LINE
    + b"Authorization: x\r\nConnection: Authorization\r\n\r\n",
    "connection names length": LINE + b"Connection: content-length\r\nContent-Length: 0\r\n\r\n",
    "upgrade": LINE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + SECOND,
    "upgrade unannounced": LINE + b"Upgrade: h2c\r\n\r\n" + SECOND,
    "two authorizations": LINE + b"Authorization: a\r\nAuthorization: b\r\n\r\n",
    "too many headers": LINE + b"X: y\r\n" * 101 + b"\r\n",
    "too long a header": LINE + b"X: " + b"y" * 40000 + b"\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
}

CHUNK_GAMES = {
    "size with 0x": b"0x5\r\nabcde\r\n0\r\n\r\n",
    "size with sign": b"+5\r\nabcde\r\n0\r\n\r\n",
    "size with space": b"5 \r\nabcde\r\n0\r\n\r\n",
    "huge size": b"fffffffffffffffff\r\nabcde",
    "size longer than the data": b"3\r\nabcde\r\n0\r\n\r\n",
    "size shorter than the data": b"5\r\nabc\r\n0\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"5\nabcde\n0\n\n",
    "no size": b"\r\nabcde\r\n0\r\n\r\n",
    "line feed in an extension": b"5;a=b\nX\r\nabcde\r\n0\r\n\r\n",
    "length as a trailer": b"5\r\nabcde\r\n0\r\nContent-Length: 5\r\n\r\n",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_it_is_refused_and_the_connection_ends(door: Door, name: str) -> None:
    await door.open()
    client = await door.client()
    await client.send(HOSTILE[name])
    reply = await client.reply()
    assert 400 <= reply.status <= 505
    assert b'"errcode": "M_' in reply.body
    assert reply.headers["connection"] == "close"
    assert await client.rest() == b""
    assert (door.behind.seen, door.heads) == ([], [])


@pytest.mark.parametrize("name", CHUNK_GAMES)
async def test_a_crooked_chunk_ends_the_exchange_on_both_sides(door: Door, name: str) -> None:
    async def read_all(seen: Seen) -> None:
        await seen.body()
        raise AssertionError("the body was whole")

    door.behind.script = read_all
    await door.open()
    client = await door.client()
    await client.send(LINE + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK_GAMES[name] + SECOND)
    reply = await client.reply()
    assert (reply.status, reply.headers["connection"]) == (400, "close")
    assert await client.rest() == b""
    assert not any(b"_synapse" in seen.head for seen in door.behind.seen)


async def test_forged_forwarding_headers_are_replaced(door: Door) -> None:
    await door.open()
    client = await door.client()
    forged = [b"X-Forwarded-For: 10.0.0.1", b"X-Forwarded-Proto: https", b"X-Real-IP: 10.0.0.1"]
    forged += [b"X-Forwarded-Host: evil", b"Forwarded: for=10.0.0.1", b"X_Forwarded_For: 10.0.0.1"]
    forged += [b"Via: 1.1 x", b"TE: trailers", b"Keep-Alive: 5", b"Proxy-Authorization: x"]
    await client.ask(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"\r\n".join(forged) + b"\r\n\r\n")
    assert door.behind.seen[0].head == (
        b"GET / HTTP/1.1\r\nhost: a\r\n"
        b"x-forwarded-for: 127.0.0.1\r\nx-forwarded-proto: http\r\n\r\n"
    )
    assert door.heads[0].proxy_authorization == b"x"


async def test_a_body_that_looks_like_a_request_stays_a_body(door: Door) -> None:
    await door.open()
    client = await door.client()
    await client.send(LINE + b"Content-Length: %d\r\n\r\n" % len(SECOND) + SECOND)
    assert (await client.reply()).body == SECOND
    assert len(door.behind.seen) == 1


ANSWERS = {
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunked": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    "other protocol": b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "not HTTP": b"220 mail.example.org ESMTP\r\n",
    "folded header": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "endless head": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 400_000,
    "nothing": b"",
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_crooked_answer_becomes_503(door: Door, name: str) -> None:
    async def crooked(seen: Seen) -> None:
        await seen.answer(ANSWERS[name])
        seen.writer.close()

    door.behind.script = crooked
    await door.open()
    client = await door.client()
    reply = await client.ask(LINE + b"Content-Length: 0\r\n\r\n")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")


async def test_what_a_server_says_unasked_is_nobodys_answer(door: Door) -> None:
    async def two(seen: Seen) -> None:
        await seen.answer(plain(b"%d" % seen.number) + plain(b"planted"))

    door.behind.script = two
    await door.open()
    client = await door.client()
    for number in range(3):
        assert (await client.ask(LINE + b"Content-Length: 0\r\n\r\n")).body == b"%d" % number
    assert door.behind.connections == 3


async def test_what_a_server_says_later_unasked_closes_its_connection(door: Door) -> None:
    planted = asyncio.Event()

    async def late(seen: Seen) -> None:
        await seen.answer(plain(b"%d" % seen.number))
        await asyncio.sleep(0.05)
        await seen.answer(plain(b"planted"))
        planted.set()

    door.behind.script = late
    await door.open()
    client = await door.client()
    for number in range(2):
        assert (await client.ask(LINE + b"Content-Length: 0\r\n\r\n")).body == b"%d" % number
        await planted.wait()
        planted.clear()
        await asyncio.sleep(0.1)
    assert door.behind.connections == 2
