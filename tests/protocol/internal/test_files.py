"""What the inspector tells doors, read strictly: what is not exactly right is not read at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.facts import FILE_CLASSES, FILE_KINDS
from vedette.core.files import MOST_PARTS_INSIDE, Content, Digest, File, Part
from vedette.core.names import MediaId, ServerName, UserId
from vedette.protocol.internal.files import (
    content_from_json,
    content_to_json,
    file_from_json,
    file_to_json,
)

words = st.text(max_size=12)
kinds = st.sampled_from(sorted(FILE_KINDS))
maybe = st.sampled_from([True, False, None])
contents = st.builds(
    Content,
    sha256=st.binary(min_size=32, max_size=32).map(lambda raw: Digest(raw.hex())),
    size=st.integers(0, 1 << 50),
    kind=kinds,
    type=words,
    inside=st.lists(st.builds(Part, kinds, words), max_size=MOST_PARTS_INSIDE).map(tuple),
    whole=st.booleans(),
    encrypted=maybe,
    active=maybe,
    macros=maybe,
    polyglot=maybe,
    protected=maybe,
    malware=maybe,
    matches=st.frozensets(words, max_size=4),
    by=words,
)
files = st.builds(
    File,
    server=st.sampled_from([ServerName("x.example"), ServerName("acme.example:8448")]),
    media=st.from_regex(r"[A-Za-z0-9_=-]{1,20}", fullmatch=True).map(MediaId),
    owner=st.sampled_from([None, UserId("@alice:x.example")]),
    declared=words,
    name=words,
    class_=st.sampled_from(sorted(FILE_CLASSES)),
    content=st.none() | contents,
    held=st.booleans(),
)
CONTENT = json.loads(
    json.dumps(
        content_to_json(
            Content(
                sha256=Digest("0" * 64),
                size=3,
                kind="archive",
                type="application/zip",
                inside=(Part("text", "text/plain"),),
                matches=frozenset({"secret"}),
                by="7",
            )
        )
    )
)
FILE = {
    "server": "x.example", "media": "abc", "owner": "@alice:x.example", "declared": "", "name": "",
    "class": "attachment", "held": False, "released": False, "content": CONTENT,
}  # fmt: skip
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(contents)
def test_a_content_is_read_as_it_was_told(content):
    assert content_from_json(json.loads(json.dumps(content_to_json(content)))) == content


@given(files)
def test_a_file_is_read_as_it_was_told(file):
    assert file_from_json(json.loads(json.dumps(file_to_json(file)))) == file


@pytest.mark.parametrize(
    "changed",
    [
        {"sha256": "0" * 63},
        {"sha256": None},
        {"size": True},
        {"size": 1.0},
        {"size": -1},
        {"kind": "jar"},
        {"kind": ["document"]},
        {"type": None},
        {"inside": {}},
        {"inside": [["text"]]},
        {"inside": [["text", "text/plain", "more"]]},
        {"inside": [["jar", "x"]]},
        {"inside": [{"kind": "text", "type": "x"}]},
        {"inside": [["text", f"{n}"] for n in range(MOST_PARTS_INSIDE + 1)]},
        {"whole": 1},
        {"malware": 0},
        {"encrypted": "no"},
        {"matches": "secret"},
        {"matches": [1]},
        {"by": 7},
        {"more": 1},
    ],
)
def test_a_content_that_is_not_exactly_one_is_not_read(changed):
    with pytest.raises(ValueError):  # noqa: PT011  # each has words of its own
        content_from_json({**CONTENT, **changed})


@pytest.mark.parametrize("name", sorted(CONTENT))
def test_a_content_without_something_is_not_read(name):
    with pytest.raises(ValueError, match="was expected"):
        content_from_json({key: value for key, value in CONTENT.items() if key != name})


@pytest.mark.parametrize(
    "changed",
    [
        {"server": "not a name"},
        {"media": "a/b"},
        {"owner": "alice"},
        {"owner": False},
        {"declared": None},
        {"name": 1},
        {"class": "banner"},
        {"class": None},
        {"class": ["avatar"]},
        {"held": "no"},
        {"released": 1},
        {"content": {}},
        {"content": []},
        {"more": 1},
    ],
)
def test_a_file_that_is_not_exactly_one_is_not_read(changed):
    assert file_from_json(FILE).media == "abc"
    with pytest.raises(ValueError):  # noqa: PT011  # each has words of its own
        file_from_json({**FILE, **changed})


@given(anything)
def test_whatever_comes_is_a_file_or_refused_as_one(data):
    for read in (content_from_json, file_from_json):
        with pytest.raises(ValueError):  # noqa: PT011
            read(data)


@given(st.sampled_from(sorted(CONTENT)), st.sampled_from(sorted(FILE)), anything)
def test_whatever_stands_in_a_field_is_read_or_refused(of_content, of_file, data):
    for read, whole in (
        (content_from_json, {**CONTENT, of_content: data}),
        (file_from_json, {**FILE, of_file: data}),
    ):
        try:
            read(whole)
        except ValueError:
            continue
