"""Takes tickets by MIT Kerberos' GSS-API library (RFC 2743, RFC 4121, RFC 4178)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import gssapi
from gssapi import raw

from vedette.ports.tickets import RefusedTicket, TakenTicket, TicketFault
from vedette.protocol.kerberos.negotiate import is_ntlm
from vedette.protocol.kerberos.pac import NAMES, named_in
from vedette.protocol.kerberos.principals import principal_of

_SPNEGO = raw.OID.from_int_seq("1.3.6.1.5.5.2")
_KERBEROS = raw.MechType.kerberos
_SAID: Mapping[str, TicketFault] = MappingProxyType(
    {
        "is a replay": TicketFault.REPLAYED,
        "clock skew": TicketFault.SKEW,
        "ticket not yet valid": TicketFault.SKEW,
        "ticket expired": TicketFault.EXPIRED,
        "wrong principal": TicketFault.SERVICE,
        "not found in keytab": TicketFault.SERVICE,
        "cannot find key for": TicketFault.SERVICE,
        "cannot decrypt ticket": TicketFault.SERVICE,
        "decrypt integrity check failed": TicketFault.SERVICE,
        "key version": TicketFault.SERVICE,
        "no key table entry": TicketFault.SERVICE,
        "encryption type": TicketFault.SERVICE,
    }
)
"""What the library says in words. It gives no numbers through SPNEGO that stay the same."""
_KINDS: Mapping[type[raw.GSSError], TicketFault] = MappingProxyType(
    {
        raw.BadChannelBindingsError: TicketFault.BINDING,
        raw.BadMechanismError: TicketFault.MECHANISM,
        raw.DuplicateTokenError: TicketFault.REPLAYED,
        raw.ExpiredCredentialsError: TicketFault.EXPIRED,
        raw.InvalidTokenError: TicketFault.MALFORMED,
        raw.MissingCredentialsError: TicketFault.MECHANISM,
    }
)


@dataclass(frozen=True, slots=True)
class GssTickets:
    """The Tickets of one service: its `principal`, and the file with its keys.

    The keys are read anew for each ticket, so that a new keytab counts at once. `seen` remembers
    tickets that were shown, for as long as they could be shown again.
    """

    principal: str
    keytab: Path
    seen: Path

    def take(self, token: bytes, bindings: bytes) -> TakenTicket | RefusedTicket:
        """Judge a token.

        1. What is no token, or NTLM, never reaches the library. 2. Only Kerberos inside SPNEGO is
        taken, for our name alone. 3. One round: who wants more is not answered. 4. What the person
        delegates to us is let go. 5. The name must be a person's.
        """
        if not token:  # (1)
            return RefusedTicket(TicketFault.MALFORMED)
        if is_ntlm(token):
            return RefusedTicket(TicketFault.MECHANISM, "NTLM")
        bound = raw.ChannelBindings(application_data=bindings) if bindings else None
        try:
            keys = self._keys()
        except raw.GSSError as fault:
            return RefusedTicket(TicketFault.KEYTAB, str(fault))
        try:
            done = raw.accept_sec_context(token, keys, None, bound)  # (2) (4)
        except raw.GSSError as fault:
            return _fault_of(fault)
        if done.more_steps or done.mech != _KERBEROS:  # (3)
            return RefusedTicket(TicketFault.MECHANISM, "more rounds")
        text = raw.display_name(done.initiator_name, name_type=False).name
        principal = principal_of(text.decode("utf-8", "replace"))
        if principal is None:  # (5)
            return RefusedTicket(TicketFault.NO_PERSON)
        return TakenTicket(
            principal=principal,
            sid=_sid(done.initiator_name),
            bound=bool(bindings and done.flags & raw.RequirementFlag.channel_bound),
            answer=done.token or b"",
        )

    def _keys(self) -> Any:
        named = raw.import_name(self.principal.encode(), gssapi.NameType.kerberos_principal)
        # Bytes, which live for as long as the call: of text the library (gssapi 1.12) keeps a pointer to
        # an encoded copy that is gone by then.
        where: dict[bytes | str, bytes | str] = {
            b"keytab": f"FILE:{self.keytab}".encode(),
            b"rcache": f"file2:{self.seen}".encode(),
        }
        return raw.acquire_cred_from(where, name=named, mechs=[_SPNEGO], usage="accept").creds


def _fault_of(fault: raw.GSSError) -> RefusedTicket:
    words = str(fault)
    for kind, meaning in _KINDS.items():
        if isinstance(fault, kind):
            return RefusedTicket(meaning, words)
    found = (meaning for said, meaning in _SAID.items() if said in words.lower())
    return RefusedTicket(next(found, TicketFault.OTHER), words)


def _sid(name: Any) -> str:
    """The identifier that the domain controller gave; only what the ticket's signature covers counts."""
    try:
        found = raw.get_name_attribute(name, NAMES.encode())
    except raw.GSSError:
        return ""
    return named_in(found.values[0]).sid if found.authenticated and found.values else ""
