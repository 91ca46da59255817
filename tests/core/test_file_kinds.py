from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.facts import FILE_KINDS
from vedette.core.file_kinds import _BY_ENDING, _BY_FAMILY, _BY_TYPE, declared_kind, named_kind


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/pdf", "document"),
        ("Application/PDF; charset=x", "document"),
        ("application/vnd.oasis.opendocument.text", "document"),
        ("application/vnd.ms-excel.sheet.macroenabled.12", "document"),
        ("image/png", "image"),
        ("text/plain", "text"),
        ("text/javascript", "program"),
        ("application/zip", "archive"),
        ("application/octet-stream", "encrypted"),
        ("application/x-unheard-of", "other"),
        ("", "other"),
        ("imagepng", "other"),
    ],
)
def test_a_declared_type_has_a_kind(media_type, kind):
    assert declared_kind(media_type) == kind


@given(st.text(max_size=40) | st.sampled_from([*_BY_TYPE, *_BY_FAMILY]))
def test_every_text_has_a_kind_that_rules_can_name(text):
    assert declared_kind(text) in FILE_KINDS


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("report.pdf", "document"),
        ("Holiday.JPG", "image"),
        ("tool.tar.gz", "archive"),
        ("tool.jar", "program"),
        ("tool.jar. ", "program"),
        ("notes", None),
        ("notes.", None),
        ("notes.strange", None),
        (".pdf", "document"),
        ("", None),
    ],
)
def test_a_name_s_ending_says_a_kind_or_nothing(name, kind):
    assert named_kind(name) == kind


def test_every_ending_says_one_kind_that_rules_can_name():
    endings = [ending for said in _BY_ENDING.values() for ending in said.split()]
    assert len(endings) == len(set(endings))
    assert set(_BY_ENDING) <= FILE_KINDS
