"""Whose a ticket is, by what the domain controller wrote into it: the person's security identifier.

Names in an Active Directory's tickets are those that were asked for, and may be a name that
somebody gave themselves; the identifier is given once and for good. It stands in the part of the
PAC with names for people (MS-PAC 2.10, UPN_DNS_INFO), beside the name that logs on. The PAC's
signature was verified by whoever accepted the ticket.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.protocol.ldap_entries import sid_text

NAMES = "urn:mspac:upn-dns-info"
"""What the library calls that part."""
_HEAD, _MORE = 12, 20
_EXTENDED = 0x2


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the domain controller means. Empty where it does not say: no update since November 2021."""

    sid: str = ""


def named_in(data: bytes) -> Named:
    """Read that part. Total: what can't be read says nothing."""
    if len(data) < _MORE or not int.from_bytes(data[8:_HEAD], "little") & _EXTENDED:
        return Named()
    length, offset = (int.from_bytes(data[at : at + 2], "little") for at in (16, 18))
    if offset < _MORE or offset + length > len(data):
        return Named()
    return Named(sid_text(data[offset : offset + length]))
