"""Has accounts here be called as the company's directory calls their people, as soon as it says otherwise.

What people write into their own profile stays until the directory has another name for them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vedette.core.names import ServerName, UserId
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.sign_in import SignInStore

_LOG = logging.getLogger("vedette.control")
_AT_ONCE = 50
_AGAIN_SECONDS = 5.0


@dataclass(slots=True)
class DisplayNames:
    """The names that accounts are still to be given. Used by one thread at a time."""

    store: SignInStore
    domain: ServerName
    clock: Clock
    _due: dict[str, str] = field(default_factory=dict)
    """By localpart; of those alone whose names were said by the directory."""
    _everybody: Callable[[str], str] | None = None
    """Where a whole list is still to be compared with the accounts: a localpart's name in it."""
    _not_before: float = 0.0

    def of_everybody(self, name_of: Callable[[str], str]) -> None:
        """A whole list is in force; `name_of` says what it calls somebody, empty for nobody."""
        self._everybody = name_of

    def of_some(self, names: Mapping[str, str]) -> None:
        """These are called so now, by localpart."""
        self._due |= names

    def look(self) -> None:
        """Do some of what is due. A store that does not answer is asked again later."""
        if not self._due and self._everybody is None:
            return
        now = self.clock.now()
        if now < self._not_before:
            return
        try:
            self._compare()
            self._give(int(now))
        except Unavailable as outage:
            self._not_before = now + _AGAIN_SECONDS
            _LOG.warning("names of the directory are not given yet: %s", outage)

    def _compare(self) -> None:
        if self._everybody is None:
            return
        for account in self.store.accounts():
            name = self._everybody(account.localpart)
            if name and name != account.display_name:
                self._due.setdefault(account.localpart, name)
        self._everybody = None

    def _give(self, now: int) -> None:
        for localpart in list(self._due)[:_AT_ONCE]:
            self.store.call(UserId(f"@{localpart}:{self.domain}"), self._due[localpart], now)
            del self._due[localpart]
