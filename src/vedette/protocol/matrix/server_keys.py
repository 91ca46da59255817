"""The signing keys of other servers (Matrix server-server API v1.15, "Retrieving server keys").

What a server publishes of itself is checked here, and kept apart: keys that sign requests now, and
old ones, which prove events of before and never a request. Notaries are not asked: their word would
count as much as the origin's own, and a request only ever comes from an origin that is there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vedette.core.names import InvalidName, ServerName
from vedette.protocol.matrix.canonical_json import JsonFault, canonical, parse_object

LONGEST_SECONDS = 7 * 86_400
"""A key is believed this long after it was fetched, whatever its server says ("Publishing Keys")."""
MOST_KEYS = 32
_KEY_ID = re.compile(r"ed25519:[A-Za-z0-9_]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=?")
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{86}(==)?")


class KeysFault(ValueError):
    """A server's keys can't be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """One public key. `raw` are its 32 bytes."""

    id: str
    raw: bytes
    _public: Ed25519PublicKey = field(compare=False, repr=False)

    @classmethod
    def of(cls, key_id: str, encoded: str) -> VerifyKey:
        """From its id and Base64, padded or not. Raises KeysFault."""
        if not _KEY_ID.fullmatch(key_id) or not _KEY.fullmatch(encoded):
            raise KeysFault(f"`{key_id[:80]}` is not an ed25519 key")
        raw = base64.b64decode(encoded.rstrip("=") + "=")
        return cls(key_id, raw, Ed25519PublicKey.from_public_bytes(raw))

    def signed(self, message: bytes, signature: str) -> bool:
        """Whether this key made the Base64 `signature` of `message`."""
        if not _SIGNATURE.fullmatch(signature):
            return False
        try:
            self._public.verify(base64.b64decode(signature[:86] + "=="), message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class OldKey:
    """A key that signs nothing any more; it proves events sent before `expired` (seconds)."""

    key: VerifyKey
    expired: float


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """What a server says of its keys, checked. Times are seconds since 1970."""

    server: ServerName
    current: Mapping[str, VerifyKey]
    old: Mapping[str, OldKey]
    valid_until: float

    def for_requests(self, key_id: str, now: float) -> VerifyKey | None:
        """The key that may sign a request now; an old one never."""
        return self.current.get(key_id) if now < self.valid_until else None

    def for_events(self, key_id: str, sent: float) -> VerifyKey | None:
        """The key that may have signed an event sent then; an old one before it expired."""
        if key_id in self.current and sent <= self.valid_until:
            return self.current[key_id]
        old = self.old.get(key_id)
        return old.key if old is not None and sent <= old.expired else None


def parse_published(data: bytes, server: ServerName, now: float) -> PublishedKeys:
    """Check the answer of `GET /_matrix/key/v2/server`.

    1. It is one clear JSON object, about the very server that was asked.
    2. It is valid now; for seven days at most, whatever it says.
    3. A current key counts only if it signed the answer itself: who publishes a key without having
       it could have others' requests taken for its own. A signature that does not hold, by whichever
       of its current keys, spoils the whole.

    Raises:
        KeysFault: something of this does not hold, or no key is left.
    """
    try:
        body = parse_object(data)
        named = ServerName(_text(body, "server_name"))
    except (JsonFault, InvalidName) as fault:  # (1)
        raise KeysFault(f"`{server}` publishes no keys that can be read: {fault}") from None
    if named != server:
        raise KeysFault(f"`{server}` publishes keys of `{named}`")
    until = min(_milliseconds(body.get("valid_until_ts")) / 1000, now + LONGEST_SECONDS)
    if until <= now:  # (2)
        raise KeysFault(f"the keys that `{server}` publishes have expired")
    current = _self_signed(body, named)
    if not current:  # (3)
        raise KeysFault(f"no key that `{server}` publishes has signed that it does")
    return PublishedKeys(server, current, _old(body), until)


def pinned(keys: Iterable[str], today: int) -> tuple[VerifyKey, ...]:
    """The keys of a partner's entry that may sign requests on this day (an ordinal).

    An entry reads `ed25519:<id> <base64>`, perhaps with ` until <day>`: from the next day on that key
    is an old one.
    """
    found = []
    for entry in keys:
        key_id, encoded, *rest = entry.split(" ")
        if not rest or date.fromisoformat(rest[1]).toordinal() >= today:
            found.append(VerifyKey.of(key_id, encoded))
    return tuple(found)


def _self_signed(body: dict[str, Any], server: ServerName) -> dict[str, VerifyKey]:
    published = _table(body, "verify_keys")
    # Written by the server itself, so under the very spelling of its name.
    signatures = _table(_table(body, "signatures"), str(body["server_name"]))
    message = canonical({k: v for k, v in body.items() if k not in ("signatures", "unsigned")})
    found = {}
    for key_id, entry in published.items():
        if key_id not in signatures or not key_id.startswith("ed25519:"):
            continue
        key = VerifyKey.of(key_id, _text(entry, "key"))
        if not key.signed(message, _text(signatures, key_id)):
            raise KeysFault(f"the keys of `{server}` carry a false signature")
        found[key_id] = key
    return found


def _old(body: dict[str, Any]) -> dict[str, OldKey]:
    found = {}
    for key_id, entry in _table(body, "old_verify_keys", may_lack=True).items():
        if key_id.startswith("ed25519:"):
            expired = _milliseconds(_table({"entry": entry}, "entry").get("expired_ts")) / 1000
            found[key_id] = OldKey(VerifyKey.of(key_id, _text(entry, "key")), expired)
    return found


def _table(body: Mapping[str, Any], name: str, *, may_lack: bool = False) -> dict[str, Any]:
    found = body.get(name, {} if may_lack else None)
    if not isinstance(found, dict) or len(found) > MOST_KEYS:
        raise KeysFault(f"`{name}` is not a table of at most {MOST_KEYS}")
    return found


def _text(body: object, name: str) -> str:
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, str):
        raise KeysFault(f"`{name}` is not a text")
    return found


def _milliseconds(value: object) -> int:
    # A time beyond what the appendix calls an integer is no time; a bool is an int in Python.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise KeysFault("a time is not in milliseconds")
    return value
