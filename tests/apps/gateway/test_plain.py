"""The plain port: it answers challenges, leads everybody else to TLS, and does nothing besides."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from vedette.gateway.carrier import Tcp, serve
from vedette.gateway.plain import PlainDoor
from vedette.gateway.plan import Answer, Head, Peer
from vedette.protocol.http.head import Target, parse_target

URL = "https://chat.example.org"
CHALLENGE = b"/.well-known/acme-challenge/"


def asked(door: PlainDoor, path: bytes, method: bytes = b"GET") -> Answer:
    target = parse_target(path)
    assert isinstance(target, Target), path
    return door.plan(Head(method, target, [], b"evil.example", Peer("", 0), None, 0, False, None))


def location(answer: Answer) -> bytes | None:
    return dict(answer.headers).get(b"location")


def test_a_challenge_is_answered_until_it_is_over():
    door = PlainDoor(URL)
    door.show("tok-1_A", "tok-1_A.print")
    door.show("tok-2", "tok-2.print")
    assert asked(door, CHALLENGE + b"tok-1_A").body == b"tok-1_A.print"
    assert asked(door, CHALLENGE + b"tok-2").body == b"tok-2.print"
    door.clear()
    assert asked(door, CHALLENGE + b"tok-1_A").status == 404


def test_other_challenges_are_not_and_lead_nowhere():
    door = PlainDoor(URL)
    door.show("tok", "tok.print")
    for path in (b"", b"other", b"tok/", b"tok/more", b"tok%00"):
        target = parse_target(CHALLENGE + path)
        if isinstance(target, Target):
            answer = asked(door, CHALLENGE + path)
            assert (answer.status, location(answer)) == (404, None), path


def test_what_is_no_token_is_never_shown():
    door = PlainDoor(URL)
    for token in ("", "a/b", "a b", "ä", "a" * 257, "a\n"):
        door.show(token, "x")
    assert door._answers == {}


def test_everybody_else_is_sent_to_our_own_address_whatever_name_they_asked_for():
    answer = asked(PlainDoor(URL), b"/_matrix/client/versions?a=%2F")
    assert answer.status == 308
    assert location(answer) == b"https://chat.example.org/_matrix/client/versions?a=%2F"


def test_what_is_sent_here_is_neither_read_nor_sent_on():
    for method in (b"POST", b"PUT", b"DELETE", b"OPTIONS"):
        answer = asked(PlainDoor(URL), b"/_matrix/client/v3/login", method)
        assert (answer.status, location(answer)) == (404, None)


@given(path=st.binary(max_size=60), prefix=st.sampled_from([b"/", CHALLENGE, b"/.well-known/"]))
def test_no_target_leads_anywhere_but_to_us_or_is_answered(path: bytes, prefix: bytes):
    door = PlainDoor(URL)
    door.show("secret-token", "answer")
    target = parse_target(prefix + path)
    if not isinstance(target, Target):
        return
    answer = asked(door, prefix + path)
    where = location(answer)
    assert where is None or where.startswith(b"https://chat.example.org/")
    assert answer.status in {308, 404} or target.segments[2:] == ("secret-token",)


async def test_over_a_real_connection_the_answer_is_whole():
    door = PlainDoor(URL)
    door.show("tok", "tok.print")
    server = await serve(door.plan, [Tcp("127.0.0.1", 0)])
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.ports[0])
        for path in (b"/.well-known/acme-challenge/tok", b"/x"):
            close = b"Connection: close\r\n" if path == b"/x" else b""
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" + close + b"\r\n")
        data = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    finally:
        await server.close(1.0)
    first, _, second = data.partition(b"tok.print")
    assert first.startswith(b"HTTP/1.1 200")
    assert b"location: https://chat.example.org/x\r\n" in second
