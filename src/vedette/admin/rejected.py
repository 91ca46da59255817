"""The one way in which an administrative act says that nothing was done, and why."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from vedette.core.language import Sentence, told
from vedette.core.settings.faults import Fault


class Code(StrEnum):
    """Why an act was rejected. Never reused for another meaning."""

    CONFIRM = "confirm"
    """It would suspend sessions, and whoever asks has not said that it may."""
    CONFLICT = "conflict"
    """The settings changed since the draft was begun."""
    FAULTS = "faults"
    """The document, the rule or the value has faults."""
    INVALID = "invalid"
    """The request itself can't be read."""
    LOCK_OUT = "lock-out"
    """Somebody who must not be shut out would be: nobody could change the settings, or approve."""
    NOTHING_CHANGES = "nothing-changes"
    """The draft says what is in force already."""
    NOT_FOUND = "not-found"
    """What was named does not exist."""
    REFUSED = "refused"
    """The rules refuse this act."""
    RESET = "credentials-reset"
    """Somebody else reset the credentials of whoever asks, and they still have to wait."""
    UNAVAILABLE = "unavailable"
    """Something that the act needs does not answer."""
    WAITS = "waits"
    """The act waits for a second person, and is kept for that."""


class Rejected(Exception):
    """Nothing was done. `message` says why, `hint` what to do, `faults` every fault of a text."""

    def __init__(
        self,
        code: Code,
        message: Sentence,
        hint: Sentence | None = None,
        faults: Iterable[Fault] = (),
        record: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.faults = tuple(faults)
        self.record = record


class Waits(Rejected):
    """Nothing was done yet: the act `id` waits for a second person, and is then to be done again.

    `lacked` is a right of whom it concerns that its author has not, if that is why.
    """

    def __init__(self, id_: str, record: str | None, lacked: str = "") -> None:
        words = told("this waits for a second person as `{id}`; nothing is done yet", id=id_)
        if lacked:
            words = told(
                "whom it concerns may administer what you may not (`{right}`), so this waits as `{id}` "
                "for somebody who may; nothing is done yet",
                right=lacked,
                id=id_,
            )
        super().__init__(
            Code.WAITS,
            words,
            told(
                "somebody else looks at it with `vedette act show {id}`; once it is approved, do the "
                "very same again",
                id=id_,
            ),
            record=record,
        )
        self.id = id_
