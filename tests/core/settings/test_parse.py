from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM, SAMPLE, documents
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document, check_values, parse_document

HEAD = '[organisation]\nname = "Ex"\ndomain = "example.org"\n'

TEN_FAULTS = """\
[organisation]
name = "Ex
domain = "exa mple.org"
[partis]
x = {}
[parties]
staff = { groups = ["E"], except = ["contractorz"] }
staff = { groups = ["F"] }
contractors = { groups = 1 }
[rules.a]
between = ["staf", "us"]
allow = ["mesage"]
when = ["file.kind = docment"]
[rules.c
between = ["us", "us"]
allow = ["message", "file"]
when = ["file.kind in document"]
ownr = "x"
"""


def faults_of(text):
    found = parse_document(text)
    return [] if isinstance(found, Document) else found


def test_the_whole_sample_of_the_language_is_valid_and_raises_no_warning():
    document, faults = check_document(SAMPLE, today=dt.date(2026, 11, 1))
    assert faults == []
    assert document is not None
    assert document.rules["acme"].expires == dt.date(2027, 6, 30)
    assert document.sign_in.session == 30 * 86400


def test_a_document_with_ten_faults_names_all_ten():
    assert [(fault.line, fault.path) for fault in faults_of(TEN_FAULTS)] == [
        (2, "organisation.name"),
        (3, "organisation.domain"),
        (4, "partis"),
        (7, "parties.staff.except[1]"),
        (8, "parties.staff"),
        (9, "parties.contractors.groups"),
        (11, "rules.a.between[1]"),
        (12, "rules.a.allow[1]"),
        (13, "rules.a.when[1]"),
        (14, "rules.c"),
        (17, "rules.c.when[1]"),
        (18, "rules.c.ownr"),
    ]


def test_near_misses_are_guessed():
    hints = {fault.path: fault.hint for fault in faults_of(TEN_FAULTS)}
    assert hints["partis"] == "did you mean `parties`?"
    assert hints["parties.staff.except[1]"] == "did you mean `contractors`?"
    assert hints["rules.a.between[1]"] == "did you mean `staff`?"
    assert hints["rules.a.allow[1]"] == "did you mean `message`?"
    assert hints["rules.a.when[1]"] == "did you mean `document`?"
    assert hints["rules.c.ownr"] == "did you mean `owner`?"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[media]\nmax_upload = 5", "write a text in quotes"),
        ('[media]\nmax_upload = "5 parsecs"', "not a size"),
        ('[media]\nmax_uploads = "5 MiB"', "no setting"),
        ('[streams]\nlifetime = "soon"', "not a duration"),
        ("[notices]\nper_minute = true", "whole number"),
        ("[notices]\nper_minute = 61", "60"),
        ('[notices]\nper_minute = "1"', "whole number"),
        ("[messages]\nencrypted = true", '"never"'),
        ('[rooms]\nboard = { sealed = "yes" }', "true or false"),
        ("rooms = 3", "table"),
        ("[rooms]\nboard = 3", "table"),
        ("[rooms]\nBoard = {}", "lower-case"),
        ('[partners]\nacme = { domains = "acme.example" }', "list in square brackets"),
        ("[partners]\nacme = { domains = [] }", "at least one"),
        ('[partners]\nacme = { domains = ["a*.example"] }', "elsewhere"),
        ('[partners]\nacme = { domains = ["a.example"], keys = ["ed25519:1 x"] }', "signing key"),
        ('[partners]\nacme = { domains = ["a.example"], valid_until = "soon" }', "date"),
        ('[push]\ngateways = ["http://push.example.org/"]', "https://"),
        ('[parties]\nstaff = { users = ["tim"] }', "user id"),
        ('[rules.a]\nbetween = ["us"]\nallow = ["file"]', "exactly two"),
        ('[rules.a]\nbetween = ["us", "us", "us"]\nallow = ["file"]', "exactly two"),
        ('[rules.a]\nbetween = ["us", "us"]\nallow = ["file"]\nsay = "a\\nb"', "one plain line"),
        ('[rules.a]\nbetween = ["us", "us"]\nallow = ["file"]\nexpires = 2027-06-30T00:00:00Z',
         "without a time"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_fault_with_its_line_and_plain_words(text, words):
    # A key of no section stands before the first header.
    whole = f"{text}\n{HEAD}" if not text.startswith("[") else HEAD + text
    faults = faults_of(whole)
    assert len(faults) == 1
    assert words in faults[0].message
    key = faults[0].path.removeprefix("rules.a.").split(".")[-1].split("[")[0]
    assert key in whole.splitlines()[faults[0].line - 1]


def test_addresses_and_keys_are_kept_in_one_spelling():
    key = "ed25519:1 " + "A" * 42
    text = "[push]\ngateways = ['https://Push.example.org']\n[partners.a]\ndomains = ['A.example']"
    document = parse_document(f"{HEAD}{text}\nkeys = ['{key}B', '{key}A=']")
    assert isinstance(document, Document)
    assert document.push.gateways == ("https://push.example.org/",)
    assert document.partners["a"].domains == ("a.example",)
    assert document.partners["a"].keys == (f"{key}A", f"{key}A")


@pytest.mark.parametrize("depth", [100, 300, 400, 470, 1_000])
def test_lists_within_lists_are_faults_at_any_depth(depth):
    assert faults_of(HEAD + "[push]\ngateways = " + "[" * depth + "]" * depth)


def test_an_empty_text_lacks_only_the_organisation():
    assert [fault.path for fault in faults_of("")] == ["organisation"]


def test_what_seems_missing_beside_an_unreadable_line_is_not_said():
    faults = faults_of(HEAD + '[rules.a]\nbetween = ["us", "us"]\nallow = ["file"\n')
    assert [(fault.line, fault.path) for fault in faults] == [(6, "rules.a.allow")]


def test_a_warning_refuses_nothing():
    text = HEAD + "[parties]\nempty = {}\n"
    document, faults = check_document(text)
    assert document is not None
    assert [(fault.severity, fault.line) for fault in faults] == [("warning", 5)]
    assert isinstance(parse_document(text), Document)


def test_a_fault_reads_as_one_line():
    assert str(faults_of(HEAD + "[pushh]\n")[0]) == (
        "line 4, pushh: `pushh` is no section (did you mean `push`?)"
    )


@CALM
@given(documents)
def test_every_spelling_of_a_valid_document_makes_the_same_model(pair):
    found, text = pair
    wanted = Document.model_validate(found, by_alias=True, by_name=False)
    assert parse_document(text) == wanted


@CALM
@given(st.text(max_size=200))
def test_no_text_raises(text):
    assert parse_document(text)


@CALM
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SAMPLE)),
            st.integers(0, 12),
            st.text("[]{}\"'#=,\n.x1 ", max_size=4),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_damage_to_a_valid_document_raises_or_goes_unsaid(cuts):
    text = SAMPLE
    for at, length, new in cuts:
        text = text[:at] + new + text[at + length :]
    document, faults = check_document(text, today=dt.date(2026, 11, 1))
    assert (document is None) is any(fault.severity == "error" for fault in faults)
    assert all(1 <= fault.line <= text.count("\n") + 1 for fault in faults)
    if document is not None:
        assert tomllib.loads(text)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@CALM
@given(
    _anything,
    st.sampled_from(["organisation", "parties", "partners", "rooms", "rules", "guardrails"]),
    st.sampled_from(["", "x", "x.between", "x.when", "x.domains", "x.except", "x.members"]),
)
def test_no_value_in_a_wrong_place_raises(value, section, below):
    for part in reversed(below.split(".") if below else []):
        value = {part: value}
    document, findings = check_values({section: value})
    assert document is None
    assert findings
