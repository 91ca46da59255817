"""Resources as they are told: with the attributes that were asked for (RFC 7644, section 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.filters import Place, parse_target
from vedette.protocol.scim.schemas import ERROR, LIST, MOST_AT_ONCE, Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which attributes are told: `only` these, or all but `without`."""

    only: tuple[Place, ...] | None = None
    without: tuple[Place, ...] = ()

    def wants(self, name: str) -> bool:
        """Whether anything of this attribute is told, so that it is worth finding out."""
        if self.only is not None:
            return any(each.attribute.name == name for each in self.only)
        return not any(each.attribute.name == name and each.sub is None for each in self.without)


def read_wanted(attributes: str | None, excluded: str | None, kind: Kind) -> Wanted:
    """The attributes that a query names; unknown ones are left out. Raises ScimFault."""
    if attributes and excluded:
        raise ScimFault(None, "`attributes` and `excludedAttributes` exclude each other")
    if attributes:
        return Wanted(only=tuple(_places(attributes, kind)))
    return Wanted(without=tuple(_places(excluded or "", kind)))


def _places(text: str, kind: Kind) -> Iterable[Place]:
    for name in text.split(",")[:MOST_AT_ONCE]:
        try:
            found = parse_target(name.strip(), kind)
        except ScimFault:
            continue
        if isinstance(found, str):
            among = kind.extensions.get(found, kind.attributes)
            yield from (Place("" if found == kind.schema else found, each) for each in among)
        elif found.which is None:
            yield found.place


def told(resource: Mapping[str, Any], kind: Kind, wanted: Wanted) -> dict[str, Any]:
    """What is told of a whole resource, with `schemas`; its id always."""
    kept = dict(resource)
    if wanted.only is not None:
        kept = {"id": resource["id"]}
        for place in wanted.only:
            _copy(resource, kept, place)
    for place in wanted.without:
        if place.attribute.returned != "always":
            _drop(kept, place)
    schemas = [kind.schema, *(urn for urn in kind.extensions if urn in kept)]
    return {"schemas": schemas, **kept}


def _copy(whole: Mapping[str, Any], kept: dict[str, Any], place: Place) -> None:
    source = whole.get(place.urn, {}) if place.urn else whole
    value = source.get(place.attribute.name)
    if value is None:
        return
    into = kept.setdefault(place.urn, {}) if place.urn else kept
    name = place.attribute.name
    if place.sub is None:
        into[name] = value
    elif isinstance(value, list):
        before = into.get(name) or [{} for _ in value]
        into[name] = [
            b | _only(each, place.sub.name) for b, each in zip(before, value, strict=True)
        ]
    else:
        into[name] = into.get(name, {}) | _only(value, place.sub.name)


def _only(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: value[name]} if name in value else {}


def _drop(kept: dict[str, Any], place: Place) -> None:
    among = dict(kept.get(place.urn, {})) if place.urn else kept
    value = among.pop(place.attribute.name, None)
    if place.sub is not None and value is not None:
        rest = {place.sub.name}
        among[place.attribute.name] = (
            [{n: v for n, v in each.items() if n not in rest} for each in value]
            if isinstance(value, list)
            else {n: v for n, v in value.items() if n not in rest}
        )
    if place.urn:
        kept[place.urn] = among
        if not among:
            del kept[place.urn]


def page(found: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """Some of all resources that were asked for; `start` counts from 1."""
    return {
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(found),
        "Resources": found,
    }


def error(fault: ScimFault) -> dict[str, Any]:
    """An error (RFC 7644, section 3.12)."""
    found = {"schemas": [ERROR], "status": str(fault.status), "detail": str(fault)}
    return found if fault.wrong is None else {**found, "scimType": fault.wrong.value}


def moment(seconds: int) -> str:
    """A time since 1970 as SCIM writes it (RFC 7643, section 2.3.5)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_number(text: str | None, usual: int, least: int) -> int:
    """`startIndex` or `count`: what is less than the least counts as that. Raises ScimFault."""
    if text is None:
        return usual
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise ScimFault(Wrong.VALUE, f"`{text[:20]}` is no number")
    return max(least, int(text))
