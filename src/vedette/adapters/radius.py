"""Second-factor servers that speak RADIUS (RFC 2865), several of them in order.

A password travels as PAP, hidden by the shared secret only: give the servers a network of their own.
Every request carries a Message-Authenticator as its first attribute, and an answer without one is
no answer (RFC 3579 section 3.2; CVE-2024-3596). A server that doesn't answer is left alone for a
minute and the next one is asked; a challenge can be carried on only by the server that made it.
"""

from __future__ import annotations

import json
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyrad import packet  # type: ignore[import-untyped]  # it ships no types
from pyrad.client import Client, Timeout  # type: ignore[import-untyped]  # it ships no types

from vedette.ports.errors import Unavailable
from vedette.ports.factors import Accepted, Challenged, Rejected, ServerAnswer

_TOTAL_SECONDS = 10.0
_DEAD_SECONDS = 60.0
_TRIES = 2
_SHORTEST_SECRET = 16  # RFC 2865 section 3: "large and unguessable"
_LONGEST_VALUE = 253
_LONGEST_PASSWORD = 128  # RFC 2865 section 5.2
_LONGEST_WORDS = 1000

# RFC 2865 section 5; the dictionary is not needed for eight numbers
_USER_NAME, _USER_PASSWORD, _SERVICE_TYPE = 1, 2, 6
_REPLY_MESSAGE, _STATE, _CALLING_STATION, _NAS_IDENTIFIER, _NAS_PORT_TYPE = 18, 24, 31, 32, 61
_AUTHENTICATE_ONLY = (8).to_bytes(4, "big")
_VIRTUAL = (5).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class RadiusServer:
    """One server: its name in the boot file, where it is, and the secret shared with it."""

    name: str
    host: str
    port: int
    secret: bytes = field(repr=False)


def radius_server(name: str, address: str, secret_file: Path) -> RadiusServer:
    """A server as the boot file names it: `host:port`, and the file that holds the secret.

    Raises:
        ValueError: the address has no port, or the secret is shorter than 16 bytes.
        OSError: the file can't be read.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise ValueError(f"the address `{address}` of RADIUS server `{name}` is not `host:port`")
    secret = secret_file.read_bytes().strip()
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"the secret of RADIUS server `{name}` is shorter than 16 bytes")
    return RadiusServer(name, host.strip("[]"), int(port), secret)


@dataclass(slots=True)
class RadiusServers:
    """The SecondFactorServer port over servers in order. May be used from several threads.

    `identifier` tells the servers who asks (NAS-Identifier). No call lasts longer than `total`
    seconds, however many servers are silent.
    """

    servers: Sequence[RadiusServer]
    identifier: str
    total: float = _TOTAL_SECONDS
    dead_for: float = _DEAD_SECONDS
    _dead_until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, user: str, address: str, credential: str) -> ServerAnswer:
        """Show a credential to the first server that answers. Raises Unavailable."""
        attributes = self._attributes(user, address, credential)
        if attributes is None:
            return Rejected()
        servers = self._in_order()
        end = time.monotonic() + self.total
        for position, server in enumerate(servers):
            share = (end - time.monotonic()) / (len(servers) - position)
            try:
                return self._ask(server, attributes, credential, share)
            except Unavailable:
                continue
        raise Unavailable(f"no RADIUS server gave an answer that can be trusted: {_names(servers)}")

    def carry_on(self, user: str, address: str, credential: str, state: bytes) -> ServerAnswer:
        """Answer the challenge of one server. Raises Unavailable."""
        attributes = self._attributes(user, address, credential)
        challenge = _unpacked(state)
        if attributes is None or challenge is None or challenge.user != user:
            return Rejected()
        for server in self.servers:
            if server.name == challenge.server:
                attributes[_STATE] = challenge.state
                return self._ask(server, attributes, credential, self.total)
        raise Unavailable(
            f"the RADIUS server `{challenge.server}` that asked is no longer in the boot file"
        )

    def _attributes(self, user: str, address: str, credential: str) -> dict[int, bytes] | None:
        """The request's attributes but the password; None if RADIUS can't carry what was typed.

        A zero byte ends a hidden password (RFC 2865 section 5.2), so with one in it a credential
        would be read as a shorter one.
        """
        if not user or _has_controls(user) or _has_controls(credential):
            return None
        try:
            name, password = user.encode(), credential.encode()
        except UnicodeEncodeError:
            return None
        if len(name) > _LONGEST_VALUE or len(password) > _LONGEST_PASSWORD:
            return None
        return {
            _USER_NAME: name,
            _SERVICE_TYPE: _AUTHENTICATE_ONLY,
            _CALLING_STATION: address.encode()[:_LONGEST_VALUE],
            _NAS_IDENTIFIER: self.identifier.encode()[:_LONGEST_VALUE],
            _NAS_PORT_TYPE: _VIRTUAL,
        }

    def _in_order(self) -> list[RadiusServer]:
        """Those that were silent lately come last: when all are, each still gets its chance."""
        now = time.monotonic()
        with self._lock:
            return sorted(self.servers, key=lambda one: self._dead_until.get(one.name, 0.0) > now)

    def _ask(
        self, server: RadiusServer, attributes: dict[int, bytes], credential: str, seconds: float
    ) -> ServerAnswer:
        try:
            reply = _exchanged(server, attributes, credential, seconds)
            answer = _understood(server.name, attributes[_USER_NAME].decode(), reply)
        except Unavailable:
            self._note(server, time.monotonic() + self.dead_for)
            raise
        self._note(server, 0.0)
        return answer

    def _note(self, server: RadiusServer, dead_until: float) -> None:
        with self._lock:
            self._dead_until[server.name] = dead_until


def _exchanged(
    server: RadiusServer, attributes: dict[int, bytes], credential: str, seconds: float
) -> Any:
    """The server's verified answer. A repeated request is the same packet, so a server that only
    lost its answer gives it again, and no one-time code is used twice. Raises Unavailable.
    """
    client = Client(
        server=server.host,
        authport=server.port,
        secret=server.secret,
        retries=_TRIES,
        timeout=max(seconds, 0.1) / _TRIES,
        enforce_ma=True,
    )
    try:
        request = client.CreateAuthPacket(code=packet.AccessRequest)
        request.add_message_authenticator()  # first of all attributes
        for code, value in attributes.items():
            request[code] = [value]
        request[_USER_PASSWORD] = [request.PwCrypt(credential)]
        return client.SendPacket(request)
    except Timeout:
        raise Unavailable(
            f"the RADIUS server `{server.name}` gave no answer with a Message-Authenticator"
            " under the shared secret"
        ) from None
    except (OSError, ValueError) as fault:
        raise Unavailable(f"the RADIUS server `{server.name}` can't be asked: {fault}") from fault
    finally:
        client._CloseSocket()  # noqa: SLF001  # it offers no other way, and would wait for the collector


def _understood(name: str, user: str, reply: Any) -> ServerAnswer:
    """What a verified answer says. Raises Unavailable for one that can't be acted on."""
    words = _words(list(reply.get(_REPLY_MESSAGE, [])))
    if reply.code == packet.AccessAccept:
        return Accepted(name)
    if reply.code == packet.AccessReject:
        return Rejected(words)
    states = list(reply.get(_STATE, []))
    if reply.code != packet.AccessChallenge or len(states) != 1:
        raise Unavailable(f"the RADIUS server `{name}` gave an answer that leads nowhere")
    return Challenged(_packed(_Challenge(name, user, states[0])), words)


def _words(messages: list[bytes]) -> str:
    """What a server tells the person: text on lines, and nothing that moves a cursor."""
    text = b"\n".join(messages).decode("utf-8", "replace")
    kept = "".join(one for one in text if one == "\n" or not _is_control(one))
    return kept.strip()[:_LONGEST_WORDS]


def _has_controls(text: str) -> bool:
    return any(map(_is_control, text))


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class _Challenge:
    """Whom a server challenged, and what it wants to see again."""

    server: str
    user: str
    state: bytes


def _packed(challenge: _Challenge) -> bytes:
    body = {
        "server": challenge.server,
        "user": challenge.user,
        "state": challenge.state.hex(),
    }
    return json.dumps(body).encode()


def _unpacked(state: bytes) -> _Challenge | None:
    try:
        body = json.loads(state)
        found = _Challenge(str(body["server"]), str(body["user"]), bytes.fromhex(body["state"]))
    except (ValueError, KeyError, TypeError):
        return None
    return found if len(found.state) <= _LONGEST_VALUE else None


def _names(servers: Sequence[RadiusServer]) -> str:
    return ", ".join(f"`{one.name}`" for one in servers) or "none is set"
