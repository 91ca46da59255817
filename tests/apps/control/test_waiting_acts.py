"""Acts that a rule has wait for a second person: they happen once approved, by whoever asked, once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.test_pending import Office, refused
from vedette.core.waiting_acts import ActState

TWO = {
    "from": ["us"],
    "forbid": ["administer"],
    "when": [
        "act in keys:key:rotate, people:factor:reset, people:account:create, tokens:token:add"
    ],
    "unless": ["approvals >= 1"],
    "say": "Two of us decide about this.",
}
THREE = {
    "from": ["us"],
    "forbid": ["administer"],
    "when": ["act in audit:person:erase"],
    "unless": ["approvals >= 2"],
}
WHY = {"reason": "as agreed"}
ROTATE = "/keys/admin-token/rotate"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("acts") / "org", more={"dora": "Security-Officers"})
    for name, rule in (("two-on-keys", TWO), ("three-on-erasing", THREE)):
        status, kept = made.rule("anna", name, rule)
        assert status == 200, kept
    yield made
    made.close()


def rotate(house: Office, who: str, why: str = "old") -> tuple[int, Any]:
    return house.by(who, "POST", ROTATE, {"reason": why})


def waits(answer: tuple[int, Any]) -> str:
    """The id under which an act waits."""
    error = refused(answer, 409, "this waits for a second person as `")
    assert error["code"] == "waits"
    return str(error["message"].split("`")[1])


def approve(house: Office, who: str, id_: str, **more: Any) -> tuple[int, Any]:
    return house.by(who, "POST", f"/acts/{id_}/approve", {**WHY, **more})


def one(house: Office, id_: str) -> dict[str, Any]:
    return house.by("anna", "GET", f"/acts/{id_}")[1]  # type: ignore[no-any-return]


def done(house: Office, id_: str) -> None:
    """Have it out of the way of the next test."""
    assert house.by("ben", "POST", f"/acts/{id_}/reject", WHY)[0] == 200


def token_file(house: Office) -> bytes:
    return house.boot.path(house.boot.control.token).read_bytes()


def test_a_key_is_changed_once_by_whoever_asked_after_somebody_else_approved(house: Office) -> None:
    before = token_file(house)
    id_ = waits(rotate(house, "anna"))
    assert waits(rotate(house, "anna", "in other words")) == id_  # asked for twice it waits once
    assert token_file(house) == before
    found = one(house, id_)
    assert (found["author"], found["act"], found["what"], found["enough"]) == (
        f"@anna:{DOMAIN}", "keys:key:rotate", "admin-token", False,
    )  # fmt: skip
    assert found["could"] == [f"@{name}:{DOMAIN}" for name in ("ben", "cara", "dora")]
    status, approved = approve(house, "ben", id_, content=found["content"])
    assert (status, approved["enough"], approved["state"]) == (200, True, "waiting")
    assert token_file(house) == before  # approving does nothing by itself
    status, rotated = rotate(house, "anna")
    assert status == 200, rotated
    assert token_file(house) != before
    ended = one(house, id_)
    assert (ended["state"], ended["said"]) == ("done", f"record {rotated['record']}")
    done(house, waits(rotate(house, "anna")))  # its approval is used up


def test_its_record_counts_approvals_names_what_waited_and_replays(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    assert approve(house, "cara", id_)[0] == 200
    record = rotate(house, "anna")[1]["record"]
    entry = next(e for e, _ in house.office.records.read("control") if e["id"] == record)
    assert entry["facts"]["approvals"] == 1
    assert entry["claims"]["waited"] == id_
    again = house.by("anna", "GET", f"/why/{record}")[1]
    assert (again["answer"], again["same"]) == ("yes", True)


def test_an_approval_is_of_no_use_to_somebody_else_nor_for_anything_else(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    assert approve(house, "ben", id_)[0] == 200
    other = waits(rotate(house, "cara"))
    another = waits(house.by("anna", "POST", "/keys/audit-key/rotate", {"reason": "old"}))
    assert len({id_, other, another}) == 3
    for each in (id_, other, another):
        done(house, each)
    done(house, waits(rotate(house, "anna")))  # turned away, it has to be asked for anew


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("anna", "nobody approves their own change"),
        ("local", "nobody's second person"),
        ("helper", "no rule, no-rule"),
        ("auditor", "no rule, no-rule"),
    ],
)
def test_who_is_no_second_person_is_told_and_recorded(house: Office, who: str, words: str) -> None:
    id_ = waits(rotate(house, "anna"))
    assert refused(approve(house, who, id_), 403, words)["record"]
    assert one(house, id_)["approvals"] == []
    done(house, id_)


def test_nobody_approves_what_is_done_over_themselves(house: Office) -> None:
    reset = f"/people/@ben:{DOMAIN}/factors/reset"
    id_ = waits(house.by("anna", "POST", reset, {"reason": "phone lost"}))
    assert refused(approve(house, "ben", id_), 403, "over themselves")
    assert f"@ben:{DOMAIN}" not in one(house, id_)["could"]
    assert approve(house, "cara", id_)[0] == 200
    body = {"reason": "phone lost", "kinds": ["totp"]}
    done(house, waits(house.by("anna", "POST", reset, body)))  # other factors are another act
    status, answer = house.by("anna", "POST", reset, {"reason": "phone lost"})
    assert (status, answer["error"]["code"]) == (404, "not-found")  # asked and allowed; no account


def test_two_approvals_are_two_persons(house: Office) -> None:
    body = {"person": f"@gone:{DOMAIN}", "reason": "left"}
    id_ = waits(house.by("anna", "POST /audit/erase", body=body))
    assert approve(house, "ben", id_)[1]["enough"] is False
    assert waits(house.by("anna", "POST /audit/erase", body=body)) == id_
    assert refused(approve(house, "ben", id_), 403, "you have approved it already")
    assert approve(house, "cara", id_)[1]["enough"] is True
    status, erased = house.by("anna", "POST /audit/erase", body=body)
    assert status == 200, erased


def test_an_approval_is_for_what_was_seen(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    assert refused(approve(house, "ben", id_, content="0" * 64), 409, "something else")
    assert one(house, id_)["approvals"] == []
    done(house, id_)


def test_an_approval_of_somebody_who_left_is_worth_nothing(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    assert approve(house, "cara", id_)[1]["enough"] is True
    people = house.boot.path(house.boot.control.people)
    before = people.read_text()
    try:
        people.write_text(before.replace("@cara:", "@cara-left:"))
        house.look_at_people()
        assert waits(rotate(house, "anna")) == id_
    finally:
        people.write_text(before)
        house.look_at_people()
    done(house, id_)


def test_what_nobody_approves_in_time_is_over(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    house.force("update waiting_acts set expires = 1 where id = :id", id=id_)
    assert one(house, id_)["state"] == "expired"
    assert refused(approve(house, "ben", id_), 409, "expired")
    done(house, waits(rotate(house, "anna")))


def test_what_is_approved_once_is_used_up_once_however_many_do_it_together(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    store = house.office.acts.acts.store
    act = store.get(id_)
    assert act is not None
    used = replace(act, state=ActState.DONE, ended=1, said="record control:1")
    ends: list[bool] = []
    several = [threading.Thread(target=lambda: ends.append(store.end(used))) for _ in range(4)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    assert sorted(ends) == [False, False, False, True]


def test_it_waits_across_a_restart_and_what_there_is_not_is_not_found(house: Office) -> None:
    id_ = waits(rotate(house, "anna"))
    house.again()
    assert approve(house, "ben", id_)[0] == 200
    assert rotate(house, "anna")[0] == 200
    refused(approve(house, "ben", "0" * 10), 404, "no act waits as")
    refused(house.by("ben", "POST", f"/acts/{id_}/reject", WHY), 409, "is done")
    refused(approve(house, "ben", id_, reason=" "), 400, "needs a reason")


def test_what_no_number_of_approvals_would_allow_is_refused_and_never_waits(house: Office) -> None:
    assert refused(rotate(house, "helper"), 403, "no rule")
    listed = house.by("anna", "GET /acts")[1]
    assert not [each for each in listed if each["author"] == f"@helper:{DOMAIN}"]


def test_one_person_has_only_so_many_acts_wait(house: Office) -> None:
    ids = [waits(_account(house, number)) for number in range(50)]
    refused(_account(house, 51), 409, "50 acts of yours wait")
    for each in ids:
        done(house, each)
    done(house, waits(_account(house, 52)))


def _account(house: Office, number: int) -> tuple[int, Any]:
    return house.by("anna", "POST /people/accounts", body={"user": f"new{number}", "reason": "x"})
