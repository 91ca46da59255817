"""Serving what control serves, until a signal or the end of its upkeep."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import uvicorn

_ENDING_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Served:
    """One application on one listening socket, over TLS where there is a context."""

    app: Any
    inside: socket.socket
    tls: ssl.SSLContext | None = None
    protocol: type[asyncio.Protocol] | None = None
    """What reads and writes HTTP, where not every client may take its time."""
    most: int | None = None
    """How many connections there may be."""

    def server(self) -> uvicorn.Server:
        """What serves it."""
        tls = self.tls
        return uvicorn.Server(
            uvicorn.Config(
                self.app,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                proxy_headers=False,
                ws="none",
                http=self.protocol or "auto",
                limit_concurrency=self.most,
                lifespan="off",
                timeout_graceful_shutdown=_ENDING_SECONDS,
                ssl_context_factory=None if tls is None else lambda _config, _default: tls,
            )
        )


async def serve(served: list[Served], upkeep: Coroutine[Any, Any, None]) -> None:
    """Serve and do the upkeep; whichever ends first ends all."""
    servers = [(each.server(), each.inside) for each in served]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _ask_to_end, [server for server, _ in servers])
    keeping = asyncio.create_task(upkeep)
    # `serve` would take the signals for itself and raise them again once it is done, which ends
    # the process before the last records are written; `_serve` does not.
    serving = [asyncio.create_task(server._serve([inside])) for server, inside in servers]  # noqa: SLF001
    done, _ = await asyncio.wait({keeping, *serving}, return_when=asyncio.FIRST_COMPLETED)
    _ask_to_end([server for server, _ in servers])
    keeping.cancel()
    await asyncio.gather(*serving, keeping, return_exceptions=True)
    for task in done:
        task.result()


def _ask_to_end(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
