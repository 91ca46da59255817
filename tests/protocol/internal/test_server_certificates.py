from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.internal.server_certificates import (
    Ordering,
    OrderingFault,
    Origin,
    decode,
    encode,
)

texts = st.text(max_size=20)
times = st.floats(0, 1e12)
states = st.builds(
    Ordering,
    origin=st.sampled_from(Origin),
    wanted=st.lists(texts, max_size=3).map(tuple),
    under=texts,
    next_at=times,
    tried_at=st.none() | times,
    failures=st.integers(0, 2**40),
    trouble=texts,
    advice=texts,
)
STATE = Ordering(origin=Origin.ACME, wanted=("a.example",), under="x", next_at=1.0)


@given(state=states)
def test_a_state_comes_back_as_it_was_told(state: Ordering):
    assert decode(encode(state)) == state


@given(data=st.binary(max_size=60) | st.recursive(
    st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_else_is_refused(data: bytes):
    with pytest.raises(OrderingFault):
        decode(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [("origin", "elsewhere"), ("next_at", "soon"), ("failures", None), ("wanted", 1),
     ("tried_at", []), ("next_at", None), ("failures", float("inf"))],
)  # fmt: skip
def test_a_field_of_another_form_is_refused(field: str, value: Any):
    told = json.loads(encode(STATE)) | {field: value}
    with pytest.raises(OrderingFault):
        decode(json.dumps(told).encode())


def test_a_field_too_few_or_too_many_is_refused():
    told = json.loads(encode(STATE))
    with pytest.raises(OrderingFault):
        decode(json.dumps(told | {"more": 1}).encode())
    del told["under"]
    with pytest.raises(OrderingFault):
        decode(json.dumps(told).encode())
