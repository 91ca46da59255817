"""Names over DNS: the machine's own resolvers, or those that the boot file names.

Only DNS is asked, never a hosts file: a server that is to be found elsewhere gets a route in the
boot file. Nothing is remembered here; answers carry for how long they may be believed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from vedette.ports.errors import Unavailable
from vedette.ports.names import Addresses, Services
from vedette.protocol.srv import Service

_SECONDS = 8.0
_ABSENT_SECONDS = 300.0
"""How long it is believed that there is nothing: zones say so themselves, but not for too long."""
_MOST = 16
"""The most records of one answer that are looked at."""


@dataclass(slots=True)
class DnsNames:
    """The Names that asks DNS. `servers` are `(address, port)`; empty: the machine's own."""

    servers: Sequence[tuple[str, int]] = ()
    _resolver: dns.asyncresolver.Resolver | None = field(default=None, repr=False)

    async def addresses(self, host: str) -> Addresses:
        """IPv6 and IPv4 in turn. Raises Unavailable."""
        asked = [self._ask(host, kind) for kind in (dns.rdatatype.AAAA, dns.rdatatype.A)]
        answers: list[tuple[list[Any], float]] = []
        faults: list[BaseException] = []
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            if isinstance(answer, BaseException):
                faults.append(answer)
            else:
                answers.append(answer)
        found = _in_turn(*[[str(record.address) for record in records] for records, _ in answers])
        if faults and not found:
            raise faults[0]
        return Addresses(tuple(found[:_MOST]), min(seconds for _, seconds in answers))

    async def services(self, name: str) -> Services:
        """The SRV records. Raises Unavailable."""
        records, seconds = await self._ask(name, dns.rdatatype.SRV)
        return Services(tuple(_service(record) for record in records[:_MOST]), seconds)

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> tuple[list[Any], float]:
        """The records and how long to believe them. Raises Unavailable."""
        try:
            asked = dns.name.from_text(name)
            answer = await self._own().resolve(asked, kind, search=False, lifetime=_SECONDS)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return [], _ABSENT_SECONDS
        except (dns.exception.DNSException, OSError, UnicodeError) as fault:
            raise Unavailable(f"DNS does not say where `{name}` is: {_words(fault)}") from fault
        return list(answer), float(answer.rrset.ttl if answer.rrset is not None else 0)

    def _own(self) -> dns.asyncresolver.Resolver:
        """The resolver, made at the first question: without a configuration there is none."""
        if self._resolver is None:
            made = dns.asyncresolver.Resolver(configure=not self.servers)
            if self.servers:
                made.nameservers = [dns.nameserver.Do53Nameserver(*each) for each in self.servers]
            self._resolver = made
        return self._resolver


def _in_turn(*families: list[str]) -> list[str]:
    """One of each family in turn, so that a family that does not work costs one attempt."""
    longest = max((len(each) for each in families), default=0)
    return [each[index] for index in range(longest) for each in families if index < len(each)]


def _service(record: Any) -> Service:
    target = record.target.to_text(omit_final_dot=True).lower()
    target = "" if record.target == dns.name.root else target
    return Service(record.priority, record.weight, record.port, target)


def _words(fault: BaseException) -> str:
    if isinstance(fault, dns.exception.Timeout):
        return "no answer in time"
    if isinstance(fault, dns.resolver.NoNameservers):
        return "every resolver failed"
    return str(fault) or type(fault).__name__
