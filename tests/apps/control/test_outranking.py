"""What gives access to somebody with more rights takes a second person, whatever the rules say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.test_pending import Office, refused
from tests.apps.control.test_waiting_acts import approve, one
from vedette.admin.actor import LOCAL, Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.outranking import outranked
from vedette.admin.rejected import Rejected
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.reasons import Reason

PEOPLE = {"second": "IT-Helpdesk", "erin": "Employees", "gone": "Security-Officers"}
WHY = {"reason": "phone lost"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The rule that keeps the help desk apart is gone: what is left is fixed in code."""
    made = Office(tmp_path_factory.mktemp("outranking") / "org", more=PEOPLE)
    status, answer = made.by("anna", "DELETE", "/rules/help-desk-apart?reason=simpler")
    assert status == 200, answer
    for name in ("ben", "erin"):
        account = {"user": name, "reason": "new"}
        assert made.by("local", "POST /people/accounts", body=account)[0] == 200
    yield made
    made.close()


def reset(house: Office, who: str, whom: str, way: str = "factors/reset") -> tuple[int, Any]:
    return house.by(who, "POST", f"/people/@{whom}:{DOMAIN}/{way}", WHY)


def waits(answer: tuple[int, Any]) -> str:
    """The id under which an act waits, and for what."""
    error = refused(answer, 409, "may administer what you may not")
    assert (error["code"], "secret" in answer[1]) == ("waits", False)
    return str(error["message"].split("waits as `")[1].split("`")[0])


@pytest.mark.parametrize("way", ["factors/reset", "password/reset"])
def test_the_help_desk_gets_no_way_in_as_an_officer_by_itself(house: Office, way: str) -> None:
    id_ = waits(reset(house, "helper", "ben", way))
    assert one(house, id_)["could"] == [f"@{each}:{DOMAIN}" for each in ("anna", "cara", "gone")]
    assert refused(approve(house, "second", id_), 403, "may administer what you may not")
    assert refused(approve(house, "ben", id_), 403, "over themselves")
    assert waits(reset(house, "helper", "ben", way)) == id_
    status, approved = approve(house, "anna", id_)
    assert (status, approved["enough"]) == (200, True)
    status, answer = reset(house, "helper", "ben", way)
    assert status == 200
    assert answer["secret"]
    waits(reset(house, "helper", "ben", way))  # the approval is used up


def test_an_approver_who_lacks_the_rights_is_none_whatever_a_rule_gives_them(house: Office) -> None:
    rule = {
        "from": ["help-desk"],
        "allow": ["administer"],
        "when": ["act = administration:act:approve"],
    }
    assert house.rule("anna", "desk-approves", rule)[0] == 200
    id_ = waits(reset(house, "second", "ben"))
    assert refused(approve(house, "helper", id_), 403, "may administer what you may not")
    assert one(house, id_)["approvals"] == []
    assert one(house, id_)["enough"] is False
    assert f"@helper:{DOMAIN}" not in one(house, id_)["could"]


def test_an_account_and_a_token_for_an_officer_are_a_way_in_too(house: Office) -> None:
    account = {"user": "cara", "reason": "new"}
    waits(house.by("helper", "POST /people/accounts", body=account))
    rule = {"from": ["help-desk"], "allow": ["administer"], "when": ["act = tokens:token:add"]}
    assert house.rule("anna", "desk-tokens", rule)[0] == 200
    policy = house.office.desk.policy.current()
    for act in (Act.ADMINISTRATION_TOKEN_ADD, Act.ADMINISTRATION_DEVICE_APPROVE,
                Act.ADMINISTRATION_SESSION_RESUME):  # fmt: skip
        doing = Doing(act=act, author=Actor(f"@helper:{DOMAIN}"), over=UserId(f"@ben:{DOMAIN}"))
        door = AdministrationDoor(house.office.desk.spine)
        settled = house.loop.run_until_complete(door.answer(doing, lambda *_: pytest.fail("asked")))
        assert settled.decision.reason is Reason.SECOND_PERSON
        with pytest.raises(Rejected):
            house.loop.run_until_complete(door.permit(doing))
    assert outranked(policy, LOCAL, UserId(f"@ben:{DOMAIN}")) is None


def test_what_gives_no_access_and_peers_and_people_without_rights_wait_for_nobody(
    house: Office,
) -> None:
    assert reset(house, "helper", "erin")[0] == 200
    assert reset(house, "anna", "ben")[0] == 200
    assert reset(house, "helper", "ben", "unlock")[0] == 200
    assert reset(house, "helper", "ben", "sessions/end")[0] == 200


def test_who_is_left_alone_with_their_rights_is_helped_by_the_local_token_or_by_recovery(
    house: Office,
) -> None:
    """Once the local token only looks, nobody who lacks a right helps the only officer."""
    rule = {
        "from": ["us"], "forbid": ["administer"], "when": ["act.through = local-token"],
        "unless": ["act in people:factor:reset, administration:settings:apply"],
    }  # fmt: skip
    assert house.rule("anna", "local-token-resets", rule)[0] == 200
    assert waits(reset(house, "local", "ben"))
    assert reset(house, "local", "erin")[0] == 200
