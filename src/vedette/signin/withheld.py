"""How the older clients are told that they get nothing, and what they may forget.

A client that hears `M_UNKNOWN_TOKEN` without `soft_logout` deletes its encryption keys. It is said
only of what is gone for good.
"""

from __future__ import annotations

from typing import Any

from vedette.core.reasons import Reason
from vedette.signin.issuing import Standing, Withheld
from vedette.signin.wire import Reply, matrix_error, unavailable


def way_back(withheld: Withheld) -> dict[str, Any]:
    """The member `vedette` of an answer: where the person may show the proof that is missing."""
    if not withheld.pending:
        return {}
    reason = Reason.FACT_PENDING.value
    pending = list(withheld.pending)
    return {"vedette": {"reason": reason, "pending": pending, "url": withheld.page}}


def in_matrix(withheld: Withheld, *, refused: bool = False) -> Reply:
    """The standard error of the Matrix client-server API for this.

    `refused` says that there was no session yet, only somebody who wanted one.
    """
    sentence = withheld.sentence
    match withheld.standing:
        case Standing.GONE if refused:
            return matrix_error(403, "M_FORBIDDEN", sentence)
        case Standing.GONE:
            return matrix_error(401, "M_UNKNOWN_TOKEN", sentence, soft_logout=False)
        case Standing.EXPIRED:
            return matrix_error(401, "M_UNKNOWN_TOKEN", sentence, soft_logout=True)
        case Standing.HELD:
            return matrix_error(403, "M_FORBIDDEN", sentence, **way_back(withheld))
        case Standing.DOUBT:
            return unavailable(sentence)
