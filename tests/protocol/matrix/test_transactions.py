from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.matrix.transactions import TransactionFault, check_transaction

EDU = {"edu_type": "m.typing", "content": {}}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"pdus": [], "edus": [], "origin": "acme.example", "origin_server_ts": 1},
        {"pdus": [{}] * 50, "edus": [EDU] * 100},
        {"pdus": None, "edus": None},
        {"pdus": [{"room_id": "!r", "unsigned": {}}], "more": 1},
    ],
)
def test_a_transaction_is_let_through(content):
    check_transaction(content)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"pdus": [{}] * 51}, "more than 50"),
        ({"edus": [EDU] * 101}, "more than 100"),
        ({"pdus": {}}, "not a list"),
        ({"pdus": [[]]}, "list of objects"),
        ({"pdus": 0}, "not a list"),
        ({"pdus": [{"unsigned": 1}]}, "unsigned"),
        ({"pdus": [{"room_id": ["!r"]}]}, "room_id"),
        ({"edus": [{}]}, "edu_type"),
        ({"edus": [{"edu_type": "m.typing"}]}, "content"),
        ({"edus": [{"edu_type": 1, "content": {}}]}, "edu_type"),
        ({"origin_server_ts": "now"}, "origin_server_ts"),
        ({"origin_server_ts": True}, "origin_server_ts"),
    ],
)
def test_what_is_no_transaction_is_refused(content, why):
    with pytest.raises(TransactionFault, match=why):
        check_transaction(content)


@given(st.dictionaries(st.sampled_from(["pdus", "edus", "origin_server_ts"]), st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["edu_type", "content", "room_id", "unsigned"]), inner, max_size=4),
)))  # fmt: skip
def test_anything_is_a_transaction_or_refused(content):
    try:
        check_transaction(content)
    except TransactionFault:
        return
    assert all(isinstance(item, dict) for item in content.get("pdus") or [])
