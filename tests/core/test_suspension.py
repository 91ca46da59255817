"""Why a session is suspended, and whether a proof brings it back."""

from dataclasses import replace

import pytest

from vedette.core.compile import compile_rules
from vedette.core.explain import sentence_about_suspended_device, sentence_about_suspension
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.core.settings.parse import parse_document
from vedette.core.suspension import Suspension, suspension_of

NOW = 1_800_000_000
ANNA = UserId("@anna:example.org")
TWO = """
[rules.two]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
"""
FRESH = """
[rules.fresh]
from = ["us"]
forbid = ["sign-in"]
unless = ["sign_in.age <= 8 hours"]
say = "Once a day, show that it is you."
"""
NO_ANDROID = """
[rules.no-android]
from = ["us"]
forbid = ["sign-in"]
when = ["claimed device.platform = android"]
"""
SESSION = Session(
    id="s" * 26,
    user=ANNA,
    device="PHONE",
    state=SessionState.SUSPENDED,
    kind="oauth",
    client="",
    facts=SessionFacts(
        factors=(FactorUse(kind="password", at=NOW), FactorUse(kind="totp", at=NOW)),
        network="192.0.2.7",
        client_name="element",
        platform="android",
    ),
    created=NOW,
    expires=NOW + 10**7,
    device_name="",
    because="fresh",
    number=1,
)


def why(rules, session=SESSION, now=NOW + 9 * 3600):
    document = parse_document(f'[organisation]\nname = "Ex"\ndomain = "example.org"\n{rules}')
    assert not isinstance(document, list), document
    directory = Directory(document, {str(ANNA): Person()}, now // 86400 + 719163)
    return suspension_of(session, compile_rules(document, 1), directory, now=now)


def test_a_proof_that_grew_old_is_named_with_the_rule_and_its_sentence():
    found = why(TWO + FRESH)
    assert (found.rule, found.say) == ("fresh", "Once a day, show that it is you.")
    assert "sign_in.age" in found.pending


def test_too_few_proofs_are_named_although_no_rule_forbids():
    one = replace(SESSION.facts, factors=SESSION.facts.factors[:1])
    found = why(TWO, replace(SESSION, facts=one, because="no-rule"))
    assert found.rule == ""
    assert "sign_in.factors" in found.pending


def test_what_no_proof_can_change_waits_for_none():
    assert why(TWO + NO_ANDROID, replace(SESSION, because="no-android")) == Suspension(
        rule="no-android"
    )
    assert why(TWO + FRESH + NO_ANDROID).pending == ()


def test_what_the_rules_let_go_on_again_wants_nothing():
    assert why(TWO + FRESH, now=NOW) == Suspension(rule="fresh")


@pytest.mark.parametrize("because", ["administrator: lost", "a refresh token was used twice", ""])
def test_what_was_suspended_by_hand_names_no_rule_and_wants_nothing(because):
    assert why(TWO + FRESH, replace(SESSION, because=because)) == Suspension()


def test_a_person_reads_what_to_do_and_where_it_helps():
    page = "https://chat.example.org/account/devices/prove?device_id=PHONE"
    fresh = sentence_about_suspension(why(TWO + FRESH), page)
    assert fresh.startswith("Once a day, show that it is you.")
    assert fresh.endswith(f"show your proofs again: {page}")
    by_hand = sentence_about_suspension(Suspension(), page)
    assert page not in by_hand
    assert "administrator" in by_hand
    said = sentence_about_suspended_device(SESSION.facts, why(TWO + FRESH), page)
    assert "element on android" in said
    assert "192.0.2.7" in said
    assert page in said
