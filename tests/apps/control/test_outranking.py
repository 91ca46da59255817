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
from vedette.admin.policy import rules_of
from vedette.admin.rejected import Rejected
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.reasons import Reason
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.policy import Policy

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
    assert refused(approve(house, "ben", id_), 403, "may administer nothing until")
    house.office.accounts.store.note_reset("ben", None)


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


@pytest.mark.parametrize("name", ["Cara", "reject", "unlock"])
def test_an_account_for_an_officer_is_a_way_in_whatever_it_is_called(
    house: Office, name: str
) -> None:
    account = {"user": "cara", "display_name": name, "reason": "new"}
    waits(house.by("helper", "POST /people/accounts", body=account))


def test_a_token_a_device_and_a_session_of_an_officer_are_a_way_in_too(house: Office) -> None:
    rule = {"from": ["help-desk"], "allow": ["administer"], "when": ["act = tokens:token:add"]}
    assert house.rule("anna", "desk-tokens", rule)[0] == 200
    policy = house.office.desk.policy.current()
    for act in (Act.ADMINISTRATION_TOKEN_ADD, Act.ADMINISTRATION_DEVICE_APPROVE,
                Act.ADMINISTRATION_SESSION_RESUME):  # fmt: skip
        author, ben = Actor(f"@helper:{DOMAIN}"), UserId(f"@ben:{DOMAIN}")
        doing = Doing(act=act, author=author, over=ben, what="unlock")
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


def test_a_narrow_token_gives_its_holder_no_way_in_as_its_person_or_as_a_peer(
    house: Office,
) -> None:
    acts = ("people:factor:reset", "people:password:reset", "administration:act:approve")
    narrow = house.token("cara", acts=acts)
    house.made_by(narrow, f"@cara:{DOMAIN}")
    for whom in ("cara", "ben"):
        path = f"/people/@{whom}:{DOMAIN}/password/reset"
        waits(house.ask(narrow, "POST", path, WHY))
    id_ = waits(reset(house, "second", "ben", "password/reset"))
    approval = house.ask(narrow, "POST", f"/acts/{id_}/approve", {"reason": "as agreed"})
    assert refused(approval, 403, "may administer what you may not")


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


ORGANISATION = """
[organisation]
name = "Example AG"
domain = "example.org"
[parties]
staff = { groups = ["E"] }
vip = { groups = ["V"] }
desk = { groups = ["D"] }
senior = { groups = ["S"] }
[rules]
"""
SENIOR = 'senior = { from = ["senior"], to = ["staff"], allow = ["administer"] }'


@pytest.mark.parametrize(
    "rules",
    [
        'desk = { from = ["desk"], to = ["staff"], allow = ["administer"] }\n'
        'apart = { from = ["desk"], to = ["vip"], forbid = ["administer"] }\n' + SENIOR,
        (
            'desk = { from = ["desk"], allow = ["administer"], '
            'unless = ["change.widens in us, partners, administer"] }\n'
            'senior = { from = ["senior"], allow = ["administer"] }'
        ),
        (
            'all = { from = ["desk", "senior"], allow = ["administer"] }\n'
            'two = { from = ["desk"], forbid = ["administer"], '
            'when = ["act = administration:settings:apply"], unless = ["approvals >= 1"] }'
        ),
    ],
    ids=["over people in two parties", "for changes that widen", "without a second person"],
)
def test_every_right_counts(rules: str) -> None:
    document = parse_document(ORGANISATION + rules)
    assert isinstance(document, Document), document
    groups = {"d": "D", "s": "S", "e": "E"}
    people = {f"@{n}:example.org": Person(groups=frozenset({g})) for n, g in groups.items()}
    people["@v:example.org"] = Person(groups=frozenset({"E", "V"}))
    policy = Policy(rules_of(document, 1), Directory(document, people, 740_000))
    desk, senior = UserId("@d:example.org"), UserId("@s:example.org")
    assert outranked(policy, Actor(desk), senior) is not None
    assert outranked(policy, Actor(senior), desk) is None
    assert outranked(policy, Actor(desk), desk) is None
