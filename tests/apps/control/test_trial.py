"""Revisions that might shut somebody out return by themselves, unless somebody confirms them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.test_lockout import BASE, changed, policy, rule
from tests.apps.control.test_pending import Office
from vedette.core.revision import verify_revisions
from vedette.core.settings.document import Document
from vedette.core.trial import VALUES, is_risky

NO_ANDROID = {"from": ["us"], "forbid": ["sign-in"], "when": ["claimed device.platform = android"]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(tmp_path_factory.mktemp("trial") / "org")
    confirmed = made.by("anna", "POST /settings/confirm", body={"revision": made.newest()})
    assert confirmed[0] == 200, confirmed
    yield made
    made.close()


def risky(house: Office, name: str, rule: dict[str, Any] | None = None) -> dict[str, Any]:
    status, applied = house.rule("anna", name, rule or NO_ANDROID)
    assert status == 200, applied
    assert applied["trial"]["revision"] == applied["revision"]
    assert applied["trial"]["back_to"] == applied["revision"] - 1
    return applied  # type: ignore[no-any-return]


def time_over(house: Office) -> Any:
    house.force("update trials set until = 1")
    return house.loop.run_until_complete(house.office.trial.keep())


def test_what_nobody_confirms_returns_with_reason_and_record(house: Office) -> None:
    before = house.office.desk.current()[0]
    applied = risky(house, "returns")
    assert house.loop.run_until_complete(house.office.trial.keep()) is None  # not yet
    made = time_over(house)
    assert (made.number, made.text, made.author) == (
        applied["revision"] + 1, before.text, "control",
    )  # fmt: skip
    assert made.reason == f"nobody confirmed revision {applied['revision']} within 10 minutes"
    verify_revisions(house.office.desk.revisions.history())
    assert house.by("anna", "GET /settings")[1]["trial"] is None
    found = house.by("anna", "GET", "/audit/records?person=control")[1]
    assert any(each["act"] == "administration:settings:restore" for each in found)


def test_what_somebody_confirms_stays(house: Office) -> None:
    applied = risky(house, "stays")
    body = {"revision": applied["revision"]}
    assert house.by("auditor", "POST /settings/confirm", body=body)[0] == 403
    other = {"revision": applied["revision"] - 1}
    assert house.by("anna", "POST /settings/confirm", body=other)[0] == 409
    assert house.by("anna", "POST /settings/confirm", body=body)[0] == 200
    assert time_over(house) is None
    assert house.newest() == applied["revision"]
    assert house.by("anna", "POST /settings/confirm", body=body)[0] == 409


def test_it_returns_after_a_restart_too(house: Office) -> None:
    applied = risky(house, "across-a-restart")
    house.again()
    assert time_over(house).number == applied["revision"] + 1


def test_it_returns_even_where_a_rule_of_its_own_would_refuse_that(house: Office) -> None:
    act = "act in administration:settings:restore"
    shut = {"from": ["us"], "forbid": ["administer"], "when": [act]}
    applied = risky(house, "shut", shut)
    back = {"revision": applied["revision"] - 1, "reason": "x"}
    assert house.by("anna", "POST /settings/restore", body=back)[0] == 403
    assert time_over(house).number == applied["revision"] + 1


BAN = {"between": ["us", "outside"], "forbid": ["screen"]}
INSIDE = {"between": ["us", "us"], "allow": ["screen"]}


def rules(house: Office) -> set[str]:
    return set(map(str, house.office.desk.current()[1].rules))


def test_a_ban_made_during_a_trial_survives_the_return_and_what_widens_does_not(
    house: Office,
) -> None:
    applied = risky(house, "shuts-out")
    first = applied["revision"]
    for name, ban in (("ban", BAN), ("inside", INSIDE), ("second-ban", {**BAN, "say": "No."})):
        status, more = house.rule("ben", name, ban)
        assert status == 200
        assert more["trial"] == {**applied["trial"], "revision": more["revision"]}
    assert house.by("anna", "GET /settings")[1]["trial"]["back_to"] == first - 1
    made = time_over(house)
    assert made.number == first + 4
    assert made.reason == (
        f"nobody confirmed revision {first} within 10 minutes: revision {first - 1} is in force "
        f"again; kept, since they only refuse more: {first + 1}, {first + 3}; undone too: {first + 2}"
    )
    assert {"ban", "second-ban"} <= rules(house)
    assert rules(house).isdisjoint({"shuts-out", "inside"})
    verify_revisions(house.office.desk.revisions.history())
    assert time_over(house) is None


def test_a_ban_that_shuts_somebody_out_where_it_would_be_made_again_goes_too(
    house: Office,
) -> None:
    """What was allowed by another rule during the trial is allowed by this one alone before it."""
    assert house.rule("anna", "way-in", {"from": ["guests"], "allow": ["sign-in"]})[0] == 200
    house.office.desk.trials.end()
    between = {"between": ["us", "us"], "allow": ["screen"]}
    body = {"rule": between, "reason": "wanted"}
    status, first = house.by("anna", "PUT /rules/way-in", body=body)
    assert (status, first["trial"]["back_to"]) == (200, first["revision"] - 1), first
    gone = house.by("ben", "DELETE", "/rules/way-in?reason=x")
    assert gone[0] == 200
    made = time_over(house)
    assert made.reason.endswith(f"; undone too: {first['revision'] + 1}")
    assert "way-in" in rules(house)


def test_a_ban_that_rests_on_what_is_undone_goes_with_it(house: Office) -> None:
    first = risky(house, "rests")["revision"]
    assert house.rule("ben", "open", INSIDE)[0] == 200
    body = {"path": "rules.open", "value": None, "reason": "not after all"}
    assert house.by("ben", "PATCH /settings", body=body)[0] == 200
    assert time_over(house).reason.endswith(f"; undone too: {first + 1}, {first + 2}")
    assert rules(house).isdisjoint({"rests", "open"})


def test_another_risky_revision_begins_the_time_anew_and_returns_as_far(house: Office) -> None:
    first = risky(house, "first")
    house.force("update trials set until = until - 300")
    status, second = house.rule("ben", "second", {**NO_ANDROID, "say": "Not that one."})
    assert status == 200
    assert second["trial"]["back_to"] == first["revision"] - 1
    assert second["trial"]["until"] >= first["trial"]["until"]
    house.again()
    made = time_over(house)
    assert made.reason.endswith(f"; undone too: {second['revision']}")
    assert rules(house).isdisjoint({"first", "second"})


def test_who_confirms_lets_everything_stay_that_came_during_the_trial(house: Office) -> None:
    first = risky(house, "kept-first")["revision"]
    assert house.rule("ben", "kept-later", INSIDE)[0] == 200
    confirm = "POST /settings/confirm"
    assert house.by("anna", confirm, body={"revision": first})[0] == 409
    assert house.by("anna", confirm, body={"revision": first + 1})[0] == 200
    assert time_over(house) is None
    assert {"kept-first", "kept-later"} <= rules(house)


def test_a_return_that_was_cut_short_is_not_made_twice(house: Office) -> None:
    applied = risky(house, "cut-short")
    kept = house.office.desk.trials.current()
    made = time_over(house)
    house.office.desk.trials.begin(kept)
    assert time_over(house) is None
    assert (house.newest(), house.office.desk.trials.current()) == (made.number, None)
    assert house.by("anna", "GET /settings")[1]["trial"] is None
    assert made.number == applied["revision"] + 1


def test_what_was_undone_by_hand_does_not_come_back(house: Office) -> None:
    applied = risky(house, "undone")
    body = {"revision": applied["revision"] - 1, "reason": "it was wrong"}
    status, undone = house.by("ben", "POST /settings/restore", body=body)
    assert (status, undone["trial"]) == (200, None)
    assert time_over(house) is None


def test_a_return_makes_void_what_waited_on_the_revision(house: Office) -> None:
    risky(house, "waited-upon")
    kept = house.wish()
    time_over(house)
    assert house.one(kept["id"])["state"] == "void"
    assert house.one(kept["id"])["author"] == f"@anna:{DOMAIN}"


# ---- what is risky ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        changed(add=rule('from = ["us"]\nforbid = ["sign-in"]\nwhen = ["device.count > 3"]')),
        changed(add=rule('from = ["help-desk"]\nforbid = ["administer"]\nto = ["auditors"]')),
        changed(add='[sign_in]\nsession = "1 day"\n'),
        changed(add='[streams]\nlifetime = "2 minutes"\n'),
        changed(add='[administration]\nwait_after_reset = "9 days"\n'),
        changed(add='[directory]\nguests = ["Security-Officers"]\n'),
        changed(add='[people]\nsources = ["scim", "directory", "table"]\n'),
        changed(swap="[networks]\n -> [networks]\noffice = ['10.0.0.0/8']\n"),
        changed(swap='groups = ["Security-Officers"] -> groups = ["Board"]'),
        changed(swap='when  = ["sign_in.factors >= 2"] -> when  = ["sign_in.factors >= 3"]'),
        changed(swap='from   = ["us", "guests"]\nforbid = ["sign-in"] -> '
                     'from   = ["us"]\nforbid = ["sign-in"]'),
    ],
)  # fmt: skip
def test_what_touches_the_ways_in_is_risky(text: str) -> None:
    assert is_risky(policy(BASE).directory.document, policy(text).directory.document)


def test_of_every_section_it_is_known_whether_its_values_shut_somebody_out() -> None:
    judged = {"rules", "guardrails", "parties"}
    """By what changes in them, not as a whole."""
    harmless = {"organisation", "partners", "federation", "rooms", "standing", "audit", "messages",
                "media", "files", "push", "notices", "synapse"}  # fmt: skip
    assert set(Document.model_fields) == {*VALUES, *judged, *harmless}


@pytest.mark.parametrize(
    "text",
    [
        changed(add=rule('between = ["us", "outside"]\nallow = ["message"]')),
        changed(add=rule('between = ["us", "us"]\nforbid = ["file"]')),
        changed(add=rule('from = ["auditors"]\nallow = ["administer"]')),
        changed(swap='when  = ["sign_in.factors >= 2"]\n -> '),
        changed(add='[media]\nmax_upload = "1 MiB"\n'),
        changed(swap="[partners]\n -> [partners]\nacme = { domains = ['acme.example'] }\n"),
        changed(swap="[rooms]\n -> [rooms]\nboard = { members = ['auditors'] }\n"),
    ],
)
def test_what_is_between_people_or_only_allows_more_is_not(text: str) -> None:
    assert not is_risky(policy(BASE).directory.document, policy(text).directory.document)
