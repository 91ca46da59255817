"""The attributes that are taken and told, and the pages by which a client learns of them (RFC 7643)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_CORE = "urn:ietf:params:scim:schemas:core:2.0:"

MOST_AT_ONCE = 200
"""So many resources are in one page at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute (RFC 7643, section 7). What is not `writable` is ignored where it is sent."""

    name: str
    kind: str = "string"
    multi: bool = False
    subs: tuple[Attribute, ...] = ()
    required: bool = False
    exact: bool = False
    writable: bool = True
    returned: str = "default"
    unique: bool = False
    about: str = ""
    only: tuple[str, ...] = ()
    """Where these alone are values, or what it refers to."""

    def sub(self, name: str) -> Attribute | None:
        """The sub-attribute with this name, in whatever case."""
        return next((each for each in self.subs if each.name.lower() == name.lower()), None)


def _strings(*names: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name=name) for name in names)


def _valued(name: str, about: str) -> Attribute:
    subs = (*_strings("value", "display", "type"), Attribute(name="primary", kind="boolean"))
    return Attribute(name=name, kind="complex", multi=True, subs=subs, about=about)


_FIXED = {"writable": False, "exact": True}
ID = Attribute(name="id", writable=False, exact=True, returned="always", unique=True)
EXTERNAL = Attribute(name="externalId", exact=True, about="What the client calls it.")
META = Attribute(
    name="meta",
    kind="complex",
    writable=False,
    subs=(
        Attribute(name="resourceType", writable=False, exact=True),
        Attribute(name="created", kind="dateTime", writable=False),
        Attribute(name="lastModified", kind="dateTime", writable=False),
        Attribute(name="location", kind="reference", writable=False, exact=True),
        Attribute(name="version", writable=False, exact=True),
    ),
)
_REFERENCE = (
    Attribute(name="value", writable=False, exact=True),
    Attribute(name="$ref", kind="reference", writable=False, exact=True),
    Attribute(name="display", writable=False),
    Attribute(name="type", writable=False),
)
USER_ATTRIBUTES = (
    Attribute(
        name="userName",
        required=True,
        unique=True,
        about="What stands before the @, in lower case, is the account's name here when the person is"
        " made, and stays it.",
    ),
    Attribute(
        name="name",
        kind="complex",
        subs=_strings(
            "formatted", "familyName", "givenName", "middleName",
            "honorificPrefix", "honorificSuffix",
        ),
    ),
    *_strings("displayName", "nickName", "profileUrl", "title", "userType"),
    *_strings("preferredLanguage", "locale", "timezone"),
    Attribute(
        name="active", kind="boolean", about="False: every session ends and all rooms are left."
    ),
    Attribute(
        name="password",
        writable=False,
        returned="never",
        about="Ignored: no password is taken here. People sign in as the settings say.",
    ),
    _valued("emails", "Addresses."),
    _valued("phoneNumbers", "Telephone numbers."),
    _valued("ims", "Addresses of instant messaging."),
    _valued("roles", "Kept and told; no rule reads them. What rules read are groups."),
    _valued("entitlements", "Kept and told; no rule reads them."),
    Attribute(
        name="addresses",
        kind="complex",
        multi=True,
        subs=(
            *_strings("formatted", "streetAddress", "locality", "region", "postalCode"),
            *_strings("country", "type"),
            Attribute(name="primary", kind="boolean"),
        ),
    ),
    Attribute(
        name="groups",
        kind="complex",
        multi=True,
        writable=False,
        subs=_REFERENCE,
        about="The groups that somebody is in; changed at the groups.",
    ),
)  # fmt: skip
ENTERPRISE_ATTRIBUTES = (
    *_strings("employeeNumber", "costCenter", "organization", "division", "department"),
    Attribute(
        name="manager",
        kind="complex",
        subs=(
            *_strings("value"),
            Attribute(name="$ref", kind="reference"),
            *_strings("displayName"),
        ),
    ),
)
GROUP_ATTRIBUTES = (
    Attribute(
        name="displayName",
        required=True,
        unique=True,
        about="What parties in the settings name as a group.",
    ),
    Attribute(
        name="members",
        kind="complex",
        multi=True,
        subs=(
            Attribute(name="value", exact=True),
            Attribute(name="$ref", kind="reference", exact=True, only=("User",)),
            *_strings("display"),
            Attribute(name="type", only=("User",)),
        ),
        about="Users alone: groups in groups are not taken.",
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of resource. Attributes of an extension stand below its URN."""

    name: str
    place: str
    schema: str
    attributes: tuple[Attribute, ...]
    extensions: Mapping[str, tuple[Attribute, ...]]
    about: str

    def every(self) -> tuple[Attribute, ...]:
        """Its own attributes and those that all resources have."""
        return (ID, EXTERNAL, META, *self.attributes)

    def find(self, name: str, urn: str = "") -> Attribute | None:
        """The attribute with this name, in whatever case; of an extension where its URN is given."""
        among = self.every() if urn in ("", self.schema) else self.extensions.get(urn, ())
        return next((each for each in among if each.name.lower() == name.lower()), None)

    def urns(self) -> tuple[str, ...]:
        """Its schema and those of its extensions."""
        return self.schema, *self.extensions


USERS = Kind("User", "Users", USER, USER_ATTRIBUTES, {ENTERPRISE: ENTERPRISE_ATTRIBUTES}, "People")
GROUPS = Kind("Group", "Groups", GROUP, GROUP_ATTRIBUTES, {}, "Groups of people")
KINDS = (USERS, GROUPS)


def _described(each: Attribute) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": each.name,
        "type": each.kind,
        "multiValued": each.multi,
        "description": each.about,
        "required": each.required,
        "mutability": "readWrite" if each.writable else "readOnly",
        "returned": each.returned,
    }
    if each.kind == "complex":
        found["subAttributes"] = [_described(sub) for sub in each.subs]
    else:
        found["uniqueness"] = "server" if each.unique else "none"
    if each.kind in ("string", "reference"):
        found["caseExact"] = each.exact
    if each.kind == "reference":
        found["referenceTypes"] = list(each.only) or ["User", "Group", "uri"]
    elif each.only:
        found["canonicalValues"] = list(each.only)
    return found


def _schema(urn: str, name: str, about: str, attributes: tuple[Attribute, ...], base: str) -> Any:
    return {
        "schemas": [f"{_CORE}Schema"],
        "id": urn,
        "name": name,
        "description": about,
        "attributes": [_described(each) for each in attributes],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
    }


def schemas(base: str) -> list[dict[str, Any]]:
    """Every schema; `base` is the address below which everything is."""
    return list(_schemas(base))


def _schemas(base: str) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        yield _schema(kind.schema, kind.name, kind.about, (EXTERNAL, *kind.attributes), base)
    yield _schema(
        ENTERPRISE, "EnterpriseUser", "What a company says of its people",
        ENTERPRISE_ATTRIBUTES, base,
    )  # fmt: skip


def resource_types(base: str) -> list[dict[str, Any]]:
    """Every type of resource."""
    return [
        {
            "schemas": [f"{_CORE}ResourceType"],
            "id": kind.name,
            "name": kind.name,
            "description": kind.about,
            "endpoint": f"/{kind.place}",
            "schema": kind.schema,
            "schemaExtensions": [{"schema": urn, "required": False} for urn in kind.extensions],
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{base}/ResourceTypes/{kind.name}",
            },
        }
        for kind in KINDS
    ]


def service_provider_config(base: str) -> dict[str, Any]:
    """What is supported (RFC 7643, section 5)."""
    return {
        "schemas": [f"{_CORE}ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST_AT_ONCE},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A token that an administrator makes: `vedette scim token add`",
                "primary": True,
            }
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base}/ServiceProviderConfig",
        },
    }
