"""A small CONNECT proxy that knows where a few readable names lie on this machine.

A homeserver that is told to use it reaches `example.test` without any name service.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    with contextlib.suppress(OSError):
        target.close()


def _handler(places: Mapping[str, str]):
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            wanted = head.split(" ")[1]
            place = places.get(wanted, wanted if wanted.startswith("127.") else None)
            if not head.startswith("CONNECT ") or place is None:
                writer.write(b"HTTP/1.0 502 Bad Gateway\r\n\r\n")
                writer.close()
                return
            host, _, port = place.rpartition(":")
            there, back = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
            await asyncio.gather(_pump(reader, back), _pump(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    return serve


@contextmanager
def connect_proxy(places: Mapping[str, str]) -> Iterator[str]:
    """Run the proxy in a thread of its own; yields its URL.

    `places` says for `name:port` at which `host:port` it lies; loopback addresses lie where they say.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="connect-proxy", daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(_handler(places), "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
