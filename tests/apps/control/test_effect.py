"""What a change of the settings would do at once is said before, and no officer is shut out silently."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.apps.control.house import DOMAIN
from tests.apps.control.sign_in import session
from tests.apps.control.test_last_officer import Alone
from vedette.admin.actor import LOCAL
from vedette.admin.effect import effect_of
from vedette.admin.policy import rules_of
from vedette.admin.settings import Proposal, SignInState
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.sessions import FactorUse, Session
from vedette.core.settings.document import Document
from vedette.core.settings.edit import add_rule
from vedette.core.settings.parse import parse_document
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.ports.sign_in import Factor

OFFICE = {"anna": "Security-Officers", "tess": "Temps", "bob": "Employees", "vera": "Auditors"}
NOW = int(time.time())
TWO = (FactorUse(kind="password", at=NOW), FactorUse(kind="totp", at=NOW))
PLATFORM = {"from": ["us"], "forbid": ["sign-in"], "when": ["device.platform = android"]}
CLAIMED = {**PLATFORM, "when": ["claimed device.platform = android"]}


def signed_in(name: str, number: int = 1, **claims: Any) -> Session:
    """Somebody at a browser that says on which system it runs."""
    return session(
        f"{name}-{number}",
        UserId(f"@{name}:{DOMAIN}"),
        factors=TWO,
        expires=NOW + 86400,
        created=NOW,
        **{"platform": "linux", **claims},
    )


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """One officer with a party for temps; everybody is signed in."""
    made = Alone(tmp_path_factory.mktemp("effect") / "org", OFFICE)
    party = {"path": "parties.temps", "value": '{ groups = ["Temps"] }', "reason": "as agreed"}
    assert made.by("local", "PATCH /settings", body=party)[0] == 200
    for name in OFFICE:
        made.store.add_session(signed_in(name), None, NOW)
    yield made
    made.store.close()
    made.close()


def add(alone: Alone, rule: dict[str, Any], who: str = "local", query: str = "") -> tuple[int, Any]:
    body = {"id": "x", "rule": rule, "reason": "as agreed"}
    return alone.by(who, "POST /rules", f"/rules{query}", body)


def foresee(alone: Alone, rule: dict[str, Any], who: str = "local") -> tuple[int, Any]:
    text = add_rule(alone.office.desk.current()[0].text, "x", rule)
    return alone.by(who, "POST /settings/foresee", body={"text": text})


def in_force(alone: Alone) -> int:
    return alone.office.desk.current()[0].number


# ---- the last officer -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["anna", "local"])
@pytest.mark.parametrize("query", ["", "?confirmed=true"])
def test_a_forgotten_claimed_that_would_shut_the_only_officer_out_is_refused(
    alone: Alone, who: str, query: str
) -> None:
    before = in_force(alone)
    status, answer = add(alone, PLATFORM, who, query)
    assert (status, answer["error"]["code"]) == (403, "lock-out")
    assert "rule `x` would refuse `@anna:example.test`" in answer["error"]["message"]
    assert foresee(alone, PLATFORM, who)[0] == 403
    assert in_force(alone) == before


def test_with_claimed_it_suspends_nobody_and_is_applied(alone: Alone) -> None:
    status, answer = add(alone, CLAIMED)
    assert status == 200, answer
    assert (answer["effect"]["sessions"], answer["effect"]["words"]) == (0, [])


def test_an_officer_on_one_device_that_the_rules_let_in_is_enough(alone: Alone) -> None:
    alone.store.add_session(signed_in("anna", 2, platform="android"), None, NOW)
    allow = {"from": ["us"], "forbid": ["sign-in"], "when": ["claimed device.platform != android"]}
    status, answer = add(alone, allow, query="?confirmed=true")
    assert status == 200, answer
    assert (answer["effect"]["sessions"], answer["effect"]["people"]) == (4, 4)


def test_a_rule_that_asks_of_officers_a_factor_that_none_has_enrolled_is_refused(
    alone: Alone,
) -> None:
    rule = {"from": ["us"], "forbid": ["sign-in"], "unless": ["sign_in.kinds in webauthn"]}
    alone.store.set_password("anna", "$argon2id$y", NOW - 400 * 86400)
    alone.store.add_factor(totp("anna"))
    status, answer = add(alone, rule, query="?confirmed=true")
    assert (status, answer["error"]["code"]) == (403, "lock-out")
    assert "factors that they have enrolled" in answer["error"]["message"]


def totp(localpart: str) -> Factor:
    secret = b"s" * 20
    return Factor(
        id="t", localpart=localpart, kind="totp", label="a phone", secret=secret, created=NOW
    )


def test_a_sign_in_store_that_is_away_refuses_nothing_by_itself(alone: Alone) -> None:
    def away(*_: object) -> Any:
        raise Unavailable("the sign-in store does not answer")

    desk = replace(alone.office.desk, sign_in=SignInState(sessions=away, held=lambda _: away))
    base = desk.current()[0]
    proposal = Proposal(
        text=add_rule(base.text, "x", PLATFORM), base=base.number, reason="x", author=LOCAL
    )
    found = alone.loop.run_until_complete(desk.foresee(proposal))
    assert found.effect is None


# ---- sessions -------------------------------------------------------------------------------------

NOT_OFFICERS = {
    "from": ["us"], "forbid": ["sign-in"], "when": ["claimed device.platform = windows"],
}  # fmt: skip


def test_sessions_of_people_whom_a_change_does_not_name_take_a_confirmation(alone: Alone) -> None:
    alone.store.add_session(signed_in("bob", 2, platform="windows"), None, NOW)
    before = in_force(alone)
    status, answer = add(alone, NOT_OFFICERS)
    assert (status, answer["error"]["code"]) == (409, "confirm")
    assert "Sessions that would be suspended: 1 (people: 1)." in answer["error"]["message"]
    assert "--yes" in answer["error"]["hint"]
    assert in_force(alone) == before
    status, answer = add(alone, NOT_OFFICERS, query="?confirmed=true")
    assert status == 200, answer
    effect = answer["effect"]
    assert (effect["sessions"], effect["people"], effect["own"]) == (1, 1, 0)
    assert (effect["shut_out"], effect["back"]) == (1, before)


def test_ones_own_session_takes_a_confirmation(alone: Alone) -> None:
    alone.store.add_session(signed_in("anna", 2, platform="windows"), None, NOW)
    status, answer = add(alone, NOT_OFFICERS, "anna")
    assert (status, answer["error"]["code"]) == (409, "confirm")
    assert "Yours are among them: 1." in answer["error"]["message"]


def test_a_ban_that_names_its_people_by_a_party_is_applied_at_once(alone: Alone) -> None:
    status, answer = add(alone, {"from": ["temps"], "forbid": ["sign-in"]})
    assert status == 200, answer
    assert (answer["effect"]["sessions"], answer["effect"]["shut_out"]) == (1, 1)


def test_small_counts_are_for_those_who_may_list_sessions(alone: Alone) -> None:
    rule = {"from": ["temps"], "forbid": ["sign-in"]}
    status, answer = foresee(alone, rule, "anna")
    assert (status, answer["effect"]["sessions"]) == (200, 1)
    status, answer = foresee(alone, rule, "vera")
    assert (status, answer["effect"]["sessions"], answer["effect"]["people"]) == (200, None, None)
    assert any("fewer than 5" in each for each in answer["effect"]["words"])


# ---- facts that nothing supplies ------------------------------------------------------------------


def test_a_fact_that_nothing_supplies_is_named(alone: Alone) -> None:
    rule = {"from": ["temps"], "to": ["us"], "forbid": ["file"], "unless": ["device.managed = yes"]}
    status, answer = foresee(alone, rule)
    assert status == 200, answer
    assert answer["effect"]["unsupplied"] == ["device.managed"]
    assert "Nothing in the settings supplies `device.managed`" in answer["effect"]["words"][0]
    observing = {**rule, "mode": "observe"}
    assert foresee(alone, observing)[1]["effect"]["unsupplied"] == []


# ---- promises -------------------------------------------------------------------------------------

PARTNER = '[partners.acme]\ndomains = ["acme.example"]\n'
ORGANISATION = '[organisation]\nname = "E"\ndomain = "example.test"\n'
FILES = '[rules.f]\nbetween = ["us", "acme"]\nallow = ["file"]\n'


def promises(before: str, after: str) -> list[tuple[str, str, str, str]]:
    old, new = policy(ORGANISATION + before, {}, 1), policy(ORGANISATION + after, {}, 2)
    found = effect_of(old, new, (), "anna", NOW, exact=True)
    return [(each.partner, each.channel, each.was, each.becomes) for each in found.promises]


def test_what_becomes_of_a_partner_is_said_channel_by_channel() -> None:
    assert promises(PARTNER, PARTNER + FILES) == [("acme", "file", "no", "yes")]
    to_us = FILES.replace('between = ["us", "acme"]', 'from = ["acme"]\nto = ["us"]')
    assert promises(PARTNER + FILES, PARTNER + to_us) == [
        ("acme", "file", "yes", "only from them to us")
    ]
    assert promises(PARTNER + FILES, "") == [("acme", "file", "yes", "no")]
    assert promises("", PARTNER + FILES) == [("acme", "file", "no", "yes")]


def test_a_change_that_says_nothing_about_partners_changes_no_promise() -> None:
    assert (
        promises(PARTNER + FILES, PARTNER + FILES + "[files]\nmax_seconds = '40 seconds'\n") == []
    )


def test_the_api_answers_with_promises_and_their_words(alone: Alone) -> None:
    body = {"path": "partners.acme", "value": '{ domains = ["acme.example"] }', "reason": "x"}
    assert alone.by("local", "PATCH /settings", body=body)[0] == 200
    rule = {"between": ["us", "acme"], "allow": ["message"]}
    status, answer = foresee(alone, rule)
    assert status == 200, answer
    effect = answer["effect"]
    assert effect["promises"] == [
        {"partner": "acme", "channel": "message", "was": "no", "becomes": "yes"}
    ]
    assert effect["words"] == ["acme, messages: no → yes"]


# ---- many -----------------------------------------------------------------------------------------


def test_many_sessions_take_as_many_decisions_as_there_are_kinds_of_them() -> None:
    text = '[organisation]\nname = "E"\ndomain = "example.test"\n'
    text += '[rules.in]\nfrom = ["us"]\nallow = ["sign-in"]\n'
    ban = (
        text
        + '[rules.x]\nfrom = ["us"]\nforbid = ["sign-in"]\nwhen = ["claimed device.platform = ios"]\n'
    )
    people = {f"@p{n}:{DOMAIN}": Person() for n in range(500)}
    old, new = policy(text, people, 1), policy(ban, people, 2)
    sessions = [signed_in(f"p{n}", platform="ios" if n % 5 == 0 else "linux") for n in range(500)]
    found = effect_of(old, new, sessions, "@p0:example.test", NOW, exact=True)
    assert (found.sessions, found.people, found.own, found.unnamed, found.shut_out) == (
        100, 100, 1, 100, 100,
    )  # fmt: skip


def policy(text: str, people: dict[str, Person], number: int) -> Policy:
    document: Document = parse_document(text)
    directory = Directory(document, people, 739000)
    return Policy(rules_of(document, number), directory)
