"""What a return undoes: the revision on trial and all that came on it, but what only refuses more.

A ban that somebody made during a trial survives it. A later revision that might shut somebody out
itself does not: nobody has confirmed that one either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from vedette.admin.rejected import Rejected
from vedette.admin.rules import with_value, without_value
from vedette.admin.widening import narrows
from vedette.core.revision import Revision
from vedette.core.settings.changes import Change, differences
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document
from vedette.core.trial import TRIAL_SECONDS, is_risky


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """The text to return to, and the numbers of later revisions that stay on top or are undone.

    `since` is the one on trial, which is undone in any case.
    """

    text: str
    back_to: int
    since: int
    stays: tuple[int, ...]
    undone: tuple[int, ...]

    @property
    def reason(self) -> str:
        """Every step of it, as the reason of the revision by which it happens."""
        words = f"nobody confirmed revision {self.since} within {TRIAL_SECONDS // 60} minutes"
        if self.stays or self.undone:
            words += f": revision {self.back_to} is in force again"
        if self.stays:
            words += f"; kept, since they only refuse more: {_numbers(self.stays)}"
        if self.undone:
            words += f"; undone too: {_numbers(self.undone)}"
        return words


def returning(revisions: Sequence[Revision], today: date) -> Return:
    """How to return from what `revisions` made, oldest first: the one to return to, the one on trial, and
    every later one.

    1. A later revision that can only refuse more, and shuts nobody out, is made again on top of what is
    there. 2. Where that can't be done, or would allow something there or shut somebody out, it is undone
    like the others.
    """
    back_to, on_trial, *later = revisions
    text, before = back_to.text, on_trial
    stays: list[int] = []
    undone: list[int] = []
    for each in later:
        again = _again(text, before, each, today)
        (undone if again is None else stays).append(each.number)
        text, before = again or text, each
    return Return(
        text=text,
        back_to=back_to.number,
        since=on_trial.number,
        stays=tuple(stays),
        undone=tuple(undone),
    )


def _again(text: str, before: Revision, made: Revision, today: date) -> str | None:
    """The text with what `made` changed of `before`; None where that is no plain ban."""
    old, new, there = (_document(each, today) for each in (before.text, made.text, text))
    if old is None or new is None or there is None:
        return None
    if not narrows(old, new, today) or is_risky(old, new):  # (1)
        return None
    try:
        changed = _with(text, differences(old, new))
    except Rejected:
        return None
    result = _document(changed, today)
    if result is None or not narrows(there, result, today) or is_risky(there, result):  # (2)
        return None
    return changed


def _with(text: str, changes: Sequence[Change]) -> str:
    """The text with these changes, first what is set. Raises Rejected."""
    for change in sorted(changes, key=lambda change: change.edit.value is None):
        path, value = change.edit.path, change.edit.value
        text = without_value(text, path) if value is None else with_value(text, path, value)
    return text


def _document(text: str, today: date) -> Document | None:
    return check_document(text, today=today)[0]


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
