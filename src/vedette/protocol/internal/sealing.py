"""Who is named in the record: sealed so that erasing keys makes one person unreadable, and no chain.

In a record a person is a pseudonym, `~` and 22 characters: a commitment to the name (HMAC-SHA-256,
128 bits of it) under 32 random bytes that a door makes for that person and that segment of its log.
The chain is made over pseudonyms, so it holds whoever is erased; and nobody can put another name
behind a pseudonym, since it would not fit. What else is about a person alone, such as the reason of
an act or a device's id, is encrypted with the same key (AES-256-GCM, the record's number as nonce).

The keys lie beside the segment, sealed to control's X25519 key, which no door has. A file of keys:

    box <ephemeral X25519 public key>           made anew whenever a door starts or a segment begins
    ~<pseudonym> <number> <key and name, AES-256-GCM>
    ~<pseudonym> erased <record>                what erasing writes over such a line, filled with blanks
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vedette.core.asks import Act
from vedette.core.facts import REGISTRY
from vedette.core.record import canonical

VERSION = 2
"""The version of a record whose people are sealed; version 1 names them."""
MARK = "~"
LENGTH = 23
"""How many characters a pseudonym has."""

_KEY_BYTES = 32
_BOX = b"box "
_ERASED = b"erased "
_PERSON = ("@", MARK)


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a pseudonym stands for, and the key that commits to it."""

    name: str
    key: bytes


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One line of a file of keys: its box and number, or the record that erased it."""

    box: bytes = b""
    number: int = 0
    data: bytes = b""
    erased: str | None = None


def pseudonym(name: str, key: bytes) -> str:
    """What stands for `name` where `key` is used."""
    said = b"vedette-audit-name-v1\n" + name.encode("utf-8", "surrogatepass")
    digest = hmac.digest(key, said, hashlib.sha256)[:16]
    return MARK + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_person(name: object) -> bool:
    """Whether a name in a record is a person's, or would be taken for a pseudonym."""
    return isinstance(name, str) and name.startswith(_PERSON)


def _locked(key: bytes) -> AESGCM:
    return AESGCM(hashlib.sha256(b"vedette-audit-data-v1\n" + key).digest())


def _nonce(number: int) -> bytes:
    return number.to_bytes(12)


def _box_key(shared: bytes, ephemeral: bytes, recipient: bytes) -> AESGCM:
    info = b"vedette-audit-box-v1\n" + ephemeral + recipient
    return AESGCM(HKDF(SHA256(), _KEY_BYTES, None, info).derive(shared))


@dataclass(slots=True)
class Sealer:
    """Seals the records of one segment. `fresh` are lines of keys that are not on disk yet.

    One Sealer must never seal two different records of one number.
    """

    recipient: X25519PublicKey
    fresh: list[bytes] = field(default_factory=list)
    _box: AESGCM | None = None
    _count: int = 0
    _known: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def seal(self, entry: dict[str, Any], number: int) -> dict[str, Any]:
        """`entry`, a record that was made just now, with every person in it sealed in place."""
        entry["v"] = VERSION
        if "act" not in entry:
            return entry
        self._hide(entry, number)
        entry["who"] = self._name(entry["who"])
        if entry["where"] is not None:
            entry["where"] = self._name(entry["where"])
        for question in entry["questions"]:
            question["whom"] = self._name(question["whom"])
        decision = entry["decision"]
        if decision["towards"] is not None:
            decision["towards"] = self._name(decision["towards"])
        return entry

    def forget(self, erased: set[str]) -> None:
        """Make new keys for those whose pseudonyms were erased."""
        self._known = {name: known for name, known in self._known.items() if known[0] not in erased}

    def _name(self, name: str) -> str:
        if not name.startswith(_PERSON):
            return name
        return (self._known.get(name) or self._make(name))[0]

    def _make(self, name: str) -> tuple[str, bytes]:
        key = AESGCM.generate_key(256)
        own = self._known[name] = (pseudonym(name, key), key)
        box = self._box or self._begin()
        self._count += 1
        plain = key + name.encode("utf-8", "surrogatepass")
        data = box.encrypt(_nonce(self._count), plain, own[0].encode())
        line = f"{own[0]} {self._count} {base64.b64encode(data).decode()}\n"
        self.fresh.append(line.encode())
        return own

    def _begin(self) -> AESGCM:
        ephemeral = X25519PrivateKey.generate()
        public = ephemeral.public_key().public_bytes_raw()
        self.fresh.append(_BOX + base64.b64encode(public) + b"\n")
        shared = ephemeral.exchange(self.recipient)
        self._box = _box_key(shared, public, self.recipient.public_bytes_raw())
        return self._box

    def _hide(self, entry: dict[str, Any], number: int) -> None:
        """Encrypt claims that no rule can read, for whom the act is about, or else who does it."""
        hidden = {name: text for name, text in entry["claims"].items() if name not in REGISTRY}
        owner = _owner(entry) if hidden else None
        if owner is None:
            return
        by, key = self._known.get(owner) or self._make(owner)
        data = _locked(key).encrypt(_nonce(number), canonical(hidden), str(entry["id"]).encode())
        entry["claims"] = {n: text for n, text in entry["claims"].items() if n not in hidden}
        entry["sealed"] = {"by": by, "data": base64.b64encode(data).decode()}


def _owner(entry: Mapping[str, Any]) -> str | None:
    """With whose key claims are encrypted. Why somebody was erased is kept with who did it."""
    about = [question["whom"] for question in entry["questions"]] + [entry["claims"].get("what")]
    if entry["act"] == Act.ADMINISTRATION_PERSON_ERASE:
        about = []
    return next((str(name) for name in (*about, entry["who"]) if is_person(name)), None)


def read_keys(data: bytes) -> dict[str, SealedKey]:
    """A file of keys by pseudonym. A line that is none of ours is left out: its person stays sealed."""
    found: dict[str, SealedKey] = {}
    box = b""
    for line in data.split(b"\n")[:-1]:  # what follows the last newline was being written
        if line.startswith(_BOX):
            box = line[len(_BOX) :]
            continue
        name, rest = line[:LENGTH].decode("ascii", "replace"), line[LENGTH + 1 :]
        if rest.startswith(_ERASED):
            found[name] = SealedKey(erased=rest[len(_ERASED) :].decode("ascii", "replace").strip())
            continue
        number, _, sealed = rest.partition(b" ")
        if number.isdigit():
            found[name] = SealedKey(box, int(number), sealed)
    return found


def erasure(line: bytes, record: str) -> bytes:
    """What is written over a line of a file of keys, of the very same length, newline apart."""
    said = line[: LENGTH + 1] + _ERASED
    return (said + record.encode())[: len(line)].ljust(len(line))


@dataclass(slots=True)
class Opener:
    """Opens what was sealed to control, by whichever of its keys: `private`, the newest first."""

    private: Sequence[X25519PrivateKey]
    _boxes: dict[bytes, tuple[AESGCM, ...]] = field(default_factory=dict)
    """Each box as every key would open it, or as the one key that did."""

    def person(self, name: str, sealed: SealedKey) -> Person | None:
        """Whom the pseudonym `name` stands for; None where it was erased or does not fit."""
        if sealed.erased is not None:
            return None
        try:
            data = base64.b64decode(sealed.data, validate=True)
            plain = self._decrypt(sealed, data, name)
            key, said = plain[:_KEY_BYTES], plain[_KEY_BYTES:].decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError, binascii.Error, OverflowError):
            return None
        return Person(said, key) if pseudonym(said, key) == name else None

    def _decrypt(self, sealed: SealedKey, data: bytes, name: str) -> bytes:
        ways = self._box(sealed.box)
        for way in ways[:-1]:
            with contextlib.suppress(InvalidTag):
                plain = way.decrypt(_nonce(sealed.number), data, name.encode())
                self._boxes[sealed.box] = (way,)
                return plain
        return ways[-1].decrypt(_nonce(sealed.number), data, name.encode())

    def _box(self, box: bytes) -> tuple[AESGCM, ...]:
        found = self._boxes.get(box)
        if found is None:
            public = base64.b64decode(box, validate=True)
            theirs = X25519PublicKey.from_public_bytes(public)
            found = self._boxes[box] = tuple(
                _box_key(key.exchange(theirs), public, key.public_key().public_bytes_raw())
                for key in self.private
            )
        return found


PersonOf = Callable[[str], Person | None]
"""Whom a pseudonym stands for; None where nobody can tell any more."""


def opened(entry: Mapping[str, Any], person_of: PersonOf) -> dict[str, Any]:
    """A record with its people named again; whom nobody can tell any more stays a pseudonym.

    What is returned is to be read, not to be hashed. Records of version 1 come back as they are.
    """
    made = dict(entry)
    if entry.get("v") != VERSION:
        return made

    def name(said: Any) -> Any:
        if not isinstance(said, str) or not said.startswith(MARK):
            return said
        person = person_of(said)
        return said if person is None else person.name

    for part in ("who", "where"):
        if part in made:
            made[part] = name(made[part])
    if isinstance(made.get("questions"), list):
        made["questions"] = [
            {**question, "whom": name(question.get("whom"))}
            for question in made["questions"]
            if isinstance(question, dict)
        ]
    if isinstance(made.get("decision"), dict):
        made["decision"] = {**made["decision"], "towards": name(made["decision"].get("towards"))}
    return _revealed(made, person_of)


def _revealed(entry: dict[str, Any], person_of: PersonOf) -> dict[str, Any]:
    """The record with its hidden claims among the others, where they can still be read."""
    sealed = entry.get("sealed")
    try:
        person = person_of(sealed["by"]) if isinstance(sealed, dict) else None
        if person is None or not isinstance(sealed, dict):
            return entry
        id_ = str(entry.get("id"))
        number = int(id_.rpartition(":")[2])
        data = base64.b64decode(sealed["data"], validate=True)
        hidden = json.loads(_locked(person.key).decrypt(_nonce(number), data, id_.encode()))
        entry["claims"] = {**entry["claims"], **hidden}
    except (InvalidTag, KeyError, TypeError, ValueError, OverflowError, binascii.Error):
        return entry
    del entry["sealed"]
    return entry
