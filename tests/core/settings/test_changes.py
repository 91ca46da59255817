from __future__ import annotations

import json
import shlex
from dataclasses import astuple

import pytest
from hypothesis import given

from tests.core.settings.documents import CALM, SAMPLE, documents
from vedette.core.settings.canonical import digest
from vedette.core.settings.changes import can_only_refuse_more, differences, together
from vedette.core.settings.document import Document
from vedette.core.settings.edit import add_rule, remove, remove_rule, set_value
from vedette.core.settings.parse import parse_document


def document_of(text):
    document = parse_document(text)
    assert isinstance(document, Document), document
    return document


OLD = document_of(SAMPLE)


def change_of(text):
    (change,) = differences(OLD, document_of(text))
    return change


def test_a_document_does_not_differ_from_itself():
    assert differences(OLD, document_of(SAMPLE.replace('"30 days"', '"720 hours"'))) == []


def test_a_new_rule_is_a_sentence_and_the_command_that_adds_it():
    rule = {"between": ["staff", "acme"], "forbid": ["call"], "say": "No calls, it's agreed.",
            "unless": ["room.ours = yes"], "mode": "observe"}  # fmt: skip
    change = change_of(add_rule(SAMPLE, "no-calls", rule))
    assert change.words == (
        "New rule no-calls: Between staff and acme: calls are forbidden, unless room.ours is yes "
        "(`no-calls` only observes; it decides nothing)."
    )
    assert shlex.split(change.command) == [
        "vedette", "rule", "add", "no-calls", "--between", "staff", "acme", "--forbid", "call",
        "--unless", "room.ours = yes", "--say", "No calls, it's agreed.", "--mode", "observe",
    ]  # fmt: skip
    assert (change.path, change.before) == ("rules.no-calls", "")


def test_a_removed_rule_says_what_it_said():
    change = change_of(remove_rule(SAMPLE, "two-factors"))
    assert change.command == "vedette rule remove two-factors"
    assert change.words == (
        "The rule two-factors is removed. It said: For us: signing in is allowed, when "
        "sign_in.factors is at least 2."
    )
    assert change.after == ""


def test_a_changed_rule_says_both_and_is_changed_in_one_command():
    change = change_of(set_value(SAMPLE, "rules.acme.expires", "2028-01-01"))
    assert "until 2027-06-30. It says: " in change.words
    assert change.command.startswith("vedette rule change acme --between staff acme --allow")
    assert "--expires 2028-01-01" in change.command
    assert (change.call.method, change.call.path) == ("PUT", "/rules/acme")
    assert change.call.body["rule"]["expires"] == "2028-01-01"


def test_another_sentence_for_people_is_no_other_decision():
    change = change_of(set_value(SAMPLE, "rules.acme.say", '"Only messages."'))
    assert change.words == "The rule acme decides as before; what differs is `say`."
    words = change_of(set_value(SAMPLE, "rules.acme.allow", '["contact", "message"]')).words
    assert words.startswith("The rule acme changes")


def test_a_guardrail_is_named_as_one():
    change = change_of(remove_rule(SAMPLE, "no-file-crosses", section="guardrails"))
    assert change.command == "vedette rule remove no-file-crosses --guardrail"


def test_values_and_named_tables_are_set_and_unset():
    change = change_of(set_value(SAMPLE, "media.max_upload", '"1 GiB"'))
    assert change.words == 'media.max_upload becomes "1 GiB" (it was "50 MiB").'
    assert change.command == "vedette settings set media.max_upload '\"1 GiB\"'"
    change = change_of(set_value(SAMPLE, "partners.acme.valid_until", "2027-01-01"))
    assert change.words == 'partners.acme.valid_until becomes "2027-01-01" (it was not set).'
    change = change_of(set_value(SAMPLE, "partners.x", '{ domains = ["x.example"] }'))
    assert change.command == ("vedette settings set partners.x '{ domains = [\"x.example\"] }'")
    change = change_of(remove(SAMPLE, "rooms.board"))
    assert change.command == "vedette settings unset rooms.board"


def test_what_is_no_longer_set_is_unset():
    old = document_of(set_value(SAMPLE, "partners.acme.valid_until", "2027-01-01"))
    (change,) = differences(old, OLD)
    assert change.command == "vedette settings unset partners.acme.valid_until"


@CALM
@given(documents, documents)
def test_what_makes_all_changes_at_once_leads_to_the_very_same_document(one, other):
    """Whatever two documents are: the edits of their differences, made together, lead across."""
    old, new = document_of(one[1]), document_of(other[1])
    text = one[1]
    for change in differences(old, new):
        edit = change.edit
        text = remove(text, edit.path) if edit.value is None else set_value(text, *astuple(edit))
    assert digest(document_of(text)) == digest(new)


@CALM
@given(documents)
def test_a_copied_command_reads_as_its_words_and_its_call_says_the_same(pair):
    changes = differences(OLD, document_of(pair[1]))
    for change in changes:
        assert shlex.split(change.command) == ["vedette", *change.step.words]
        assert json.loads(change.call.json or "null") == change.call.body
    step = together(changes)
    assert step is not None
    assert shlex.split(step.because("it's agreed\nso")[8:]) == [
        *step.words, "--reason", "it's agreed\nso",
    ]  # fmt: skip


def test_nothing_is_made_where_nothing_differs():
    assert together([]) is None


def test_names_come_before_what_names_them_and_go_after_it():
    text = SAMPLE
    for name, value in (
        ("parties.a", '{ except = ["z"] }'),
        ("parties.z", '{ groups = ["Z"] }'),
        ("partners.new", '{ domains = ["new.example"] }'),
        ("federation.partners.new", "{ requests = 5 }"),
        ("rooms.kind", '{ members = ["new"] }'),
        ("rules.n", '{ between = ["a", "new"], allow = ["message"], when = ["room.kind = kind"] }'),
    ):
        text = set_value(text, name, value)
    there = [change.path for change in differences(OLD, document_of(text))]
    assert there == [
        "parties.z", "parties.a", "partners.new", "rooms.kind", "federation.partners.new", "rules.n",
    ]  # fmt: skip
    back = [change.path for change in differences(document_of(text), OLD)]
    assert back == [
        "rules.n", "federation.partners.new", "rooms.kind", "partners.new", "parties.a", "parties.z",
    ]  # fmt: skip


def test_the_limits_of_one_partner_are_named_tables():
    old = document_of(
        set_value(SAMPLE, "federation.partners.acme", "{ requests = 5, invites = 1 }")
    )
    (change,) = differences(OLD, old)
    assert change.command == (
        "vedette settings set federation.partners.acme '{ requests = 5, invites = 1 }'"
    )
    new = document_of(set_value(SAMPLE, "federation.partners.acme", "{ requests = 7 }"))
    assert [change.command for change in differences(old, new)] == [
        "vedette settings set federation.partners.acme.requests 7",
        "vedette settings unset federation.partners.acme.invites",
    ]


def test_several_changes_are_one_command_and_one_call():
    new = set_value(remove_rule(SAMPLE, "archives"), "media.max_upload", '"1 GiB"')
    step = together(differences(OLD, document_of(new)))
    assert step is not None
    assert step.words == (
        "settings", "change", "--set", 'media.max_upload="1 GiB"', "--unset", "rules.archives",
    )  # fmt: skip
    assert step.call.because("x").body == {
        "changes": [
            {"path": "media.max_upload", "value": '"1 GiB"'},
            {"path": "rules.archives", "value": None},
        ],
        "reason": "x",
    }


FORBID = {"between": ["us", "anyone"], "forbid": ["file"], "unless": ["room.ours = yes"]}
ALLOW = {"between": ["us", "anyone"], "allow": ["file"], "when": ["room.ours = yes"]}
BASE = add_rule(add_rule(SAMPLE, "f", FORBID), "y", ALLOW)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (BASE, True),
        (remove_rule(BASE, "y"), True),
        (remove_rule(BASE, "f"), False),
        (add_rule(BASE, "n", FORBID), True),
        (add_rule(BASE, "n", FORBID, section="guardrails"), True),
        (add_rule(BASE, "n", ALLOW), False),
        (add_rule(BASE, "n", {**ALLOW, "mode": "observe"}), True),
        (set_value(BASE, "rules.y.mode", '"observe"'), True),
        (set_value(BASE, "rules.f.mode", '"observe"'), False),
        (set_value(BASE, "rules.y.allow", '["file", "message"]'), False),
        (set_value(BASE, "rules.y.when", "[]"), False),
        (set_value(BASE, "rules.y.unless", '["file.size > 1 MiB"]'), True),
        (set_value(BASE, "rules.y.expires", "2027-01-01"), True),
        (set_value(BASE, "rules.acme.expires", "2027-01-01"), True),
        (set_value(BASE, "rules.acme.expires", "2028-01-01"), False),
        (remove(BASE, "rules.acme.expires"), False),
        (set_value(BASE, "rules.acme.allow", '["message"]'), True),
        (set_value(BASE, "rules.acme.say", '"x"'), True),
        (set_value(BASE, "rules.acme.between", '["us", "acme"]'), False),
        (set_value(BASE, "rules.f.forbid", '["file", "call"]'), True),
        (set_value(BASE, "rules.f.unless", "[]"), True),
        (set_value(BASE, "rules.f.when", '["file.size > 1 MiB"]'), False),
        (set_value(BASE, "parties.new", '{ groups = ["N"] }'), True),
        (set_value(BASE, "parties.board.groups", '["N"]'), False),
        (set_value(BASE, "partners.acme.contact", '"N"'), False),
        (add_rule(remove_rule(BASE, "y"), "y", FORBID), True),
        (add_rule(remove_rule(BASE, "f"), "f", ALLOW), False),
        (set_value(BASE, "media.max_upload", '"1 B"'), False),
    ],
)
def test_only_what_plainly_refuses_more_counts_as_such(text, answer):
    assert can_only_refuse_more(document_of(BASE), document_of(text)) is answer
