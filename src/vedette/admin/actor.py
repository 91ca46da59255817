"""Who does an administrative act: the local administrator, or a person through a token."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.admin.policy import (
    LOCAL_ADMINISTRATOR,
    RECOVERY,
    local_administrator,
    recovering_administrator,
)
from vedette.core.asks import Act, PartySet, Someone
from vedette.core.facts import CONSOLE, LOCAL_TOKEN, TOKEN, Facts
from vedette.core.names import UserId
from vedette.core.people import Directory, provisioner_of
from vedette.core.tokens import ApiToken


@dataclass(frozen=True, slots=True)
class Actor:
    """The person `name` (a user id, or `LOCAL_ADMINISTRATOR`), narrowed by a token where one is used.

    `session` is theirs by which they are in the console, and `signed` what is known of how they
    signed in to it; through a token nothing of that is known.
    """

    name: str
    token: ApiToken | None = None
    session: str = ""
    signed: Facts = field(default_factory=Facts, compare=False)

    @classmethod
    def through(cls, token: ApiToken) -> Actor:
        """The person of a token, as far as the token goes."""
        return cls(token.user, token)

    def someone(self, directory: Directory) -> Someone:
        """This actor as the rules see them: a token's person has all parties of the person."""
        if self.name == LOCAL_ADMINISTRATOR:
            return local_administrator(directory.document)
        if self.name == RECOVERY:
            return recovering_administrator(directory.document)
        return directory.someone(UserId(self.name))

    @property
    def comes(self) -> str:
        """By what their acts come, as the fact `act.through` has it."""
        if self.name in (LOCAL_ADMINISTRATOR, RECOVERY):
            return LOCAL_TOKEN
        return CONSOLE if self.token is None else TOKEN

    def lacks(self, directory: Directory, act: Act, over: PartySet | None) -> bool:
        """Whether this act is refused, whatever the rules say.

        0. Whoever pushes people is nobody here, and does what their token is good for.
        1. The person left, was deactivated, or is a guest: no token and no change that waits
        outlives that, whichever way a party names them. 2. The token is not good for the act, or
        not over those parties.
        """
        if self.name in (LOCAL_ADMINISTRATOR, RECOVERY):
            return False
        if self.name == provisioner_of(directory.domain):
            return self.token is None or not self.token.covers(act, over)
        if self.name not in directory.people or not is_active(directory, UserId(self.name)):
            return True
        return self.token is not None and not self.token.covers(act, over)


def is_active(directory: Directory, user: UserId) -> bool:
    """Whether somebody is known here as one of us who is active."""
    person = directory.people.get(user)
    return person is not None and person.active and not person.guest


LOCAL = Actor(LOCAL_ADMINISTRATOR)
"""Whoever holds the local token."""
RECOVERING = Actor(RECOVERY)
"""The same while recovery is open (`admin.break_glass`)."""
