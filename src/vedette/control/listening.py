"""The sockets on which control is reached, and its side of TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import stat
from pathlib import Path

from vedette.adapters.boot_file import Boot, BootFault, ConsoleBoot, InboundBoot

Listening = tuple[socket.socket, ssl.SSLContext]
"""A listening socket, and how TLS is spoken on it."""


def private(path: Path) -> None:
    """Refuse a secret that others on this host can read. Raises BootFault."""
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        raise BootFault(f"`{path}` can't be read: {fault}") from fault
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise BootFault(f"others can read `{path}`; take that away with `chmod 600 {path}`")


def listens(address: str) -> socket.socket:
    """The listening socket at an address. Raises BootFault."""
    host, _, port = address.rpartition(":")
    try:
        return socket.create_server(
            (host.strip("[]"), int(port)),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
        )
    except OSError as fault:
        raise BootFault(
            f"`{address}` can't be listened on: {fault}; does control run already?"
        ) from fault


def listens_with_tls(
    boot: Boot, own: ConsoleBoot | InboundBoot | None, held: contextlib.ExitStack
) -> Listening | None:
    """The socket of a section, closed with `held`; None where the boot file has no such section.

    Raises:
        BootFault: its address or its key can't be used.
    """
    if own is None:
        return None
    private(boot.path(own.key))
    try:
        tls = tls_of(boot.path(own.certificate), boot.path(own.key))
    except (OSError, ssl.SSLError) as fault:
        paths = f"`{boot.path(own.certificate)}` and `{boot.path(own.key)}`"
        raise BootFault(f"{paths} are no certificate and its key: {fault}") from fault
    return held.enter_context(listens(own.listen)), tls


def tls_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """Control's side of TLS: 1.2 with forward secrecy, or 1.3. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context
