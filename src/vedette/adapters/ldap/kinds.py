"""What differs between an Active Directory and OpenLDAP when people and groups are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ldap.controls import LDAPControl

from vedette.ports.directory import GroupEntry, PersonEntry, Wishes
from vedette.protocol.ldap_entries import (
    Attributes,
    ends_at,
    extended_guid,
    guid_bytes,
    guid_text,
    is_enabled,
    members_of,
    name_key,
    plain_name,
    said_of,
    sid_text,
    text_of,
)

Raw = Mapping[str, Sequence[bytes]]

_EXTENDED_NAMES = LDAPControl("1.2.840.113556.1.4.529", True, b"\x30\x03\x02\x01\x01")
"""Have names say their GUID too (LDAP_SERVER_EXTENDED_DN_OID, its value the sequence of 1)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of directory names things."""

    people: str
    groups: str
    user: str
    id: str
    members: tuple[str, ...]
    state: tuple[str, ...]
    """Attributes that say whether and how long an account is good."""
    controls: tuple[LDAPControl, ...] = ()
    standing: tuple[str, ...] = ()
    """More of the kind, asked of one person who comes in: what it costs, or what passes by itself."""

    def people_attributes(self, wishes: Wishes) -> list[str]:
        """What is asked of people."""
        wanted = (wishes.user or self.user, wishes.display_name, wishes.email, "cn")
        found = [self.id, *(each for each in wanted if each), *self.state, *wishes.attributes]
        return list(dict.fromkeys(found))

    def group_attributes(self, wishes: Wishes) -> list[str]:
        """What is asked of groups."""
        return [self.id, wishes.group_name or "cn", *self.members, "objectSid"]

    def id_of(self, attributes: Attributes) -> str:
        """The entry's id, as text; empty if it tells none."""
        values = attributes.get(self.id.lower(), ())
        if not values:
            return ""
        if self is ACTIVE_DIRECTORY:
            return guid_text(values[0])
        return values[0].decode("ascii", "replace").lower()

    def id_value(self, id_: str) -> bytes:
        """The id as it stands in a filter, before it is escaped. Raises ValueError."""
        return guid_bytes(id_) if self is ACTIVE_DIRECTORY else str(UUID(id_)).encode()

    def key(self, name: str) -> str:
        """How an entry with this name, extended or not, is meant where it is a member."""
        return extended_guid(name) or name_key(name)

    def person(self, dn: str, attributes: Attributes, wishes: Wishes) -> PersonEntry | None:
        """The person that an entry tells of; None where it has no id or no name."""
        id_, name = self.id_of(attributes), text_of(attributes, wishes.user or self.user)
        if not id_ or not name:
            return None
        shown = text_of(attributes, wishes.display_name) if wishes.display_name else ""
        primary = text_of(attributes, "primaryGroupID")
        return PersonEntry(
            id=id_,
            key=self.key(dn),
            dn=plain_name(dn),
            name=name.lower(),
            display_name=shown or text_of(attributes, "cn"),
            email=text_of(attributes, wishes.email) if wishes.email else "",
            enabled=is_enabled(attributes),
            expires=ends_at(attributes),
            primary_group=f"{self._domain(attributes)}-{primary}" if primary else None,
            says=said_of(attributes, wishes.attributes),
        )

    def group(self, dn: str, attributes: Attributes, wishes: Wishes) -> GroupEntry | None:
        """The group that an entry tells of; None where it has no id or no name."""
        id_, name = self.id_of(attributes), text_of(attributes, wishes.group_name or "cn")
        if not id_ or not name:
            return None
        values, _ = members_of(attributes, self.members)
        sids = attributes.get("objectsid", ())
        return GroupEntry(
            id=id_,
            key=self.key(dn),
            dn=plain_name(dn),
            name=name,
            members=frozenset(self.key(value.decode("utf-8", "replace")) for value in values),
            token=(sid_text(sids[0]) or None) if sids else None,
        )

    def _domain(self, attributes: Attributes) -> str:
        """The domain's part of a person's security identifier."""
        sids = attributes.get("objectsid", ())
        return sid_text(sids[0]).rpartition("-")[0] if sids else ""


ACTIVE_DIRECTORY = Kind(
    people="(&(objectCategory=person)(objectClass=user))",
    groups="(objectClass=group)",
    user="sAMAccountName",
    id="objectGUID",
    members=("member",),
    state=("userAccountControl", "accountExpires", "primaryGroupID", "objectSid"),
    controls=(_EXTENDED_NAMES,),
    standing=("msDS-User-Account-Control-Computed",),
)
OPENLDAP = Kind(
    people="(objectClass=inetOrgPerson)",
    groups="(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))",
    user="uid",
    id="entryUUID",
    members=("member", "uniqueMember"),
    state=("pwdAccountLockedTime", "pwdEndTime", "shadowExpire", "nsAccountLock"),
    standing=("pwdReset",),
)
KINDS = {"active-directory": ACTIVE_DIRECTORY, "openldap": OPENLDAP}
"""By the word of the boot file."""
