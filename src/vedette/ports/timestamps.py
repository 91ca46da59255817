"""Somebody else's word for when something was there already."""

from __future__ import annotations

from typing import Protocol


class TimestampAuthority(Protocol):
    """Signs, with a key that this organisation has not, that it saw some data at a time."""

    def stamp(self, data: bytes) -> bytes:
        """The authority's verified answer over `data` (RFC 3161, TimeStampResp in DER).

        Raises:
            Unavailable: it gave none, or one that does not hold.
        """
