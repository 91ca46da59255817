"""Recovery codes: words on paper for when something was lost. Chance is passed in.

A person has ten, each good once, for when the second factor is lost. A code has 80 random bits, so a
plain hash keeps it: nobody can try them all, not even with the store in hand.

An organisation has one offline code, for when it has locked itself out. It has 160 random bits.
"""

from __future__ import annotations

import hashlib

COUNT = 10
LENGTH = 16
RANDOM_BYTES = COUNT * LENGTH
"""How many random bytes `codes` takes: one for each letter."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # without i, l, o, u: none looks like another
_LOOK_ALIKES = str.maketrans({"o": "0", "i": "1", "l": "1"})
_GROUP = 4
_LONGEST = 64
OFFLINE_BYTES = 32
"""How many random bytes `offline_code` takes: one for each letter."""


def codes(random: bytes) -> tuple[str, ...]:
    """Ten codes in groups of four letters, from `RANDOM_BYTES` random bytes.

    Raises:
        ValueError: not that many bytes.
    """
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"recovery codes are made from {RANDOM_BYTES} bytes, not {len(random)}")
    letters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random)  # 256 is 8 times 32
    return tuple(
        _grouped(letters[start : start + LENGTH]) for start in range(0, RANDOM_BYTES, LENGTH)
    )


def normalise(text: str) -> str | None:
    """The code that a person meant: case, gaps and look-alikes don't matter. None if it is none."""
    if len(text) > _LONGEST:
        return None
    bare = "".join(text.split()).replace("-", "").lower().translate(_LOOK_ALIKES)
    if len(bare) != LENGTH or not set(bare) <= set(_ALPHABET):
        return None
    return bare


def digest(code: str, localpart: str) -> str:
    """What the store keeps of a code, as hex. It is bound to the person.

    Raises:
        ValueError: `code` is not a recovery code.
    """
    bare = normalise(code)
    if bare is None:
        raise ValueError("this is not a recovery code")
    return hashlib.sha256(f"vedette recovery\0{localpart}\0{bare}".encode()).hexdigest()


def offline_code(random: bytes) -> str:
    """An offline code in eight groups of four letters, from `OFFLINE_BYTES` random bytes.

    Raises:
        ValueError: not that many bytes.
    """
    if len(random) != OFFLINE_BYTES:
        raise ValueError(f"an offline code is made from {OFFLINE_BYTES} bytes, not {len(random)}")
    return _grouped("".join(_ALPHABET[byte % len(_ALPHABET)] for byte in random))


def offline_digest(text: str, organisation: str) -> str:
    """What is kept of an offline code, as hex, bound to the organisation. Any text has one.

    Case, gaps and look-alikes don't matter.
    """
    bare = "".join(text[:400].split()).replace("-", "").lower().translate(_LOOK_ALIKES)
    return hashlib.sha256(f"vedette offline\0{organisation}\0{bare}".encode()).hexdigest()


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
