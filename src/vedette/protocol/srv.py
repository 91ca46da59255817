"""Services in the domain name system (RFC 2782): which host to try first, and which after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Chance = Callable[[int], int]
"""A whole number from 0 up to, and not including, the one given; all equally likely."""


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record. `target` is a host name without its closing dot; empty for the root."""

    priority: int
    weight: int
    port: int
    target: str


def offered(services: Iterable[Service]) -> bool:
    """Whether the service is offered: a single record with the root as target says it is not."""
    found = list(services)
    return not (len(found) == 1 and found[0].target == "")


def in_order(services: Iterable[Service], chance: Chance) -> list[Service]:
    """The hosts to try, the first one first.

    Lower priorities come first. Within one, each is drawn with a chance that grows with its weight;
    those without weight hardly ever come before others (RFC 2782, "Weight").
    """
    ordered: list[Service] = []
    usable = [each for each in services if each.target and each.port]
    for priority in sorted({each.priority for each in usable}):
        left = sorted((s for s in usable if s.priority == priority), key=lambda s: s.weight)
        while left:
            ordered.append(left.pop(_drawn(left, chance)))
    return ordered


def _drawn(left: list[Service], chance: Chance) -> int:
    point, run = chance(sum(each.weight for each in left) + 1), 0
    for index, each in enumerate(left):
        run += each.weight
        if run >= point:
            return index
    return len(left) - 1
