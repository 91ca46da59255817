"""Whether a process serves: small requests over loopback and Unix sockets."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from vedette.suite.supervisor import Probe

_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True, slots=True)
class _Target:
    url: str
    socket: Path | None = None
    tls: ssl.SSLContext | None = None


def probe_socket(socket: Path, path: str) -> Probe:
    """Whether `GET path` over a Unix socket answers 200."""
    return _probe(_Target(f"http://inside{path}", socket=socket))


def probe_url(url: str, certificate: Path | None = None) -> Probe:
    """Whether `GET url` answers 200; over TLS only with exactly this certificate file's trust."""
    if certificate is None:
        return _probe(_Target(url))

    async def served() -> bool:
        try:
            tls = trusting(certificate)
        except (OSError, ssl.SSLError):
            return False
        return await _answers(_Target(url, tls=tls))

    return served


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client's TLS that trusts what stands in a file, and the machine's own CAs.

    The certificate may itself be a server's: who asks here owns the file, and the name is not
    compared, since the address asked is the machine's own.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certificate)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    # Python 3.13 verifies strictly by default; whether the gateway serves does not depend on it.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = False
    return context


def _probe(target: _Target) -> Probe:
    async def served() -> bool:
        return await _answers(target)

    return served


async def _answers(target: _Target) -> bool:
    connector = (
        aiohttp.UnixConnector(path=str(target.socket))
        if target.socket
        else aiohttp.TCPConnector(ssl=target.tls if target.tls is not None else True)
    )
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT) as session,
            session.get(target.url) as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
