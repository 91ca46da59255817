"""How a waiting change goes from one state to the next, and when it does so by itself."""

from __future__ import annotations

from dataclasses import replace

from vedette.core.pending import TRANSITIONS, Event, PendingChange, State
from vedette.core.revision import Revision
from vedette.ports.pending import PendingChanges
from vedette.ports.revisions import Revisions


def move(
    store: PendingChanges,
    change: PendingChange,
    event: Event,
    now: float,
    said: str,
    revision: int | None = None,
) -> PendingChange:
    """The change as it stands after an event that ends it; kept like that."""
    stands = replace(
        change,
        state=TRANSITIONS[change.state, event],
        ended=int(now),
        said=said,
        revision=revision,
    )
    store.move(stands, change.state)
    return stands


def end_what_is_over(
    store: PendingChanges, revisions: Revisions, newest: int, now: float
) -> tuple[str, ...]:
    """End what can't become a revision any more; returns the ids of what became void.

    Where the revision after its base is the very change, we stopped between the revision and what
    is kept of the change: it was applied.
    """
    void = []
    for change in store.open():
        if change.base != newest:
            after = revisions.get(change.base + 1)
            if after is not None and _became(change, after):
                words = f"it is revision {after.number}"
                move(store, change, Event.AGREED, now, words, after.number)
                continue
            words = f"revision {newest} is in force; it stood on revision {change.base}"
            move(store, change, Event.BASE_MOVED, now, words)
            void.append(change.id)
        elif change.state is State.WAITING and now >= change.expires:
            move(store, change, Event.TIME_OVER, now, "nobody approved it in time")
    return tuple(void)


def _became(change: PendingChange, made: Revision) -> bool:
    made_of = (made.text, made.author, made.reason)
    return made_of == (change.text, change.author, change.reason)
