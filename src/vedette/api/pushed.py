"""The routes about what an identity provider pushes (SCIM), for administrators, and their JSON shapes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from vedette.api.acting import By
from vedette.api.directory import HeldShape
from vedette.api.office import Office
from vedette.api.shapes import Shape
from vedette.api.sign_in_shapes import ReasonBody
from vedette.core.pushed import PushedGroup, PushedState, PushedUser

Offset = Annotated[int, Query(ge=0, le=10_000_000)]
Most = Annotated[int, Query(ge=1, le=500)]


class LastPushedShape(Shape):
    """What was pushed last: when (seconds since 1970), by the token with which id, of whom or what."""

    at: int
    by: str
    name: str


class PushedShape(Shape):
    """How what is pushed stands. `open` says whether there is a place to which it may be pushed."""

    open: bool
    people: int
    active: int
    groups: int
    last: LastPushedShape | None
    held: HeldShape | None
    trouble: str
    sentences: list[str]


class ConfirmedShape(PushedShape):
    """How it stands after that, and the act's record."""

    record: str


class PushedUserShape(Shape):
    """Somebody as they were pushed. `name` is the account's name here."""

    id: str
    name: str
    user_name: str
    display_name: str
    external_id: str
    active: bool
    modified: int
    by: str


class PushedUsersShape(Shape):
    """Some of those who were pushed, and how many there are."""

    total: int
    users: list[PushedUserShape]


class PushedGroupShape(Shape):
    """A group as it was pushed."""

    id: str
    name: str
    external_id: str
    modified: int
    by: str


class PushedGroupsShape(Shape):
    """Some of the groups, and how many there are."""

    total: int
    groups: list[PushedGroupShape]


def pushed_shape(state: PushedState) -> PushedShape:
    """How it stands, as JSON."""
    held, last = state.held, state.last
    return PushedShape(
        open=state.open,
        people=state.people,
        active=state.active,
        groups=state.groups,
        last=None if last is None else LastPushedShape(at=last.at, by=last.by, name=last.name),
        held=None
        if held is None
        else HeldShape(taken=held.taken, of=held.of, some=list(held.some), since=held.since),
        trouble=state.trouble,
        sentences=list(state.sentences()),
    )


def _user(user: PushedUser) -> PushedUserShape:
    return PushedUserShape(
        id=user.id,
        name=user.name,
        user_name=user.user_name,
        display_name=user.display_name,
        external_id=user.external_id,
        active=user.active,
        modified=user.modified,
        by=user.by,
    )


def _group(group: PushedGroup) -> PushedGroupShape:
    return PushedGroupShape(
        id=group.id,
        name=group.name,
        external_id=group.external_id,
        modified=group.modified,
        by=group.by,
    )


def router(office: Office) -> APIRouter:
    """Everything about what is pushed."""
    router, desk = APIRouter(tags=["scim"]), office.pushed

    @router.get("/scim")
    async def show(by: By) -> PushedShape:
        """How what is pushed stands."""
        return pushed_shape(await desk.state(by))

    @router.get("/scim/users")
    async def users(by: By, offset: Offset = 0, most: Most = 100) -> PushedUsersShape:
        """Those who were pushed, in the order in which they came."""
        found, total = await desk.users(by, offset, most)
        return PushedUsersShape(total=total, users=[_user(each) for each in found])

    @router.get("/scim/groups")
    async def groups(by: By, offset: Offset = 0, most: Most = 100) -> PushedGroupsShape:
        """The groups that were pushed, in the order in which they came."""
        found, total = await desk.groups(by, offset, most)
        return PushedGroupsShape(total=total, groups=[_group(each) for each in found])

    @router.post("/scim/confirm")
    async def confirm(by: By, body: ReasonBody) -> ConfirmedShape:
        """Have what is held come into force, whatever it takes away."""
        state, record = await desk.confirm(by, body.reason)
        return ConfirmedShape(**pushed_shape(state).model_dump(), record=record)

    return router
