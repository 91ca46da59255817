"""A DNS server of the tests' own on loopback: real packets over UDP, answers from a table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

TTL = 120


@dataclass
class Zone:
    """What is answered: `(name, type)` to records in zone-file spelling. Changed while it serves.

    A name that stands nowhere does not exist. `broken` names are answered SERVFAIL, `silent` ones
    not at all. `once` answers are given the first time only.
    """

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    once: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    ttl: int = TTL
    asked: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.silent:
            return None
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
            return reply.to_wire()
        self._fill(reply, name, kind)
        return reply.to_wire()

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            found = self.once.pop((name, kind), None) or self.records.get((name, kind))
            if found:
                reply.answer.append(dns.rrset.from_text(f"{name}.", self.ttl, "IN", kind, *found))
                return
            alias = self.records.get((name, "CNAME"))
            if not alias:
                break
            reply.answer.append(dns.rrset.from_text(f"{name}.", self.ttl, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".").lower()
        if not reply.answer and not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self.zone.answer(data)
        if answer is not None:
            self.transport.sendto(answer, addr)  # type: ignore[attr-defined]


@asynccontextmanager
async def dns_server(zone: Zone) -> AsyncIterator[tuple[str, int]]:
    """Serve `zone` on a free port; yields address and port."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Protocol(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[:2]
    finally:
        transport.close()
