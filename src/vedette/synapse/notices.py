"""The notice account: tells a person in a room of their own why something was refused.

Most clients hide the sentence of a refusal, so it also comes as a message: at most a few a minute
per person and rule, with the record's id, so that a question can be looked up. What other doors
refused comes from control, as a signed stream.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synapse.api.errors import SynapseError

from vedette.core.decision import Decision
from vedette.core.explain import sentence_for_person
from vedette.core.notices import MINUTE, matter_of
from vedette.core.pace import Pace
from vedette.ports.clock import Clock
from vedette.protocol.internal.notices import notices_of

if TYPE_CHECKING:
    from synapse.module_api import ModuleApi

LOCALPART = "vedette-notices"
ACCOUNT_DATA = "org.vedette.notices"
"""Global account data of a person that remembers their notice room."""

_LOG = logging.getLogger("vedette.notices")
_MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class Notices:
    """Sends notices in the background; a notice that can't be sent is logged and lost."""

    api: ModuleApi
    domain: str
    clock: Clock
    per_minute: Callable[[], int]
    _pace: Pace = field(default_factory=Pace)
    _ready: bool = False
    _waiting: dict[str, deque[str]] = field(default_factory=dict)
    """What is to be sent to each person to whom something is being sent."""

    @property
    def account(self) -> str:
        """The notice account's user id."""
        return f"@{LOCALPART}:{self.domain}"

    def tell(self, person: str, decision: Decision, record: str) -> None:
        """Tell one of our people about a refusal, if it is not one too many. Never raises."""
        text = f"{sentence_for_person(decision)} (Record {record})"
        self.say(person, matter_of(decision), text)

    def say(self, person: str, about: str, text: str) -> None:
        """Tell one of our people something, if that is not once too often `about` this. Never raises."""
        if person.partition(":")[2] != self.domain or person == self.account:
            return
        if self._pace.admits(self.clock.now(), person, about, self.per_minute(), MINUTE):
            self._queue(person, text)

    def _queue(self, person: str, text: str) -> None:
        """To one person one after the other: two first notices must not make two rooms."""
        if person in self._waiting:
            self._waiting[person].append(text)
            return
        self._waiting[person] = deque([text])
        self.api.run_as_background_process("vedette-notice", self._send_all, person)

    async def _send_all(self, person: str) -> None:
        waiting = self._waiting[person]
        try:
            while waiting:
                await self._send(person, waiting.popleft())
        finally:
            del self._waiting[person]

    async def _send(self, person: str, text: str) -> None:
        try:
            await self._account_exists()
            room = await self._room(person)
            content = {"msgtype": "m.notice", "body": text}
            event = {"type": "m.room.message", "room_id": room, "sender": self.account}
            await self.api.create_and_send_event_into_room({**event, "content": content})
        except SynapseError as fault:
            _LOG.warning("a notice to `%s` could not be sent: %s", person, fault)

    async def _account_exists(self) -> None:
        if self._ready:
            return
        if await self.api.check_user_exists(self.account) is None:
            try:
                await self.api.register_user(LOCALPART, "Vedette")
            except SynapseError:  # for somebody else's first notice it was made meanwhile
                if await self.api.check_user_exists(self.account) is None:
                    raise
        self._ready = True

    async def _room(self, person: str) -> str:
        """The person's notice room, made on the first occasion."""
        data = self.api.account_data_manager
        known = await data.get_global(person, ACCOUNT_DATA)
        if known and isinstance(known.get("room_id"), str):
            return str(known["room_id"])
        room, _ = await self.api.create_room(
            self.account,
            {
                "preset": "private_chat",
                "name": "Notices",
                "is_direct": True,
                "invite": [person],
                "creation_content": {"m.federate": False},
            },
            ratelimit=False,
        )
        await self.api.update_room_membership(person, person, room, "join")
        await data.put_global(person, ACCOUNT_DATA, {"room_id": room})
        return room


@dataclass(slots=True)
class FromOtherDoors:
    """Tells what the notices stream carries, each notice once and none from before `since`.

    A notice that came while Synapse was away is not told: it would come too late to help.
    """

    since: float
    tell: Callable[[str, str, str], object]
    """Told person, matter and text."""
    _told: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def take(self, body: Mapping[str, Any]) -> None:
        """Tell what is new in a part. Raises ValueError where it can't be read."""
        for notice in notices_of(body):
            told = (notice.record, notice.to)  # of one record several people may be told
            if notice.at < self.since or told in self._told:
                continue
            self._told[told] = None
            if len(self._told) > _MOST_REMEMBERED:
                self._told.popitem(last=False)
            self.tell(notice.to, notice.matter, notice.text)
