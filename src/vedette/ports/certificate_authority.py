"""Whoever issues certificates for our servers when it has seen that the names are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Challenges(Protocol):
    """Where the authority's questions are answered for everybody to see (RFC 8555, section 8.3)."""

    def show(self, token: str, answer: str) -> None:
        """Answer this token from now on. From any thread."""

    def clear(self) -> None:
        """Answer none any more. From any thread."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A chain (PEM), the server's own certificate first. Nothing of it was checked yet."""

    chain: bytes


@dataclass(frozen=True, slots=True)
class Declined:
    """The authority was reached and gave none: why, and what to do about it, in words."""

    words: str
    advice: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What an authority says of a certificate of its own (RFC 9773). Times in seconds since 1970.

    `renew_at` is None where it says nothing; `ask_again` is when to ask next.
    """

    renew_at: float | None
    ask_again: float


class CertificateAuthority(Protocol):
    """Blocks: each call may take minutes, and belongs into a thread."""

    def order(self, names: Sequence[str], request: bytes, shown: Challenges) -> Issued | Declined:
        """Have a certificate made for `names` by a signing request (PEM).

        Raises:
            Unavailable: the authority can't be reached, or answers nothing that is understood.
        """

    def advice(self, chain: bytes) -> Advice:
        """When it wants a certificate of its own renewed.

        Raises:
            Unavailable: as `order`.
        """
