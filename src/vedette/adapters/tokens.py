"""Tokens of the administration API, in control's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from vedette.adapters.databases import answering
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.tokens import ApiToken

_NAME = "settings"
_TOKENS = sa.Table(
    "api_tokens",
    sa.MetaData(),
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("digest", sa.String(64)),
    sa.Column("user", sa.Text),
    sa.Column("acts", sa.JSON),
    sa.Column("over", sa.JSON),
    sa.Column("made", sa.BigInteger),
    sa.Column("made_by", sa.Text),
    sa.Column("expires", sa.BigInteger),
    sa.Column("reason", sa.Text),
)


@dataclass(frozen=True, slots=True)
class SqlTokens:
    """The ApiTokens in the database that `open_database` has opened and migrated."""

    engine: sa.Engine

    def add(self, token: ApiToken) -> None:
        """Insert the token. Raises Unavailable, also where its id or digest is taken."""
        with answering(_NAME), self.engine.begin() as connection:
            connection.execute(sa.insert(_TOKENS).values(**_columns(token)))

    def by_digest(self, digest: str) -> ApiToken | None:
        """The token whose value has this digest."""
        return self._one(_TOKENS.c.digest == digest)

    def by_id(self, id_: str) -> ApiToken | None:
        """The token with this id."""
        return self._one(_TOKENS.c.id == id_)

    def every(self) -> tuple[ApiToken, ...]:
        """All of them, oldest first."""
        with answering(_NAME), self.engine.connect() as connection:
            rows = connection.execute(sa.select(_TOKENS)).all()
        # Sorted here: databases differ in how they sort letters.
        return tuple(sorted(map(_token, rows), key=lambda each: (each.made, each.id)))

    def remove(self, id_: str) -> bool:
        """Delete the token."""
        with answering(_NAME), self.engine.begin() as connection:
            gone = connection.execute(sa.delete(_TOKENS).where(_TOKENS.c.id == id_))
        return bool(gone.rowcount)

    def _one(self, which: sa.ColumnElement[bool]) -> ApiToken | None:
        with answering(_NAME), self.engine.connect() as connection:
            row = connection.execute(sa.select(_TOKENS).where(which)).first()
        return _token(row) if row else None


def _columns(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "digest": token.digest,
        "user": token.user,
        "acts": sorted(token.acts),
        "over": sorted(token.over),
        "made": token.made,
        "made_by": token.made_by,
        "expires": token.expires,
        "reason": token.reason,
    }


def _token(row: sa.Row[Any]) -> ApiToken:
    known = {act.value for act in Act}
    return ApiToken(
        id=row.id,
        digest=row.digest,
        user=UserId(row.user),
        # An act that this version does not know can't be asked, so nothing is lost with it.
        acts=frozenset(Act(each) for each in row.acts if each in known),
        over=frozenset(row.over),
        made=row.made,
        made_by=row.made_by,
        expires=row.expires,
        reason=row.reason,
    )
