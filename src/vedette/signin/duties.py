"""What the sign-in process does by itself: follows its streams, asks again, carries errands out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from vedette.ports.clock import Clock
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore, TokenKey
from vedette.protocol.internal.tokens import SigningKey
from vedette.signin.certified import KINDS, Certified
from vedette.signin.door import SignInDoor
from vedette.signin.errands import Errands
from vedette.signin.keep import ask_again, whom_it_concerns
from vedette.signin.managed import Managed

_LOG = logging.getLogger("vedette.signin")
_POLL_SECONDS = 0.025
_TICK_SECONDS = 1.0
"""How often it is looked whether the day, and so the policy, is another where no part came."""
_ERRAND_SECONDS = 0.25
_ASK_SECONDS = 60.0
_SWEEP_SECONDS = 60.0
_CERTIFICATE_SECONDS = 0.25
"""Each look costs a few small questions to the store; lists are only fetched when they are due."""
_DEVICE_SECONDS = 0.1
"""Each look costs one small question to the store, and none where no device is managed."""
_KEY_LIFE = 90 * 86400
"""Seconds after which a new token key signs; the older ones verify until they are retired."""
_KEY_KEPT = 2 * _KEY_LIFE
"""Seconds after which a token key verifies no more."""


@dataclass(slots=True)
class Duties:
    """The running duties. `run` until cancelled; an outage is told and the duty is done again."""

    newer: Callable[[], bool]
    """Whether there are newer stream parts; waits for nothing."""
    poll: Callable[[], object]
    """Take the newer stream parts."""
    door: SignInDoor
    errands: Errands
    store: SignInStore
    clock: Clock
    certified: Certified | None = None
    managed: Managed | None = None
    _taken: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where parts were taken, until it is seen whether the policy is another."""
    _all: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where everybody's sessions are to be asked about."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where something new is known of certificates, until it is looked at."""
    _policy: Policy | None = None

    async def run(self) -> None:
        """Do every duty until cancelled."""
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self._keep_following())
            duties.create_task(self._keep_asking())
            duties.create_task(self._keep_asking_all())
            duties.create_task(_every(_ERRAND_SECONDS, self.errands.run_due))
            duties.create_task(_every(_SWEEP_SECONDS, self._sweep))
            if self.certified is not None:
                for duty in self._of_certificates(self.certified):
                    duties.create_task(duty)
            if self.managed is not None:
                rests, looks = self.managed.rests, self.managed.look
                duties.create_task(_unless(rests, looks, _DEVICE_SECONDS))
                duties.create_task(_unless(rests, self.managed.go_through, _TICK_SECONDS))

    async def _keep_following(self) -> None:
        """Take parts as they come. A look is a few stats; only what is newer is worth a thread."""
        while True:
            if self.newer():
                await _once(self.poll)
                self._taken.set()
            await asyncio.sleep(_POLL_SECONDS)

    async def _keep_asking(self) -> None:
        """Ask about the sessions that another policy concerns, as soon as there is one.

        Where that is everybody's, `_keep_asking_all` does it.
        """
        while True:
            self._taken.clear()
            policy = _current(self.door)
            if policy is not None and policy is not self._policy:
                whose = await asyncio.to_thread(whom_it_concerns, self._policy, policy)
                self._policy = policy
                if whose is None:
                    self._all.set()
                else:
                    await _once(partial(ask_again, self.door, whose))
            await _until(self._taken, _TICK_SECONDS)

    async def _keep_asking_all(self) -> None:
        """Ask about every session when the rules changed, and every minute: ages move on."""
        while True:
            await _until(self._all, _ASK_SECONDS)
            self._all.clear()
            if _current(self.door) is not None:
                await _once(partial(ask_again, self.door))

    def _of_certificates(self, certified: Certified) -> Iterator[Coroutine[Any, Any, None]]:
        """What is done about certificates, which is nothing while the settings name no issuers."""
        loop = asyncio.get_running_loop()
        certified.tell_news(lambda: loop.call_soon_threadsafe(self._news.set))
        yield self._keep_looking(certified)
        yield _unless(certified.rests, certified.go_through)
        for kind in KINDS:
            yield _unless(certified.rests, partial(certified.refresh, kind))

    async def _keep_looking(self, certified: Certified) -> None:
        """Look when there is news, at once, and every now and then: time moves on, others tell too."""
        while True:
            self._news.clear()
            if not certified.rests():
                await _once(certified.look)
            await _until(self._news, _CERTIFICATE_SECONDS)

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


async def _unless(
    rests: Callable[[], bool], duty: Callable[[], object], seconds: float = _CERTIFICATE_SECONDS
) -> None:
    """Do it again and again, but take no thread while there is nothing to do."""
    while True:
        if not rests():
            await _once(duty)
        await asyncio.sleep(seconds)


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than so many seconds."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


async def _once(duty: Callable[[], object]) -> None:
    try:
        await asyncio.to_thread(duty)
    except Unavailable as outage:
        _LOG.error("%s", outage)  # an outage needs no traceback
