"""How the gateway's certificate stands, as the gateway tells control and the doctor; no key in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum

PATH = "/vedette/inner/v1/server-certificate/renew"
"""`POST`: order a new certificate now. The body is empty; the answer is the state afterwards."""


class Origin(StrEnum):
    """Where the certificate in use comes from."""

    ACME = "acme"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """What becomes of orders. Times are seconds since 1970.

    `wanted` are the names, and `under` stands for what the boot file said when this was told.
    `next_at` is when the gateway orders next, `tried_at` when it did last, `failures` how many
    orders in a row came to nothing, `trouble` and `advice` why the last one did and what to do
    about it; both are empty where it succeeded, or none was made yet.
    """

    origin: Origin
    wanted: tuple[str, ...]
    under: str
    next_at: float
    tried_at: float | None = None
    failures: int = 0
    trouble: str = ""
    advice: str = ""


class OrderingFault(ValueError):
    """The bytes say nothing of orders."""


def encode(state: Ordering) -> bytes:
    """The state as JSON."""
    return json.dumps(asdict(state), indent=1).encode()


def decode(data: bytes) -> Ordering:
    """The state that JSON says. Raises OrderingFault."""
    try:
        told = json.loads(data)
        if set(told) != {each.name for each in fields(Ordering)}:
            raise OrderingFault("these are other fields")
        tried = told["tried_at"]
        return Ordering(
            origin=Origin(told["origin"]),
            wanted=tuple(map(str, told["wanted"])),
            under=str(told["under"]),
            next_at=float(told["next_at"]),
            tried_at=None if tried is None else float(tried),
            failures=int(told["failures"]),
            trouble=str(told["trouble"]),
            advice=str(told["advice"]),
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise OrderingFault("this says nothing of orders") from fault
