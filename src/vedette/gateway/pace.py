"""How much a server may send: counted for each partner once its signature is verified, and for the
address that it comes from before.

What comes too fast waits; what would have to wait too long is asked to come again. An honest
homeserver so slowed loses nothing: it waits for each answer before it sends more.

All times are seconds of a clock that never goes back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from vedette.core.settings.federation import Limits

PATIENCE_SECONDS = 10.0
"""The longest that a request is held back before it is asked to come again."""
_MINUTE = 60.0
_T = TypeVar("_T")
_MOST_COUNTED = 10_000

FALSE_SIGNATURES = 20
"""So many false signatures a minute may come from one address; then its requests go unread."""
STRANGERS_AT_ONCE = 64
"""Requests of one address that are not verified yet."""
UNPROVEN_BYTES = 64 << 20
"""Bodies that are read for addresses from which nothing was verified lately, all together."""
PROVEN_BYTES = 256 << 20
"""Bodies that are read for all other addresses."""
_PROVEN_SECONDS = 86_400.0


@dataclass(slots=True)
class Bucket:
    """Holds a minute's worth at most, and fills up steadily. It may be overdrawn by who waits."""

    level: float
    filled: float

    def take(self, amount: float, per_minute: float, now: float, patience: float) -> float | None:
        """Take `amount`; returns how long to wait first, or None if that is over `patience`.

        More than a minute's worth is taken from a full bucket, or it could never be.
        """
        if per_minute <= 0:
            return None
        rate = per_minute / _MINUTE
        self.level = min(per_minute, self.level + (now - self.filled) * rate)
        self.filled = now
        missing = min(amount, per_minute) - self.level
        wait = max(0.0, missing / rate)
        if wait > patience:
            return None
        self.level -= amount
        return wait


@dataclass(slots=True)
class _Partner:
    requests: Bucket
    traffic: Bucket
    invites: Bucket
    under_way: int = 0


@dataclass(slots=True)
class _Address:
    false: Bucket
    under_way: int = 0
    proven: float = float("-inf")


@dataclass(slots=True)
class PartnerPace:
    """Counts what each partner, or each server that is none, sends."""

    _partners: OrderedDict[str, _Partner] = field(default_factory=OrderedDict)

    def admit(
        self, organisation: str, size: int, limits: Limits, now: float, *, invites: bool
    ) -> float | None:
        """How long a verified request waits before it goes on; None: it must come again later.

        With an answer it is under way, until `over`.
        """
        partner = self._of(organisation, limits, now)
        if partner.under_way >= limits.at_once:
            return None
        takes = [(partner.requests, 1.0, limits.requests), (partner.traffic, size, limits.traffic)]
        if invites:
            takes.insert(0, (partner.invites, 1.0, limits.invites))
        waits: list[float] = []
        for bucket, amount, per_minute in takes:
            wait = bucket.take(amount, per_minute, now, PATIENCE_SECONDS)
            if wait is None:
                for taken, back, _ in takes[: len(waits)]:
                    taken.level += back
                return None
            waits.append(wait)
        partner.under_way += 1
        return max(waits)

    def over(self, organisation: str) -> None:
        """A request that was admitted is over."""
        partner = self._partners.get(organisation)
        if partner is not None:
            partner.under_way -= 1

    def _of(self, organisation: str, limits: Limits, now: float) -> _Partner:
        found = self._partners.get(organisation)
        if found is None:
            _thin_out(self._partners, lambda each: each.under_way == 0)
            found = _Partner(
                requests=Bucket(limits.requests, now),
                traffic=Bucket(limits.traffic, now),
                invites=Bucket(limits.invites, now),
            )
            self._partners[organisation] = found
        self._partners.move_to_end(organisation)
        return found


@dataclass(slots=True)
class AddressPace:
    """Counts what is not verified yet, by the address that it comes from."""

    _addresses: OrderedDict[str, _Address] = field(default_factory=OrderedDict)
    _read: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def begin(self, host: str, size: int, now: float) -> Reading | None:
        """Have a request read that may have `size` bytes of body; None: it must come again later.

        Whoever has proven something from an address lately does not share room with whoever
        never did, so that forged requests keep no partner out.
        """
        key = network_of(host)
        address = self._addresses.get(key)
        if address is None:
            _thin_out(self._addresses, lambda each: each.under_way == 0)
            address = self._addresses[key] = _Address(Bucket(FALSE_SIGNATURES, now))
        self._addresses.move_to_end(key)
        if address.false.take(0, FALSE_SIGNATURES, now, 0) is None or address.false.level < 1:
            return None
        proven = now - address.proven < _PROVEN_SECONDS
        room = PROVEN_BYTES if proven else UNPROVEN_BYTES
        if address.under_way >= STRANGERS_AT_ONCE or self._read[proven] + size > room:
            return None
        address.under_way += 1
        self._read[proven] += size
        return Reading(self, address, proven, size)

    def leave(self, reading: Reading) -> None:
        """Give back what `begin` took."""
        reading.address.under_way -= 1
        self._read[reading.proven] -= reading.size


@dataclass(slots=True)
class Reading:
    """One request that is being read and verified. `end` is harmless when it is over already."""

    pace: AddressPace
    address: _Address
    proven: bool
    size: int
    _open: bool = True

    def verified(self, now: float) -> None:
        """Its signature holds."""
        self.address.proven = now

    def forged(self, now: float) -> None:
        """Its signature does not hold."""
        self.address.false.take(1, FALSE_SIGNATURES, now, _MINUTE)

    def end(self) -> None:
        """It is over, however it ended."""
        if self._open:
            self._open = False
            self.pace.leave(self)


@lru_cache(4096)
def network_of(host: str) -> str:
    """What one customer of a provider has: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex()
    return host


def _thin_out(counted: OrderedDict[str, _T], idle: Callable[[_T], bool]) -> None:
    """Forget whoever was counted longest ago, but nobody of whom something is under way."""
    if len(counted) < _MOST_COUNTED:
        return
    oldest = next((key for key, each in counted.items() if idle(each)), None)
    if oldest is not None:
        del counted[oldest]
