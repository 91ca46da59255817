"""Whoever left the organisation leaves its rooms: accounts that the list of people calls inactive.

It is done as soon as a new list says so, looked at again at every start and now and then, and goes on
until there is nothing left: what could not be left is tried again. Every leaving is on record first.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from vedette.core.asks import Act
from vedette.core.explain import sentence_about_departure
from vedette.core.facts import Facts
from vedette.core.people import keeper_of
from vedette.core.towards import routine
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.spine import Permit, Spine
from vedette.synapse.gather import Gathered
from vedette.synapse.internals.gate import CanNot

_LOG = logging.getLogger("vedette.synapse")
AT_ONCE = 500
AGAIN_SECONDS = 30.0
"""After how long it is tried again to leave what could not be left."""
ANEW_SECONDS = 3600.0
"""After how long everybody inactive is looked at again: somebody may have invited them meanwhile."""


class RoomsOfPeople(Protocol):
    """The rooms in which people of ours are, and the way out of them."""

    async def rooms_of(self, users: Collection[str]) -> list[tuple[str, str]]:
        """Each of these people with each room in which they are, or into which they are invited."""

    async def leave(self, permit: Permit, room: str, user: str, reason: str) -> None:
        """Let one of us leave. Raises CanNot."""


Pause = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class Departed:
    """Lets them go. `pause` lets everything else have its turn between rooms."""

    spine: Spine
    rooms: RoomsOfPeople
    pause: Pause
    _done: set[str] = field(default_factory=set)
    """Who is in no room any more."""
    _anew: float = 0.0

    async def look(self) -> bool:
        """Let everybody go whom the list calls inactive; False if something is left to be tried again."""
        try:
            policy = self.spine.policy.current()
        except Unavailable:
            return False
        now = self.spine.clock.now()
        if now >= self._anew:
            self._done, self._anew = set(), now + ANEW_SECONDS
        gone = {user for user, person in policy.directory.people.items() if not person.active}
        self._done &= gone  # whoever is active again may leave again
        all_left = True
        for some in _parts(sorted(gone - self._done)):
            left = set(some)
            for user, room in await self.rooms.rooms_of(some):
                if not await self._left(policy, user, room):
                    left.discard(user)
                    all_left = False
                await self.pause(0)
            self._done |= left
        return all_left

    async def _left(self, policy: Policy, user: str, room: str) -> bool:
        """Whether one room is left. One that can't be keeps nobody in the others."""
        try:
            return await self._leave(policy, user, room)
        except CanNot as fault:
            _LOG.info("`%s` is not left yet: %s", room, fault)
        except Exception:  # noqa: BLE001  # a server elsewhere, the database, a bug: it is tried again
            _LOG.exception("`%s` is not left yet", room)
        return False

    async def _leave(self, policy: Policy, user: str, room: str) -> bool:
        keeper = keeper_of(policy.directory.domain)
        act = Act.ROOM_MEMBER_LEAVE

        async def gather(_: Policy) -> Gathered:
            claims = {"reason": "the account was deactivated", "what": user}
            return routine(act, keeper, room), Facts({}, claims)

        settled = await self.spine.settle_durably(act, keeper, gather)
        if not isinstance(settled, Permit):
            return False
        await self.rooms.leave(settled, room, user, sentence_about_departure())
        return True


def _parts(users: list[str]) -> Iterable[list[str]]:
    return (users[at : at + AT_ONCE] for at in range(0, len(users), AT_ONCE))
