"""Where people and groups are kept that an identity provider pushes (SCIM 2.0)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from vedette.core.pushed import EverythingPushed, LastPushed, PushedGroup, PushedUser


class PushedPeopleStore(Protocol):
    """Keeps them whole. Calls touch the disk; use them on a worker thread, writes one at a time.

    Names are compared without case. Who was deleted is told by `named` and `everything` alone.
    Every call raises Unavailable when the store does not answer.
    """

    def user(self, id_: str) -> PushedUser | None:
        """Somebody by id."""

    def named(self, name: str) -> PushedUser | None:
        """Whoever has this localpart, or had it before they were deleted."""

    def called(self, user_name: str) -> PushedUser | None:
        """Somebody by `userName`."""

    def users_of(self, external_id: str) -> tuple[PushedUser, ...]:
        """Those whom the identity provider calls so."""

    def users(self, offset: int, most: int) -> tuple[PushedUser, ...]:
        """Some of all, in the order in which they came."""

    def count_users(self) -> int:
        """How many there are."""

    def keep_user(self, user: PushedUser) -> None:
        """Keep somebody, in the place of whoever was deleted and had the same localpart.

        Who is deleted is in no group any more.
        """

    def group(self, id_: str) -> PushedGroup | None:
        """A group by id."""

    def groups_named(self, name: str) -> tuple[PushedGroup, ...]:
        """The groups with this name."""

    def groups(self, offset: int, most: int) -> tuple[PushedGroup, ...]:
        """Some of all, in the order in which they came."""

    def count_groups(self) -> int:
        """How many there are."""

    def keep_group(
        self,
        group: PushedGroup,
        come: Collection[str] = (),
        go: Collection[str] = (),
    ) -> None:
        """Keep a group; these users come into it, those go."""

    def drop_group(self, id_: str) -> None:
        """Forget a group, and who was in it."""

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        """The ids of the users in these groups."""

    def groups_of(self, users: Collection[str]) -> Mapping[str, tuple[PushedGroup, ...]]:
        """The groups that these users are in."""

    def names_of(self, users: Collection[str]) -> Mapping[str, str]:
        """The localparts of those of these users who are there."""

    def everything(self) -> EverythingPushed:
        """Everybody and every group."""

    def newest(self) -> LastPushed | None:
        """What was kept last."""
