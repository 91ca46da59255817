"""Carries out what Synapse still has to be told: devices that are gone, new accounts and names.

Everything is done at least once. What fails is tried again after 1, 2, 4 … seconds, a minute at
most, and never holds up what comes behind it; while Synapse does not answer at all, a round ends
after a few failures.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from vedette.core.sessions import SessionState
from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.provisioning import Provisioning
from vedette.ports.sign_in import Account, Errand, SignInStore

_LOG = logging.getLogger("vedette.signin")
_AT_ONCE = 100
_NAMES_AT_ONCE = 10
"""Each is told to every room that somebody is in, and a device that must go waits no longer."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_ENOUGH = 3
"""So many failures one after the other, and the rest of a round is left for the next."""
_ACCOUNTS_SECONDS = 15.0


@dataclass(slots=True)
class _Again:
    """When something that failed is due again, and how long it waited last."""

    due: float = 0.0
    wait: float = 0.0


@dataclass(slots=True)
class Errands:
    """What is to be done at Synapse. `run_due` is called again and again, by one thread at a time."""

    store: SignInStore
    provisioning: Provisioning
    clock: Clock
    _again: dict[int | str, _Again] = field(default_factory=dict)
    _accounts_due: float = 0.0

    def run_due(self) -> int:
        """Do what is due; returns how much was done.

        Raises:
            Unavailable: the store does not answer. What Synapse did not take is tried again.
        """
        done = failed = 0
        for name, doing in self._due():
            if self._try(name, doing):
                done, failed = done + 1, 0
            else:
                failed += 1
            if failed >= _ENOUGH:
                break
        return done

    def _due(self) -> Iterator[tuple[int | str, Errand | Account]]:
        """What is due now, errands first, oldest first."""
        now, names = self.clock.now(), 0
        for errand in self.store.outbox(_AT_ONCE + len(self._again)):
            names += errand.kind == "name"
            if names > _NAMES_AT_ONCE:
                break
            if self._is_due(errand.id, now):
                yield errand.id, errand
        if now < self._accounts_due:
            return
        found = self.store.unprovisioned(_AT_ONCE + len(self._again))
        accounts = [each for each in found if self._is_due(each.localpart, now)]
        self._accounts_due = now + _ACCOUNTS_SECONDS
        for account in accounts:
            yield account.localpart, account
        if len(accounts) >= _AT_ONCE:  # all of these were tried, and there are more
            self._accounts_due = now

    def _is_due(self, name: int | str, now: float) -> bool:
        again = self._again.get(name)
        return again is None or again.due <= now

    def _try(self, name: int | str, doing: Errand | Account) -> bool:
        try:
            if isinstance(doing, Errand):
                (self._call if doing.kind == "name" else self._delete_device)(doing)
            else:
                self._provision(doing)
        except Unavailable as outage:
            again = self._again.setdefault(name, _Again())
            again.wait = min(_LONGEST_WAIT, again.wait * 2 or _FIRST_WAIT)
            again.due = self.clock.now() + again.wait
            _LOG.warning("%s; tried again in %d seconds", outage, again.wait)
            return False
        self._again.pop(name, None)
        return True

    def _delete_device(self, errand: Errand) -> None:
        """Delete a device, unless its person has signed in on it again since.

        Delayed events are cancelled last: until the device is gone it could set new ones.
        """
        localpart = errand.user.localpart
        in_use = any(
            each.device == errand.device and each.state is not SessionState.ENDED
            for each in self.store.sessions(errand.user)
        )
        if not in_use:
            self.provisioning.delete_device(localpart, errand.device)
            self.provisioning.cancel_delayed_events(localpart, errand.device)
        self.store.done(errand.id)

    def _call(self, errand: Errand) -> None:
        """Tell the newest name; what a new account is called is told with it."""
        account = self.store.account(errand.user.localpart)
        if account is not None and account.provisioned:
            self.provisioning.call(account.localpart, account.display_name)
        self.store.done(errand.id)

    def _provision(self, account: Account) -> None:
        self.provisioning.person(account.localpart, account.display_name)
        self.store.provisioned(account.localpart)
