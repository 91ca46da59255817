"""Ports for the servers of a test."""

from __future__ import annotations

import os
import random
import socket

_LOWEST, _HIGHEST = 10_240, 32_000
"""Below those that a kernel gives to whoever connects: else one of these may take it meanwhile."""
_PROCESSES = 8
_OWN = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PROCESSES
"""Which share is this process's, where several run tests: a port is given before anybody listens on it,
and a server that is started again wants the one that it had.
"""
_CHANCE = random.SystemRandom()
_given: set[int] = set()


def free_port(address: str = "127.0.0.1") -> int:
    """A port on which nobody listens, and that this run was not given before."""
    while True:
        port = _CHANCE.randrange(_LOWEST + _OWN, _HIGHEST, _PROCESSES)
        if port not in _given and is_free(address, port):
            _given.add(port)
            return port


def own_addresses() -> dict[str, str]:
    """For whom `vedette init` would else give the usual ones: those are free to all who ask at once."""
    names = ("client", "federation", "control", "pushes", "introspection", "console")
    return {name: f"127.0.0.1:{free_port()}" for name in names}


def is_free(address: str, port: int) -> bool:
    """Whether nobody has it, for TCP as for UDP."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True
