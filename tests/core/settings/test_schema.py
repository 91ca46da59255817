from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM, SAMPLE, documents
from vedette.core.settings.default import default_document
from vedette.core.settings.schema import json_schema, schema_text


def plain(text):
    """The values of a document as JSON has them: dates become texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_schema_is_one_and_accepts_the_sample():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(plain(SAMPLE), json_schema())


@pytest.mark.parametrize(
    "text", ["[pushh]", "[messages]\nencrypted = 'x'", "[rules.a]\nfrom_ = ['us']", "rules = 1"]
)
def test_the_schema_refuses_unknown_keys_and_wrong_values(text):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            plain(f"{text}\n[organisation]\nname = 'x'\ndomain = 'x'"), json_schema()
        )


def test_the_schema_carries_the_words_of_the_reference():
    upload = json_schema()["$defs"]["Media"]["properties"]["max_upload"]
    assert upload["title"] == "Largest upload"
    assert upload["x-restart"] is True
    assert upload["type"] == "string"
    assert upload["default"] == "50 MiB"


def test_the_schema_is_written_the_same_each_time():
    assert schema_text() == schema_text()
    assert schema_text().endswith("}\n")


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_accepts_the_document_that_every_organisation_begins_with():
    VALIDATOR.validate(plain(default_document("Example AG", "example.org")))


@CALM
@given(documents)
def test_the_schema_accepts_whatever_is_valid(pair):
    VALIDATOR.validate(plain(pair[1]))


def tables(values):
    """Every table of fixed keys in a document: whatever else stands in one is a mistake."""
    named = ("parties", "partners", "rooms", "rules", "guardrails")
    for section, found in values.items():
        if section in named:
            yield from found.values()
        elif section != "networks":
            yield found


@CALM
@given(documents, st.data())
def test_the_schema_refuses_an_unknown_key_and_a_value_of_another_type_anywhere(pair, data):
    values = plain(pair[1])
    table = data.draw(st.sampled_from(list(tables(values))))
    if table and data.draw(st.booleans()):
        table[data.draw(st.sampled_from(sorted(table)))] = {"not": {"a": "value"}}
    else:
        table["unknown-key"] = 1
    assert not VALIDATOR.is_valid(values)
