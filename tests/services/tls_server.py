"""Another organisation's HTTPS server, in the tests' own process: real TLS, scripted answers."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vedette.suite.certificates import Authority, ServerCertificate, issue, make_authority, today


@dataclass(frozen=True)
class Asked:
    """One request as it came: to which address, for which name, what."""

    address: str
    sni: str | None
    host: str
    target: str
    head: bytes = b""


@dataclass
class Said:
    """One answer. `body` may be pieces with pauses between them."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    stall: float = 0.0


Script = Callable[[Asked], Said]


@dataclass
class TlsServer:
    """A running server. `script` may be changed while it runs."""

    script: Script
    port: int = 0
    asked: list[Asked] = field(default_factory=list)


def authority(name: str = "A CA of the tests") -> Authority:
    return make_authority(name, today())


def context_of(certificate: ServerCertificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain, key = Path(folder) / "chain.pem", Path(folder) / "key.pem"
        chain.write_bytes(certificate.certificate)
        key.write_bytes(certificate.key)
        context.load_cert_chain(chain, key)
    return context


@asynccontextmanager
async def tls_server(
    script: Script,
    *,
    names: tuple[str, ...] = (),
    ca: Authority | None = None,
    certificate: ServerCertificate | None = None,
    addresses: tuple[str, ...] = ("127.0.0.1",),
    port: int = 0,
) -> AsyncIterator[TlsServer]:
    """Serve on one port of all `addresses`, with a certificate for `names`."""
    shown = certificate or issue(ca or authority(), names, today())
    tls = context_of(shown)
    server = TlsServer(script)
    snis: dict[int, str | None] = {}
    tls.sni_callback = lambda obj, name, _: snis.__setitem__(id(obj), name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                sni = snis.get(id(writer.get_extra_info("ssl_object")))
                keep = await _answer(server, head, sni, reader, writer)
                if not keep:
                    break
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    listeners = []
    try:
        for address in addresses:
            made = await asyncio.start_server(serve, address, port or server.port, ssl=tls)
            server.port = made.sockets[0].getsockname()[1]
            listeners.append(made)
        yield server
    finally:
        for each in listeners:
            each.close()


async def _answer(
    server: TlsServer,
    head: bytes,
    sni: str | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> bool:
    lines = head.decode("latin-1").split("\r\n")
    fields = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines[1:])}
    if int(fields.get("content-length", 0)):
        await reader.readexactly(int(fields["content-length"]))
    local = writer.get_extra_info("sockname")[0]
    asked = Asked(local, sni, fields.get("host", ""), lines[0].split(" ")[1], head)
    server.asked.append(asked)
    said = server.script(asked)
    if said.stall:
        await asyncio.sleep(said.stall)
    if said.raw is not None:
        writer.write(said.raw)
        await writer.drain()
        return False
    extra = "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
    answer = f"HTTP/1.1 {said.status} X\r\n{extra}Content-Length: {len(said.body)}\r\n\r\n"
    writer.write(answer.encode() + said.body)
    await writer.drain()
    return True
