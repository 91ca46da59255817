"""Bodies of requests in the one form in which resources are kept.

Names are spelled as in the schemas, unknown and read-only attributes are left out, values have the type
of their attribute. An attribute without a value is not there (RFC 7643, section 2.5).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vedette.protocol.scim.faults import ScimFault, Wrong
from vedette.protocol.scim.schemas import Attribute, Kind

LONGEST_TEXT = 4096
MOST_VALUES = 100
LARGEST = 64 << 10
"""Characters of one resource, members apart."""


def parse_json(body: bytes) -> dict[str, Any]:
    """The object of a body. Raises ScimFault."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError) as fault:
        raise ScimFault(Wrong.SYNTAX, "the body is no JSON in UTF-8") from fault
    if not isinstance(found, dict):
        raise ScimFault(Wrong.SYNTAX, "the body is no JSON object")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"`{word}` is no number in JSON")


def demand_schema(body: Mapping[str, Any], urn: str) -> None:
    """Refuse a body that says it is something else. Raises ScimFault."""
    said = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    if not isinstance(said, list) or urn.lower() not in (str(each).lower() for each in said):
        raise ScimFault(Wrong.SYNTAX, f"`schemas` has to name `{urn}`")


def read_resource(body: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """A whole resource as somebody wants it, without its members. Raises ScimFault."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        place = located(name, kind)
        if place is None:
            continue
        urn, attribute = place
        if attribute is None:
            if not isinstance(value, Mapping):
                raise ScimFault(Wrong.VALUE, f"`{urn}` is no object")
            for own, said in value.items():
                put(found, urn, kind.find(own, urn), said)
        else:
            put(found, urn, attribute, value)
    return checked(found, kind)


def located(name: str, kind: Kind) -> tuple[str, Attribute | None] | None:
    """What a name stands for: an attribute, or all of an extension (then it is None); None is neither."""
    for urn in kind.extensions:
        if name.lower() == urn.lower():
            return urn, None
        if name.lower().startswith(f"{urn.lower()}:"):
            attribute = kind.find(name[len(urn) + 1 :], urn)
            return None if attribute is None else (urn, attribute)
    bare = (
        name[len(kind.schema) + 1 :] if name.lower().startswith(f"{kind.schema.lower()}:") else name
    )
    attribute = kind.find(bare)
    return None if attribute is None else ("", attribute)


def put(resource: dict[str, Any], urn: str, attribute: Attribute | None, value: Any) -> None:
    """Have an attribute have this value; one that is not taken is left alone. Raises ScimFault."""
    if attribute is None or not attribute.writable or attribute.name == "members":
        return
    among = resource.setdefault(urn, {}) if urn else resource
    read = read_value(attribute, value)
    if read is None:
        among.pop(attribute.name, None)
    else:
        among[attribute.name] = read
    if urn and not among:
        del resource[urn]


def read_value(attribute: Attribute, value: Any) -> Any:
    """A value in the attribute's own type; None for none. Raises ScimFault."""
    if value is None:
        return None
    if not attribute.multi:
        return _single(attribute, value)
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        raise ScimFault(Wrong.VALUE, f"`{attribute.name}` has more than {MOST_VALUES} values")
    read = [found for each in values if (found := _single(attribute, each)) is not None]
    return one_primary(read) or None


def one_primary(values: Iterable[Any]) -> list[Any]:
    """The values, of which the last one that is primary stays so (RFC 7643, section 2.4)."""
    found = list(values)
    primary = [
        at for at, each in enumerate(found) if isinstance(each, dict) and each.get("primary")
    ]
    for at in primary[:-1]:
        found[at] = {**found[at], "primary": False}
    return found


def _single(attribute: Attribute, value: Any) -> Any:
    if value is None:
        return None
    if attribute.kind == "complex":
        return _complex(attribute, value)
    if attribute.kind == "boolean":
        return read_boolean(attribute.name, value)
    if not isinstance(value, str):
        raise ScimFault(Wrong.VALUE, f"`{attribute.name}` is no text")
    return read_text(attribute.name, value)


def _complex(attribute: Attribute, value: Any) -> dict[str, Any] | None:
    """An object; a text alone is its `value`, as some clients send managers and roles."""
    if isinstance(value, str) and attribute.sub("value") is not None:
        value = {"value": value}
    if not isinstance(value, Mapping):
        raise ScimFault(Wrong.VALUE, f"`{attribute.name}` is no object")
    found = {}
    for name, said in value.items():
        sub = attribute.sub(name)
        if sub is not None and (read := _single(sub, said)) is not None:
            found[sub.name] = read
    return found or None


def read_boolean(name: str, value: Any) -> bool:
    """A boolean; as a text too, since Entra ID writes `"False"`. Raises ScimFault."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise ScimFault(Wrong.VALUE, f"`{name}` is neither true nor false")


def read_text(name: str, value: str) -> str | None:
    """A text that can be kept anywhere; None for an empty one. Raises ScimFault."""
    if len(value) > LONGEST_TEXT:
        raise ScimFault(Wrong.VALUE, f"`{name}` is longer than {LONGEST_TEXT} characters")
    if "\x00" in value or any("\ud800" <= each <= "\udfff" for each in value):
        raise ScimFault(Wrong.VALUE, f"`{name}` has characters that no text has")
    return value or None


def checked(resource: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """The resource, unless it lacks what it needs or is too large. Raises ScimFault."""
    for each in kind.attributes:
        if each.required and not resource.get(each.name, "").strip():
            raise ScimFault(Wrong.VALUE, f"`{each.name}` is missing")
    if len(json.dumps(resource)) > LARGEST:
        raise ScimFault(Wrong.VALUE, f"it has more than {LARGEST} characters")
    return resource
