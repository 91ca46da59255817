"""What an ask is answered with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from vedette.core.reasons import Reason


class Verdict(StrEnum):
    """The three answers. There is no fourth and no default that lets pass."""

    NO = "no"
    NOT_YET = "not-yet"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One answer, as data.

    `rule` is the rule that decided, `towards` the person or server that it decided about (an
    example where several stand alike), `pending` the facts that a *not yet* waits for, `unknown`
    the facts whose absence made it stricter, `say` the rule's own sentence for the refused person.
    `observed` names rules in observe mode that would have had a say.
    """

    verdict: Verdict
    reason: Reason
    rule: str | None = None
    towards: str | None = None
    revision: int
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    say: str | None = None
    observed: tuple[str, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a Decision has no truth value; match on .verdict")
