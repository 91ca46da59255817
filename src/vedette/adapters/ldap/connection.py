"""Connections to the directory's servers: always encrypted, the name and the CA verified.

A server that can't be reached is left alone for a while and the next one is asked. Nothing is said
before TLS is up: no name, no password.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ldap
from pyasn1.error import PyAsn1Error

from vedette.adapters.ldap.relay import start_relay
from vedette.adapters.ldap.tls_connection import (
    connect_tls,
    describe_fault,
    load_context,
    parse_address,
)
from vedette.ports.errors import Unavailable

FAULTS = (ldap.LDAPError, PyAsn1Error, UnicodeDecodeError)
"""What python-ldap raises of a server: also an answer that nobody can read."""
ASIDE_SECONDS = 30.0
"""How long a server that did not answer is asked only when no other answers."""
_NO_RECONNECT = "ldapi://%2Fdev%2Fnull"
"""The address libldap gets with an open connection. After an outage libldap may connect again by
itself, which would be without TLS; connecting to this address always fails."""


Make = Callable[..., Any]
"""Makes python-ldap's object for an open connection: `ldap.initialize`, or a class with its arguments
`uri` and `fileno`."""


class ServerRefused(Unavailable):
    """A server answered, and lets the reading account in no more; asking the next one is no use."""


@dataclass(slots=True)
class Connected:
    """A connection with TLS up. `ldap` is python-ldap's own object, one thread at a time."""

    server: str
    ldap: Any
    timeout: float

    def close(self) -> None:
        """End it. Never raises."""
        with suppress(ldap.LDAPError):
            self.ldap.unbind_ext_s()


@dataclass(slots=True)
class Servers:
    """The directory's servers in their order, and the account that reads."""

    addresses: tuple[str, ...]
    ca: Path
    bind: str
    password: str = field(repr=False)
    timeout: float = 5.0
    _aside: dict[str, float] = field(default_factory=dict)

    def open(self, only: str | None = None, make: Make = ldap.initialize) -> Connected:
        """A connection at which the reading account is signed in.

        With `only` no other server is tried; `make` makes python-ldap's object for the connection.

        Raises:
            Unavailable: no server answered over verified TLS, or the account was refused.
        """
        return self._first(only, make, signed_in=True)

    def connect(self, only: str | None = None) -> Connected:
        """A connection with TLS up at which nobody is signed in. Raises Unavailable."""
        return self._first(only, ldap.initialize, signed_in=False)

    @contextmanager
    def opened(self, only: str | None = None) -> Iterator[Connected]:
        """`open`, and closed behind its use. Raises Unavailable, of whatever is done with it too."""
        connected = self.open(only)
        try:
            yield connected
        except FAULTS as fault:
            raise self.gone(connected.server, fault) from fault
        finally:
            connected.close()

    def gone(self, server: str, fault: Exception) -> Unavailable:
        """What to raise for a fault of a server that was connected; it is set aside if it is away."""
        if isinstance(fault, (*AWAY, OSError)):
            self._aside[server] = time.monotonic() + ASIDE_SECONDS
        return Unavailable(f"`{server}`: {words_of(fault)}")

    def _first(self, only: str | None, make: Make, *, signed_in: bool) -> Connected:
        said = []
        for server in [only] if only else self._order():
            try:
                connected = self._to(server, make)
                if signed_in:
                    self._sign_in(connected)
            except Unavailable as outage:
                if isinstance(outage, ServerRefused):
                    raise
                said.append(str(outage))
                continue
            self._aside.pop(server, None)
            return connected
        raise Unavailable(f"no server of the directory answers: {'; '.join(said)}")

    def _order(self) -> list[str]:
        """Those that answered lately first, each in its place."""
        now = time.monotonic()
        return sorted(self.addresses, key=lambda each: self._aside.get(each, 0.0) > now)

    def _to(self, server: str, make: Make) -> Connected:
        """A connection to one server with TLS up. Raises Unavailable."""
        try:
            context = load_context(self.ca)
        except OSError as fault:
            why = describe_fault(fault)
            raise Unavailable(f"`{self.ca}` holds no CA that can be read: {why}") from fault
        try:
            near = start_relay(connect_tls(parse_address(server), context, self.timeout))
        except OSError as fault:
            raise self.gone(server, fault) from fault
        found = make(_NO_RECONNECT, fileno=near.fileno())
        near.detach()  # libldap closes it
        found.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
        found.set_option(ldap.OPT_REFERRALS, 0)
        found.set_option(ldap.OPT_TIMEOUT, self.timeout)
        return Connected(server, found, self.timeout)

    def _sign_in(self, connected: Connected) -> None:
        try:
            connected.ldap.simple_bind_s(self.bind, self.password)
        except (ldap.INVALID_CREDENTIALS, ldap.NO_SUCH_OBJECT, ldap.INAPPROPRIATE_AUTH) as fault:
            connected.close()
            raise ServerRefused(
                f"`{connected.server}` refuses `{self.bind}`: {words_of(fault)}"
            ) from fault
        except FAULTS as fault:
            connected.close()
            raise self.gone(connected.server, fault) from fault


AWAY = (
    ldap.SERVER_DOWN,
    ldap.CONNECT_ERROR,
    ldap.TIMEOUT,
    ldap.BUSY,
    ldap.UNAVAILABLE,
)
"""Faults after which another server may answer."""


def words_of(fault: Exception) -> str:
    """What a fault of LDAP or of the connection says, without control characters."""
    if isinstance(fault, OSError):
        words = describe_fault(fault)
    else:
        told = fault.args[0] if fault.args and isinstance(fault.args[0], dict) else {}
        words = ": ".join(str(told[each]) for each in ("desc", "info") if told.get(each))
    found = words or str(fault) or type(fault).__name__
    return "".join(c if c.isprintable() else " " for c in found)[:300]
