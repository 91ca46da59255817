"""Changes of a resource (RFC 7644, section 3.5.2): what is asked, and the resource after it.

Members of groups may be very many, so what becomes of them is told apart, as sets.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.filters import (
    Both,
    Compare,
    Either,
    Filter,
    Place,
    Target,
    chosen,
    parse_target,
)
from vedette.protocol.scim.reading import (
    checked,
    demand_schema,
    located,
    one_primary,
    put,
    read_value,
)
from vedette.protocol.scim.schemas import PATCH, Attribute, Kind

MOST_OPERATIONS = 1000
MOST_MEMBERS = 100_000
_VERBS = ("add", "remove", "replace")


@dataclass(slots=True)
class Members:
    """What becomes of a group's members, by user: first all are taken out where `anew`."""

    anew: bool = False
    come: set[str] = field(default_factory=set)
    go: set[str] = field(default_factory=set)

    def add(self, users: Iterable[str]) -> None:
        """These are members."""
        for user in users:
            self.go.discard(user)
            self.come.add(user)

    def remove(self, users: Iterable[str]) -> None:
        """These are none."""
        for user in users:
            self.come.discard(user)
            self.go.add(user)

    def replace(self, users: Iterable[str]) -> None:
        """These are all."""
        self.anew, self.come, self.go = True, set(users), set()

    def __bool__(self) -> bool:
        """Whether anything becomes of them."""
        return self.anew or bool(self.come) or bool(self.go)


@dataclass(frozen=True, slots=True)
class Operation:
    """One change."""

    verb: str
    path: str
    value: Any


def read_operations(body: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The changes of a PATCH. Verbs are in whatever case, as Entra ID writes them. Raises ScimFault."""
    demand_schema(body, PATCH)
    said = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(said, list) or not said:
        raise ScimFault(Wrong.SYNTAX, "`Operations` is no list of changes")
    if len(said) > MOST_OPERATIONS:
        raise ScimFault(Wrong.SYNTAX, f"there are more than {MOST_OPERATIONS} changes")
    return tuple(map(_operation, said))


def _operation(said: Any) -> Operation:
    if not isinstance(said, dict):
        raise ScimFault(Wrong.SYNTAX, "a change is no object")
    known = {name.lower(): value for name, value in said.items()}
    verb, path = known.get("op"), known.get("path")
    if not isinstance(verb, str) or verb.lower() not in _VERBS:
        raise ScimFault(Wrong.SYNTAX, f"`op` has to be one of {', '.join(_VERBS)}")
    if path is not None and not isinstance(path, str):
        raise ScimFault(Wrong.PATH, "`path` is no text")
    if verb.lower() != "remove" and "value" not in known:
        raise ScimFault(Wrong.VALUE, "`value` is missing")
    if verb.lower() == "remove" and not path:
        raise ScimFault(Wrong.NO_TARGET, "what is removed has to be named in `path`")
    return Operation(verb.lower(), path or "", known.get("value"))


def patched(
    resource: Mapping[str, Any], operations: Iterable[Operation], kind: Kind
) -> tuple[dict[str, Any], Members]:
    """The resource after all changes, and what becomes of its members. Raises ScimFault."""
    found, members = copy.deepcopy(dict(resource)), Members()
    for each in operations:
        if each.path:
            _at_path(found, members, each, kind)
        else:
            _without_path(found, members, each, kind)
    return checked(found, kind), members


def _without_path(
    resource: dict[str, Any], members: Members, operation: Operation, kind: Kind
) -> None:
    """An object of attributes, whose names may be paths as well. What is not taken is left alone."""
    if not isinstance(operation.value, Mapping):
        raise ScimFault(Wrong.VALUE, "without `path`, `value` has to be an object")
    for name, value in operation.value.items():
        place = located(name, kind)
        if place is not None and place[1] is None:
            if not isinstance(value, Mapping):
                raise ScimFault(Wrong.VALUE, f"`{name}` is no object")
            for own, said in value.items():
                inner = kind.find(own, place[0])
                if inner is not None:
                    target = Target(Place(place[0], inner))
                    _apply(resource, members, Operation(operation.verb, own, said), target)
        elif place is not None or "." in name or "[" in name:
            _named(resource, members, Operation(operation.verb, name, value), kind)


def _named(resource: dict[str, Any], members: Members, operation: Operation, kind: Kind) -> None:
    try:
        target = parse_target(operation.path, kind)
    except ScimFault:
        return  # as any attribute that nobody knows
    if isinstance(target, Target) and target.place.attribute.writable:
        _apply(resource, members, operation, target)


def _at_path(resource: dict[str, Any], members: Members, operation: Operation, kind: Kind) -> None:
    target = parse_target(operation.path, kind)
    if isinstance(target, str):
        if operation.verb == "remove":
            resource.pop(target, None)
            return
        inner = Operation(operation.verb, "", {target: operation.value})
        _without_path(resource, members, inner, kind)
        return
    if target.place.attribute.name == "password":
        return  # it is ignored wherever it is said
    if not target.place.attribute.writable:
        raise ScimFault(Wrong.MUTABILITY, f"`{target.place.attribute.name}` can't be changed")
    _apply(resource, members, operation, target)


def _apply(
    resource: dict[str, Any], members: Members, operation: Operation, target: Target
) -> None:
    attribute, urn = target.place.attribute, target.place.urn
    if attribute.name == "members":
        _change_members(members, operation, target)
        return
    if not attribute.writable:
        return
    before = (resource.get(urn, {}) if urn else resource).get(attribute.name)
    if attribute.multi:
        after = _changed_values(list(before or ()), operation, target)
    else:
        after = _changed_value(before, operation, target)
    _set(resource, urn, attribute, after)


def _set(resource: dict[str, Any], urn: str, attribute: Attribute, value: Any) -> None:
    """What is read already needs no second reading; an attribute without value is not there."""
    if value in (None, [], {}):
        put(resource, urn, attribute, None)
    else:
        (resource.setdefault(urn, {}) if urn else resource)[attribute.name] = value


def _changed_value(before: Any, operation: Operation, target: Target) -> Any:
    """One value, or one sub-attribute of it."""
    attribute, sub = target.place.attribute, target.place.sub
    if sub is not None:
        found = dict(before or {})
        found.pop(sub.name, None)
        read = None if operation.verb == "remove" else read_value(sub, operation.value)
        return found if read is None else {**found, sub.name: read}
    if operation.verb == "remove":
        return None
    read = read_value(attribute, operation.value)
    if attribute.kind == "complex" and isinstance(before, dict) and read is not None:
        return {**before, **read}
    return read


def _changed_values(before: list[Any], operation: Operation, target: Target) -> list[Any]:
    """Many values: all of them, or those that are chosen."""
    if target.which is not None:
        return _changed_among(before, operation, target, target.which)
    attribute, sub = target.place.attribute, target.place.sub
    if sub is not None:
        return _changed_subs(before, operation, target)
    if operation.verb == "remove":
        return _without(before, attribute, operation.value)
    read = read_value(attribute, operation.value) or []
    if operation.verb == "replace":
        return list(read)
    return _bounded(
        attribute, one_primary([*before, *(each for each in read if each not in before)])
    )


def _changed_subs(before: list[Any], operation: Operation, target: Target) -> list[Any]:
    """A sub-attribute of every value."""
    return [
        found
        for each in before
        if (found := _changed_value(each, operation, Target(target.place))) is not None
    ]


def _changed_among(
    before: list[Any], operation: Operation, target: Target, which: Filter
) -> list[Any]:
    attribute, sub = target.place.attribute, target.place.sub
    hit = [chosen(which, each) for each in before]
    if not any(hit):
        if operation.verb == "remove":
            return before
        if operation.verb == "replace":
            raise ScimFault(
                Wrong.NO_TARGET, f"no value of `{attribute.name}` is meant by this path"
            )
        made = _changed_value(_said_by(which), operation, Target(target.place))
        return _bounded(attribute, one_primary([*before, made]))
    if operation.verb == "remove" and sub is None:
        return [each for each, is_hit in zip(before, hit, strict=True) if not is_hit]
    single = Target(target.place)
    found = [
        _changed_value(each, operation, single) if is_hit else each
        for each, is_hit in zip(before, hit, strict=True)
    ]
    return one_primary(each for each in found if each)


def _said_by(which: Filter) -> dict[str, Any]:
    """The value that a filter describes, such as `{"type": "work"}`. Raises ScimFault for none."""
    match which:
        case Compare(place, "eq", value) if place.sub is not None and value is not None:
            read = read_value(place.sub, value)
            return {} if read is None else {place.sub.name: read}
        case Both(parts):
            return {name: value for each in parts for name, value in _said_by(each).items()}
        case _:
            raise ScimFault(
                Wrong.NO_TARGET, "no value is meant by this path, and none is described"
            )


def _without(before: list[Any], attribute: Attribute, value: Any) -> list[Any]:
    """The values but those that are named; without names none is left."""
    if value is None:
        return []
    named = read_value(attribute, value) or []
    keys = {each.get("value") for each in named}
    return [each for each in before if each not in named and each.get("value") not in keys - {None}]


def _bounded(attribute: Attribute, values: list[Any]) -> list[Any]:
    read_value(attribute, values)
    return values


# ---- members -------------------------------------------------------------------------------------


def _change_members(members: Members, operation: Operation, target: Target) -> None:
    if target.which is not None:
        if target.place.sub is not None or operation.verb != "remove":
            raise ScimFault(Wrong.PATH, "members are added and removed whole")
        members.remove(_meant(target.which))
    elif target.place.sub is not None:
        raise ScimFault(Wrong.PATH, "members are added and removed whole")
    elif operation.verb == "remove":
        if operation.value is None:
            members.replace(())
        else:
            members.remove(read_members(operation.value))
    elif operation.verb == "replace":
        members.replace(read_members(operation.value))
    else:
        members.add(read_members(operation.value))


def _meant(which: Filter) -> set[str]:
    """The members whom a filter names by their ids. Raises ScimFault."""
    match which:
        case Compare(place, "eq", value) if place.last.name == "value" and isinstance(value, str):
            return {value}
        case Either(parts):
            return {each for part in parts for each in _meant(part)}
        case _:
            raise ScimFault(Wrong.PATH, 'members are chosen by `members[value eq "…"]` alone')


def read_members(value: Any) -> set[str]:
    """The ids of users in a list of members. Raises ScimFault."""
    if value is None:
        return set()
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_MEMBERS:
        raise ScimFault(Wrong.VALUE, f"there are more than {MOST_MEMBERS} members")
    return {_member(each) for each in values}


def _member(said: Any) -> str:
    known = (
        {str(name).lower(): value for name, value in said.items()} if isinstance(said, dict) else {}
    )
    user = known.get("value") if known else said
    if not isinstance(user, str) or not user:
        raise ScimFault(Wrong.VALUE, "a member has no `value`")
    if str(known.get("type") or "User").lower() != "user":
        raise ScimFault(Wrong.VALUE, "groups in groups are not taken; send their people")
    return user
