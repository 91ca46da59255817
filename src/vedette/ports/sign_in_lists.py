"""The sign-in store as lists of people and sessions are read from it: a page at a time.

Nothing here reads a whole table to answer for a page of it. Times are seconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from vedette.core.sessions import Kind, Session, SessionState
from vedette.ports.sign_in import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsSought:
    """Which sessions to list; what is empty matches everything.

    `client` is a part of the client's name as it said it, `ended` adds sessions that are over.
    """

    user: str = ""
    state: SessionState | None = None
    kind: Kind | None = None
    platform: str = ""
    client: str = ""
    approved: bool | None = None
    ended: bool = False


class SignInLists(Protocol):
    """Reads pages. Every call raises Unavailable when the store does not answer."""

    def accounts(self, localparts: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are, at most a few hundred."""

    def accounts_after(self, after: str, text: str, most: int) -> tuple[Account, ...]:
        """Accounts behind a localpart, in the order of code points, whose localpart or display name
        holds `text`; of letters beyond ASCII the case counts.
        """

    def localparts_after(self, after: str, most: int) -> tuple[str, ...]:
        """The localparts of accounts behind a localpart, in the order of code points."""

    def people_in(self, state: SessionState, after: str, most: int) -> tuple[str, ...]:
        """User ids behind `after`, in the order of code points, with a session in this state."""

    def session_counts(self, users: Collection[str]) -> Mapping[str, Mapping[SessionState, int]]:
        """How many sessions these people have in each state, those that are ended apart."""

    def sessions(
        self, sought: SessionsSought, before: int | None, most: int
    ) -> tuple[tuple[int, Session], ...]:
        """Sessions, the newest first, each with its place; `before` is a place.

        Their `number` is 0: nobody counts ranks for a list.
        """

    def tried(self, now: int, window: int, least: int) -> Mapping[str, int]:
        """The keys under which at least so many attempts were counted in the window."""
