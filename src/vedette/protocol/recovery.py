"""Recovery codes: ten words on paper, each good once, for when the second factor is lost.

A code has 80 random bits, so a plain hash keeps it: nobody can try them all, not even with the
store in hand. Chance is passed in.
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


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, LENGTH, _GROUP))
