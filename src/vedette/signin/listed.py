"""This process's own copy of the list of sessions, and waiting until it knows a change."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Condition

from vedette.core.record import JSON
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.sessions import NO_SESSIONS, SessionList, listed_of


class Listed:
    """The list of sessions as the doors have it; used from many threads.

    Whoever polls the streams calls `take` with each sessions part that arrives.
    """

    def __init__(self) -> None:
        self._arrival = Condition()
        self._list = NO_SESSIONS

    def take(self, body: Mapping[str, JSON]) -> None:
        """Put a verified part's body in force and wake everybody who waits for it.

        One that is no list changes nothing.
        """
        try:
            newer = listed_of(body, self._list)
        except ValueError:
            return
        with self._arrival:
            self._list = newer
            self._arrival.notify_all()

    def current(self) -> SessionList:
        """The list in force; an empty one before any arrived."""
        return self._list

    def wait(self, change: int, seconds: float) -> SessionList:
        """Return the first list that knows the change, by its number in the sign-in store.

        Raises:
            Unavailable: none arrived in time, so control is away or behind.
        """
        with self._arrival:
            if not self._arrival.wait_for(lambda: self._list.as_of >= change, seconds):
                raise Unavailable(f"control did not publish change {change} in {seconds} seconds")
            return self._list
