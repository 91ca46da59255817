"""Texts as every database can hold them."""

from __future__ import annotations


def storable(text: str) -> str:
    """The text as every database can hold it: NUL and half surrogate pairs become U+FFFD.

    Device and client names are strangers' words: none of them may keep a row from being written.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "\ufffd")
