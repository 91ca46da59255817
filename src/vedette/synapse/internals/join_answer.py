"""A room as the answer to a join shows it, while nothing of it is stored."""

from __future__ import annotations

from collections.abc import Mapping
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

    Whoever joins counts as joined.
    """

    room: str
    newcomer: str
    contents: Mapping[Key, Content]
    maker: str | None

    @classmethod
    def of(cls, join: EventBase, answer: SendJoinResult) -> JoinAnswer:
        """Read the answer to this join; its signatures and hashes are checked already."""
        keyed = [(event, event.get_state_key()) for event in answer.state]
        contents = {(event.type, key): event.content for event, key in keyed if key is not None}
        maker = next((event.sender for event in answer.state if event.type == CREATE), None)
        return cls(join.room_id, join.sender, contents, maker)

    async def joined(self) -> frozenset[str] | None:
        """Everyone who is joined."""
        return self._members("join") | {self.newcomer}

    async def invited(self) -> frozenset[str] | None:
        """Everyone who is invited."""
        return self._members("invite") - {self.newcomer}

    async def servers(self) -> frozenset[str]:
        """The servers of everyone who is joined."""
        return frozenset(user.partition(":")[2] for user in self._members("join"))

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
