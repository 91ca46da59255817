"""Changes of OpenLDAP: content synchronization that goes on (RFC 4533, refreshAndPersist).

Beside it the server's `contextCSN` is looked at; where it moved, the entries with a later
`entryCSN` are asked for. A server without the overlay `syncprov` tells no changes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import ldap
from ldap.ldapobject import SimpleLDAPObject
from ldap.syncrepl import SyncreplConsumer

from vedette.adapters.ldap.connection import FAULTS, Connected, Servers
from vedette.adapters.ldap.following import MOST_TOUCHED, Told
from vedette.adapters.ldap.kinds import OPENLDAP
from vedette.adapters.ldap.reading import Searching
from vedette.ports.directory import ChangesLost, Listing, Wishes
from vedette.protocol.ldap_filter import any_of

_CONTAINERS = frozenset({b"organizationalunit", b"domain", b"organization", b"dcobject"})
NO_SYNCPROV = (
    "the server tells no changes: its overlay `syncprov` is not loaded for this database "
    "(`overlay syncprov` in its configuration)"
)


class _Consumer(SimpleLDAPObject, SyncreplConsumer):  # type: ignore[misc]  # python-ldap is untyped
    """A connection that gathers what synchronization tells."""

    def __init__(self, *words: Any, **more: Any) -> None:
        super().__init__(*words, **more)
        self.touched: set[str] = set()
        self.present: set[str] | None = set()
        self.cookie: str | None = None
        self.refreshed = False
        self.containers = False

    def syncrepl_get_cookie(self) -> str | None:
        return self.cookie

    def syncrepl_set_cookie(self, cookie: str) -> None:
        self.cookie = cookie

    def syncrepl_entry(self, dn: str, attributes: Any, uuid: str) -> None:
        del dn
        self.touched.add(uuid.lower())
        kinds = {each.lower() for each in attributes.get("objectClass", ())}
        self.containers |= self.refreshed and bool(_CONTAINERS & kinds)

    def syncrepl_delete(self, uuids: Collection[str]) -> None:
        self.touched |= {each.lower() for each in uuids}

    def syncrepl_present(self, uuids: Any, refreshDeletes: bool = False) -> None:  # noqa: FBT002, N803  # python-ldap's own
        if uuids is not None and self.present is not None:
            self.present |= {each.lower() for each in uuids}
        elif uuids is None and refreshDeletes:
            self.present = None

    def syncrepl_refreshdone(self) -> None:
        self.refreshed = True


@dataclass(slots=True)
class FollowingOpenLdap(Told):
    """Follows one slapd."""

    known: frozenset[str] = frozenset()
    """The ids of the listing from which it goes on, until the server said which are left."""
    _message: int = 0
    _taken: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Have changes told from the mark on, those before now first. Raises ChangesLost, LDAPError."""
        self._message = self.telling.ldap.syncrepl_search(
            self.searching.base,
            ldap.SCOPE_SUBTREE,
            mode="refreshAndPersist",
            cookie=f"rid=000,csn={self.mark}",
            filterstr="(objectClass=*)",
            attrlist=["objectClass"],
        )

        consumer = self.telling.ldap
        while not consumer.refreshed:
            if not consumer.syncrepl_poll(self._message, timeout=self.telling.timeout * 6, all=0):
                raise ChangesLost("the server ended its synchronization")
        if consumer.present:  # what it did not call present is gone since the listing
            consumer.touched |= self.known - consumer.present
        consumer.present, self.known = None, frozenset()

    def _told(self, seconds: float) -> set[str]:
        consumer = self.telling.ldap
        if not consumer.touched:
            try:
                wait = max(seconds, 0.001)
                going_on = consumer.syncrepl_poll(self._message, timeout=wait, all=0)
            except ldap.TIMEOUT:
                return set()
            if not going_on:
                raise ChangesLost("the server ended its synchronization")
        if consumer.containers:
            raise ChangesLost("an entry changed that others stand below")
        found, consumer.touched = consumer.touched, set()
        return set(found)

    def _since(self, mark: str) -> set[str]:
        before = [each for each in self.mark.split(";") if each]
        if not before or not mark:
            raise ChangesLost(NO_SYNCPROV)
        if mark == self.mark:
            return set()
        moved = set(mark.split(";")) - set(before)
        old = [each for each in before if each not in mark] or before
        ids: set[str] = set()
        if not moved:
            return ids
        later = any_of(f"(entryCSN>={each})" for each in sorted(old))
        for base in dict.fromkeys((self.search.base, self.search.groups_base)):
            if not base:
                continue
            for _, values in self.search.pages(base, later, ["entryUUID"]):
                ids.add(OPENLDAP.id_of(values))
                if len(ids) > MOST_TOUCHED:
                    raise ChangesLost("too much changed since")
        return ids - {""}


def follow(
    servers: Servers, searching: Searching, wishes: Wishes, listing: Listing
) -> FollowingOpenLdap:
    """Follow what changes after `listing` at its server. Raises ChangesLost, Unavailable."""
    if not listing.mark:
        raise ChangesLost(NO_SYNCPROV)
    telling: Connected = servers.open(listing.server, _Consumer)
    asking = None
    try:
        asking = servers.open(listing.server)
        ids = frozenset({p.id for p in listing.people} | {g.id for g in listing.groups})
        search = searching.over(asking)
        found = FollowingOpenLdap(
            servers, searching, wishes, telling, search, listing.mark, known=ids
        )
        found.begin()
    except (*FAULTS, ChangesLost) as fault:
        for each in filter(None, (telling, asking)):
            each.close()
        if isinstance(fault, ldap.UNAVAILABLE_CRITICAL_EXTENSION):
            raise ChangesLost(NO_SYNCPROV) from fault
        if isinstance(fault, ChangesLost):
            raise
        raise servers.gone(listing.server, fault) from fault
    return found
