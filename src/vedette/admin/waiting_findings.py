"""What `doctor` and the overview say of changes and acts that wait for other people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from vedette.admin.findings import Found, Health
from vedette.core.language import told
from vedette.core.pending import PendingChange, State
from vedette.core.waiting_acts import WaitingAct


def waiting_found(changes: Iterable[PendingChange], acts: Iterable[WaitingAct]) -> Iterator[Found]:
    """Which changes of the settings and which acts wait, and for what."""
    for change in changes:
        words = told(
            "a change of `{author}` waits for its hour since {since}: {reason}"
            if change.state is State.SCHEDULED
            else "a change of `{author}` waits for a second person since {since}: {reason}",
            author=change.author,
            since=_moment(change.asked),
            reason=change.reason,
        )
        yield Found("changes", Health.WEAK, words, f"vedette settings pending {change.id}")
    for act in acts:
        words = told(
            "`{act}` of `{author}` waits for a second person since {since}: {reason}",
            act=act.act.value,
            author=act.author,
            since=_moment(act.asked),
            reason=act.reason,
        )
        yield Found("acts", Health.WEAK, words, f"vedette act show {act.id}")


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M UTC}"
