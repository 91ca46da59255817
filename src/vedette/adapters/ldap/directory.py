"""The company's directory as one thing: read whole, and followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vedette.adapters.boot_file import Boot
from vedette.adapters.ldap import tracking_ad, tracking_openldap
from vedette.adapters.ldap.connection import Servers
from vedette.adapters.ldap.kinds import ACTIVE_DIRECTORY, KINDS
from vedette.adapters.ldap.names import LdapNames
from vedette.adapters.ldap.passwords import LdapPasswords
from vedette.adapters.ldap.reading import Searching, read
from vedette.ports.clock import Clock
from vedette.ports.directory import Following, Listing, Wishes


@dataclass(frozen=True, slots=True)
class LdapDirectory:
    """The CompanyDirectoryReader over LDAP."""

    servers: Servers
    searching: Searching

    def read(self, wishes: Wishes) -> Listing:
        """Everybody and every group. Raises Unavailable."""
        return read(self.servers, self.searching, wishes)

    def follow(self, wishes: Wishes, listing: Listing) -> Following:
        """Follow what changes after this listing. Raises ChangesLost, Unavailable."""
        if self.searching.kind is ACTIVE_DIRECTORY:
            return tracking_ad.follow(self.servers, self.searching, wishes, listing)
        return tracking_openldap.follow(self.servers, self.searching, wishes, listing)


def servers_of(boot: Boot) -> Servers:
    """The servers that the boot file names in `[directory]`, which it has. Raises BootFault."""
    own = boot.directory
    assert own is not None  # the caller saw it
    return Servers(
        own.servers, boot.path(own.ca), own.bind, boot.directory_password(), float(own.timeout)
    )


def directory_of(boot: Boot) -> LdapDirectory:
    """The directory that the boot file names in `[directory]`, which it has. Raises BootFault."""
    return LdapDirectory(servers_of(boot), searching_of(boot))


def searching_of(boot: Boot) -> Searching:
    """Where and how it is searched, by `[directory]` of the boot file, which it has."""
    own = boot.directory
    assert own is not None  # the caller saw it
    return Searching(KINDS[own.kind], own.base, own.groups_base)


def passwords_of(boot: Boot, wishes: Callable[[], Wishes], clock: Clock) -> LdapPasswords:
    """Where people prove their passwords to it. Raises BootFault."""
    return LdapPasswords(servers_of(boot), searching_of(boot), wishes, clock)


def names_of(boot: Boot, wishes: Callable[[], Wishes], clock: Clock) -> LdapNames:
    """Who has which other name in it. Raises BootFault."""
    return LdapNames(servers_of(boot), searching_of(boot), wishes, clock)
