"""How often somebody may try: per account, per address and per network, within ten minutes.

An account is counted apart for each network from which it is tried, and as a whole with far more
room, so that nobody can lock somebody else out by guessing. A browser that once signed in all the
way (`known`) has a count of its own and gets in even while strangers are guessing.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from vedette.core.settings.document import SignIn
from vedette.ports.clock import Clock
from vedette.ports.sign_in import SignInStore

WINDOW = 600
"""Seconds for which an attempt counts."""
_NETWORK_BITS = {4: 24, 6: 48}


def network_of(address: str) -> str:
    """The network of an address, as it is counted: /24 of IPv4, /48 of IPv6; `none` for no address."""
    try:
        here = ipaddress.ip_address(address)
    except ValueError:
        return "none"
    here = getattr(here, "ipv4_mapped", None) or here
    return str(ipaddress.ip_network((here, _NETWORK_BITS[here.version]), strict=False))


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts in the store, which all sign-in processes share."""

    store: SignInStore
    clock: Clock

    def may(
        self, limits: SignIn, account: str, address: str, *, known: bool, what: str = "first"
    ) -> bool:
        """Count one attempt and say whether it is within every limit. Raises Unavailable.

        Every count is made whatever the others say, so that the answer takes the same work.
        `what` keeps first and second factors apart.
        """
        per_account = limits.attempts_per_account
        counts = [
            (f"address:{address}", limits.attempts_per_address),
            (f"network:{network_of(address)}", limits.attempts_per_network),
        ]
        if known:
            counts.append((f"{what}:{account}:known", per_account))
        else:
            counts.append((f"{what}:{account}:{network_of(address)}", per_account))
            counts.append((f"{what}:{account}", limits.attempts_around_account))
        return self._within(counts)

    def proved(self, account: str, address: str, *, known: bool, what: str = "first") -> None:
        """Forget the attempts on an account that were followed by a right one. Raises Unavailable.

        The right one itself counts nowhere: many people come from one office's address.
        """
        self.address_proved(address)
        if known:
            self.store.forgive(f"{what}:{account}:known")
            return
        self.store.forgive(f"{what}:{account}:{network_of(address)}")

    def address_proved(self, address: str) -> None:
        """Take back the count of an attempt that was right. Raises Unavailable."""
        around = (f"address:{address}", f"network:{network_of(address)}")
        self.store.excuse(around, int(self.clock.now()), WINDOW)

    def address_may(self, limits: SignIn, address: str) -> bool:
        """Count one attempt by which no account is named yet. Raises Unavailable."""
        return self._within(
            [
                (f"address:{address}", limits.attempts_per_address),
                (f"network:{network_of(address)}", limits.attempts_per_network),
            ]
        )

    def _within(self, counts: list[tuple[str, int]]) -> bool:
        """Count one attempt under each of the keys; whether none is above its limit."""
        keys = [key for key, _ in counts]
        made = self.store.attempts(keys, int(self.clock.now()), WINDOW)
        return all(count <= limit for count, (_, limit) in zip(made, counts, strict=True))
