"""Administration over whoever administers: it takes every administrative right that the person has.

What gives access to an account gives all its rights to whoever does it: by a start password, a start
code or a token somebody may sign in, or act, as that person. So whoever lacks one of the person's
rights needs a second person who has them all, whatever the rules say. Ending or suspending sessions
gives no access and is left to the rules alone, and so is deactivation by the organisation's directory.
"""

from __future__ import annotations

from vedette.admin.actor import Actor
from vedette.admin.rights import lacked_right
from vedette.core.asks import Act
from vedette.core.facts import LOCAL_TOKEN, Missing
from vedette.core.names import UserId
from vedette.core.notices import UNLOCK
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
    """Whether an act lets somebody in as the person over whom it goes; `what` and `more` as in `Doing`."""
    return act in _GIVES_ACCESS and what != UNLOCK and more != TURN_AWAY


def outranked(policy: Policy, actor: Actor, whom: UserId | None) -> Act | None:
    """An administrative right that `whom` has and `actor` has not; None where there is none.

    Over themselves nobody lacks any.
    """
    if whom is None or whom == actor.name:
        return None
    comes = LOCAL_TOKEN if actor.comes == LOCAL_TOKEN else Missing.PENDING
    directory = policy.directory
    return lacked_right(policy, actor.someone(directory), comes, directory.someone(whom))
