"""Synapse is told what is gone and who is new, at least once, however often it is away."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from tests.apps.control.sign_in import ALICE, BOARD, NOW, session
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.provisioning import MemoryProvisioning
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.core.names import UserId
from vedette.core.sessions import SessionState
from vedette.ports.errors import Unavailable
from vedette.signin import errands
from vedette.signin.errands import Errands


class House:
    """A store, a homeserver and the errands between them."""

    def __init__(self, folder: Path) -> None:
        self.store: SqlSignInStore = open_sign_in_store(folder / "sign-in.db", None)
        self.synapse: MemoryProvisioning = MemoryProvisioning()
        self.clock = MemoryClock(float(NOW))
        self.errands = Errands(self.store, self.synapse, self.clock)

    def signed_out(self, name: str, user: UserId = ALICE) -> None:
        self.store.add_session(session(name, user), None, NOW)
        self.synapse.devices[user.localpart, name.upper()] = "phone"
        self.store.move_session(session(name).id, SessionState.ENDED, "signed out", NOW)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


def test_the_device_of_an_ended_session_is_deleted_and_what_it_delayed_is_cancelled(
    house: House,
) -> None:
    house.signed_out("one")
    assert house.errands.run_due() == 1
    assert house.synapse.devices == {}
    assert house.synapse.cancelled == [("alice", "ONE")]
    assert house.store.outbox() == ()
    assert house.errands.run_due() == 0


def test_a_device_on_which_its_person_signed_in_again_stays(house: House) -> None:
    """An errand that waited while Synapse was away must not delete the new session's device."""
    house.signed_out("one")
    (errand,) = house.store.outbox()
    house.store.add_session(session("again", device="ONE"), None, NOW)
    kept = house.store

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(kept, name)

        def outbox(self, limit: int = 100) -> tuple[object, ...]:
            del limit
            return (errand,)

    house.errands.store = Late()  # type: ignore[assignment]
    house.errands.run_due()
    assert ("alice", "ONE") in house.synapse.devices


def test_what_synapse_did_not_take_is_tried_again_ever_more_slowly(house: House) -> None:
    house.signed_out("one")
    house.synapse.away = True
    tries = []
    for second in range(200):
        house.clock.seconds = float(NOW + second)
        before = house.errands._again.copy()
        due = not before or next(iter(before.values())).due <= house.clock.now()
        house.errands.run_due()
        if due:
            tries.append(second)
    assert tries[:7] == [0, 1, 3, 7, 15, 31, 63]
    assert max(b - a for a, b in pairwise(tries)) == 60
    house.synapse.away = False
    house.clock.seconds += 60
    assert house.errands.run_due() == 1
    assert house.errands._again == {}


@dataclass(slots=True)
class Choosy(MemoryProvisioning):
    """A homeserver that never manages to delete some devices, and counts what it is asked."""

    refuses: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def delete_device(self, localpart: str, device_id: str) -> None:
        self.asked.append(device_id)
        if device_id in self.refuses:
            raise Unavailable("Synapse answered 500")
        MemoryProvisioning.delete_device(self, localpart, device_id)


def test_an_errand_that_fails_holds_up_no_other(house: House) -> None:
    house.synapse = house.errands.provisioning = Choosy(refuses=frozenset({"ONE", "TWO"}))
    for name in ("one", "two", "three", "four", "five"):
        house.signed_out(name)
    house.errands.run_due()
    assert {each.device for each in house.store.outbox()} == {"ONE", "TWO"}


def test_while_synapse_is_away_a_round_is_short_and_nothing_is_forgotten(house: House) -> None:
    house.synapse = house.errands.provisioning = synapse = Choosy(away=True)
    for number in range(20):
        house.signed_out(f"d{number}")
    house.errands.run_due()
    assert len(synapse.asked) == 3
    for _ in range(10):
        house.clock.seconds += 61
        house.errands.run_due()
    synapse.away = False
    for _ in range(3):
        house.clock.seconds += 61
        house.errands.run_due()
    assert house.store.outbox() == ()


def test_a_new_account_is_made_at_synapse_before_its_first_sign_in(house: House) -> None:
    house.store.make_account("alice", "Alice", None, NOW)
    house.store.make_account(BOARD.localpart, "", None, NOW)
    assert house.errands.run_due() == 2
    assert house.synapse.names == {"alice": "Alice", "boss": ""}
    assert all(each.provisioned for each in house.store.accounts())


def test_of_very_many_new_accounts_each_round_makes_some(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "_AT_ONCE", 2)
    for number in range(5):
        house.store.make_account(f"a{number}", "", None, NOW)
    assert [house.errands.run_due() for _ in range(4)] == [2, 2, 1, 0]
    house.store.make_account("later", "", None, NOW)
    assert house.errands.run_due() == 0
    house.clock.seconds += 15
    assert house.errands.run_due() == 1


def test_an_account_that_synapse_did_not_take_is_tried_again(house: House) -> None:
    house.store.make_account("alice", "Alice", None, NOW)
    house.synapse.away = True
    assert house.errands.run_due() == 0
    house.synapse.away = False
    house.clock.seconds += 20
    assert house.errands.run_due() == 1


def test_a_new_name_is_told_and_one_of_a_new_account_with_the_account(house: House) -> None:
    house.store.make_account("alice", "Alice", None, NOW)
    house.store.call(ALICE, "Alice Married", NOW)
    house.errands.run_due()
    assert house.synapse.names == {"alice": "Alice Married"}
    house.store.call(ALICE, "Alice Again", NOW)
    house.store.call(ALICE, "Alice at Last", NOW)
    house.synapse.away = True
    house.errands.run_due()
    assert house.synapse.names == {"alice": "Alice Married"}
    house.synapse.away = False
    house.clock.seconds += 2
    house.errands.run_due()
    assert house.synapse.names == {"alice": "Alice at Last"}
    assert house.store.outbox() == ()


def test_a_store_that_is_away_is_told_to_the_caller(house: House) -> None:
    class Away:
        def __getattr__(self, name: str) -> object:
            raise Unavailable("gone")

    house.errands.store = Away()  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        house.errands.run_due()
