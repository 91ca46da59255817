"""Kerberos tickets. Only wiring that found `[signin.kerberos]` in the boot file imports `acceptor`.

gssapi is built where it is installed, so that it is an extra of its own: whoever has no Kerberos
needs neither it nor a compiler.
"""

from __future__ import annotations

from importlib.util import find_spec

WAY_IN = "apt install gcc python3-dev libkrb5-dev && make setup-kerberos"
MISSING = f"sign-in by Kerberos needs gssapi, which is not installed: {WAY_IN}"


def installed() -> bool:
    """Whether gssapi is there."""
    return find_spec("gssapi") is not None
