"""Where other names of people lead to their accounts: the directory is asked who has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import ldap

from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY
from vedette.adapters.ldap.places import Places
from vedette.adapters.ldap.reading import Search, Searching
from vedette.core.names import InvalidName, UserId
from vedette.ports.clock import Clock
from vedette.ports.directory import BindAnswer, NameKind, PersonEntry, Standing, Wishes
from vedette.protocol.ldap_entries import Attributes, is_locked, must_change, sid_bytes
from vedette.protocol.ldap_filter import all_of, equals

MOST_NAME = 512
"""Characters of a name that is looked for."""
_OUT = frozenset({BindAnswer.DISABLED, BindAnswer.EXPIRED})


@dataclass(frozen=True, slots=True)
class LdapNames:
    """Looks names up as the reading account. `wishes` are those of the settings in force."""

    servers: Servers
    searching: Searching
    wishes: Callable[[], Wishes]
    clock: Clock
    places: Places = field(default_factory=Places)

    def find(self, kind: NameKind, value: str) -> str | None:
        """The localpart of the one active person with this name; None if there is none, or two.

        An OpenLDAP knows no UPN and no SID. Raises Unavailable.
        """
        found = self.standing(kind, value)
        active = found is not None and found.answer not in _OUT
        return found.localpart if found is not None and active else None

    def standing(self, kind: NameKind, value: str) -> Standing | None:
        """How the one person with this name stands, asked now; None if there is none, or two.

        Raises Unavailable.
        """
        if not 0 < len(value) <= MOST_NAME or "\0" in value:
            return None
        with self.places.one(), self.servers.opened() as connected:
            people = self._named(self.searching.over(connected), kind, value)
        localpart = _localpart(people[0][0].name) if len(people) == 1 else None
        return Standing(localpart, self._answer(*people[0])) if localpart else None

    def _named(
        self, search: Search, kind: NameKind, value: str
    ) -> list[tuple[PersonEntry, Attributes]]:
        wishes, known = self.wishes(), search.kind
        if kind is NameKind.DN:
            attribute, wanted = known.id, _id_of(search, value)
        else:
            attribute, wanted = self._attribute(kind, wishes), _raw(kind, value)
        if not attribute or not wanted:
            return []
        filter_ = all_of(wishes.people or known.people, equals(attribute, wanted))
        asked = [*known.people_attributes(wishes), *known.standing, attribute]
        people = (
            (known.person(dn, values, wishes), values)
            for dn, values in search.pages(search.base, filter_, asked)
            if kind is NameKind.DN or _same(values.get(attribute.lower(), ()), wanted)
        )
        return [(each, values) for each, values in people if each is not None]

    def _attribute(self, kind: NameKind, wishes: Wishes) -> str:
        """The attribute with names of this kind; empty where nobody has one."""
        if kind is NameKind.EMAIL:
            return wishes.email
        if kind is NameKind.USER:
            return wishes.user or self.searching.kind.user
        if self.searching.kind is not ACTIVE_DIRECTORY:
            return ""
        return "userPrincipalName" if kind is NameKind.UPN else "objectSid"

    def _answer(self, person: PersonEntry, attributes: Attributes) -> BindAnswer:
        if not person.enabled:
            return BindAnswer.DISABLED
        if person.expires is not None and person.expires <= self.clock.now():
            return BindAnswer.EXPIRED
        if is_locked(attributes):
            return BindAnswer.LOCKED
        return BindAnswer.MUST_CHANGE if must_change(attributes) else BindAnswer.OK


def _raw(kind: NameKind, value: str) -> bytes:
    """The name as the directory has it; empty for what can be none."""
    return (
        (sid_bytes(value) or b"")
        if kind is NameKind.SID
        else value.encode("utf-8", "surrogatepass")
    )


def _same(values: Iterable[bytes], wanted: bytes) -> bool:
    """Whether one of the values is the name, but for the case of letters.

    Servers find more than was asked for: an Active Directory takes `é` for `e`, and a Samba stops
    at a NUL.
    """
    return any(each == wanted or _folded(each) == _folded(wanted) for each in values)


def _folded(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape").casefold()


def _id_of(search: Search, name: str) -> bytes:
    """The id of the entry with this distinguished name as it stands in a filter; empty if there is none."""
    try:
        found = search.kind.id_of(search.entry(name, [search.kind.id]))
    except (ldap.INVALID_DN_SYNTAX, ldap.REFERRAL):
        return b""
    return search.kind.id_value(found) if found else b""


def _localpart(name: str) -> str | None:
    """The name, if it can be one in a user id."""
    try:
        return UserId(f"@{name}:localhost").localpart
    except InvalidName:
        return None
