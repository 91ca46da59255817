"""Tickets in memory: a token is its person's name, and says how it was made."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.ports.tickets import RefusedTicket, TakenTicket, TicketFault
from vedette.protocol.kerberos.principals import principal_of


@dataclass(slots=True)
class MemoryTickets:
    """The Tickets that tests make by hand: `ticket` gives one out, and only such are taken, once."""

    made: dict[bytes, tuple[str, str, bytes]] = field(default_factory=dict)
    fault: TicketFault | None = None
    """While set, nothing is taken, for this reason."""

    def ticket(self, name: str, *, sid: str = "", bindings: bytes = b"") -> bytes:
        """A ticket of this name; `bindings` is what it is bound to, if anything."""
        token = f"ticket-{len(self.made)}".encode()
        self.made[token] = (name, sid, bindings)
        return token

    def take(self, token: bytes, bindings: bytes) -> TakenTicket | RefusedTicket:
        """Whose ticket it is."""
        if self.fault is not None:
            return RefusedTicket(self.fault)
        found = self.made.get(token)
        if found is None:
            return RefusedTicket(TicketFault.MALFORMED)
        name, sid, bound = found
        if bound and bindings and bound != bindings:
            return RefusedTicket(TicketFault.BINDING)
        if not name:
            return RefusedTicket(TicketFault.REPLAYED)
        self.made[token] = ("", sid, bound)
        principal = principal_of(name)
        if principal is None:
            return RefusedTicket(TicketFault.NO_PERSON)
        return TakenTicket(
            principal=principal, sid=sid, bound=bool(bound and bindings), answer=b"answer:" + token
        )
