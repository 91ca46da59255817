"""What the sign-in process does by itself: follows its streams, asks again, carries errands out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore, TokenKey
from vedette.protocol.internal.tokens import SigningKey
from vedette.signin.certified import KINDS, Certified
from vedette.signin.door import SignInDoor
from vedette.signin.errands import Errands
from vedette.signin.keep import ask_again

_LOG = logging.getLogger("vedette.signin")
_POLL_SECONDS = 0.025
_ERRAND_SECONDS = 0.25
_ASK_SECONDS = 60.0
_SWEEP_SECONDS = 60.0
_CERTIFICATE_SECONDS = 0.25
"""Each look costs a few small questions to the store; lists are only fetched when they are due."""
_KEY_LIFE = 90 * 86400
"""Seconds after which a new token key signs; the older ones verify until they are retired."""
_KEY_KEPT = 2 * _KEY_LIFE
"""Seconds after which a token key verifies no more."""


@dataclass(slots=True)
class Duties:
    """The running duties. `run` until cancelled; an outage is told and the duty is done again."""

    poll: Callable[[], object]
    """Look for newer stream parts; cheap."""
    door: SignInDoor
    errands: Errands
    store: SignInStore
    clock: Clock
    certified: Certified | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _policy: Policy | None = None

    async def run(self) -> None:
        """Do every duty until cancelled."""
        async with asyncio.TaskGroup() as duties:
            duties.create_task(_every(_POLL_SECONDS, self._follow))
            duties.create_task(self._keep_asking())
            duties.create_task(_every(_ERRAND_SECONDS, self.errands.run_due))
            duties.create_task(_every(_SWEEP_SECONDS, self._sweep))
            if self.certified is not None:
                duties.create_task(_every(_CERTIFICATE_SECONDS, self.certified.look))
                duties.create_task(_every(_CERTIFICATE_SECONDS, self.certified.go_through))
                for kind in KINDS:
                    refresh = partial(self.certified.refresh, kind)
                    duties.create_task(_every(_CERTIFICATE_SECONDS, refresh))

    def _follow(self) -> None:
        self.poll()

    async def _keep_asking(self) -> None:
        """Ask about every session when the policy changed, and every minute: ages move on."""
        loop = asyncio.get_running_loop()
        asked = 0.0
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            policy = _current(self.door)
            due = policy is not None and (
                policy is not self._policy or loop.time() - asked >= _ASK_SECONDS
            )
            if due:
                self._policy, asked = policy, loop.time()
                await _once(lambda: ask_again(self.door))

    def _sweep(self) -> None:
        now = int(self.clock.now())
        self.store.sweep(now)
        keep_token_keys(self.store, now)


def keep_token_keys(store: SignInStore, now: int) -> None:
    """Make a new key when the newest is old or there is none, and retire those that are too old.

    Tokens outlive the key that signs: whoever holds one stays signed in. Raises Unavailable.
    """
    keys = store.token_keys()
    if not keys or keys[0].made + _KEY_LIFE <= now:
        key = SigningKey.generate()
        store.add_token_key(
            TokenKey(kid=key.kid, public=key.public_bytes, private=key.private_bytes, made=now)
        )
    for old in keys[1:]:
        if old.made + _KEY_KEPT <= now:
            store.retire_token_key(old.kid, now)


def _current(door: SignInDoor) -> Policy | None:
    try:
        return door.spine.policy.current()
    except Unavailable:
        return None


async def _every(seconds: float, duty: Callable[[], object]) -> None:
    while True:
        await _once(duty)
        await asyncio.sleep(seconds)


async def _once(duty: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(duty)
    except Unavailable as outage:
        _LOG.error("%s", outage)  # an outage needs no traceback
