"""A syslog receiver over mutual TLS (RFC 5425).

Syslog has no acknowledgement, but TLS has an ending: when the sender has said `close_notify`, the
receiver must answer with its own (RFC 5425 section 4.4), and it reads that behind everything that
was sent before. So each batch has a connection of its own, and the receiver's `close_notify` is the
receipt for it. A connection that ends in any other way is no receipt.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.ports.errors import Unavailable
from vedette.protocol.syslog import framed

_SECONDS = 5.0
"""How long connecting, shaking hands, sending and the receipt may take, each."""


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
        data = b"".join(map(framed, messages))
        try:
            with self._connect() as connection:
                connection.sendall(data)
                self._end(connection)
        except (OSError, ValueError) as fault:
            raise Unavailable(
                f"the SIEM at {self.address} did not take records: {fault}"
            ) from fault

    def _connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        host, _, port = self.address.rpartition(":")
        plain = socket.create_connection((host.strip("[]"), int(port)), _SECONDS)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return context.wrap_socket(plain, server_hostname=self.name or host.strip("[]"))
        except BaseException:
            plain.close()
            raise

    def _end(self, connection: ssl.SSLSocket) -> None:
        try:
            connection.unwrap().close()
        except (OSError, ValueError) as fault:
            if self.receipts:
                raise Unavailable(
                    f"the SIEM at {self.address} broke off without a receipt ({fault}); what it may "
                    "have taken is sent again, marked"
                ) from fault
