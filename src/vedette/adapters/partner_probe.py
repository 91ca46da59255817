"""Connections to other servers for looking only: a handshake, or one small question."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import httptools
from cryptography import x509

from vedette.ports.discovery import Destination, Target, Trust
from vedette.ports.errors import Unavailable
from vedette.ports.partner_probe import Answered, Shook
from vedette.protocol.certificates import CertificateFault, pin_of, spell_pin

_SECONDS = 10.0
_LARGEST = 64 << 10
_QUESTION = (
    b"GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
    b"User-Agent: Vedette\r\nConnection: close\r\n\r\n"
)
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class TlsProbe:
    """The PartnerProbe over real connections. `strict` makes the context for a trust."""

    strict: Callable[[Trust], ssl.SSLContext]

    async def handshake(self, destination: Destination, target: Target, trust: Trust) -> Shook:
        """Shake hands; where the certificate is not valid, look at it without believing it."""
        fault: str | None = None
        try:
            async with _connected(destination, target, self.strict(trust)) as (_, writer):
                return _shook(writer, None)
        except ssl.SSLCertVerificationError as invalid:
            fault = invalid.verify_message or str(invalid)
        with contextlib.suppress(Unavailable):
            async with _connected(destination, target, _unbelieving()) as (_, writer):
                return _shook(writer, fault)
        return Shook(fault, "", None, None)

    async def get(
        self, destination: Destination, target: Target, trust: Trust, path: str
    ) -> Answered:
        """Ask once. Raises Unavailable."""
        try:
            async with _connected(destination, target, self.strict(trust)) as (reader, writer):
                _prove(writer, trust)
                writer.write(_QUESTION % (path.encode(), destination.http_host.encode()))
                async with asyncio.timeout(_SECONDS):
                    return await _read(reader)
        except ssl.SSLCertVerificationError as invalid:
            raise Unavailable(invalid.verify_message or str(invalid)) from invalid
        except (OSError, httptools.HttpParserError) as fault:  # TimeoutError is an OSError
            raise Unavailable(f"it gave no answer: {str(fault) or 'not in time'}") from fault


@contextlib.asynccontextmanager
async def _connected(
    destination: Destination, target: Target, tls: ssl.SSLContext
) -> AsyncIterator[_Streams]:
    """Raises Unavailable where nobody answers, SSLCertVerificationError where somebody else does."""
    try:
        async with asyncio.timeout(_SECONDS):
            streams = await asyncio.open_connection(
                target.host, target.port, ssl=tls, server_hostname=destination.tls_name
            )
    except ssl.SSLCertVerificationError:
        raise
    except OSError as fault:
        why = "no answer in time" if isinstance(fault, TimeoutError) else str(fault)
        raise Unavailable(f"`{target.host}:{target.port}`: {why}") from fault
    try:
        yield streams
    finally:
        streams[1].transport.abort()


def _unbelieving() -> ssl.SSLContext:
    """A context for looking at a certificate: nothing may be sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shook(writer: asyncio.StreamWriter, fault: str | None) -> Shook:
    connection = writer.get_extra_info("ssl_object")
    certificate = connection.getpeercert(True) or b""
    try:
        pin = pin_of(certificate)
        ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc.timestamp()
    except (CertificateFault, ValueError):
        return Shook(fault or "the certificate can't be read", "", None, None)
    return Shook(fault, connection.version() or "", pin, ends)


def _prove(writer: asyncio.StreamWriter, trust: Trust) -> None:
    """Compare pins before anything is sent. Raises Unavailable."""
    pin = _shook(writer, None).pin
    if trust.pins and pin not in trust.pins:
        shown = spell_pin(pin) if pin else "no key that can be read"
        raise Unavailable(f"it shows `{shown}`, which is not pinned")


async def _read(reader: asyncio.StreamReader) -> Answered:
    """One answer, or what there is of it when the connection ends. Raises Unavailable."""
    told, size = _Told(), 0
    parser = httptools.HttpResponseParser(told)
    while not told.whole and (piece := await reader.read(16 << 10)):
        size += len(piece)
        if size > _LARGEST:
            raise Unavailable("its answer is too long")
        parser.feed_data(piece)
    status = int(parser.get_status_code())
    if not status:
        raise Unavailable("it gave no answer")
    return Answered(status, told.body, told.date)


class _Told:
    """What the parser tells of one answer."""

    def __init__(self) -> None:
        self.body = b""
        self.date: float | None = None
        self.whole = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"date":
            with contextlib.suppress(ValueError, TypeError, OverflowError):
                self.date = parsedate_to_datetime(value.decode("latin-1")).timestamp()

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.whole = True
