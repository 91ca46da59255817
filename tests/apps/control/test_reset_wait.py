"""Whose credentials somebody else reset administers nothing for a day, and officers hear of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.test_pending import Office, refused
from vedette.admin.actor import LOCAL, RECOVERING, Actor
from vedette.admin.findings import Health
from vedette.admin.officers import officers_found
from vedette.admin.reset_wait import starts_wait
from vedette.admin.widening import widens
from vedette.control.officers_here import officers_seen
from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.settings.document import Document
from vedette.core.settings.edit import set_value

WHY = {"reason": "phone lost"}
PATH = "administration.wait_after_reset"
WAITS = "may administer nothing until"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("reset-wait") / "org", more={"erin": "Employees"})
    for name in ("anna", "ben", "erin"):
        account = {"user": name, "reason": "new"}
        assert made.by("local", "POST /people/accounts", body=account)[0] == 200
    yield made
    made.close()


def reset(house: Office, who: str, whom: str, way: str = "factors/reset") -> tuple[int, Any]:
    answer = house.by(who, "POST", f"/people/@{whom}:{DOMAIN}/{way}", WHY)
    assert answer[0] == 200, answer
    return answer


def settings(house: Office, who: str) -> tuple[int, Any]:
    return house.by(who, "GET", "/settings")


def move(house: Office, name: str, seconds: int) -> None:
    """Let the reset of somebody have been that much earlier."""
    store = house.office.accounts.store
    account = store.account(name)
    assert account is not None
    assert account.reset_by_other is not None
    store.note_reset(name, account.reset_by_other - seconds)


@pytest.mark.parametrize("way", ["factors/reset", "password/reset"])
@pytest.mark.parametrize("who", ["anna", "local"])
def test_an_officer_whom_somebody_else_reset_neither_reads_nor_changes_nor_approves(
    house: Office, way: str, who: str
) -> None:
    waiting = house.wish("cara")["id"]
    reset(house, who, "ben", way)
    error = refused(settings(house, "ben"), 403, WAITS)
    assert error["code"] == "credentials-reset"
    assert "vedette recover" in error["hint"]
    assert refused(house.approve("ben", waiting), 403, WAITS)
    rule = {"from": ["us"], "forbid": ["message"]}
    assert refused(house.rule("ben", "more", rule), 403, WAITS)
    assert settings(house, "anna")[0] == 200
    assert house.approve("anna", waiting)[0] == 200
    move(house, "ben", 86_400)
    assert settings(house, "ben")[0] == 200


def test_what_people_reset_of_their_own_starts_no_wait(house: Office) -> None:
    reset(house, "anna", "anna")
    reset(house, "anna", "anna", "unlock")
    reset(house, "ben", "anna", "unlock")
    assert settings(house, "anna")[0] == 200
    through_another = house.made_by(house.tokens["anna"], f"@ben:{DOMAIN}")
    path = f"/people/@anna:{DOMAIN}/factors/reset"
    assert house.ask(through_another, "POST", path, WHY)[0] == 200
    assert refused(settings(house, "anna"), 403, WAITS)


def test_the_setting_says_how_long_and_a_shorter_one_widens_administer(house: Office) -> None:
    reset(house, "anna", "ben")
    move(house, "ben", 3_700)
    assert refused(settings(house, "ben"), 403, WAITS)
    old = house.office.desk.current()[1]
    shorter = set_value(house.office.desk.current()[0].text, PATH, '"1 hour"')
    status, seen = house.by("anna", "POST /settings/diff", body={"text": shorter})
    assert (status, seen["widens"]) == (200, ["administer"]), seen
    longer = Document.model_validate(
        {**old.model_dump(by_alias=True), "administration": {"wait_after_reset": "2 days"}}
    )
    assert widens(old, longer, date(2026, 1, 1)) == frozenset()
    body = {"path": PATH, "value": '"1 hour"', "reason": "wanted"}
    status, kept = house.by("anna", "PATCH /settings", body=body)
    assert status == 200, kept
    assert settings(house, "ben")[0] == 200


def test_neither_recovery_nor_a_first_account_by_the_local_token_starts_a_wait() -> None:
    anna, ben = UserId(f"@anna:{DOMAIN}"), UserId(f"@ben:{DOMAIN}")
    assert not starts_wait(RECOVERING, ben, new=False)
    assert not starts_wait(LOCAL, ben, new=True)
    assert starts_wait(LOCAL, ben, new=False)
    assert starts_wait(Actor(anna), ben, new=True)


def test_an_account_that_a_person_made_waits_too(house: Office) -> None:
    account = {"user": "cara", "reason": "new"}
    assert house.by("anna", "POST /people/accounts", body=account)[0] == 200
    assert refused(settings(house, "cara"), 403, WAITS)


def records(house: Office, act: Act) -> list[dict[str, Any]]:
    found = [entry for entry, _ in house.office.records.read("control", 0)]
    return [each for each in found if each.get("act") == act]


def test_showing_a_secret_is_a_record_of_its_own_without_the_secret(house: Office) -> None:
    before = len(records(house, Act.SECRET_SHOW))
    secret = reset(house, "anna", "ben")[1]["secret"]
    shown = records(house, Act.SECRET_SHOW)[before:]
    assert [each["who"] for each in shown] == [f"@anna:{DOMAIN}"]
    decision = shown[0]["decision"]
    assert (decision["answer"], decision["towards"]) == ("yes", f"@ben:{DOMAIN}")
    assert secret not in str(shown)


def test_the_doctor_names_the_officers_who_wait(house: Office) -> None:
    def found() -> list[tuple[Health, str]]:
        revision, document = house.office.desk.current()
        store, now = house.office.accounts.store, time.time()
        seen = officers_seen(house.boot, document, revision.number, store, now)
        return [(each.health, str(each.words)) for each in officers_found(seen, "people.csv")]

    before = found()
    reset(house, "anna", "ben")
    new = [each for each in found() if each not in before]
    assert [health for health, _ in new] == [Health.WEAK]
    assert new[0][1].startswith(f"`@ben:{DOMAIN}` may administer nothing until 20")
    move(house, "ben", 86_400)
    assert found() == before
