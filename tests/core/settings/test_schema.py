from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from tests.core.settings.documents import SAMPLE
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
