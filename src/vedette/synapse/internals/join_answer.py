"""A room as the answer to a join shows it, while nothing of it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synapse.events import EventBase
    from synapse.federation.federation_client import SendJoinResult

Key = tuple[str, str]
Content = Mapping[str, object]

MEMBER = "m.room.member"
CREATE = "m.room.create"


@dataclass(frozen=True, slots=True)
class JoinAnswer:
    """`RoomReader` over the state that another server answered a join with (`/send_join`).

    Whoever joins counts as joined. So do those who stand as joined in what Synapse leaves out of
    the state, because nobody here may learn the keys of their server: `unproven` are those.
    """

    room: str
    newcomer: str
    contents: Mapping[Key, Content]
    maker: str | None
    unproven: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, join: EventBase, answer: SendJoinResult, said: Iterable[EventBase] = ()
    ) -> JoinAnswer:
        """Read the answer to this join, whose signatures and hashes are checked already.

        `said` is the state as it was said, nothing checked: of it only who is there is believed,
        which can make the answer stricter and nothing else.
        """
        keyed = [(event, event.get_state_key()) for event in answer.state]
        contents = {(event.type, key): event.content for event, key in keyed if key is not None}
        maker = next((event.sender for event in answer.state if event.type == CREATE), None)
        proven = {key for type_, key in contents if type_ == MEMBER}
        unproven = frozenset(
            user
            for event in said
            if event.type == MEMBER and event.content.get("membership") == "join"
            if (user := event.get_state_key()) is not None and user not in proven
        )
        return cls(join.room_id, join.sender, contents, maker, unproven)

    async def joined(self) -> frozenset[str] | None:
        """Everyone who is joined."""
        return self._members("join") | self.unproven | {self.newcomer}

    async def invited(self) -> frozenset[str] | None:
        """Everyone who is invited."""
        return self._members("invite") - {self.newcomer}

    async def servers(self) -> frozenset[str]:
        """The servers of everyone who is joined."""
        joined = self._members("join") | self.unproven
        return frozenset(user.partition(":")[2] for user in joined)

    async def state(self, *keys: Key) -> Mapping[Key, Content] | None:
        """The contents of these state events."""
        return {key: self.contents[key] for key in keys if key in self.contents}

    async def version(self) -> str | None:
        """The room's version, as its first event says."""
        version = self.contents.get((CREATE, ""), {}).get("room_version", "1")
        return version if isinstance(version, str) else None

    async def sender_of(self, event_id: str) -> str | None:
        """Nothing that was said there is known."""
        del event_id
        return None

    async def creator(self) -> str | None:
        """Who made the room."""
        return self.maker

    def _members(self, membership: str) -> frozenset[str]:
        return frozenset(
            user
            for (type_, user), content in self.contents.items()
            if type_ == MEMBER and content.get("membership") == membership
        )
