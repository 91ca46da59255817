"""Where Kerberos tickets are taken that people's machines show (RFC 4178 over RFC 4559).

A ticket that is taken says whose it is, and nothing of whether that person may still come in: it was
given out hours ago, and goes on being taken after an account is disabled. Ask the directory after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from vedette.protocol.kerberos.principals import Principal


class TicketFault(StrEnum):
    """Why a token is not taken. People hear one sentence for all of them; the log tells them apart."""

    BINDING = "binding"
    """It is bound to another TLS connection: something stands between the browser and the gateway."""
    EXPIRED = "expired"
    KEYTAB = "keytab"
    """Our own keys can't be used."""
    MALFORMED = "malformed"
    MECHANISM = "mechanism"
    """It is NTLM or something else, or wants more rounds than are held."""
    NO_PERSON = "no-person"
    """It is of a service, or of nobody."""
    OTHER = "other"
    REPLAYED = "replayed"
    SERVICE = "service"
    """It is for another service, or was made with a key of ours that is not in the keytab."""
    SKEW = "skew"
    """The clocks of the machine and of this host differ by more than five minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenTicket:
    """Whose ticket it is.

    `sid` is the security identifier of an Active Directory, where its controller wrote one. `bound`
    says that it is bound to this TLS connection. `answer` proves to the browser who we are.
    """

    principal: Principal
    sid: str = ""
    bound: bool = False
    answer: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class RefusedTicket:
    """It counts for nothing. `detail` is the library's word for it, for the log."""

    fault: TicketFault
    detail: str = ""


class Tickets(Protocol):
    """Takes tickets. It blocks for a moment: for worker threads."""

    def take(self, token: bytes, bindings: bytes) -> TakenTicket | RefusedTicket:
        """Judge a token. Each is good once.

        `bindings` is what a ticket over this TLS connection must be bound to, if it is bound at all;
        empty where that is not known, and then a bound one counts as one that is not. Never raises.
        """
