"""A wait for those whose credentials somebody else made: they administer nothing for a while.

Whoever resets a password or second factors sees the new ones and could act as that person. The wait
(`administration.wait_after_reset`) is the time in which the person and the officers notice it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from vedette.admin.actor import LOCAL, RECOVERING, Actor
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rights import ADMINISTRATION
from vedette.core.asks import Act
from vedette.core.language import Sentence, german_day, told
from vedette.core.names import InvalidName, UserId
from vedette.core.reasons import Reason
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.ports.sign_in import SignInStore
from vedette.spine import Barred, Refusal


@dataclass(frozen=True, slots=True)
class ResetWait:
    """Refuses every administrative ask of a person while the wait lasts (`spine.AskerGate`)."""

    store: SignInStore
    clock: Clock

    async def barred(self, policy: Policy, act: Act, who: str) -> Barred | None:
        """Until when a person administers nothing; None where they may ask.

        The local token and recovery are no person and never wait. Raises Unavailable.
        """
        wait = policy.directory.document.administration.wait_after_reset
        localpart = _localpart(who, policy)
        if act not in ADMINISTRATION or not wait or localpart is None:
            return None
        account = await asyncio.to_thread(self.store.account, localpart)
        if account is None or account.reset_by_other is None:
            return None
        until = account.reset_by_other + wait
        return Barred(Reason.CREDENTIALS_RESET, until) if self.clock.now() < until else None


def _localpart(who: str, policy: Policy) -> str | None:
    """The localpart of one of our people; None for anybody else."""
    try:
        user = UserId(who)
    except InvalidName:
        return None
    return user.localpart if user.server == policy.directory.domain else None


def by_somebody_else(author: Actor, user: UserId) -> bool:
    """Whether credentials that `author` makes for `user` are known to somebody else than `user`.

    A token of their own counts as whoever made it, who has seen its value.
    """
    token = author.token
    return author.name != user or (token is not None and token.made_by != user)


def starts_wait(author: Actor, user: UserId, *, new: bool) -> bool:
    """Whether credentials that `author` makes for `user` start the wait.

    A `new` account that is made with the local token starts none: it stands beside the list of
    people, and an organisation that begins has nobody else to make its officers' accounts.
    """
    if author == RECOVERING or (new and author == LOCAL):
        return False
    return by_somebody_else(author, user)


def waiting(resets: Mapping[str, int], wait: int, now: float) -> dict[str, int]:
    """Until when each of these accounts waits, by localpart, without those whose wait is over."""
    return {name: at + wait for name, at in resets.items() if now < at + wait}


def moment(at: int) -> Sentence:
    """A time in words, to the minute, UTC."""
    when = datetime.fromtimestamp(at, UTC)
    day, clock = when.strftime("%Y-%m-%d"), when.strftime("%H:%M UTC")
    return Sentence(f"{day}, {clock}", f"{german_day(day)}, {clock}")


def still_waits(refusal: Refusal) -> Rejected:
    """The refusal of somebody who waits: why, until when, and what to do."""
    return Rejected(
        Code.RESET,
        told(
            "somebody else reset your credentials or made your account, so you may administer "
            "nothing until {until}",
            until=moment(refusal.until or 0),
        ),
        told(
            "ask another administrator to do it until then; if nobody else may, use `vedette recover` "
            "on control's host, then `vedette user factors reset`: that ends the wait and your "
            "sessions. If you did not ask for the reset, tell the security office at once"
        ),
        record=refusal.record,
    )
