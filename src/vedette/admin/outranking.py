"""Administration over whoever administers: it takes every administrative right that the person has.

What gives access to an account gives all its rights to whoever does it: by a start password, a start
code or a token somebody may sign in, or act, as that person. So whoever lacks one of the person's
rights, as the rules allow each at best, needs a second person who has them all, whatever the rules
say. Ending or suspending sessions gives no access and is left to the rules alone, and so is
deactivation by the organisation's directory.
"""

from __future__ import annotations

from vedette.admin.actor import Actor
from vedette.admin.rights import lacked_right, rights
from vedette.core.asks import Act, Someone
from vedette.core.facts import CONSOLE, Missing
from vedette.core.names import UserId
from vedette.core.notices import UNLOCK
from vedette.core.tokens import GRANTABLE
from vedette.ports.policy import Policy

TURN_AWAY = "reject"
"""What else is said of an approval of a device where the device is turned away."""
_GIVES_ACCESS = frozenset(
    {
        Act.ADMINISTRATION_ACCOUNT_CREATE,
        Act.ADMINISTRATION_DEVICE_APPROVE,
        Act.ADMINISTRATION_FACTOR_RESET,
        Act.ADMINISTRATION_PASSWORD_RESET,
        Act.ADMINISTRATION_SESSION_RESUME,
        Act.ADMINISTRATION_TOKEN_ADD,
    }
)


def gives_access(act: Act, what: str, more: str) -> bool:
    """Whether an act lets somebody in as the person over whom it goes; `what` and `more` as in `Doing`.

    What people write into those changes nothing about any other act.
    """
    if act is Act.ADMINISTRATION_PASSWORD_RESET:
        return what != UNLOCK
    if act is Act.ADMINISTRATION_DEVICE_APPROVE:
        return more != TURN_AWAY
    return act in _GIVES_ACCESS


def outranked(policy: Policy, actor: Actor, whom: UserId | None) -> Act | None:
    """An administrative right that `whom` has and `actor` has not; None where there is none.

    Over themselves nobody lacks any, but through a token that is narrower than its person.
    """
    if whom is None or (whom == actor.name and actor.token is None):
        return None
    directory = policy.directory
    someone, person = actor.someone(directory), directory.someone(whom)
    comes = Missing.PENDING if actor.comes == CONSOLE else actor.comes
    return lacked_right(policy, someone, comes, person) or _beyond_token(policy, actor, person)


def _beyond_token(policy: Policy, actor: Actor, whom: Someone) -> Act | None:
    """A right of `whom` for which the token of `actor` is not good, if a token may be good for it."""
    token = actor.token
    if token is None:
        return None
    beyond = (
        act
        for act, over in rights(policy, whom)
        if act in GRANTABLE and not token.covers(act, over)
    )
    return next(beyond, None)
