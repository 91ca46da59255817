"""The table of Synapse's options, by itself."""

from __future__ import annotations

import json

from vedette.core.german.synapse_options import OPTIONS as GERMAN
from vedette.core.settings.reference import settings_reference
from vedette.core.synapse_options.option import Way
from vedette.core.synapse_options.table import OPTIONS


def test_every_option_is_there_once_and_in_german_too():
    keys = [option.key for option in OPTIONS]
    assert len(keys) == len(set(keys))
    assert set(keys) == GERMAN.keys()


def test_what_is_said_of_an_option_are_sentences_in_both_languages():
    for option in OPTIONS:
        for text in (option.meaning, option.risk):
            assert text.english.endswith("."), option.key
            assert text.german.endswith("."), option.key
            assert text.english != text.german, option.key


def test_every_option_says_what_decides_it():
    paths = {info.path for info in settings_reference()}
    for option in OPTIONS:
        assert set(option.by) <= paths, option.key
        decided = bool(option.by or option.rules)
        assert decided == (option.way in (Way.SETTING, Way.GOVERNED)), option.key


def test_every_setting_of_synapse_is_one_of_an_option():
    named = {path for option in OPTIONS for path in option.by}
    engine = {info.path for info in settings_reference() if info.restart}
    assert engine <= named


def test_defaults_are_what_json_can_say():
    for option in OPTIONS:
        assert json.loads(json.dumps(option.default)) == option.default
