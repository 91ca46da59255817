"""What an outcome means in each of Synapse's callbacks.

They disagree: True allows in `check_event_allowed`, rejects in `check_event_for_spam`, and drops in
`should_drop_federated_event`; a forgotten `return` rejects in the second and lets through in the
third. So their words are written here and nowhere else.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Literal, NoReturn

from synapse.api.errors import Codes, SynapseError
from synapse.module_api import NOT_SPAM

from vedette.synapse.internals.gate import Answer, During, Inward, Pass, Refused

NOT_DECIDED = Refused("this can't be decided now; try again later")
NOT_TAKEN = Refused("this was refused by the organisation that it was sent to")
CLOSED = Refused("this is closed here until the administrator has updated the server")

ANSWERED = frozenset({During.INVITE, During.JOIN, During.KNOCK})
"""Ways in on which the other server waits for our yes, and sees our no."""


class Held(Exception):
    """An event of another server waits. Raised inside Synapse, it stays unstored."""


def refuse(no: Refused) -> NoReturn:
    """End a request with the no, as `docs/reference` says: 403, `M_FORBIDDEN`, our own keys.

    A bridged `SynapseError` is the one error that Synapse's callbacks hand on unchanged.
    """
    raise SynapseError(
        HTTPStatus.FORBIDDEN, no.sentence, Codes.FORBIDDEN, additional_fields=dict(no.extra)
    )


def or_refuse(answer: Answer) -> None:
    """Return if the answer is a yes.

    Raises:
        SynapseError: it is anything else; a gate that answered nothing included.
    """
    match answer:
        case Pass.PASS:
            return
        case Refused():
            refuse(answer)
    refuse(NOT_DECIDED)


def event_allowed(answer: Answer) -> tuple[bool, dict[str, Any] | None]:
    """The outcome as `check_event_allowed` wants it. Raises as `or_refuse` does."""
    or_refuse(answer)
    return True, None


def spam(outcome: Answer | Inward, during: During) -> Literal["NOT_SPAM"] | Codes:
    """The outcome for an event of another server, as `check_event_for_spam` wants it.

    Raises:
        SynapseError: the other server waits for the answer, which is no.
        Held: the event must come again later.
    """
    if outcome is Pass.PASS:
        return NOT_SPAM
    if during in ANSWERED:
        refuse(outcome if isinstance(outcome, Refused) else _doubt(outcome))
    if outcome is Inward.EMPTY or isinstance(outcome, Refused):
        return Codes.FORBIDDEN
    raise Held


def _doubt(outcome: object) -> Refused:
    return NOT_TAKEN if outcome is Inward.EMPTY else NOT_DECIDED


def hidden(answer: Answer) -> bool:
    """The answer as `check_username_for_spam` wants it: True hides the person."""
    return answer is not Pass.PASS
