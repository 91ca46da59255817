"""The company's directory (LDAP): who is in it, what changes there, who proves a password.

A directory that does not answer is `Unavailable`, and what was known before stays known: an outage
lifts no ban and ends nobody's session. Calls wait; use them on a worker thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from vedette.core.directory_state import DirectoryState
from vedette.core.language import NOTHING, Sentence
from vedette.core.people import Person
from vedette.core.settings.directory import CompanyDirectory


class BindAnswer(StrEnum):
    """What the directory says of a name and a password. Only OK lets anybody in.

    Strangers hear one sentence for all the others; the record and administrators tell them apart.
    """

    DISABLED = "disabled"
    """Somebody switched the account off, or it may not be used now."""
    EXPIRED = "expired"
    """The account is past its end."""
    LOCKED = "locked"
    """Too many wrong passwords."""
    MUST_CHANGE = "must-change"
    """The password has to be changed in the company's usual place first, or is too old."""
    OK = "ok"
    WRONG = "wrong"
    """The password is not right, or nobody is called so."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What became of a bind.

    `proven`: the password was right, so that the person may be told why it does not let them in;
    of others the directory may say something too, and a stranger must not hear it. `display_name`
    is the directory's, where the answer is OK.
    """

    answer: BindAnswer
    proven: bool = False
    display_name: str = ""


class DirectoryPasswords(Protocol):
    """Where people prove a password of the company's directory."""

    def check(self, localpart: str | None, password: str) -> Bound:
        """Whether this person of ours has this password. An empty one is WRONG, unasked.

        None, and whoever is not there, takes the same work, and is WRONG; no password that was
        typed goes anywhere for it.

        Raises:
            Unavailable: no server answered; it says nothing about the person.
        """


class NameKind(StrEnum):
    """By which of its names an entry is looked for."""

    DN = "dn"
    EMAIL = "email"
    SID = "sid"
    UPN = "upn"
    USER = "user"
    """What stands before the colon of their user id."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose name it is, and whether the directory would let them in now: OK, or why not."""

    localpart: str
    answer: BindAnswer


class DirectoryNames(Protocol):
    """Where other names of people lead to their accounts here."""

    def find(self, kind: NameKind, value: str) -> str | None:
        """The localpart of the one active person with this name; None if there is none, or two.

        Raises:
            Unavailable: no server answered.
        """

    def standing(self, kind: NameKind, value: str) -> Standing | None:
        """How the one person with this name stands, asked now; None if there is none, or two.

        For whoever was vouched for by something that outlives a change there, such as a ticket.

        Raises:
            Unavailable: no server answered.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is read, as the settings say it; empty texts mean the usual for the kind of directory."""

    people: str = ""
    groups: str = ""
    user: str = ""
    display_name: str = ""
    email: str = ""
    group_name: str = "cn"
    attributes: tuple[str, ...] = ()


def wishes_of(settings: CompanyDirectory) -> Wishes:
    """What the settings say of how a directory is read."""
    return Wishes(
        people=settings.people,
        groups=settings.groups,
        user=settings.user,
        display_name=settings.display_name,
        email=settings.email,
        group_name=settings.group_name,
        attributes=settings.attributes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonEntry:
    """One person as the directory has them.

    `id` never changes, `key` is how groups name them as members. `expires` is when the account
    ends, in seconds since 1970; the directory changes nothing when that comes.
    """

    id: str
    key: str
    dn: str
    name: str
    display_name: str = ""
    email: str = ""
    enabled: bool = True
    expires: int | None = None
    primary_group: str | None = None
    """The `token` of the group that is theirs without naming them (Active Directory)."""
    says: frozenset[str] = frozenset()
    """What attributes say that count as groups, each as `name=value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEntry:
    """One group as the directory has it. `members` are the keys of people and groups in it."""

    id: str
    key: str
    dn: str
    name: str
    members: frozenset[str] = frozenset()
    token: str | None = None
    """How people name it as their primary group (Active Directory)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Everybody and every group at one moment, as one server told it."""

    people: tuple[PersonEntry, ...]
    groups: tuple[GroupEntry, ...]
    server: str
    mark: str = ""
    """From where on that server tells changes; only it can read this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Entries that changed, by id, as they are now; ids in `gone` are people and groups no more."""

    people: tuple[PersonEntry, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    gone: frozenset[str] = frozenset()


class ChangesLost(Exception):
    """Changes can't be followed from there any more: everything has to be read anew."""


class Following(Protocol):
    """One connection over which changes come."""

    @property
    def server(self) -> str:
        """The server at which changes are followed."""

    @property
    def mark(self) -> str:
        """From where on this server would have to tell changes to whoever follows anew."""

    def next(self, seconds: float) -> Touched | None:
        """What changed, as soon as something does; None if nothing did within this time.

        Raises:
            ChangesLost: what changed can't be told from here on.
            Unavailable: the server is gone.
        """

    def look(self, concerned: Callable[[], Collection[str]]) -> Touched | None:
        """Ask for what was not told by itself, of the `concerned` ids also whether they are there.

        Raises:
            ChangesLost: what changed can't be told from here on.
            Unavailable: the server is gone.
        """

    def close(self) -> None:
        """End the connection. Never raises."""


class CompanyDirectoryReader(Protocol):
    """Reads a directory and follows its changes."""

    def read(self, wishes: Wishes) -> Listing:
        """Everybody and every group, page by page.

        Raises:
            Unavailable: no server could tell it whole.
        """

    def follow(self, wishes: Wishes, listing: Listing) -> Following:
        """Follow what changes after this listing, at the server that told it.

        Raises:
            ChangesLost: that server can't tell what changed since.
            Unavailable: it does not answer.
        """


@dataclass(frozen=True, slots=True)
class Known:
    """One person of the list, and when their account ends by itself, in seconds since 1970."""

    person: Person
    ends: int | None = None


class KeptPeople(Protocol):
    """The last good list of people, kept where it outlives a restart."""

    def load(self) -> dict[str, Known]:
        """The list by user id; empty where none was ever kept.

        Raises:
            Unavailable: there is one, and it can't be read.
        """

    def write(self, people: Mapping[str, Known]) -> None:
        """Keep this list instead. Raises Unavailable."""

    def add(self, changed: Mapping[str, Known]) -> None:
        """Keep how these people are now. Raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried with the directory. `mend` is the command, with what to do in brackets.

    Where it is well, nothing is to be mended.
    """

    what: Sentence
    well: bool
    words: Sentence
    mend: Sentence = NOTHING


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whom other settings would hold, tried with the directory as it is now."""

    people: Mapping[str, Known]
    groups: frozenset[str]
    left_out: tuple[str, ...] = ()


class DirectoryKeeper(Protocol):
    """Whoever keeps the people of the company's directory."""

    def state(self) -> DirectoryState:
        """How it stands. Never waits."""

    def sync(self, *, confirm: bool = False) -> DirectoryState:
        """Read everything now; with `confirm` a list that is held is taken, whatever it takes away.

        Raises:
            Unavailable: the directory does not answer.
        """

    def foresee(self, settings: CompanyDirectory) -> Foreseen:
        """Whom these settings would hold; nothing of it is taken.

        Raises:
            Unavailable: the directory does not answer.
        """
