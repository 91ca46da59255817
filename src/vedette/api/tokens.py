"""The routes about tokens of this API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from vedette.admin.door import user_named
from vedette.admin.tokens import NewToken
from vedette.api.acting import By
from vedette.api.office import Office
from vedette.api.shapes import Shape
from vedette.api.sign_in_shapes import RecordShape
from vedette.core.tokens import ApiToken

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{10}$")]
Reason = Annotated[str, Query(min_length=1, max_length=500)]
_Word = Annotated[str, Field(max_length=80)]


class NewTokenBody(Shape):
    """A token to make: whom it acts for, for which acts, over which parties, and its last day."""

    user: str = Field(min_length=1, max_length=255)
    acts: list[_Word] = Field(min_length=1, max_length=100)
    over: list[_Word] = Field(
        default_factory=list,
        max_length=100,
        description="Parties; none means everybody over whom the person may act.",
    )
    expires: date = Field(description="The last day, UTC.")
    reason: str = Field(min_length=1, max_length=500)


class TokenShape(Shape):
    """A token without its value. `expires` is its last day, UTC."""

    id: str
    user: str
    acts: list[str]
    over: list[str]
    made: int
    made_by: str
    expires: date
    over_by_now: bool
    reason: str


class IssuedTokenShape(Shape):
    """A new token; its value is shown only here."""

    token: TokenShape
    value: str
    record: str


def router(office: Office) -> APIRouter:
    """Everything about tokens."""
    router, desk = APIRouter(tags=["tokens"]), office.tokens

    @router.get("/tokens")
    async def tokens(by: By) -> list[TokenShape]:
        """Every token, oldest first, never its value."""
        return [_shape(each, desk.clock.now()) for each in await desk.every(by)]

    @router.post("/tokens")
    async def add(by: By, body: NewTokenBody) -> IssuedTokenShape:
        """Make a token that acts for a person; its value is shown only in this answer."""
        made = await desk.add(
            by,
            NewToken(
                user=user_named(body.user, office.desk.policy.current().directory.domain),
                acts=tuple(body.acts),
                over=tuple(body.over),
                expires=body.expires,
                reason=body.reason,
            ),
        )
        shown = _shape(made.token, desk.clock.now())
        return IssuedTokenShape(token=shown, value=made.value, record=made.record)

    @router.delete("/tokens/{id_}")
    async def remove(by: By, id_: Id, reason: Reason) -> RecordShape:
        """Make a token good for nothing, at once."""
        return RecordShape(record=await desk.remove(by, id_, reason))

    return router


def _shape(token: ApiToken, now: float) -> TokenShape:
    return TokenShape(
        id=token.id,
        user=token.user,
        acts=sorted(token.acts),
        over=sorted(token.over),
        made=token.made,
        made_by=token.made_by,
        expires=datetime.fromtimestamp(token.expires - 1, UTC).date(),
        over_by_now=not token.good_at(now),
        reason=token.reason,
    )
