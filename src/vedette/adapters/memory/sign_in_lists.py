"""Pages of people and sessions from a sign-in store that is kept in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from vedette.core.sessions import Session, SessionState
from vedette.ports.sign_in import Account, attempt_step
from vedette.ports.sign_in_lists import SessionsSought

if TYPE_CHECKING:
    from vedette.adapters.memory.sign_in import MemorySignInStore


@dataclass(frozen=True, slots=True)
class MemorySignInLists:
    """The SignInLists of a MemorySignInStore."""

    store: MemorySignInStore

    def accounts(self, localparts: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are."""
        return {
            each.localpart: each for each in self.store.accounts() if each.localpart in localparts
        }

    def accounts_after(self, after: str, text: str, most: int) -> tuple[Account, ...]:
        """Accounts behind a localpart that hold `text`."""
        found = [
            each
            for each in self.store.accounts()
            if each.localpart > after
            and (_holds(each.localpart, text) or _holds(each.display_name, text))
        ]
        return tuple(found[:most])

    def localparts_after(self, after: str, most: int) -> tuple[str, ...]:
        """The localparts of accounts behind a localpart."""
        found = (each.localpart for each in self.store.accounts() if each.localpart > after)
        return tuple(islice(found, most))

    def people_in(self, state: SessionState, after: str, most: int) -> tuple[str, ...]:
        """User ids behind `after` with a session in this state."""
        every = self.store.sessions(ended=True)
        users = {str(each.user) for each in every if each.state is state}
        return tuple(sorted(user for user in users if user > after)[:most])

    def session_counts(self, users: Collection[str]) -> Mapping[str, Mapping[SessionState, int]]:
        """How many sessions these people have in each state."""
        found: dict[str, Counter[SessionState]] = {}
        for each in self.store.sessions():
            if each.user in users:
                found.setdefault(each.user, Counter())[each.state] += 1
        return found

    def sessions(
        self, sought: SessionsSought, before: int | None, most: int
    ) -> tuple[tuple[int, Session], ...]:
        """Sessions, the newest first, each with its place."""
        every = enumerate(self.store.sessions(ended=True), start=1)
        found = [
            (place, replace(each, number=0))
            for place, each in every
            if (before is None or place < before) and _matches(each, sought)
        ]
        return tuple(found[::-1][:most])

    def tried(self, now: int, window: int, least: int) -> Mapping[str, int]:
        """The keys under which at least so many attempts were counted in the window."""
        since = now - window - attempt_step(window)
        counts = self.store.attempts_since(since)
        return {key: count for key, count in counts.items() if count >= least}


def _matches(each: Session, sought: SessionsSought) -> bool:
    over = each.state is SessionState.ENDED
    return (
        sought.user in ("", each.user)
        and (sought.state is each.state if sought.state else sought.ended or not over)
        and sought.kind in (None, each.kind)
        and sought.platform in ("", each.facts.platform)
        and _holds(each.facts.client_name, sought.client)
        and sought.approved in (None, each.facts.approved)
    )


def _holds(text: str, part: str) -> bool:
    return _lower(part) in _lower(text)


def _lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
