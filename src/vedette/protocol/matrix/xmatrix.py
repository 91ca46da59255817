"""The X-Matrix authorisation header (Matrix server-server API v1.15, "Request authentication").

Parsing only: who claims to have signed the request, and for whom; `signed_request` verifies it.
The homeserver behind verifies it again, and both must read the same claim: Synapse cuts the header
at every comma, quoted or not, and keeps the last of what is said twice. So no value may hold a comma,
a quote or a space, and what is no known parameter may stand there but nothing may stand there twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vedette.core.names import InvalidName, ServerName

_PAIR = re.compile(
    r"""[ \t]*(?P<name>[A-Za-z0-9_-]+)=(?P<quote>"?)(?P<value>[A-Za-z0-9+/=:._~\[\]-]*)(?P=quote)"""
    r"[ \t]*"
)
_LONGEST = 2048


class XMatrixFault(ValueError):
    """The header is not an X-Matrix authorisation."""


@dataclass(frozen=True, slots=True)
class XMatrix:
    """Who signed (`origin`), for whom (`destination`, not sent by servers before 2022)."""

    origin: ServerName
    destination: ServerName | None
    key: str
    signature: str


def parse_xmatrix(header: bytes) -> XMatrix:
    """Parse the value of an Authorization header.

    Raises:
        XMatrixFault: another scheme, a repeated or missing parameter, or an invalid server name.
    """
    try:
        text = header.decode("ascii")
    except UnicodeDecodeError:
        raise XMatrixFault("the authorisation is not ASCII") from None
    scheme, _, rest = text.partition(" ")
    if scheme.lower() != "x-matrix" or len(text) > _LONGEST:
        raise XMatrixFault("the authorisation is not X-Matrix")
    values = _parameters(rest)
    try:
        origin = ServerName(values["origin"])
        if origin != values["origin"]:  # to Synapse, another spelling is another server
            raise XMatrixFault("`origin` is not in lower case")
        destination = ServerName(values["destination"]) if "destination" in values else None
        return XMatrix(origin, destination, values["key"], values["sig"])
    except KeyError as missing:
        raise XMatrixFault(f"the authorisation has no `{missing.args[0]}`") from None
    except InvalidName as fault:
        raise XMatrixFault(str(fault)) from None


def _parameters(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    position = 0
    while position < len(text):
        found = _PAIR.match(text, position)
        if found is None:
            raise XMatrixFault("the authorisation can't be read")
        name = found["name"].lower()
        if name in values:
            raise XMatrixFault(f"the authorisation says `{name}` twice")
        values[name] = found["value"]
        position = found.end()
        if position < len(text):
            if text[position] != ",":
                raise XMatrixFault("the authorisation can't be read")
            position += 1
    return values
