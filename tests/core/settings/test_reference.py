from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from tests.core.settings.documents import CALM
from vedette.core.settings.parse import parse_document
from vedette.core.settings.reference import (
    known_keys,
    settings_reference,
    spell_text,
    spell_value,
)


def test_every_setting_says_all_that_a_reader_needs():
    infos = settings_reference()
    assert len({info.path for info in infos}) == len(infos) > 40
    for info in infos:
        assert info.title
        assert info.meaning.endswith(".")
        assert info.risk.endswith(".")
        assert info.type
        assert info.recommended
        assert info.command == f"vedette settings set {info.path} <value>"


def test_defaults_are_spelled_as_in_the_document():
    defaults = {info.path: info.default for info in settings_reference()}
    assert defaults["media.max_upload"] == '"50 MiB"'
    assert defaults["streams.lifetime"] == '"7 days"'
    assert defaults["sign_in.second_factors"] == '["webauthn", "totp"]'
    assert defaults["organisation.domain"] == ""
    assert defaults["rules.<name>.expires"] == ""
    assert defaults["networks.<name>"] == ""
    assert defaults["sign_in.enrolment_grace"] == '"7 days"'


def test_every_default_of_a_value_section_is_a_valid_value():
    lines = ['[organisation]\nname = "x"\ndomain = "x.example"']
    for info in settings_reference():
        if info.default and "<name>" not in info.path:
            section, key = info.path.split(".")
            lines.insert(0, f"{section}.{key} = {info.default}")
    assert parse_document("\n".join(lines)) == parse_document(lines[-1])


def test_settings_that_synapse_reads_at_start_are_marked():
    marked = [info.path for info in settings_reference() if info.restart]
    engine = [info.path for info in settings_reference() if info.path.startswith("synapse.")]
    assert marked == ["organisation.domain", "media.max_upload", *engine]


def test_known_keys_are_those_of_the_document():
    assert {"rules", "guardrails", "sign_in"} <= set(known_keys(()))
    assert {"from", "between", "when"} <= set(known_keys(("rules", "a")))
    assert known_keys(("parties", "a")) == ["groups", "users", "except"]
    assert known_keys(("parties",)) == []
    assert known_keys(("nothing",)) == []
    assert known_keys(("networks", "office")) == []
    assert known_keys(("media", "max_upload")) == []


@CALM
@given(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-9, 9) | st.dates())
def test_a_spelled_value_reads_as_itself(value):
    assert tomllib.loads(f"v = {spell_value([value, True])}")["v"] == [value, True]


def test_a_text_is_spelled_on_one_line():
    assert spell_text('a"\\\n') == '"a\\"\\\\\\U0000000A"'
