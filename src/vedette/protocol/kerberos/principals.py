"""Names of Kerberos: `anna@CORP.EXAMPLE` is a person, `HTTP/chat.corp.example@CORP.EXAMPLE` a service."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REALM = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?"
_PERSON = re.compile(rf"(?P<name>[A-Za-z0-9._+=-]{{1,100}})@(?P<realm>{_REALM})")
SERVICE = rf"^HTTP/[A-Za-z0-9]([A-Za-z0-9.-]{{0,253}}[A-Za-z0-9])?@{_REALM}$"
"""The form of our own name: `HTTP/` and the host of the public address, as browsers ask for it."""
REALM = rf"^{_REALM}$"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody of one part: no service, no `name/admin`. Upper and lower case differ (RFC 4120, 6)."""

    name: str
    realm: str

    def __str__(self) -> str:
        return f"{self.name}@{self.realm}"


def principal_of(text: str) -> Principal | None:
    """The person that a name in a ticket is of; None for everything that is none."""
    found = _PERSON.fullmatch(text)
    return None if found is None else Principal(found["name"], found["realm"])


def realm_of(text: str) -> str:
    """The realm of a name that is well formed."""
    return text.rpartition("@")[2]
