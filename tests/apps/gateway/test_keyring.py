"""How other servers' keys are learnt: rarely, once at a time, and never longer than they are valid."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.signing import DAY, SigningServer
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.key_server import MemoryKeyServer
from vedette.core.names import ServerName
from vedette.gateway.keyring import MOST_OF_STRANGERS, Keyring
from vedette.ports.discovery import ANY_SERVER, Trust
from vedette.ports.errors import Unavailable

ACME = ServerName("acme.example")
KEY = "ed25519:a_1"


@dataclass
class Slow:
    """A KeyServer that answers when it is told to."""

    behind: MemoryKeyServer
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def published(self, server: ServerName, trust: Trust) -> bytes:
        answer = await self.behind.published(server, trust)
        await self.go.wait()
        return answer


class House:
    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.source = MemoryKeyServer()
        self.slow = Slow(self.source)
        self.slow.go.set()
        self.ring = Keyring(self.slow, self.clock)
        self.acme = SigningServer("acme.example")
        self.publish(self.acme)

    def publish(self, server: SigningServer, **how: object) -> None:
        until = self.clock.now() + DAY
        self.source.answers[server.name] = server.published(**{"until": until, **how})

    async def raw(self, key_id: str = KEY, server: ServerName = ACME) -> object:
        key = await self.ring.key(server, key_id, ANY_SERVER)
        return None if key is None else key.id


@pytest.fixture
def house() -> House:
    return House()


async def test_a_key_is_asked_for_once(house: House) -> None:
    assert [await house.raw() for _ in range(3)] == [KEY] * 3
    assert house.source.asked == ["acme.example"]


async def test_however_many_wait_it_is_asked_for_once(house: House) -> None:
    house.slow.go.clear()
    waiting = [asyncio.create_task(house.raw()) for _ in range(50)]
    await asyncio.sleep(0)
    house.slow.go.set()
    assert await asyncio.gather(*waiting) == [KEY] * 50
    assert len(house.source.asked) == 1


async def test_who_leaves_while_waiting_keeps_nobody_else_from_it(house: House) -> None:
    house.slow.go.clear()
    first, second = (asyncio.create_task(house.raw()) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    house.slow.go.set()
    assert await second == KEY
    assert len(house.source.asked) == 1


async def test_made_up_key_ids_make_us_ask_once_a_minute(house: House) -> None:
    assert await house.raw("ed25519:none") is None
    for number in range(20):
        with pytest.raises(Unavailable, match="just now"):
            await house.raw(f"ed25519:none{number}")
    assert len(house.source.asked) == 1
    assert await house.raw() == KEY
    house.clock.seconds += 61
    assert await house.raw("ed25519:none") is None
    assert len(house.source.asked) == 2


async def test_a_rotated_key_is_learnt_at_its_first_use(house: House) -> None:
    assert await house.raw() == KEY
    house.clock.seconds += 3600
    rotated = SigningServer("acme.example", "b_2")
    old = {KEY: {"key": house.acme.public, "expired_ts": int(house.clock.now() * 1000)}}
    house.publish(rotated, old=old)
    assert await house.raw("ed25519:b_2") == "ed25519:b_2"
    assert house.ring.remembered(ACME, KEY) is None, "an old key signs no request"


async def test_a_server_that_is_away_is_not_asked_again_for_a_minute(house: House) -> None:
    del house.source.answers["acme.example"]
    for _ in range(5):
        with pytest.raises(Unavailable, match="does not answer"):
            await house.raw()
    assert len(house.source.asked) == 1
    house.clock.seconds += 61
    house.publish(house.acme)
    assert await house.raw() == KEY


async def test_keys_outlive_an_outage_until_they_expire(house: House) -> None:
    assert await house.raw() == KEY
    del house.source.answers["acme.example"]
    house.clock.seconds += DAY - 1
    assert house.ring.is_due(ACME)
    house.ring.renew(ACME, ANY_SERVER)
    await asyncio.sleep(0.01)
    assert house.ring.remembered(ACME, KEY) is not None
    house.clock.seconds += 61
    assert house.ring.remembered(ACME, KEY) is None
    with pytest.raises(Unavailable):
        await house.raw()


async def test_keys_are_renewed_at_half_time_while_nobody_waits(house: House) -> None:
    assert await house.raw() == KEY
    house.clock.seconds += DAY // 2 - 1
    assert not house.ring.is_due(ACME)
    house.clock.seconds += 2
    house.publish(house.acme)
    assert house.ring.is_due(ACME)
    house.ring.renew(ACME, ANY_SERVER)
    assert not house.ring.is_due(ACME), "it is being asked"
    await asyncio.sleep(0.01)
    house.clock.seconds += DAY // 2
    assert house.ring.remembered(ACME, KEY) is not None


async def test_keys_that_can_not_be_believed_are_an_outage(house: House) -> None:
    house.source.answers["acme.example"] = SigningServer("evil.example").published()
    with pytest.raises(Unavailable, match=r"keys of `evil.example`"):
        await house.raw()


async def test_strangers_never_take_the_room_of_partners(house: House) -> None:
    house.slow.go.clear()
    names = [ServerName(f"s{n}.example") for n in range(MOST_OF_STRANGERS + 1)]
    for name in names:
        house.publish(SigningServer(name))
    waiting = [
        asyncio.create_task(house.ring.key(name, KEY, None)) for name in names[:MOST_OF_STRANGERS]
    ]
    await asyncio.sleep(0.01)
    with pytest.raises(Unavailable, match="too many"):
        await house.ring.key(names[-1], KEY, None)
    partner = asyncio.create_task(house.raw())
    await asyncio.sleep(0.01)
    house.slow.go.set()
    assert await partner == KEY
    await asyncio.gather(*waiting)


async def test_a_clock_that_was_set_back_does_not_silence_us(house: House) -> None:
    assert await house.raw("ed25519:none") is None
    house.clock.seconds -= 100_000
    assert await house.raw("ed25519:none") is None
    assert len(house.source.asked) == 2
