"""Whoever left the organisation leaves its rooms, on record, until there is none left."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from tests.apps.scene import ALICE, BOB, Scene, policy_of
from vedette.core.asks import Act
from vedette.core.people import Person
from vedette.ports.policy import Policy
from vedette.spine import Permit
from vedette.synapse.departed import AGAIN_SECONDS, ANEW_SECONDS, AT_ONCE, Departed
from vedette.synapse.internals.gate import CanNot


@dataclass
class Rooms:
    """Who is where; leaving takes a Permit."""

    there: set[tuple[str, str]]
    shut: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    asked: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def rooms_of(self, users: Collection[str]) -> list[tuple[str, str]]:
        self.asked.append(len(users))
        return sorted(each for each in self.there if each[0] in users)

    async def leave(self, permit: Permit, room: str, user: str, reason: str) -> None:
        assert isinstance(permit, Permit)
        if room in self.shut:
            raise CanNot("no")
        if room in self.broken:
            raise RuntimeError("the connection to the database was closed")
        self.said.append(reason)
        self.there.discard((user, room))


async def pause(seconds: float) -> None:
    await asyncio.sleep(seconds)


def with_people(**people: Person) -> Policy:
    policy = policy_of()
    listed = {f"@{name}:example.org": person for name, person in people.items()}
    directory = replace(policy.directory, people={**policy.directory.people, **listed})
    return replace(policy, directory=directory)


OFF = Person(active=False)


def made(scene: Scene, rooms: Rooms) -> Departed:
    return Departed(scene.spine, rooms, pause)


async def test_an_inactive_person_leaves_every_room_and_others_stay():
    scene, rooms = Scene(), Rooms({(ALICE, "!a:b"), (ALICE, "!c:d"), (BOB, "!a:b")})
    departed = made(scene, rooms)
    assert await departed.look()
    assert len(rooms.there) == 3
    scene.policy.policy = with_people(alice=OFF)
    assert await departed.look()
    assert rooms.there == {(BOB, "!a:b")}
    assert "not in use any more" in rooms.said[0]
    records = [ask for ask, _, _ in scene.audit.kept if ask.act == Act.ROOM_MEMBER_LEAVE]
    assert len(records) == 2


async def test_who_left_is_looked_at_again_only_after_an_hour_or_when_they_were_here_meanwhile():
    scene, rooms = Scene(), Rooms(set())
    departed = made(scene, rooms)
    scene.policy.policy = with_people(alice=OFF)
    await departed.look()
    await departed.look()
    assert rooms.asked == [1]
    scene.policy.policy = with_people()
    await departed.look()
    scene.policy.policy = with_people(alice=OFF)
    rooms.there.add((ALICE, "!a:b"))
    await departed.look()
    assert rooms.there == set()
    rooms.there.add((ALICE, "!later:b"))
    scene.clock.seconds += ANEW_SECONDS
    await departed.look()
    assert rooms.there == set()


async def test_a_room_that_can_not_be_left_is_tried_again():
    scene, rooms = Scene(), Rooms({(ALICE, "!a:b"), (ALICE, "!shut:b")}, shut={"!shut:b"})
    scene.policy.policy = with_people(alice=OFF)
    departed = made(scene, rooms)
    assert not await departed.look()
    assert rooms.there == {(ALICE, "!shut:b")}
    rooms.shut.clear()
    assert await departed.look()
    assert rooms.there == set()
    assert AGAIN_SECONDS < ANEW_SECONDS


async def test_a_room_that_fails_in_any_way_keeps_nobody_in_the_others_and_is_tried_again():
    rooms = Rooms({(ALICE, "!a:b"), (ALICE, "!z:b"), (BOB, "!z:b")}, broken={"!a:b"})
    scene = Scene()
    scene.policy.policy = with_people(alice=OFF, bob=OFF)
    departed = made(scene, rooms)
    assert not await departed.look()
    assert rooms.there == {(ALICE, "!a:b")}
    rooms.broken.clear()
    assert await departed.look()
    assert rooms.there == set()


async def test_what_can_not_be_recorded_is_not_done():
    scene, rooms = Scene(), Rooms({(ALICE, "!a:b")})
    scene.policy.policy = with_people(alice=OFF)
    scene.audit.full = True
    assert not await made(scene, rooms).look()
    assert rooms.there == {(ALICE, "!a:b")}


async def test_many_are_looked_at_in_parts():
    scene, rooms = Scene(), Rooms(set())
    scene.policy.policy = with_people(**{f"u{n}": OFF for n in range(AT_ONCE + 1)})
    await made(scene, rooms).look()
    assert rooms.asked == [AT_ONCE, 1]
