"""People and groups as an identity provider pushes them (SCIM 2.0), and how that stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.directory_state import Held
from vedette.core.language import Sentence, told
from vedette.core.people import RESERVED_LOCALPARTS

_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,200}")


def localpart_of(user_name: str) -> str | None:
    """The account's name that a `userName` leads to: what stands before its @, in lower case.

    None where no account may be called so.
    """
    name = user_name.strip().partition("@")[0].lower()
    allowed = _LOCALPART.fullmatch(name) is not None and name not in RESERVED_LOCALPARTS
    return name if allowed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedUser:
    """Somebody as they were pushed. Times are seconds since 1970, `by` is the id of a token.

    `name` is the localpart, for ever. `body` are the attributes in SCIM's canonical form. Who was
    `deleted` stays known, as inactive.
    """

    id: str
    name: str
    body: Mapping[str, Any]
    version: int
    created: int
    modified: int
    by: str
    deleted: bool = False

    @property
    def user_name(self) -> str:
        """How the identity provider calls them."""
        return str(self.body["userName"])

    @property
    def external_id(self) -> str:
        """The identity provider's own id of them, if it said one."""
        return str(self.body.get("externalId", ""))

    @property
    def active(self) -> bool:
        """Whether they may use their account: so it is unless it was said that they may not."""
        return not self.deleted and self.body.get("active", True) is True

    @property
    def display_name(self) -> str:
        """What others read."""
        name = self.body.get("name", {})
        whole = " ".join(filter(None, (name.get("givenName"), name.get("familyName"))))
        return str(self.body.get("displayName") or name.get("formatted") or whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedGroup:
    """A group as it was pushed, without its members."""

    id: str
    name: str
    version: int
    created: int
    modified: int
    by: str
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class PushedPerson:
    """What the list of people needs of somebody pushed."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class EverythingPushed:
    """All people, the deleted ones too, the names of groups by id, and who is in which."""

    people: tuple[PushedPerson, ...] = ()
    groups: Mapping[str, str] | None = None
    members: tuple[tuple[str, str], ...] = ()
    """Ids of a group and of somebody in it."""


@dataclass(frozen=True, slots=True)
class LastPushed:
    """What was pushed last: when (seconds since 1970), by which token, and of whom or what."""

    at: int
    by: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedState:
    """How what is pushed stands."""

    open: bool = False
    """Whether there is a place to which it may be pushed."""
    people: int = 0
    active: int = 0
    groups: int = 0
    last: LastPushed | None = None
    held: Held | None = None
    trouble: str = ""

    def sentences(self) -> tuple[Sentence, ...]:
        """What is wrong; empty when nothing is."""
        found = []
        if self.trouble:
            found.append(
                told(
                    "what was pushed can't be read, and people are as they were in force last: {why}",
                    why=self.trouble,
                )
            )
        if self.held is not None:
            found.append(
                told(
                    "an identity provider would take away {taken} of {of} people, so nothing more of "
                    "what it pushes is in force; look at them and confirm with `vedette scim confirm`",
                    taken=self.held.taken,
                    of=self.held.of,
                )
            )
        return tuple(found)
