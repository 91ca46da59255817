"""Which refusals of other doors, and which acts of administrators over them, people are told of.

A client asks for much by itself: thumbnails, profiles, call credentials. Only what a person does
knowingly is told; what is told of fetches is told once a day, since clients fetch again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.core.administration import MEANINGS
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


def waits(decision: Decision) -> bool:
    """Whether an act waits for other people alone. It MUST be one that others may approve."""
    return decision.verdict is Verdict.NOT_YET and decision.pending == ("approvals",)


def waiting_words(author: str, record: str) -> str:
    """What those are told who might be the second person for a change."""
    return (
        f"A change of the settings waits for a second person; {author} has asked for it. Look at it in the "
        f"console under Changes, or with `vedette settings pending`. (Record {record})"
    )


def waiting_act_words(act: Act, author: str, record: str) -> str:
    """What those are told who might be the second person for an act other than a change."""
    return (
        f"Somebody asks for a second person: {author} wants to {MEANINGS[act].english}. Look at it in the "
        f"console under Changes, or with `vedette act list`. (Record {record})"
    )


def matter_of(decision: Decision) -> str:
    """What a refusal counts as, when it is asked how often somebody was told of the same."""
    return decision.rule or decision.reason.value


TOLD_OF = {
    Act.ADMINISTRATION_FACTOR_RESET: "An administrator has taken your second factors away and can "
    "hand you a start code, good for one sign-in with your password.",
    Act.ADMINISTRATION_PASSWORD_RESET: "An administrator has replaced your password by a start "
    "password, which you must change when you sign in with it.",
    Act.ADMINISTRATION_TOKEN_ADD: "A token was made with which a program, or whoever holds it, acts for "
    "you in the administration. The list of tokens in the console says for what, and removes it.",
}
"""The acts over a person of which that person is told, whoever did them."""
MAKES_CREDENTIALS = {
    Act.ADMINISTRATION_ACCOUNT_CREATE: "made the account of {whom}",
    Act.ADMINISTRATION_FACTOR_RESET: "reset the second factors of {whom}",
    Act.ADMINISTRATION_PASSWORD_RESET: "reset the password of {whom}",
}
"""The acts by which somebody sees credentials of another person, as officers are told of them."""


def made_credentials_words(act: Act, author: str, whom: str, record: str) -> str:
    """What officers are told of credentials that somebody made for a person who may administer.

    The act MUST be one of `MAKES_CREDENTIALS`.
    """
    return (
        f"{author} {MAKES_CREDENTIALS[act].format(whom=whom)}, who has administrative rights, and was "
        f"shown a secret for it. Ask {whom} in person whether that was wanted; if not, end their "
        f"sessions with `vedette user end-sessions` at once. (Record {record})"
    )


UNLOCK = "unlock"
"""What an act over a password is about where it only forgets failed sign-ins: nobody is told."""


def whom_told_of(ask: Ask, what: object) -> str | None:
    """Who is to be told that an act was done over them; None where nobody is."""
    if ask.act not in TOLD_OF or what == UNLOCK or len(ask.questions) != 1:
        return None
    return ask.questions[0].whom


def notice_of_act(act: Act, record: str) -> str:
    """What the notice account says of an act over somebody. The act MUST be one of `TOLD_OF`."""
    return (
        f"{TOLD_OF[act]} If you did not ask for this, tell your security office at once. "
        f"(Record {record})"
    )
