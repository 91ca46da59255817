"""What control signs, by keys that are changed: who signs, who verifies, and how a key hands over.

A key hands over to the next one in one line of canonical JSON with two signatures in it:

    {"at":…,"handed":…,"key":…,"next":…,"organisation":…,"taken":…}

`key` and `next` are the public halves (base64 of 32 bytes), `at` is when, in whole seconds since 1970
UTC. `handed` is the old key's signature over the rest: whoever knows the old key alone can follow to
the new one. `taken` is the new key's: only whoever holds the newest key says until when an older one
counted, so a thief of an old one can't have it count any longer.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from vedette.core.record import canonical

# Signed together with the fields, so that a signature for one purpose never serves another.
_HANDED, _TAKEN = b"vedette-key-handed-v1\n", b"vedette-key-taken-v1\n"


class Signer(Protocol):
    """Signs for the organisation: a private key, or whatever holds the newest one."""

    def sign(self, data: bytes, /) -> bytes:
        """The signature over `data`."""


class Verifier(Protocol):
    """Verifies what was signed: a public key, or those that count now."""

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """Return if the signature is one over `data`. Raises InvalidSignature."""


@runtime_checkable
class Dated(Protocol):
    """Keys of which each counts for what was signed in its time."""

    def at(self, when: int, /) -> Verifier:
        """Those that count for what says that it was signed then."""


def of_its_time(key: Verifier | Dated, when: int) -> Verifier:
    """The keys that count for what says that it was signed at `when`."""
    return key.at(when) if isinstance(key, Dated) else key


class HandoverFault(ValueError):
    """A line by which no key hands over; the message says why."""


@dataclass(frozen=True, slots=True)
class Before:
    """A key of before, which counts for what was signed up to `until` (seconds since 1970 UTC)."""

    key: Ed25519PublicKey
    until: int


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of an organisation: those that sign now (two while one hands over), and of before."""

    now: tuple[Ed25519PublicKey, ...]
    before: tuple[Before, ...] = ()

    def verify(self, signature: bytes, data: bytes, /) -> None:
        """As of what is signed now: no key of before counts. Raises InvalidSignature."""
        _verify(self.now, signature, data)

    def at(self, when: int, /) -> Keys:
        """Those that count for what was signed at `when`, all of them as keys of now."""
        return Keys((*self.now, *(each.key for each in self.before if when <= each.until)))


def _verify(keys: Iterable[Ed25519PublicKey], signature: bytes, data: bytes) -> None:
    for key in keys:
        try:
            key.verify(signature, data)
        except InvalidSignature:
            continue
        return
    raise InvalidSignature


def hand_over(organisation: str, key: Ed25519PrivateKey, to: Ed25519PrivateKey, now: int) -> bytes:
    """The line by which `key` hands over, without its newline."""
    fields = {
        "organisation": organisation,
        "key": _text(key.public_key()),
        "next": _text(to.public_key()),
        "at": now,
    }
    said = canonical(fields)
    handed, taken = key.sign(_HANDED + said), to.sign(_TAKEN + said)
    return canonical(
        {
            **fields,
            "handed": base64.b64encode(handed).decode(),
            "taken": base64.b64encode(taken).decode(),
        }
    )


def keys_of_before(
    lines: Sequence[bytes], organisation: str, now: Sequence[Ed25519PublicKey]
) -> tuple[Before, ...]:
    """The keys from which those of now took over, step by step, the newest first.

    1. A line counts when its `next` is a key of now, or of before by a line behind it. 2. Both
    signatures are theirs. 3. It is of this organisation. 4. An older key counts no longer than the
    one that took over from it.

    Raises:
        HandoverFault: a line is not one, or does not hold.
    """
    known: dict[str, int | None] = {_text(key): None for key in now}
    found: list[Before] = []
    for line in reversed(lines):
        fields, old = _read(line, organisation)
        if fields["next"] not in known:  # (1)
            raise HandoverFault("a key took over of which nothing leads to the one of now")
        later = known[str(fields["next"])]
        at = int(fields["at"]) if later is None else min(int(fields["at"]), later)  # (4)
        if fields["key"] not in known:
            known[str(fields["key"])] = at
            found.append(Before(old, at))
    return tuple(found)


def _read(line: bytes, organisation: str) -> tuple[dict[str, str | int], Ed25519PublicKey]:
    try:
        fields = json.loads(line)
        handed = base64.b64decode(fields.pop("handed"), validate=True)
        taken = base64.b64decode(fields.pop("taken"), validate=True)
        old, new = (_key(fields[name]) for name in ("key", "next"))
        fields["at"] = int(fields["at"])
        old.verify(handed, _HANDED + canonical(fields))  # (2)
        new.verify(taken, _TAKEN + canonical(fields))
        ours = fields["organisation"] == organisation
    except InvalidSignature:
        raise HandoverFault("the signatures by which a key hands over are not theirs") from None
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, RecursionError):
        raise HandoverFault("this is not how a key hands over") from None
    if not ours:  # (3)
        raise HandoverFault(f"this key hands over in `{fields['organisation']}`")
    return fields, old


def _key(text: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))


def _text(key: Ed25519PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()
