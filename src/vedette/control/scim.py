"""The SCIM 2.0 service (RFC 7644) for identity providers that push people and groups.

Who asks is known by a token before anything is parsed. Whoever waits no longer does not undo what was
begun: a change is carried out to its end.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vedette.admin.actor import Actor
from vedette.admin.pushed import PushedDesk, group_body, patch_of, version_of
from vedette.admin.rejected import Code, Rejected
from vedette.admin.tokens import digest_of
from vedette.control.inbound import App, Message, Pushed, Receive, Send
from vedette.core.pace import Pace
from vedette.core.people import provisioner_of
from vedette.core.pushed import PushedGroup, PushedUser
from vedette.core.tokens import ApiToken
from vedette.ports.errors import Unavailable
from vedette.ports.tokens import ApiTokens
from vedette.protocol.scim.faults import ScimFault
from vedette.protocol.scim.filters import Both, Compare, Filter, holds, parse_filter
from vedette.protocol.scim.patching import Members, read_members, read_operations
from vedette.protocol.scim.reading import demand_schema, parse_json, read_resource
from vedette.protocol.scim.schemas import (
    GROUPS,
    MOST_AT_ONCE,
    SEARCH,
    USERS,
    Kind,
    resource_types,
    schemas,
    service_provider_config,
)
from vedette.protocol.scim.telling import (
    Wanted,
    error,
    moment,
    page,
    read_number,
    read_wanted,
    told,
)

_LOG = logging.getLogger("vedette.control")
PREFIX = "/scim/v2"
LARGEST_BODY = 4 << 20
_TYPE = "application/scim+json"
_WRONG_TOKENS, _WRONG_SECONDS = 20, 60.0
"""So many wrong tokens from one address are answered one by one; more are told to wait."""
_REQUESTS, _REQUESTS_SECONDS = 300, 5.0
"""So many requests with one token are served in this time; more are told to wait."""
_SCANNED_AT_ONCE = 500
_STATUS = {Code.REFUSED: 403, Code.UNAVAILABLE: 503, Code.NOT_FOUND: 404}


@dataclass(slots=True)
class ScimService:
    """Answers what identity providers ask. `url` is the address of the place where others push."""

    desk: PushedDesk
    tokens: ApiTokens
    url: str
    _wrong: Pace = field(default_factory=Pace)
    _served: Pace = field(default_factory=Pace)
    _running: set[asyncio.Task[Response]] = field(default_factory=set)

    @property
    def base(self) -> str:
        """The address below which every resource is."""
        return f"{self.url}{PREFIX}"

    def pushed(self) -> Pushed:
        """What is served below `/scim/v2`."""
        app: App = self._app
        return Pushed(PREFIX, app, LARGEST_BODY)

    def is_long(self, found: PushedUser | PushedGroup) -> bool:
        """Whether a group has so many members that not every change tells them all."""
        return self.desk.following.size(found.id) > MOST_AT_ONCE

    async def _app(self, scope: Message, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        task = asyncio.create_task(self._answered(request, await request.body()))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        response = await asyncio.shield(task)
        await response(scope, receive, send)

    async def _answered(self, request: Request, body: bytes) -> Response:
        """The answer, whatever happens.

        1. Whoever has no good token learns nothing more. 2. Too many requests wait. 3. The request is
        carried out, or refused in SCIM's words.
        """
        try:
            token = await self._token(request)  # (1)
            if not self._served.admits(self._now(), token.id, "", _REQUESTS, _REQUESTS_SECONDS):
                return _wait(1)  # (2)
            return await self._routed(request, body, Actor.through(token))  # (3)
        except ScimFault as fault:
            return _refused(fault)
        except Rejected as rejected:
            return _refused(ScimFault(None, str(rejected), _STATUS.get(rejected.code, 400)))
        except Unavailable as outage:
            _LOG.error("%s", outage)
            answer = _refused(ScimFault(None, "this can't be kept just now; try again", 503))
            answer.headers["retry-after"] = "30"
            return answer

    def _now(self) -> float:
        return self.desk.clock.now()

    async def _token(self, request: Request) -> ApiToken:
        """The token by which somebody pushes. Raises ScimFault for any other."""
        shown = request.headers.getlist("authorization")
        scheme, _, value = (shown[0] if len(shown) == 1 else "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and value.strip():
            found = await asyncio.to_thread(self.tokens.by_digest, digest_of(value.strip()))
        domain = self.desk.door.spine.policy.current().directory.domain
        if (
            found is not None
            and found.user == provisioner_of(domain)
            and found.good_at(self._now())
        ):
            return found
        address = request.client.host if request.client else ""
        if not self._wrong.admits(self._now(), address, "", _WRONG_TOKENS, _WRONG_SECONDS):
            raise ScimFault(None, "too many wrong tokens came from there", 429)
        raise ScimFault(None, "this needs a token that is good: `vedette scim token add`", 401)

    # ---- routes ----------------------------------------------------------------------------------

    async def _routed(self, request: Request, body: bytes, by: Actor) -> Response:
        parts = request.url.path.removeprefix(PREFIX).strip("/").split("/")
        place, rest = parts[0], parts[1:]
        for kind, routes in ((USERS, _Users(self, by)), (GROUPS, _Groups(self, by))):
            if place == kind.place:
                return await _resource(routes, request, body, rest)
        return await self._described(request, by, place, "/".join(rest))

    async def _described(self, request: Request, by: Actor, place: str, which: str) -> Response:
        """What the service is (RFC 7644, section 4)."""
        known: dict[str, Callable[[str], list[dict[str, Any]]]] = {
            "ResourceTypes": resource_types,
            "Schemas": schemas,
        }
        if place not in (*known, "ServiceProviderConfig"):
            raise ScimFault(None, "nothing is served at this path", 404)
        if request.method != "GET":
            raise ScimFault(None, "this path does not take this method", 405)
        await self.desk.may_read(by)
        if place == "ServiceProviderConfig":
            return _json(service_provider_config(self.base))
        if "filter" in request.query_params:
            raise ScimFault(None, "this is not filtered", 403)
        every = known[place](self.base)
        if not which:
            return _json(page(every, len(every), 1))
        found = next((each for each in every if each["id"] == which), None)
        if found is None:
            raise ScimFault(None, "there is no such thing", 404)
        return _json(found)

    # ---- resources as they are told --------------------------------------------------------------

    async def told_users(
        self, users: tuple[PushedUser, ...], wanted: Wanted
    ) -> list[dict[str, Any]]:
        """Users, with their groups where those are wanted."""
        groups: Mapping[str, tuple[PushedGroup, ...]] = {}
        if wanted.wants("groups"):
            store, ids = self.desk.store, [each.id for each in users]
            groups = await asyncio.to_thread(store.groups_of, ids)
        return [
            told(self._whole_user(each, groups.get(each.id, ())), USERS, wanted) for each in users
        ]

    def _whole_user(self, user: PushedUser, groups: tuple[PushedGroup, ...]) -> dict[str, Any]:
        inside = [
            {
                "value": each.id,
                "$ref": f"{self.base}/Groups/{each.id}",
                "display": each.name,
                "type": "direct",
            }
            for each in groups
        ]
        said = {"active": True, **user.body}
        return {
            "id": user.id, **said, **({"groups": inside} if inside else {}),
            "meta": self._meta(USERS, user),
        }  # fmt: skip

    async def told_groups(
        self, groups: tuple[PushedGroup, ...], wanted: Wanted
    ) -> list[dict[str, Any]]:
        """Groups, with their members where those are wanted."""
        inside: Mapping[str, tuple[str, ...]] = {}
        if wanted.wants("members"):
            store, ids = self.desk.store, [each.id for each in groups]
            inside = await asyncio.to_thread(store.members, ids)
        return [
            told(self._whole_group(each, inside.get(each.id, ())), GROUPS, wanted)
            for each in groups
        ]

    def _whole_group(self, group: PushedGroup, members: tuple[str, ...]) -> dict[str, Any]:
        inside = [
            {"value": each, "$ref": f"{self.base}/Users/{each}", "type": "User"} for each in members
        ]
        return {
            "id": group.id, **group_body(group), **({"members": inside} if inside else {}),
            "meta": self._meta(GROUPS, group),
        }  # fmt: skip

    def _meta(self, kind: Kind, found: PushedUser | PushedGroup) -> dict[str, str]:
        return {
            "resourceType": kind.name,
            "created": moment(found.created),
            "lastModified": moment(found.modified),
            "location": f"{self.base}/{kind.place}/{found.id}",
            "version": version_of(found),
        }


@dataclass(frozen=True, slots=True)
class _Users:
    """What can be done with users."""

    service: ScimService
    by: Actor
    kind: Kind = USERS

    async def add(self, body: Mapping[str, Any]) -> PushedUser:
        return await self.service.desk.add_user(self.by, read_resource(body, USERS))

    async def replace(self, id_: str, body: Mapping[str, Any], expected: str | None) -> PushedUser:
        return await self.service.desk.replace_user(
            self.by, id_, read_resource(body, USERS), expected
        )

    async def patch(self, id_: str, body: Mapping[str, Any], expected: str | None) -> PushedUser:
        operations = read_operations(body)
        return await self.service.desk.patch_user(self.by, id_, operations, expected)

    async def remove(self, id_: str, expected: str | None) -> None:
        await self.service.desk.remove_user(self.by, id_, expected)

    async def one(self, id_: str) -> PushedUser | None:
        return await asyncio.to_thread(self.service.desk.store.user, id_)

    async def some(self, offset: int, most: int) -> tuple[PushedUser, ...]:
        return await asyncio.to_thread(self.service.desk.store.users, offset, most)

    async def count(self) -> int:
        return await asyncio.to_thread(self.service.desk.store.count_users)

    async def told(self, found: tuple[PushedUser, ...], wanted: Wanted) -> list[dict[str, Any]]:
        return await self.service.told_users(found, wanted)

    async def by_key(self, name: str, value: str) -> tuple[PushedUser, ...] | None:
        """Those with a value that the store finds at once; None where it does not."""
        store = self.service.desk.store
        if name == "externalId":
            return await asyncio.to_thread(store.users_of, value)
        keys = {"userName": store.called, "id": store.user}
        if name not in keys:
            return None
        found = await asyncio.to_thread(keys[name], value)
        return () if found is None else (found,)


@dataclass(frozen=True, slots=True)
class _Groups:
    """What can be done with groups."""

    service: ScimService
    by: Actor
    kind: Kind = GROUPS

    async def add(self, body: Mapping[str, Any]) -> PushedGroup:
        return await self.service.desk.add_group(
            self.by, read_resource(body, GROUPS), _members(body)
        )

    async def replace(self, id_: str, body: Mapping[str, Any], expected: str | None) -> PushedGroup:
        read, members = read_resource(body, GROUPS), Members()
        members.replace(_members(body))
        return await self.service.desk.change_group(
            self.by, id_, expected, lambda _: (read, members)
        )

    async def patch(self, id_: str, body: Mapping[str, Any], expected: str | None) -> PushedGroup:
        change = patch_of(read_operations(body))
        return await self.service.desk.change_group(self.by, id_, expected, change)

    async def remove(self, id_: str, expected: str | None) -> None:
        await self.service.desk.remove_group(self.by, id_, expected)

    async def one(self, id_: str) -> PushedGroup | None:
        return await asyncio.to_thread(self.service.desk.store.group, id_)

    async def some(self, offset: int, most: int) -> tuple[PushedGroup, ...]:
        return await asyncio.to_thread(self.service.desk.store.groups, offset, most)

    async def count(self) -> int:
        return await asyncio.to_thread(self.service.desk.store.count_groups)

    async def told(self, found: tuple[PushedGroup, ...], wanted: Wanted) -> list[dict[str, Any]]:
        return await self.service.told_groups(found, wanted)

    async def by_key(self, name: str, value: str) -> tuple[PushedGroup, ...] | None:
        """Those with a value that the store finds at once; None where it does not."""
        store = self.service.desk.store
        if name == "displayName":
            return await asyncio.to_thread(store.groups_named, value)
        if name != "id":
            return None
        found = await self.one(value)
        return () if found is None else (found,)


def _members(body: Mapping[str, Any]) -> set[str]:
    return read_members(
        next((value for name, value in body.items() if name.lower() == "members"), None)
    )


async def _resource(
    routes: _Users | _Groups, request: Request, body: bytes, rest: list[str]
) -> Response:
    method, query = request.method, request.query_params
    wanted = read_wanted(query.get("attributes"), query.get("excludedAttributes"), routes.kind)
    if not rest or rest == [""]:
        if method == "GET":
            await routes.service.desk.may_read(routes.by)
            return _json(await _listed(routes, query, wanted))
        if method == "POST":
            demand_schema(sent := parse_json(body), routes.kind.schema)
            return await _one(routes, await routes.add(sent), wanted, 201)
    elif rest == [".search"]:
        if method == "POST":
            return await _searched(routes, parse_json(body))
    elif len(rest) == 1:
        return await _single(routes, request, body, rest[0], wanted)
    else:
        raise ScimFault(None, "nothing is served at this path", 404)
    raise ScimFault(None, "this path does not take this method", 405)


async def _single(
    routes: _Users | _Groups, request: Request, body: bytes, id_: str, wanted: Wanted
) -> Response:
    expected = request.headers.get("if-match")
    match request.method:
        case "GET":
            await routes.service.desk.may_read(routes.by)
            found = await routes.one(id_)
            if found is None:
                raise ScimFault(None, f"there is no `{id_[:64]}`", 404)
            if request.headers.get("if-none-match") == version_of(found):
                return Response(status_code=304, headers={"etag": version_of(found)})
            return await _one(routes, found, wanted)
        case "PUT":
            demand_schema(sent := parse_json(body), routes.kind.schema)
            return await _one(routes, await routes.replace(id_, sent, expected), wanted)
        case "PATCH":
            changed = await routes.patch(id_, parse_json(body), expected)
            if routes.service.is_long(changed) and wanted.wants("members"):
                return Response(status_code=204, headers={"etag": version_of(changed)})
            return await _one(routes, changed, wanted)
        case "DELETE":
            await routes.remove(id_, expected)
            return Response(status_code=204)
        case _:
            raise ScimFault(None, "this path does not take this method", 405)


async def _one(
    routes: _Users | _Groups, found: PushedUser | PushedGroup, wanted: Wanted, status: int = 200
) -> Response:
    (shown,) = await routes.told((found,), wanted)  # type: ignore[arg-type]  # routes are of its kind
    answer = _json(shown, status)
    answer.headers["etag"] = version_of(found)
    answer.headers["location"] = f"{routes.service.base}/{routes.kind.place}/{found.id}"
    return answer


async def _searched(routes: _Users | _Groups, sent: Mapping[str, Any]) -> Response:
    """The same as a list, asked in a body (RFC 7644, section 3.4.3)."""
    demand_schema(sent, SEARCH)
    await routes.service.desk.may_read(routes.by)
    query = {
        name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in sent.items()
        if value is not None
    }
    named = query.get("attributes"), query.get("excludedAttributes")
    return _json(await _listed(routes, query, read_wanted(*named, routes.kind)))


async def _listed(
    routes: _Users | _Groups, query: Mapping[str, str], wanted: Wanted
) -> dict[str, Any]:
    """A page of all, or of those for whom a filter holds."""
    start = read_number(query.get("startIndex"), 1, 1)
    count = min(MOST_AT_ONCE, read_number(query.get("count"), 100, 0))
    if not query.get("filter"):
        found: Any = await routes.some(start - 1, count) if count else ()
        return page(await routes.told(found, wanted), await routes.count(), start)
    asked = parse_filter(query["filter"], routes.kind)
    every = await _holding(routes, asked)
    shown = every[start - 1 : start - 1 + count]
    return page(await routes.told(tuple(shown), wanted), len(every), start)  # type: ignore[arg-type]


async def _holding(routes: _Users | _Groups, asked: Filter) -> list[PushedUser | PushedGroup]:
    """All for whom a filter holds: at once where the store knows a value, else one by one."""
    for part in asked.parts if isinstance(asked, Both) else (asked,):
        known = await _keyed(routes, part)
        if known is not None:
            return await _chosen(routes, known, asked)
    found: list[PushedUser | PushedGroup] = []
    offset = 0
    while some := await routes.some(offset, _SCANNED_AT_ONCE):
        found += await _chosen(routes, some, asked)
        offset += len(some)
    return found


async def _keyed(
    routes: _Users | _Groups, part: Filter
) -> tuple[PushedUser, ...] | tuple[PushedGroup, ...] | None:
    """Those for whom `attribute eq "value"` holds, where the store finds them by it."""
    match part:
        case Compare(place, "eq", str() as value) if not place.urn and place.sub is None:
            return await routes.by_key(place.attribute.name, value)
        case _:
            return None


async def _chosen(
    routes: _Users | _Groups,
    some: tuple[PushedUser, ...] | tuple[PushedGroup, ...],
    asked: Filter,
) -> list[PushedUser | PushedGroup]:
    every: tuple[PushedUser | PushedGroup, ...] = some
    whole = await routes.told(some, Wanted())  # type: ignore[arg-type]  # routes are of its kind
    return [own for own, shown in zip(every, whole, strict=True) if holds(asked, shown)]


# ---- answers -------------------------------------------------------------------------------------


def _json(found: Any, status: int = 200) -> Response:
    return Response(json.dumps(found), status, media_type=_TYPE)


def _refused(fault: ScimFault) -> Response:
    answer = _json(error(fault), fault.status)
    if fault.status == 401:
        answer.headers["www-authenticate"] = "Bearer"
    if fault.status == 429:
        answer.headers["retry-after"] = str(int(_WRONG_SECONDS))
    return answer


def _wait(seconds: int) -> Response:
    answer = _json(error(ScimFault(None, "too many requests; go on in a moment", 429)), 429)
    answer.headers["retry-after"] = str(seconds)
    return answer
