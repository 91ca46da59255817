"""A file held and released by its id, as the inspector member will have it done."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.apps.scene import ALICE, Scene
from vedette.core.asks import Act
from vedette.core.names import MediaId, ServerName, UserId
from vedette.ports.errors import Unavailable
from vedette.spine import Permit, Refusal
from vedette.synapse.held_by_id import HoldsById
from vedette.synapse.internals.gate import Entering

OURS, MEDIA = ServerName("example.org"), MediaId("report")
MEMBER = UserId("@vedette-inspector:example.org")


@dataclass
class House:
    """Synapse's rows beside an inspector's register; `report` is here."""

    scene: Scene = field(default_factory=Scene)
    held: set[tuple[str, str]] = field(default_factory=set)
    here: set[tuple[str, str]] = field(default_factory=lambda: {(OURS, MEDIA)})

    def __post_init__(self) -> None:
        self.door = HoldsById(self.scene.spine, self, self, self.scene.inspection)

    async def hold(self, server: str, media: str) -> bool:
        self.held |= {(server, media)} & self.here
        return (server, media) in self.here

    async def release(self, server: str, media: str) -> bool:
        self.held.discard((server, media))
        return (server, media) in self.here

    async def find(self, server: str, media: str) -> Entering | None:
        if (server, media) not in self.here:
            return None
        return Entering(
            server=server, media=media, path="", declared="text/plain", name="a", owner=ALICE
        )

    async def told(self) -> bool | None:
        """What the register says."""
        found = await self.scene.inspection.file(OURS, MEDIA)
        return found and found.held

    def acts(self) -> list[Act]:
        return [ask.act for ask, _, _ in self.scene.audit.kept]


@pytest.fixture
def house() -> House:
    return House()


async def test_a_hold_is_in_synapse_and_in_the_register_and_so_is_its_release(house: House) -> None:
    assert isinstance(await house.door.hold(OURS, MEDIA, MEMBER), Permit)
    assert (house.held, await house.told()) == ({(OURS, MEDIA)}, True)
    assert isinstance(await house.door.release(OURS, MEDIA, MEMBER), Permit)
    assert (house.held, await house.told()) == (set(), False)
    assert house.acts() == [Act.FILE_CONTENT_HOLD, Act.FILE_CONTENT_RELEASE]
    found = await house.scene.inspection.file(OURS, MEDIA)
    assert found is not None
    assert found.owner == ALICE  # of a file that the register had never seen


async def test_a_hold_holds_while_the_inspector_is_away_and_says_that_it_is_half_done(
    house: House,
) -> None:
    house.scene.inspection.away = True
    with pytest.raises(Unavailable):
        await house.door.hold(OURS, MEDIA, MEMBER)
    assert house.held


async def test_a_release_waits_for_the_inspector_and_until_then_the_file_is_held(
    house: House,
) -> None:
    await house.door.hold(OURS, MEDIA, MEMBER)
    house.scene.inspection.away = True
    with pytest.raises(Unavailable):
        await house.door.release(OURS, MEDIA, MEMBER)
    assert house.held
    house.scene.inspection.away = False
    assert isinstance(await house.door.release(OURS, MEDIA, MEMBER), Permit)
    assert not house.held


async def test_what_can_not_be_recorded_is_held_and_never_released(house: House) -> None:
    house.scene.audit.full = True
    settled = await house.door.hold(OURS, MEDIA, MEMBER)
    assert isinstance(settled, Refusal)
    assert (settled.in_doubt, house.held, await house.told()) == (True, {(OURS, MEDIA)}, True)
    assert isinstance(await house.door.release(OURS, MEDIA, MEMBER), Refusal)
    assert (house.held, await house.told()) == ({(OURS, MEDIA)}, True)


@pytest.mark.parametrize("by", [ALICE, UserId("@vedette-inspector:acme.example")])
async def test_nobody_but_the_suites_own_accounts_holds_or_releases(
    house: House, by: UserId
) -> None:
    assert isinstance(await house.door.hold(OURS, MEDIA, by), Refusal)
    assert not house.held
    await house.door.hold(OURS, MEDIA, MEMBER)
    assert isinstance(await house.door.release(OURS, MEDIA, by), Refusal)
    assert house.held


async def test_what_is_not_here_is_neither_held_nor_released(house: House) -> None:
    assert await house.door.hold(OURS, MediaId("nothing"), MEMBER) is None
    assert await house.door.release(OURS, MediaId("nothing"), MEMBER) is None
    assert await house.scene.inspection.file(OURS, MediaId("nothing")) is None
