"""People with browsers, for measuring a sign-in service: ours and a peer are walked by the same steps.

A browser here is one connection to a Unix socket, which it keeps. What a page asks for is read from
its forms, so both services are passed with the same code; their addresses alone differ.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from vedette.suite.sign_in_walk import Page, Walker

REDIRECT = "https://app.example/signed-in"
PASSWORD = "correct horse battery staple"  # noqa: S105  # nobody's
_MOST_STEPS = 20
_REDIRECTS = frozenset({302, 303})
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A sign-in service at a socket, under its issuer's name. `extra` goes with each authorize."""

    socket: Path
    issuer: str
    authorize: str
    tokens: str
    client: str
    scope: str
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `cookies` are name, value and path of each that was set."""

    status: int
    location: str
    cookies: list[tuple[str, str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client was handed in the end."""

    access: str
    refresh: str


@dataclass(slots=True)
class Browser:
    """One connection that is kept, with the cookies that came over it; for one task at a time."""

    service: Service
    address: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _cookies: dict[tuple[str, str], str] = field(default_factory=dict)

    async def sign_in(self, who: Walker) -> Tokens:
        """Pass from the authorization endpoint over every page to tokens, as a browser just opened.

        Raises:
            RuntimeError: something else than the next step came.
        """
        await self.close()
        verifier = secrets.token_urlsafe(32)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self.service.client,
            "redirect_uri": REDIRECT,
            "scope": self.service.scope.format(device=secrets.token_hex(8)),
            "state": secrets.token_hex(8),
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **self.service.extra,
        }
        code = await self._code(f"{self.service.authorize}?{urlencode(query)}", who)
        return await self.tokens(
            grant_type="authorization_code",
            code=code,
            redirect_uri=REDIRECT,
            code_verifier=verifier,
        )

    async def tokens(self, **form: str) -> Tokens:
        """Ask the token endpoint. Raises RuntimeError unless there are tokens."""
        sent = urlencode({**form, "client_id": self.service.client}).encode()
        answer = await self._ask("POST", self.service.tokens, _FORM, sent)
        if answer.status != 200:
            raise RuntimeError(f"no tokens, but {answer.status}: {answer.body[:300]!r}")
        found = json.loads(answer.body)
        return Tokens(found["access_token"], found["refresh_token"])

    async def close(self) -> None:
        """Close the connection and forget the cookies; the next request begins anew."""
        self._cookies.clear()
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()
            self._streams = None

    async def _code(self, place: str, who: Walker) -> str:
        """Pass every page; returns the code with which the last one leads back to the client."""
        form: bytes | None = None
        for _ in range(_MOST_STEPS):
            answer = await self._visit(place, form)
            if answer.location.startswith(REDIRECT):
                return parse_qs(urlsplit(answer.location).query)["code"][0]
            if answer.status in _REDIRECTS:
                place, form = _path(answer.location), None
            else:
                place, form = await _filled(place, answer, who)
        raise RuntimeError("the pages lead round in a circle")

    async def _visit(self, place: str, form: bytes | None) -> Answer:
        found = [
            f"{name}={value}"
            for (name, path), value in self._cookies.items()
            if place.startswith(path)
        ]
        headers = {"Cookie": "; ".join(found)} if found else {}
        if form is None:
            return await self._ask("GET", place, headers, b"")
        return await self._ask("POST", place, {**headers, **_FORM}, form)

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send a request as the gateway hands it on, and read the answer."""
        sent = {
            "Host": urlsplit(self.service.issuer).netloc,
            "X-Forwarded-For": self.address,
            "X-Forwarded-Proto": "https",
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept": "text/html, application/json",
            "Content-Length": str(len(body)),
            **headers,
        }
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(self.service.socket)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        answer = await _read(reader)
        for name, value, where in answer.cookies:
            self._cookies[name, where] = value
            if not value:
                del self._cookies[name, where]
        return answer


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = [
        (name.lower(), value.strip()) for name, _, value in (ln.partition(":") for ln in head)
    ]
    said = dict(fields)
    if "content-length" not in said:
        raise RuntimeError(f"an answer of no known length: {head[0]}")
    body = await reader.readexactly(int(said["content-length"]))
    cookies = [_cookie(value) for name, value in fields if name == "set-cookie"]
    return Answer(int(head[0].split()[1]), said.get("location", ""), cookies, body)


def _cookie(text: str) -> tuple[str, str, str]:
    first, *more = (part.strip() for part in text.split(";"))
    name, _, value = first.partition("=")
    path = next((part[5:] for part in more if part.lower().startswith("path=")), "/")
    return name, value.strip('"'), path


def _path(location: str) -> str:
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def _filled(place: str, answer: Answer, who: Walker) -> tuple[str, bytes]:
    """Where a page's form goes, and what the person sends there."""
    page = Page(answer.body.decode())
    form = page.form()
    if form is None or page.error or answer.status != 200:
        raise RuntimeError(f"stopped at `{page.title}` ({answer.status}): {page.error}")
    sent = dict(form.sent)
    if form.does == "password":
        sent |= {"name": who.name, "password": who.password}
    elif form.does == "totp":
        sent["code"] = await who.code()
    return _path(form.action) or place, urlencode(sent).encode()


async def provisioned(socket: Path) -> asyncio.Server:
    """Stand for Synapse where the sign-in service tells it of people and devices: all is well."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return await asyncio.start_unix_server(answer, socket)
