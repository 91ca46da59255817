from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.facts import FILE_KINDS
from vedette.core.file_kinds import _BY_FAMILY, _BY_TYPE, declared_kind


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
