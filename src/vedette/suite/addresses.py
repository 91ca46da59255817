"""Addresses on this machine: which are free, and which are too long."""

from __future__ import annotations

import socket
from pathlib import Path

_LONGEST_SOCKET_PATH = 107
"""Bytes that a Unix socket's address holds on Linux, without the closing zero (unix(7))."""


def split(address: str) -> tuple[str, int]:
    """Host and port of `host:port`; an IPv6 host may stand in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def is_free(address: str) -> bool:
    """Whether something could listen on `address` right now."""
    host, port = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_or_other(address: str, taken: frozenset[str] = frozenset()) -> str:
    """`address` if it is free and not in `taken`, else a free port of the same host."""
    if address not in taken and is_free(address):
        return address
    host, _ = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        found = f"{address.rpartition(':')[0]}:{port}"
        if found not in taken:
            return found


def fits_socket(path: Path) -> bool:
    """Whether a Unix socket may lie at `path`."""
    return len(str(path).encode()) <= _LONGEST_SOCKET_PATH
