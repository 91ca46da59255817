"""A syslog receiver over mutual TLS (RFC 5425).

Syslog has no acknowledgement, but TLS has an ending: when the sender has said `close_notify`, the
receiver must answer with its own (RFC 5425 section 4.4), and it reads that behind everything that
was sent before. So each batch has a connection of its own, and the receiver's `close_notify`, with
TCP's orderly end behind it, is the receipt for it. A connection that ends in any other way is none.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vedette.ports.errors import Unavailable
from vedette.protocol.syslog import framed

_SECONDS = 5.0
"""How long connecting, shaking hands, sending and the receipt may take, each step of it."""
_PIECE = 1 << 16


class _Conversation:
    """TLS over one socket, told apart byte by byte.

    `SSLSocket.unwrap` takes a fatal alert, such as “unknown ca” about our own certificate, for the
    other side's ending: OpenSSL marks both as received. Reading tells the two apart.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, name: str) -> None:
        """Shake hands. Raises OSError."""
        self._plain = plain
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._until_done(self._tls.do_handshake)

    def say(self, data: bytes) -> None:
        """Send `data`. Raises OSError."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._tls.write(rest[:_PIECE]) :]
            self._flush()

    def end(self) -> None:
        """Say `close_notify` and wait for the other side's.

        Raises:
            OSError: what came was something else, or nothing.
        """
        with suppress(ssl.SSLWantReadError):
            self._tls.read(_PIECE)  # what lies here unread must not be taken for the answer
            raise ConnectionError("it ended before everything was said")
        with suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        with suppress(ssl.SSLZeroReturnError):
            self._until_done(lambda: self._tls.read(_PIECE))
            raise ConnectionError("it said something instead")
        # One that is being restarted may say its ending by itself, before it has read everything.
        # Then its machine resets the connection, instead of ending it.
        self._plain.shutdown(socket.SHUT_WR)
        while self._plain.recv(_PIECE):
            pass

    def _until_done(self, step: Callable[[], object]) -> None:
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._flush()
                self._hear()
            else:
                self._flush()
                return

    def _flush(self) -> None:
        while self._out.pending:
            self._plain.sendall(self._out.read())

    def _hear(self) -> None:
        data = self._plain.recv(_PIECE)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogTls:
    """The Receiver at `address`, which must show a certificate of `ca` for `name`.

    Certificates and key are read for each batch, so that new ones need no restart. With `receipts`
    unset a batch counts as taken once it was sent: for receivers that don't end as they must.
    """

    address: str
    name: str
    ca: Path
    certificate: Path
    key: Path
    receipts: bool = True

    def deliver(self, messages: Sequence[bytes]) -> None:
        """Send all on one connection and wait for the receipt. Raises Unavailable."""
        try:
            context = ssl.create_default_context(cafile=str(self.ca))
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            # Python 3.13 verifies strictly by default; a company's authority may have no key identifiers.
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
            context.load_cert_chain(self.certificate, self.key)
            with self._dial() as plain:
                conversation = _Conversation(plain, context, self.name or self._host())
                conversation.say(b"".join(map(framed, messages)))
                self._end(conversation)
        except (OSError, ValueError) as fault:
            raise Unavailable(
                f"the SIEM at {self.address} did not take records: {fault}"
            ) from fault

    def _host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    def _dial(self) -> socket.socket:
        port = int(self.address.rpartition(":")[2])
        plain = socket.create_connection((self._host(), port), _SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain

    def _end(self, conversation: _Conversation) -> None:
        try:
            conversation.end()
        except (OSError, ValueError) as fault:
            if self.receipts:
                raise Unavailable(
                    f"the SIEM at {self.address} broke off without a receipt ({fault}); what it may "
                    "have taken is sent again, marked"
                ) from fault
