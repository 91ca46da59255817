"""Where other services push to control: nothing else is there, and nobody takes more than their share."""

from __future__ import annotations

import asyncio
import datetime
import http.client
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import pytest

from tests.apps.control.organisation import Organisation
from tests.ports import free_port
from vedette.adapters.boot_file import Boot, load
from vedette.control import inbound
from vedette.control.inbound import BoundedProtocol, Pushed, inbound_app
from vedette.control.listening import listens
from vedette.control.serving import Served
from vedette.suite.certificates import self_signed

LARGEST = 1000


def add_inbound(organisation: Organisation) -> None:
    """Give an organisation that does not run yet a place where others push."""
    folder = organisation.boot.folder
    port = free_port()
    made = self_signed(["127.0.0.1"], datetime.datetime.now(UTC))
    (folder / "tls/inbound.crt").write_bytes(made.certificate)
    (folder / "tls/inbound.key").write_bytes(made.key)
    (folder / "tls/inbound.key").chmod(0o600)
    with (folder / "boot.toml").open("a") as file:
        file.write(
            f'\n[control.inbound]\nlisten = "127.0.0.1:{port}"\nurl = "https://127.0.0.1:{port}"\n'
        )
    organisation.boot = load(folder)


def connection(boot: Boot) -> http.client.HTTPSConnection:
    own = boot.control.inbound
    assert own is not None
    address, _, port = own.listen.rpartition(":")
    trusts = ssl.create_default_context(cafile=boot.path(own.certificate))
    return http.client.HTTPSConnection(address, int(port), context=trusts, timeout=60)


def test_no_administration_and_no_console_is_at_the_place_where_others_push(
    organisation: Organisation,
) -> None:
    add_inbound(organisation)
    organisation.start()
    token = organisation.token()
    for path in ("/", "/health", "/metrics", "/vedette/api/v1/settings", "/sign-in", "/scim"):
        asked = connection(organisation.boot)
        asked.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        assert asked.getresponse().status == 404, path
        asked.close()
    (own,) = [
        each
        for each in organisation.ask("GET", "/certificates/server")[1]
        if each["server"] == "inbound"
    ]
    assert own["origin"] == "files"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and how many bytes came; fails or hangs where it is told to."""
    if scope["path"].endswith("/fail"):
        raise RuntimeError("secret inside")
    if scope["path"].endswith("/hang"):
        await asyncio.sleep(60)
    message = await receive()
    assert not message["more_body"], "the body comes whole"
    body = f"{scope['path']} {len(message['body'])}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def place() -> AsyncIterator[int]:
    """The port of a place where `/here` echoes."""
    inside = listens("127.0.0.1:0")
    app = inbound_app([Pushed("/here", echo, LARGEST)])
    server = Served(app, inside, None, BoundedProtocol, 5).server()
    serving = asyncio.create_task(server._serve([inside]))
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield inside.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        await serving
        inside.close()


async def said(port: int, *parts: bytes) -> bytes:
    """What comes back to these bytes, until the other side ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


def request(path: str, body: bytes = b"", length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    head = (
        f"POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    )
    return head.encode() + body


async def test_only_what_is_served_answers_and_only_below_its_name() -> None:
    async with place() as port:
        assert b"/here/a 3" in await said(port, request("/here/a", b"abc"))
        for path in ("/hereafter", "/", "/her", "/x/here", "//here"):
            assert b" 404 " in await said(port, request(path)), path
        assert b" 414 " in await said(port, request("/here?" + "x" * inbound.LONGEST_TARGET))


async def test_a_body_beyond_its_size_is_not_read() -> None:
    async with place() as port:
        assert b"/here 1000" in await said(port, request("/here", b"x" * LARGEST))
        assert b" 413 " in await said(port, request("/here", b"x" * (LARGEST + 1)))


async def test_whoever_sends_slowly_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbound, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(inbound, "BODY_SECONDS", 0.3)
    async with place() as port:
        assert await said(port, b"") == b"", "nothing was said at all"
        assert await said(port, b"POST /here HTTP/1.1\r\nhost: x\r\n") == b"", "half a head"
        assert b" 408 " in await said(port, request("/here", b"x", length=10)), "half a body"


async def test_a_second_request_over_one_connection_has_its_bounds_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbound, "HEAD_SECONDS", 0.3)
    first = b"POST /here HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
    async with place() as port:
        answered = await said(port, first, b"POST /here")
        assert answered.count(b"/here 0") == 1


async def test_a_bug_and_a_hang_answer_and_say_nothing_of_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbound, "ANSWER_SECONDS", 0.2)
    async with place() as port:
        failed = await said(port, request("/here/fail"))
        assert b" 500 " in failed
        assert b"secret" not in failed
        assert b" 503 " in await said(port, request("/here/hang"))
        assert b"/here 0" in await said(port, request("/here"))


async def test_there_are_only_so_many_connections_at_once() -> None:
    async with place() as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        await asyncio.sleep(0.1)
        assert b" 503 " in await said(port, request("/here"))
        for _, writer in held:
            writer.close()
