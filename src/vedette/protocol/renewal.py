"""When a server's certificate is ordered anew, and when again after an order came to nothing."""

from __future__ import annotations

_LEFT = 1 / 3
"""How much of its lifetime is left when a certificate is renewed, unless its issuer says otherwise."""
_LAST = 1 / 10
"""From here on it is renewed whatever the issuer says."""
_FIRST_PAUSE, _LONGEST_PAUSE = 600.0, 12 * 3600.0
_OUTAGE_PAUSE, _LONGEST_OUTAGE = 60.0, 3600.0
_SPREAD = 0.25
"""Pauses differ by as much either way, so that many gateways never come all at once."""


def renew_at(begins: float, ends: float, advised: float | None, chance: float) -> float:
    """The moment to order anew, in seconds since 1970; `chance` is from 0 up to 1.

    1. A third of the lifetime is left; chance moves that by a tenth of the third, so that what was
    issued together is not renewed together. 2. The issuer's advice (RFC 9773) comes before that,
    where it has one: it also says that a certificate is going to be revoked. 3. The last tenth of
    the lifetime is ours.
    """
    life = max(0.0, ends - begins)
    own = ends - life * _LEFT * (1 - _SPREAD * chance / 2.5)  # (1)
    wanted = own if advised is None else advised  # (2)
    return min(wanted, ends - life * _LAST)  # (3)


def pause(failures: int, *, outage: bool, chance: float) -> float:
    """Seconds until the next try, after so many in a row that came to nothing; at least one did.

    Whoever declines is asked less often than one that could not be reached: authorities count
    failed validations, and refuse everything for an hour after a few.
    """
    first, longest = (_OUTAGE_PAUSE, _LONGEST_OUTAGE) if outage else (_FIRST_PAUSE, _LONGEST_PAUSE)
    doubled = min(longest, first * 2.0 ** min(failures - 1, 16))
    return doubled * (1 - _SPREAD + 2 * _SPREAD * chance)
