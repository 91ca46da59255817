"""The body of the notices stream, read back as it was written, and nothing else."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.names import UserId
from vedette.protocol.internal.notices import MOST, Notice, body_of, notices_of

ONE = Notice(
    record="gateway:12", at=1.5, to=UserId("@ada:example.test"), matter="acme", text="No. (…)"
)
ENTRY = body_of([ONE])["notices"][0]


def test_what_was_written_is_read_back():
    two = replace(ONE, record="gateway:13", at=2.0)
    assert notices_of(json.loads(json.dumps(body_of([ONE, two])))) == (ONE, two)


@pytest.mark.parametrize("body", [
    {}, {"notices": {}}, {"notices": [ENTRY] * (MOST + 1)}, {"notices": ["x"]},
    *({"notices": [ENTRY | change]} for change in (
        {"to": "ada"}, {"to": 5}, {"at": "1"}, {"at": True}, {"text": None}, {"text": "x" * 4001},
        {"more": 1},
    )),
    *({"notices": [{key: value for key, value in ENTRY.items() if key != name}]} for name in ENTRY),
])  # fmt: skip
def test_what_is_no_list_of_notices_is_refused(body):
    with pytest.raises(ValueError, match="notice"):
        notices_of(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ENTRY, "notices"]), inner),
)


NEARLY = st.builds(
    lambda key, value: {"notices": [ENTRY | {key: value}]}, st.sampled_from([*ENTRY]), JSON
)


@given(st.dictionaries(st.sampled_from(["notices", "x"]), JSON) | NEARLY)
def test_whatever_comes_it_is_read_or_refused(body):
    with contextlib.suppress(ValueError):
        assert body_of(notices_of(body)).keys() == {"notices"}
