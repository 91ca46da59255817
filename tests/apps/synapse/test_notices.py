"""What people are told: each thing once and in one room, and nothing stale."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from synapse.api.errors import SynapseError

from tests.adapters.clock import SetClock
from vedette.core.names import UserId
from vedette.protocol.internal.notices import Notice, body_of
from vedette.synapse.notices import FromOtherDoors, Notices

ONE = Notice(record="gateway:12", at=100.0, to=UserId("@ada:x.test"), matter="acme", text="No.")


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def relay(told: list[tuple[str, str, str]]) -> FromOtherDoors:
    return FromOtherDoors(90.0, lambda *words: told.append(words))


def test_each_notice_is_told_once_however_many_parts_carry_it(relay, told):
    relay.take(body_of([ONE]))
    relay.take(body_of([ONE, replace(ONE, record="gateway:13", text="No again.")]))
    assert [text for _, _, text in told] == ["No.", "No again."]
    assert told[0][:2] == ("@ada:x.test", "acme")


def test_what_was_refused_before_synapse_started_is_not_told(relay, told):
    relay.take(body_of([replace(ONE, at=89.9)]))
    assert told == []


def test_a_body_that_can_not_be_read_tells_nothing(relay, told):
    with pytest.raises(ValueError, match="notice"):
        relay.take({"notices": [{"to": "@ada:x.test"}]})
    assert told == []


@dataclass
class Engine:
    """As much of Synapse's module API as notices use; every call takes a moment."""

    accounts: set[str] = field(default_factory=set)
    data: dict[str, Any] = field(default_factory=dict)
    rooms: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)
    running: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def account_data_manager(self) -> Engine:
        return self

    def run_as_background_process(
        self, _: str, do: Callable[..., Awaitable[None]], *words: str
    ) -> None:
        async def process() -> None:
            await do(*words)

        self.running.append(asyncio.get_running_loop().create_task(process()))

    async def check_user_exists(self, user: str) -> str | None:
        await asyncio.sleep(0)
        return user if user in self.accounts else None

    async def register_user(self, localpart: str, _: str) -> None:
        await asyncio.sleep(0)
        if f"@{localpart}:x.test" in self.accounts:
            raise SynapseError(400, "User ID already taken.")
        self.accounts.add(f"@{localpart}:x.test")

    async def get_global(self, person: str, _: str) -> Any:
        await asyncio.sleep(0)
        return self.data.get(person)

    async def put_global(self, person: str, _: str, value: Any) -> None:
        await asyncio.sleep(0)
        self.data[person] = value

    async def create_room(self, _: str, config: dict[str, Any], *, ratelimit: bool) -> Any:
        await asyncio.sleep(0)
        room = f"!{len(self.rooms)}:x.test"
        self.rooms[room] = config["invite"][0]
        return room, ratelimit

    async def update_room_membership(self, *_: str) -> None:
        await asyncio.sleep(0)

    async def create_and_send_event_into_room(self, event: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        self.sent.append((event["room_id"], event["content"]["body"]))


async def test_first_notices_at_one_moment_come_in_order_and_in_one_room_each() -> None:
    engine = Engine()
    notices = Notices(engine, "x.test", SetClock(), lambda: 10)  # type: ignore[arg-type]
    for number in range(3):
        for person in ("@ada:x.test", "@bo:x.test"):
            notices.say(person, f"matter {number}", f"{number} for {person}")
    await asyncio.gather(*engine.running)
    assert sorted(engine.rooms.values()) == ["@ada:x.test", "@bo:x.test"]
    for room, person in engine.rooms.items():
        told = [text for where, text in engine.sent if where == room]
        assert told == [f"{number} for {person}" for number in range(3)]
    notices.say("@ada:x.test", "later", "and later")
    await asyncio.gather(*engine.running)
    assert engine.sent[-1][1] == "and later"
    assert len(engine.rooms) == 2
