"""A draft of the settings beside what is in force: what it changes, and what others changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vedette.admin.rules import with_edits
from vedette.admin.settings import Difference, SettingsDesk, difference, document_of
from vedette.core.revision import Revision
from vedette.core.settings.changes import Change, differences

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What became of the settings since a draft was begun.

    `mine` is what the draft changes, `theirs` what others applied since, `both` the paths that both
    change: where the draft is put onto the newest revision, its own value stands there. `since` are
    the newest revisions after the draft's.
    """

    newest: Revision
    since: tuple[Revision, ...]
    mine: tuple[Change, ...]
    theirs: tuple[Change, ...]
    both: tuple[str, ...]


def drafted(desk: SettingsDesk, text: str, base: int) -> Difference | Beside:
    """What a draft on top of the revision `base` changes, beside others' changes if there are any.

    Raises:
        Rejected: the draft has faults, each with its line, or there is no revision `base`.
        Unavailable: the revisions can't be read.
    """
    newest, document = desk.current()
    if base == newest.number:
        return desk.difference(document, text)[1]
    new, _ = desk.check(text)
    stood = document_of(desk.revision(base))
    mine = tuple(differences(stood, new))
    theirs = tuple(differences(stood, document))
    return Beside(
        newest=newest,
        since=tuple(desk.revision(number) for number in _after(base, newest.number)),
        mine=mine,
        theirs=theirs,
        both=tuple(sorted(_in_both(mine, theirs))),
    )


def _after(base: int, newest: int) -> range:
    return range(max(base, newest - _MOST_NAMED) + 1, newest + 1)


def _in_both(mine: tuple[Change, ...], theirs: tuple[Change, ...]) -> Iterator[str]:
    for change in mine:
        for other in theirs:
            one, two = f"{change.path}.", f"{other.path}."
            if one.startswith(two) or two.startswith(one):
                yield change.path
                break


def moved(beside: Beside) -> str:
    """The text of the newest revision with the draft's own changes made in it. Raises Rejected."""
    return with_edits(beside.newest.text, [change.edit for change in beside.mine])


def between(desk: SettingsDesk, one: int, other: int) -> Difference:
    """What differs between two revisions. Raises Rejected, or Unavailable."""
    old, new = (document_of(desk.revision(number)) for number in (one, other))
    return difference(old, new, desk.clock.today())
