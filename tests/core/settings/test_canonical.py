from __future__ import annotations

import json

import pytest
from hypothesis import given

from tests.core.settings.documents import CALM, SAMPLE, documents
from vedette.core.settings.canonical import (
    DocumentError,
    canonical,
    digest,
    from_canonical,
    settled_condition,
)
from vedette.core.settings.document import Document
from vedette.core.settings.edit import set_value
from vedette.core.settings.parse import parse_document


def document_of(text):
    document = parse_document(text)
    assert isinstance(document, Document), document
    return document


@CALM
@given(documents)
def test_the_canonical_form_survives_the_way_there_and_back(pair):
    form = canonical(document_of(pair[1]))
    assert canonical(from_canonical(form)) == form


@CALM
@given(documents)
def test_spelling_and_comments_do_not_change_the_digest(pair):
    found, text = pair
    plain = Document.model_validate(found, by_alias=True, by_name=False)
    assert digest(document_of(text)) == digest(plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('session        = "30 days"', 'session = "720 hours"'),
        ('groups = ["Employees", "Board"]', 'groups = ["Board", "Employees"]'),
        ('between = ["staff", "acme"]', 'between = ["acme", "staff"]'),
        ('["message", "contact", "presence", "call"]', '["call", "presence", "contact", "message"]'),
        ('["partners, outside"]', '["outside, partners"]'),
        ("file.kind in document", "file.kind = document"),
        ("windows, macos, linux", "linux,  macos, windows"),
        ("approvals >= 1", "approvals>=01"),
        ("2027-06-30 ", '"2027-06-30" '),
        ("acme.example", "ACME.example"),
    ],
)  # fmt: skip
def test_another_spelling_of_the_same_has_the_same_digest(old, new):
    assert digest(document_of(SAMPLE.replace(old, new))) == digest(document_of(SAMPLE))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("rules.acme.mode", '"observe"'),
        ("organisation.name", '"Other"'),
        ("media.max_upload", '"1 B"'),
    ],
)
def test_another_meaning_has_another_digest(path, value):
    assert digest(document_of(set_value(SAMPLE, path, value))) != digest(document_of(SAMPLE))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("file.size <= 1024 KiB", "file.size <= 1 MiB"),
        ("device.version >= 12.0", "device.version >= 12"),
        ("device.platform not in ios", "device.platform != ios"),
        ("claimed device.platform in ios, android, ios", "claimed device.platform in android, ios"),
    ],
)
def test_conditions_have_one_spelling(one, other):
    assert settled_condition(one) == settled_condition(other) == other


def test_what_a_later_version_added_has_its_default_in_an_older_form():
    values = json.loads(canonical(document_of(SAMPLE)))
    del values["notices"]
    assert from_canonical(json.dumps(values).encode()) == from_canonical(
        canonical(document_of(SAMPLE))
    )


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[]", b"{}", b"[" * 100_000, b'{"rules": {"a": {"from": ["nobody"]}}}']
)
def test_bytes_that_are_no_valid_document_are_refused(data):
    with pytest.raises(DocumentError):
        from_canonical(data)


def test_a_digest_is_lower_case_hex_of_256_bits():
    assert len(bytes.fromhex(digest(document_of(SAMPLE)))) == 32
