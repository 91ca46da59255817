"""What is lacking against the recommended baseline, and that the shown step mends it."""

import pytest

from vedette.admin.baseline import lacking
from vedette.admin.rules import with_rule
from vedette.core.compile import compile_rules
from vedette.core.people import Directory
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import parse_document
from vedette.ports.policy import Policy

WHOLE = default_document("Example AG", "example.org")
BARE = '[organisation]\nname = "Example AG"\ndomain = "example.org"\n'
OPEN = BARE + '[rules.in]\nfrom = ["us"]\nallow = ["sign-in"]\n'


def policy_of(text: str) -> Policy:
    document = parse_document(text)
    assert isinstance(document, Document), document
    return Policy(compile_rules(document, 1), Directory(document, {}, 740_000))


def names(text: str) -> list[str]:
    return [lack.step.words[2] for lack in lacking(policy_of(text))]


def test_the_default_document_lacks_nothing():
    assert names(WHOLE) == []


def test_an_empty_document_lacks_the_guardrail_and_the_forbid_but_lets_nobody_in():
    assert names(BARE) == ["administrators-apart", "password-login"]


def test_a_single_proof_that_is_enough_is_found_whatever_the_rule_is_called():
    assert "never-one-factor" in names(OPEN)
    two = OPEN.replace("allow = ", 'when = ["sign_in.factors >= 2"]\nallow = ')
    assert "never-one-factor" not in names(two)


@pytest.mark.parametrize("text", [BARE, OPEN])
def test_the_shown_steps_mend_it(text):
    for lack in lacking(policy_of(text)):
        body = lack.step.call.body
        assert body is not None
        text = with_rule(text, body["id"], body["rule"], body["guardrail"])
    assert names(text) == []


def test_a_rule_of_another_name_that_says_the_same_is_enough_and_one_that_observes_is_not():
    renamed = WHOLE.replace("[rules.password-login]", "[rules.another-name]")
    assert names(renamed) == []
    observing = WHOLE.replace("[rules.password-login]", '[rules.password-login]\nmode = "observe"')
    assert names(observing) == ["password-login-2"] or names(observing) == ["password-login"]
