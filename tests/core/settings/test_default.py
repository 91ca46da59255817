from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.names import InvalidName
from vedette.core.settings.default import default_document
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document, parse_document


def default():
    document = parse_document(default_document("Example AG", "example.org"))
    assert isinstance(document, Document)
    return document


def test_the_default_document_has_neither_fault_nor_warning():
    document, faults = check_document(default_document("Example AG", "Example.org"))
    assert faults == []
    assert document is not None
    assert (document.organisation.name, document.organisation.domain) == (
        "Example AG",
        "example.org",
    )


def test_among_ourselves_everything_is_allowed_and_files_by_what_they_are():
    rules = default().rules
    among_us = [rule for rule in rules.values() if rule.between == ("us", "us")]
    assert frozenset().union(*(rule.channels for rule in among_us)) == BETWEEN_PEOPLE
    assert rules["files"].when == ("file.kind in document, image, audio, video, text, encrypted",)
    assert "file.class = avatar" in rules["pictures-of-people"].when


def test_nothing_is_allowed_towards_anybody_else():
    named = {
        name
        for rule in default().rules.values()
        if rule.allow
        for name in (*(rule.between or ()), *(rule.from_ or ()), *(rule.to or ()))
    }
    roles = {"federation-managers", "operators", "help-desk", "auditors"}
    assert named == {"us", "security-office"} | roles


def test_signing_in_takes_two_factors_and_administrators_are_our_own():
    document = default()
    assert document.rules["two-factors"].when == ("sign_in.factors >= 2",)
    rail = document.guardrails["administrators-apart"]
    assert (rail.from_, rail.channels) == (("guests", "partners", "outside"), {Channel.ADMINISTER})


def test_clients_may_not_ask_for_the_password_themselves():
    rule = default().rules["password-login"]
    assert (rule.forbid, rule.when) == (("sign-in",), ("sign_in.flow = password-login",))
    assert rule.say


def test_the_rules_that_stand_there_as_comments_are_right():
    text = default_document("Example AG", "example.org")
    head, _, tail = text.partition("# More rules of this kind")
    examples = head + re.sub(r"^#   (?=\[rules\.|[a-z]+ +=)", "", "#" + tail, flags=re.MULTILINE)
    names = {"no-android", "element-version", "three-devices", "approved-devices"}
    document, faults = check_document(examples)
    assert faults == []
    assert document is not None
    assert document.rules.keys() >= names
    for name in names:
        assert document.rules[name].forbid == ("sign-in",)
        assert document.rules[name].say


def test_the_kind_of_room_that_stands_there_as_a_comment_is_right():
    text = default_document("Example AG", "example.org")
    _, _, tail = text.partition("# ---- Kinds of room")
    example, _, _ = tail.partition("# ---- Towards the organisation")
    lines = re.sub(r"^#   ", "", "#" + example, flags=re.MULTILINE)
    document, faults = check_document(text + lines)
    assert faults == []
    assert document is not None
    assert document.rooms["conference"].plain
    assert document.rules["no-files-in-conferences"].forbid == ("file",)


@CALM
@given(st.text(min_size=1, max_size=60))
def test_any_name_makes_a_valid_document(name):
    document = parse_document(default_document(name + "x", "example.org"))
    assert isinstance(document, Document)
    assert document.organisation.name.endswith("x")


def test_a_wrong_domain_is_refused():
    with pytest.raises(InvalidName):
        default_document("Example", "exa mple")
