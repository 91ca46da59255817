"""Running sessions are asked again when rules, people or time have changed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.sign_in import (
    ALICE,
    BOARD,
    GUEST,
    NOW,
    PEOPLE,
    TEXT,
    TWO,
    document_of,
    session,
)
from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.sign_in_store import SqlSignInStore, open_sign_in_store
from vedette.core.compile import compile_rules
from vedette.core.people import Directory, Person
from vedette.core.sessions import FactorUse, Session, SessionState, by_rule
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.signin import keep
from vedette.signin.door import SignInDoor
from vedette.signin.keep import DEACTIVATED, ask_again, whom_it_concerns
from vedette.spine import Spine

ENDED, EXPIRED, LIVE, SUSPENDED, WAITING = (
    SessionState.ENDED,
    SessionState.EXPIRED,
    SessionState.LIVE,
    SessionState.SUSPENDED,
    SessionState.WAITING,
)


def forbid(name: str, *, when: str = "", unless: str = "") -> str:
    lines = [f"[rules.{name}]", 'from = ["us"]', 'forbid = ["sign-in"]']
    lines += [f'when = ["{when}"]'] if when else []
    lines += [f'unless = ["{unless}"]'] if unless else []
    return "\n" + "\n".join(lines) + "\n"


NO_ANDROID = forbid("no-android", when="claimed device.platform = android")
ELEMENT = forbid(
    "element-1-12", when="claimed client.name = element", unless="claimed client.version >= 1.12"
)
THREE = forbid("three-devices", when="device.count > 3")
ONLY_APPROVED = forbid("only-approved", unless="device.approved = yes")
FRESH = forbid("fresh", when="sign_in.age > 8 hours")


class House:
    """The sign-in process's door over a real store; rules and people are changed as it runs."""

    def __init__(self, folder: Path) -> None:
        self.store: SqlSignInStore = open_sign_in_store(folder / "sign-in.db", None)
        self.clock = MemoryClock(float(NOW))
        self.policies = MemoryPolicy()
        self.audit = MemoryAudit()
        self.people = dict(PEOPLE)
        self.rules("")
        spine = Spine(self.policies, self.audit, MemoryIncidents(), self.clock)
        self.door = SignInDoor(spine, self.store, self.clock)

    def rules(self, more: str) -> None:
        document = document_of(TEXT + more)
        directory = Directory(document, self.people, self.clock.today())
        self.policies.policy = Policy(compile_rules(document, 1), directory)

    def add(self, *sessions: Session) -> None:
        for each in sessions:
            self.store.add_session(each, None, NOW)

    def stands(self, name: str) -> tuple[SessionState, str]:
        found = self.store.session(session(name).id)
        assert found is not None
        return found.state, found.because


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.store.close()


# ---- the wish, literally -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "name", "refused", "kept"),
    [
        (NO_ANDROID, "no-android", {"platform": "android"}, {"platform": "ios"}),
        (ELEMENT, "element-1-12", {"client_name": "element", "client_version": "1.11.99"},
         {"client_name": "element", "client_version": "1.12.0"}),
        (ONLY_APPROVED, "only-approved", {}, {"approved": True}),
    ],
)  # fmt: skip
def test_a_rule_that_comes_suspends_running_sessions_and_going_brings_them_back(
    house: House, rule: str, name: str, refused: dict[str, Any], kept: dict[str, Any]
) -> None:
    house.add(session("bad", **refused), session("good", **kept))
    assert ask_again(house.door).suspended == 0
    house.rules(rule)
    assert ask_again(house.door).suspended == 1
    assert house.stands("bad") == (SUSPENDED, name)
    assert house.stands("good") == (LIVE, "")
    house.rules("")
    assert ask_again(house.door).live == 1
    assert house.stands("bad") == (LIVE, "")


# ---- whom another policy concerns --------------------------------------------------------------------


def test_other_people_concern_themselves_and_other_rules_everybody(house: House) -> None:
    before = house.policies.policy
    assert before is not None
    assert whom_it_concerns(None, before) is None
    assert whom_it_concerns(before, before) == ()
    house.people = {**PEOPLE, str(ALICE): Person(active=False), "@new:example.org": Person()}
    del house.people[str(GUEST)]
    house.rules("")
    assert set(whom_it_concerns(before, house.policies.policy) or ()) == {
        ALICE, GUEST, "@new:example.org"
    }  # fmt: skip
    house.rules(NO_ANDROID)
    assert whom_it_concerns(before, house.policies.policy) is None


def test_the_same_people_on_another_day_are_all_to_be_asked_about(house: House) -> None:
    before = house.policies.policy
    house.clock.seconds += 86_400
    house.rules("")
    assert whom_it_concerns(before, house.policies.policy) is None


def test_where_very_many_people_are_others_everybody_is_asked_about(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "_SOME", 2)
    before = house.policies.policy
    for number in range(3):
        house.people = {**house.people, f"@new{number}:example.org": Person()}
        house.rules("")
        concerned = whom_it_concerns(before, house.policies.policy)
        assert (concerned is None) is (number == 2)


def test_the_sessions_of_some_people_are_looked_at_and_no_others(house: House) -> None:
    house.add(session("mine"), session("my-other"), session("hers", BOARD))
    house.people = {**PEOPLE, str(ALICE): Person(active=False), str(BOARD): Person(active=False)}
    house.rules("")
    done = ask_again(house.door, [ALICE])
    assert (done.looked, done.ended) == (2, 2)
    assert house.stands("mine") == house.stands("my-other") == (ENDED, DEACTIVATED)
    assert house.stands("hers") == (LIVE, "")


def test_of_some_people_devices_are_counted_as_of_all(house: House) -> None:
    house.add(*(session(f"d{number}") for number in range(4)), session("other", BOARD))
    house.rules(THREE)
    assert ask_again(house.door, [ALICE, BOARD]).suspended == 1
    assert house.stands("d3") == (SUSPENDED, "three-devices")


def test_at_most_three_devices_leaves_the_oldest_three(house: House) -> None:
    house.add(*(session(f"d{number}") for number in range(5)), session("other", BOARD))
    house.rules(THREE)
    ask_again(house.door)
    states = [house.stands(f"d{number}")[0] for number in range(5)]
    assert states == [LIVE, LIVE, LIVE, SUSPENDED, SUSPENDED]
    assert house.stands("other") == (LIVE, "")
    house.store.move_session(session("d0").id, ENDED, "signed out", NOW)
    ask_again(house.door)
    assert [house.stands(f"d{number}")[0] for number in range(1, 5)] == [
        LIVE,
        LIVE,
        LIVE,
        SUSPENDED,
    ]


def test_a_device_that_waits_is_let_in_once_it_is_approved(house: House) -> None:
    house.rules(ONLY_APPROVED)
    house.add(session("new", state=WAITING))
    assert ask_again(house.door).live == 0
    assert house.stands("new")[0] is WAITING
    kept = session("new")
    house.store.set_facts(kept.id, replace(kept.facts, approved=True))
    assert ask_again(house.door).live == 1
    assert house.stands("new")[0] is LIVE


def test_a_proof_that_grows_old_suspends(house: House) -> None:
    house.rules(FRESH)
    house.add(session("old"), session("new", factors=(TWO[0], replace(TWO[1], at=NOW + 30_000))))
    assert ask_again(house.door).suspended == 0
    house.clock.seconds += 9 * 3600
    ask_again(house.door)
    assert house.stands("old") == (SUSPENDED, "fresh")
    assert house.stands("new")[0] is LIVE


def test_one_factor_is_not_enough_when_two_are_wanted(house: House) -> None:
    one = (FactorUse(kind="password", at=NOW),)
    house.add(session("one", factors=one))
    ask_again(house.door)
    state, because = house.stands("one")
    assert state is SUSPENDED
    assert by_rule(because)


# ---- what is never brought back ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "because",
    ["administrator: phone lost", "administrator: x", "a refresh token was used twice",
     "its tokens were never handed out", ""],
)  # fmt: skip
def test_what_no_rule_suspended_no_rule_brings_back(house: House, because: str) -> None:
    house.add(session("one"))
    house.store.move_session(session("one").id, SUSPENDED, because, NOW)
    assert ask_again(house.door).live == 0
    assert house.stands("one") == (SUSPENDED, because)


def test_an_administrator_who_suspends_during_a_pass_is_not_undone(house: House) -> None:
    house.rules(NO_ANDROID)
    house.add(session("one", platform="android"))
    ask_again(house.door)
    house.rules("")
    store = house.store

    class Meanwhile:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def sessions(self) -> tuple[Session, ...]:
            found = store.sessions()
            one = session("one").id
            store.move_session(one, LIVE, "", NOW)
            store.move_session(one, SUSPENDED, "administrator: lost", NOW)
            return found

    ask_again(replace(house.door, store=Meanwhile()))  # type: ignore[arg-type]
    assert house.stands("one") == (SUSPENDED, "administrator: lost")


# ---- ends ----------------------------------------------------------------------------------------------


def test_a_session_past_its_end_expires_and_keeps_its_device(house: House) -> None:
    house.rules(NO_ANDROID)
    house.add(
        session("one", expires=NOW + 10),
        session("held", platform="android", expires=NOW + 10),
        session("two"),
    )
    ask_again(house.door)
    house.clock.seconds += 10
    assert ask_again(house.door).expired == 2
    assert house.stands("one") == (EXPIRED, keep.EXPIRED)
    assert house.stands("held") == (EXPIRED, keep.EXPIRED)
    assert house.store.outbox() == ()
    assert ask_again(house.door).expired == 0


def test_what_an_administrator_suspended_stays_so_past_its_end(house: House) -> None:
    house.add(session("one", expires=NOW + 10))
    house.store.move_session(session("one").id, SUSPENDED, "administrator: lost", NOW)
    house.clock.seconds += 10
    ask_again(house.door)
    assert house.stands("one") == (SUSPENDED, "administrator: lost")


def test_a_device_whose_session_expired_makes_room(house: House) -> None:
    house.add(session("d0", expires=NOW + 10), *(session(f"d{number}") for number in range(1, 4)))
    house.rules(THREE)
    ask_again(house.door)
    assert house.stands("d3")[0] is SUSPENDED
    house.clock.seconds += 10
    ask_again(house.door)
    ask_again(house.door)
    assert house.stands("d3")[0] is LIVE


def test_an_expired_session_to_which_nobody_came_back_ends_with_its_device(house: House) -> None:
    house.add(session("one", expires=NOW + 10))
    house.clock.seconds += 10
    ask_again(house.door)
    house.clock.seconds += 180 * 86400 - 1
    assert ask_again(house.door).ended == 0
    house.clock.seconds += 1
    assert ask_again(house.door).ended == 1
    assert house.stands("one") == (ENDED, keep.FORGOTTEN)
    assert [each.device for each in house.store.outbox()] == ["ONE"]


def test_a_device_that_waited_past_its_end_ends(house: House) -> None:
    house.rules(ONLY_APPROVED)
    house.add(session("one", state=WAITING, expires=NOW + 10))
    house.clock.seconds += 10
    assert ask_again(house.door).ended == 1
    assert house.stands("one") == (ENDED, keep.EXPIRED)


@pytest.mark.parametrize("state", [LIVE, SUSPENDED, WAITING])
def test_deactivated_people_are_signed_out(house: House, state: SessionState) -> None:
    house.add(session("one", state=state), session("two", BOARD))
    house.people[str(ALICE)] = replace(PEOPLE[str(ALICE)], active=False)
    house.rules("")
    ask_again(house.door)
    assert house.stands("one") == (ENDED, keep.DEACTIVATED)
    assert house.stands("two")[0] is LIVE


def test_guests_whom_no_rule_lets_in_are_suspended(house: House) -> None:
    house.add(session("one", GUEST))
    ask_again(house.door)
    assert house.stands("one") == (SUSPENDED, "no-rule")


# ---- doubt ---------------------------------------------------------------------------------------------


def test_a_stale_policy_changes_nothing(house: House) -> None:
    house.add(session("one", expires=NOW + 10))
    house.clock.seconds += 100
    house.policies.policy = None
    with pytest.raises(Unavailable):
        ask_again(house.door)
    assert house.stands("one")[0] is LIVE


def test_a_full_audit_log_changes_nothing(house: House) -> None:
    house.rules(NO_ANDROID)
    house.add(session("one", platform="android"))
    house.audit.full = True
    assert ask_again(house.door).doubtful == 1
    assert house.stands("one")[0] is LIVE


# ---- bounded -------------------------------------------------------------------------------------------


def test_what_stays_as_it_is_costs_no_record(house: House) -> None:
    house.rules(NO_ANDROID)
    house.add(*(session(f"s{number}", platform="ios") for number in range(100)))
    house.add(session("bad", platform="android"))
    assert ask_again(house.door).looked == 101
    assert len(house.audit.kept) == 1
    assert ask_again(house.door).looked == 101
    assert len(house.audit.kept) == 1


def test_every_change_is_on_record_with_the_rule_that_made_it(house: House) -> None:
    house.rules(NO_ANDROID)
    house.add(session("bad", platform="android"))
    ask_again(house.door)
    ((ask, facts, decision),) = house.audit.kept
    assert (ask.act, ask.who) == ("sign-in:session:keep", ALICE)
    assert facts.claims["device.platform"] == "android"
    assert decision.rule == "no-android"


def test_a_look_gives_the_answer_that_the_door_gives(house: House) -> None:
    """Shared answers must never mix two sessions that a rule can tell apart."""
    house.rules(NO_ANDROID + ELEMENT + THREE + ONLY_APPROVED)
    made = []
    for number, user in enumerate([ALICE, BOARD, GUEST] * 8):
        made.append(
            session(
                f"s{number}",
                user,
                platform=("android", "ios", "")[number % 3],
                client_name=("element", "nheko")[number % 2],
                client_version=("1.11", "1.12", "x")[number % 3],
                approved=number % 5 > 0,
                factors=TWO[: 1 + (number % 7 > 0)],
            )
        )
    house.add(*made)
    ask_again(house.door)
    for each in house.store.sessions():
        yes = house.door.keep(replace(each, state=LIVE)).decision.verdict.value == "yes"
        assert (each.state is LIVE) == yes, each
