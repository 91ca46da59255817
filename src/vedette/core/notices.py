"""Which refusals of other doors people are told by the notice account, and how often.

A client asks for much by itself: thumbnails, profiles, call credentials. Only what a person does
knowingly is told; what is told of fetches is told once a day, since clients fetch again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.asks import Act, Ask
from vedette.core.decision import Decision, Verdict
from vedette.core.explain import sentence_for_person

MINUTE = 60.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Told:
    """How a refusal of one act begins, and in how many seconds it is told again at the earliest.

    `to_receiver`: the person at the door is the receiving side; it is from whoever sent it.
    """

    words: str
    seconds: float
    to_receiver: bool = False


TOLD = {
    Act.FILE_CONTENT_FETCH: Told("A file was not opened for you.", DAY, to_receiver=True),
    Act.FILE_CONTENT_UPLOAD: Told("A file that you wanted to send was not taken.", MINUTE),
}
"""The acts whose refusals are told, alphabetical."""


def person_at_the_door(ask: Ask) -> str | None:
    """The name of whoever was refused. The act MUST be one of `TOLD`."""
    if not TOLD[ask.act].to_receiver:
        return ask.who
    return ask.questions[0].whom if len(ask.questions) == 1 else None


def notice_of(act: Act, decision: Decision, record: str) -> str:
    """What the notice account says of a refusal. The act MUST be one of `TOLD`."""
    return f"{TOLD[act].words} {sentence_for_person(decision)} (Record {record})"


def recovery_words(decision: Decision, record: str) -> str:
    """What officers are told of somebody who showed an offline code on control's host."""
    if decision.verdict is Verdict.YES:
        said = (
            "Recovery was begun with the offline code: for an hour, whoever holds the local token on "
            "control's host may do what the settings forbid. If you know nothing of it, have "
            "`vedette recover --end` run there at once, and ask who opened the safe."
        )
    else:
        said = "Somebody tried to begin recovery on control's host, and the code was not taken."
    return f"{said} (Record {record})"


def matter_of(decision: Decision) -> str:
    """What a refusal counts as, when it is asked how often somebody was told of the same."""
    return decision.rule or decision.reason.value
