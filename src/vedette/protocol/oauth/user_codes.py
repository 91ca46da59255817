"""User codes of the device grant (RFC 8628 section 6.1): short, said aloud, typed on a phone."""

from __future__ import annotations

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants: no vowel makes a word, no letter looks like a digit."""

LENGTH = 8
"""Letters of a code: 34 bits, enough for a quarter of an hour and few attempts per address."""


def show(letters: str) -> str:
    """The code as people read it, in two groups."""
    return f"{letters[: LENGTH // 2]}-{letters[LENGTH // 2 :]}"


def normalise(typed: str) -> str | None:
    """The letters of a code as typed: case, blanks and hyphens don't count. None if it is none."""
    if len(typed) > 40:
        return None
    letters = "".join(letter for letter in typed.upper() if letter not in " -\u2010\u2011\u00a0")
    right = len(letters) == LENGTH and all(letter in ALPHABET for letter in letters)
    return letters if right else None
