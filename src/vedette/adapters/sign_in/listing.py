"""Pages of people and sessions, read from the database beneath the sign-in store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.sign_in.database import Database
from vedette.adapters.sign_in.rows import account_of, session_of
from vedette.adapters.sign_in.tables import ACCOUNTS, ATTEMPTS, SESSIONS
from vedette.core.sessions import Session, SessionState
from vedette.ports.sign_in import Account, attempt_step
from vedette.ports.sign_in_lists import SessionsSought


@dataclass(frozen=True, slots=True)
class SqlSignInLists:
    """The SignInLists of one database."""

    _database: Database

    def accounts(self, localparts: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are."""
        query = sa.select(ACCOUNTS).where(ACCOUNTS.c.localpart.in_(localparts))
        return {row.localpart: account_of(row) for row in self._all(query)}

    def accounts_after(self, after: str, text: str, most: int) -> tuple[Account, ...]:
        """Accounts behind a localpart that hold `text`."""
        name = self._bytewise(ACCOUNTS.c.localpart)
        query = sa.select(ACCOUNTS).where(name > after).order_by(name).limit(most)
        if text:
            holds = [
                self._holds(ACCOUNTS.c.localpart, text),
                self._holds(ACCOUNTS.c.display_name, text),
            ]
            query = query.where(sa.or_(*holds))
        return tuple(map(account_of, self._all(query)))

    def localparts_after(self, after: str, most: int) -> tuple[str, ...]:
        """The localparts of accounts behind a localpart."""
        name = self._bytewise(ACCOUNTS.c.localpart)
        rows = self._all(sa.select(name).where(name > after).order_by(name).limit(most))
        return tuple(str(row[0]) for row in rows)

    def people_in(self, state: SessionState, after: str, most: int) -> tuple[str, ...]:
        """User ids behind `after` with a session in this state."""
        user = self._bytewise(SESSIONS.c.user_id)
        query = sa.select(user).where(SESSIONS.c.state == state.value, user > after)
        rows = self._all(query.distinct().order_by(user).limit(most))
        return tuple(str(row[0]) for row in rows)

    def session_counts(self, users: Collection[str]) -> Mapping[str, Mapping[SessionState, int]]:
        """How many sessions these people have in each state."""
        theirs = (SESSIONS.c.user_id.in_(users), SESSIONS.c.state != SessionState.ENDED.value)
        user, state_ = SESSIONS.c.user_id, SESSIONS.c.state
        query = sa.select(user, state_, sa.func.count()).where(*theirs).group_by(user, state_)
        found: defaultdict[str, dict[SessionState, int]] = defaultdict(dict)
        for row in self._all(query):
            found[row[0]][SessionState(row[1])] = row[2]
        return dict(found)

    def sessions(
        self, sought: SessionsSought, before: int | None, most: int
    ) -> tuple[tuple[int, Session], ...]:
        """Sessions, the newest first, each with its place."""
        query = sa.select(SESSIONS).where(*self._conditions(sought))
        if before is not None:
            query = query.where(SESSIONS.c.seq < before)
        rows = self._all(query.order_by(SESSIONS.c.seq.desc()).limit(most))
        return tuple((row.seq, session_of(row, 0)) for row in rows)

    def tried(self, now: int, window: int, least: int) -> Mapping[str, int]:
        """The keys under which at least so many attempts were counted in the window."""
        total = sa.func.sum(ATTEMPTS.c.count)
        recent = ATTEMPTS.c.at > now - window - attempt_step(window)
        query = sa.select(ATTEMPTS.c.key, total).where(recent).group_by(ATTEMPTS.c.key)
        return {row[0]: int(row[1]) for row in self._all(query.having(total >= least))}

    def _all(self, query: sa.Select[*tuple[Any, ...]]) -> list[Any]:
        with self._database.reading() as connection:
            return list(connection.execute(query).all())

    def _bytewise(self, column: sa.Column[Any]) -> Any:
        """The column in the order of code points, which is SQLite's own."""
        return sa.collate(column, "C") if self._database.name == "postgresql" else column

    def _conditions(self, sought: SessionsSought) -> list[sa.ColumnElement[bool]]:
        facts, found = SESSIONS.c.facts, []
        if sought.user:
            found.append(SESSIONS.c.user_id == sought.user)
        if sought.state is not None:
            found.append(SESSIONS.c.state == sought.state.value)
        elif not sought.ended:
            found.append(SESSIONS.c.state != SessionState.ENDED.value)
        if sought.kind is not None:
            found.append(SESSIONS.c.kind == sought.kind)
        if sought.platform:
            found.append(facts["platform"].as_string() == sought.platform)
        if sought.client:
            found.append(self._holds(facts["client_name"].as_string(), sought.client))
        if sought.approved is not None:
            found.append(facts["approved"].as_boolean() == sa.literal(sought.approved))
        return found

    def _holds(self, text: Any, part: str) -> sa.ColumnElement[bool]:
        """Whether a text holds a part. SQLite's own LIKE is blind to the case of ASCII letters."""
        text = text if self._database.name == "sqlite" else sa.func.lower(text)
        found: sa.ColumnElement[bool] = text.contains(_lower(part), autoescape=True)
        return found


def _lower(text: str) -> str:
    """ASCII letters in lower case, as SQLite's own `lower` has it."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)
