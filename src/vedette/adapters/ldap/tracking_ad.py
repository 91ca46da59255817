"""Changes of an Active Directory: its notifications, and beside them its numbers of changes.

A search with the notification control (MS-ADTS 3.1.1.3.4.1.9) never ends and tells every entry that
changes, within milliseconds, to any account that may read it. Beside it the server's highest number
of a change is looked at; where it moved, the entries with a higher one are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import ldap
from ldap.controls import LDAPControl

from vedette.adapters.ldap.connection import FAULTS, Servers
from vedette.adapters.ldap.following import MOST_TOUCHED, Told
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY
from vedette.adapters.ldap.reading import Search, Searching, text
from vedette.ports.directory import ChangesLost, Listing, Wishes
from vedette.protocol.ldap_entries import guid_text

_NOTIFY = LDAPControl("1.2.840.113556.1.4.528", True, None)
_CONTAINERS = frozenset({b"organizationalunit", b"builtindomain"})
"""What may take the people in it elsewhere when it is moved, without any of them being told."""


ONE_BY_ONE = "name each domain controller by itself in `servers`"


@dataclass(slots=True)
class FollowingActiveDirectory(Told):
    """Follows one domain controller."""

    top: str = ""
    _message: int = 0
    _early: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Have changes told from now on, and look what there was since the mark.

        Raises ChangesLost, LDAPError.
        """
        self._message = self.telling.ldap.search_ext(
            self.top,
            ldap.SCOPE_SUBTREE,
            "(objectClass=*)",
            ["objectGUID", "objectClass"],
            serverctrls=[_NOTIFY],
        )
        # Whatever changed before the server took that search is in the numbers.
        mark = self.searching.mark(self.search)
        self._early, self.mark = self._since(mark), mark

    def _told(self, seconds: float) -> set[str]:
        if self._early:
            found, self._early = self._early, set()
            return found
        try:
            kind, entries, *_ = self.telling.ldap.result4(
                self._message, all=0, timeout=max(seconds, 0.001)
            )
        except ldap.TIMEOUT:
            return set()
        if kind == ldap.RES_SEARCH_RESULT:
            raise ChangesLost("the server ended its notifications")
        ids = set()
        for dn, attributes in entries:
            if dn is None:
                continue
            if _CONTAINERS & {each.lower() for each in attributes.get("objectClass", ())}:
                raise ChangesLost(f"`{dn}` changed, and with it what stands below")
            ids |= {guid_text(each) for each in attributes.get("objectGUID", ())} - {""}
        return ids

    def _since(self, mark: str) -> set[str]:
        (before, known), (now, here) = _parts(self.mark), _parts(mark)
        if known != here:
            raise ChangesLost("another server answers than the one that was read")
        if before is None or now is None or now < before:
            raise ChangesLost("the server counts its changes from an earlier place than before")
        if now == before:
            return set()
        ids = set()
        newer = f"(uSNChanged>={before + 1})"
        for _, values in self.search.pages(self.top, newer, ["objectGUID"], plain=True):
            ids.add(ACTIVE_DIRECTORY.id_of(values))
            if len(ids) > MOST_TOUCHED:
                raise ChangesLost("too much changed since")
        return ids - {""}


def _demand_one(telling: Search, asking: Search) -> None:
    """Raises ChangesLost where two connections to one address lead to two servers."""
    if telling.database() != asking.database():
        server = telling.connected.server
        raise ChangesLost(f"several servers answer as `{server}`; {ONE_BY_ONE}")


def _parts(mark: str) -> tuple[int | None, str]:
    """A mark's number, and the copy of the directory that counts so."""
    number, _, database = mark.partition("@")
    return (int(number) if number.isdecimal() and number.isascii() else None), database


def follow(
    servers: Servers, searching: Searching, wishes: Wishes, listing: Listing
) -> FollowingActiveDirectory:
    """Follow what changes after `listing` at its server. Raises ChangesLost, Unavailable."""
    telling, asking = servers.open(listing.server), None
    try:
        asking = servers.open(listing.server)
        search = searching.over(asking)
        _demand_one(searching.over(telling), search)
        top = text(search.entry("", ["defaultNamingContext"]), "defaultNamingContext")
        found = FollowingActiveDirectory(
            servers, searching, wishes, telling, search, listing.mark, top=top
        )
        found.begin()
    except (*FAULTS, ChangesLost) as fault:
        for each in filter(None, (telling, asking)):
            each.close()
        if isinstance(fault, ChangesLost):
            raise
        raise servers.gone(listing.server, fault) from fault
    return found
