"""Everybody and every group, read page by page; and single entries again, as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import ldap
from ldap.controls import SimplePagedResultsControl

from vedette.adapters.ldap.connection import AWAY, FAULTS, Connected, Servers, words_of
from vedette.adapters.ldap.kinds import Kind
from vedette.ports.directory import GroupEntry, Listing, PersonEntry, Touched, Wishes
from vedette.ports.errors import Unavailable
from vedette.protocol.ldap_entries import Attributes, guid_text, members_of
from vedette.protocol.ldap_filter import all_of, any_of, equals

PAGE = 1000
"""Entries in one answer; an Active Directory gives no more (MaxPageSize)."""
IDS_AT_ONCE = 100
"""How many entries one search names by their ids."""


@dataclass(slots=True)
class Search:
    """Searches over one connection, as one kind of directory has them. Raises what python-ldap does."""

    connected: Connected
    kind: Kind
    base: str
    groups_base: str
    page: int = PAGE
    _database: str = ""

    def database(self) -> str:
        """Which copy of an Active Directory is at the other end of this connection.

        Several servers may answer under one name, and one that was put back from a backup counts
        anew: each has an `invocationId` of its own (MS-ADTS 3.1.1.4.5.3). Where it can't be read,
        the name of the server's settings stands for it.
        """
        if not self._database:
            settings = text(self.entry("", ["dsServiceName"]), "dsServiceName")
            found: Attributes = {}
            with suppress(ldap.INSUFFICIENT_ACCESS, ldap.REFERRAL):
                found = self.entry(settings, ["invocationId"]) if settings else {}
            ids = found.get("invocationid", ())
            self._database = (guid_text(ids[0]) if ids else "") or settings
        return self._database

    def pages(
        self, base: str, filter_: str, attributes: list[str], *, plain: bool = False
    ) -> Iterator[tuple[str, dict[str, list[bytes]]]]:
        """The entries below `base`, name and attributes; `plain` without the kind's own controls."""
        paged = SimplePagedResultsControl(True, size=self.page, cookie="")
        while True:
            controls = [paged, *(() if plain else self.kind.controls)]
            message = self.connected.ldap.search_ext(
                base, ldap.SCOPE_SUBTREE, filter_, attributes, serverctrls=controls
            )
            _, found, _, told = self.connected.ldap.result3(message, timeout=self._patience())
            for dn, values in found:
                if (
                    dn is not None
                ):  # without a name it is a referral elsewhere, which is not followed
                    yield dn, _lower(values)
            cookies = [c.cookie for c in told if c.controlType == paged.controlType]
            if not cookies or not cookies[0]:
                return
            paged.cookie = cookies[0]

    def entry(self, name: str, attributes: list[str]) -> Attributes:
        """One entry by its name; empty if there is none. The name `""` is the server's own."""
        try:
            controls = list(self.kind.controls) if name else []
            found = self.connected.ldap.search_ext_s(
                name, ldap.SCOPE_BASE, "(objectClass=*)", attributes, serverctrls=controls
            )
        except ldap.NO_SUCH_OBJECT:
            return {}
        return _lower(found[0][1]) if found and found[0][0] is not None else {}

    def people(self, wishes: Wishes, ids: Iterable[str] | None = None) -> Iterator[PersonEntry]:
        """All people, or those of these ids that are there."""
        wanted = wishes.people or self.kind.people
        attributes = self.kind.people_attributes(wishes)
        for filter_ in self._filters(wanted, ids):
            for dn, values in self.pages(self.base, filter_, attributes):
                person = self.kind.person(dn, values, wishes)
                if person is not None:
                    yield person

    def groups(self, wishes: Wishes, ids: Iterable[str] | None = None) -> Iterator[GroupEntry]:
        """All groups, or those of these ids that are there, each with every member."""
        wanted = wishes.groups or self.kind.groups
        attributes = self.kind.group_attributes(wishes)
        for filter_ in self._filters(wanted, ids):
            for dn, values in self.pages(self.groups_base or self.base, filter_, attributes):
                group = self.kind.group(dn, values, wishes)
                if group is not None:
                    yield self._whole(group, values)

    def touched(self, wishes: Wishes, ids: frozenset[str]) -> Touched:
        """The entries with these ids as they are now."""
        people = tuple(self.people(wishes, ids))
        groups = tuple(self.groups(wishes, ids))
        found = {each.id for each in people} | {each.id for each in groups}
        return Touched(people=people, groups=groups, gone=ids - found)

    def there(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids of people that are anywhere below the base."""
        found: set[str] = set()
        for filter_ in self._filters("", ids):
            for _, values in self.pages(self.base, filter_, [self.kind.id]):
                found.add(self.kind.id_of(values))
        return frozenset(found)

    def _filters(self, wanted: str, ids: Iterable[str] | None) -> Iterator[str]:
        if ids is None:
            yield wanted
            return
        known = sorted(ids)
        for at in range(0, len(known), IDS_AT_ONCE):
            some = known[at : at + IDS_AT_ONCE]
            named = any_of(equals(self.kind.id, self.kind.id_value(each)) for each in some)
            yield all_of(wanted, named) if wanted else named

    def _whole(self, group: GroupEntry, attributes: Attributes) -> GroupEntry:
        """The group with the members that did not fit in one answer."""
        members = set(group.members)
        _, rest = members_of(attributes, self.kind.members)
        while rest:
            name, first = rest.popitem()
            more = self.entry(group.dn, [f"{name};range={first}-*"])
            values, again = members_of(more, self.kind.members)
            members |= {self.kind.key(each.decode("utf-8", "replace")) for each in values}
            rest |= {each: at for each, at in again.items() if at > first}
        return replace(group, members=frozenset(members)) if members != group.members else group

    def _patience(self) -> float:
        """Seconds for a whole page, which takes longer than an answer."""
        return self.connected.timeout * 6


def _lower(values: dict[str, Any]) -> dict[str, list[bytes]]:
    return {name.lower(): list(found) for name, found in values.items()}


def read(servers: Servers, searching: Searching, wishes: Wishes) -> Listing:
    """Everybody and every group, from the first server that tells it whole.

    From where on changes are told is asked before the first page: what changes while it is read is
    told again, and nothing is missed.

    Raises:
        Unavailable: no server could.
    """
    said = []
    for _ in servers.addresses:
        connected = servers.open()
        try:
            search = searching.over(connected)
            mark = searching.mark(search)
            people, groups = tuple(search.people(wishes)), tuple(search.groups(wishes))
            return Listing(people, groups, connected.server, mark)
        except AWAY as fault:
            said.append(str(servers.gone(connected.server, fault)))
        except FAULTS as fault:
            raise Unavailable(f"`{connected.server}`: {words_of(fault)}") from fault
        finally:
            connected.close()
    raise Unavailable(f"the directory went away while it was read: {'; '.join(said)}")


@dataclass(frozen=True, slots=True)
class Searching:
    """How searches are made at any server of one directory."""

    kind: Kind
    base: str
    groups_base: str = ""
    page: int = PAGE

    def over(self, connected: Connected) -> Search:
        """Searches over this connection."""
        return Search(connected, self.kind, self.base, self.groups_base, self.page)

    def mark(self, search: Search) -> str:
        """From where on the server tells changes; empty if it never does."""
        if self.kind.controls:  # an Active Directory numbers its changes, each server for itself
            number = text(search.entry("", ["highestCommittedUSN"]), "highestCommittedUSN")
            return f"{number}@{search.database()}"
        for name in suffixes(search, self.base):
            found = search.entry(name, ["contextCSN"]).get("contextcsn", ())
            if found:
                return ";".join(sorted(each.decode("ascii", "replace") for each in found))
        return ""


def text(attributes: Attributes, name: str) -> str:
    """The first value of an attribute; empty where there is none."""
    values = attributes.get(name.lower(), ())
    return values[0].decode("ascii", "replace") if values else ""


def suffixes(search: Search, base: str) -> list[str]:
    """The tops under which `base` stands, the longest first."""
    tops = search.entry("", ["namingContexts"]).get("namingcontexts", ())
    names = [each.decode("utf-8", "replace") for each in tops]
    return sorted((n for n in names if base.lower().endswith(n.lower())), key=len, reverse=True)
