"""Security identifiers, as text and as an Active Directory has them (MS-DTYP 2.4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.ldap_entries import sid_bytes, sid_text

ADMINISTRATOR = "S-1-5-21-3623811015-3361044348-30300820-500"


def test_each_number_has_its_four_bytes_the_last_first():
    raw = sid_bytes(ADMINISTRATOR)
    assert raw
    assert raw.hex() == "010500000000000515000000c7f7fed77c7755c8945ace01f4010000"
    assert sid_text(raw) == ADMINISTRATOR


@given(
    st.integers(0, (1 << 48) - 1),
    st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=15),
)
def test_whatever_is_written_is_read_again(authority, parts):
    text = "-".join(map(str, ("S", 1, authority, *parts)))
    raw = sid_bytes(text)
    assert raw is not None
    assert sid_text(raw) == text


@given(st.text(max_size=60) | st.from_regex(r"S-1-[0-9]{1,20}(-[0-9]{1,12}){0,17}", fullmatch=True))
def test_nothing_else_is_one_and_nothing_raises(text):
    raw = sid_bytes(text)
    assert raw is None or sid_text(raw).split("-") == [
        part.lstrip("0") or "0" for part in text.split("-")
    ]


@pytest.mark.parametrize(
    "text", ["", "S-1-5", "S-2-5-21", "s-1-5-21", "S-1-5-4294967296", f"S-1-{1 << 48}-1", "S-1-5-*",
             "S-1-5-21\x00", "S-1-5-" + "-".join(["1"] * 16)],
)  # fmt: skip
def test_what_can_be_none_is_none(text):
    assert sid_bytes(text) is None
