"""An act of administration that waits for a second person, after which it is done again by its author.

INVARIANT: what such an act says never changes. An approval carries the hash of it, so that it is good
for nothing else; what is done in the end has the same `key`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from vedette.core.asks import Act
from vedette.core.language import Sentence, told
from vedette.core.record import canonical

TAKES_APPROVALS = frozenset(
    {
        Act.ADMINISTRATION_PERSON_ERASE,
        Act.ADMINISTRATION_PERSON_REPORT,
        Act.ADMINISTRATION_CERTIFICATE_RENEW,
        Act.ADMINISTRATION_DEVICE_APPROVE,
        Act.ADMINISTRATION_FILE_HOLD,
        Act.ADMINISTRATION_FILE_RELEASE,
        Act.ADMINISTRATION_KEY_ROTATE,
        Act.ADMINISTRATION_ACCOUNT_CREATE,
        Act.ADMINISTRATION_FACTOR_RESET,
        Act.ADMINISTRATION_PASSWORD_RESET,
        Act.ADMINISTRATION_SESSION_END,
        Act.ADMINISTRATION_SESSION_RESUME,
        Act.ADMINISTRATION_SESSION_SUSPEND,
        Act.ADMINISTRATION_TOKEN_ADD,
        Act.ADMINISTRATION_TOKEN_REMOVE,
    }
)
"""The acts, beside changes of the settings, that wait where a rule wants `approvals`. Of each other one
`approvals` is always 0."""


class ActState(StrEnum):
    """How an act that waited stands."""

    WAITING = "waiting"
    """It waits for a second person, or for its author to do it now that there is one."""
    DONE = "done"
    """It was done; its approvals are good for nothing more."""
    REJECTED = "rejected"
    """Somebody who may has turned it away."""
    EXPIRED = "expired"
    """Nobody approved it in time, or its author never did it."""


ACT_STATES: Mapping[ActState, Sentence] = MappingProxyType(
    {
        ActState.WAITING: told("waiting"),
        ActState.DONE: told("done"),
        ActState.REJECTED: told("rejected"),
        ActState.EXPIRED: told("expired"),
    }
)
"""Each state as a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAct:
    """One act that somebody asked for and that waits.

    `author` asked through the token of this id (empty without one), over the person `over` (empty for
    the organisation as a whole). `what` names the session, key or file, `more` all else that the act
    depends on. `asked`, `expires` and `ended` are seconds since 1970 UTC; `record` is that of the
    answer *not yet*, `said` how it ended.
    """

    id: str
    act: Act
    author: str
    token: str
    over: str
    what: str
    more: str
    reason: str
    asked: int
    expires: int
    record: str
    state: ActState = ActState.WAITING
    ended: int | None = None
    said: str = ""

    @property
    def key(self) -> str:
        """SHA-256 in hex over what is done by whom: the same act asked for again has the same."""
        return key_of(self.act, self.author, self.token, self.over, self.what, self.more)

    @property
    def content(self) -> str:
        """SHA-256 in hex over all that an approval is for."""
        fields = {"id": self.id, "key": self.key, "reason": self.reason}
        return hashlib.sha256(canonical(fields)).hexdigest()


def key_of(act: Act, author: str, token: str, over: str, what: str, more: str) -> str:
    """SHA-256 in hex over an act, whoever asks for it how, over whom, and what it depends on."""
    fields = {
        "act": act.value,
        "author": author,
        "token": token,
        "over": over,
        "what": what,
        "more": more,
    }
    return hashlib.sha256(canonical(fields)).hexdigest()
