from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing
from vedette.core.reasons import Reason
from vedette.core.record import (
    GENESIS,
    NOTHING,
    ChainState,
    RecordFault,
    body,
    canonical,
    chain_hash,
    chained,
    read_body,
    read_line,
    verify_chain,
    verify_lines,
)

ASK = Ask(
    act=Act.ROOM_EVENT_SEND,
    who="@a:x",
    questions=(
        Question(Channel.FILE, frozenset({"us"}), frozenset({"acme", "anyone"}), "@b:acme"),
        Question(Channel.FILE, frozenset({"us"}), None, "unknown members"),
    ),
    need=Need.SOME,
    where="!r",
)
FACTS = Facts(
    {
        "file.size": 5,
        "file.encrypted": True,
        "file.kind": Missing.PENDING,
        "device.version": (15, 2),
        "change.widens": frozenset({"b", "a"}),
    },
    {"file.kind": "document"},
)
DECISION = Decision(
    verdict=Verdict.NO,
    reason=Reason.FORBIDDEN,
    rule="a",
    towards="@b:acme",
    revision=3,
    pending=("x",),
    unknown=("y",),
    say="No.",
    observed=("o",),
)


def test_a_record_holds_the_ask_the_facts_and_the_answer_as_plain_data():
    data = body(ASK, FACTS, DECISION)
    assert data["questions"][0] == {
        "channel": "file", "from": ["us"], "to": ["acme", "anyone"], "whom": "@b:acme",
    }  # fmt: skip
    assert data["facts"] == {
        "change.widens": {"words": ["a", "b"]},
        "device.version": {"version": [15, 2]},
        "file.encrypted": True,
        "file.kind": {"missing": "pending"},
        "file.size": 5,
    }
    assert data["decision"]["answer"] == "no"


def test_what_was_recorded_is_read_back_as_it_was():
    kept = json.loads(canonical(body(ASK, FACTS, DECISION)))
    assert read_body(kept) == (ASK, FACTS, DECISION)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("act", "room:event:eat"),
        ("need", "most"),
        ("questions", [{"channel": "file"}]),
        ("questions", 5),
        ("facts", {"x": [1]}),
        ("facts", {"x": 1.5}),
        ("facts", {"x": None}),
        ("facts", {"x": {"missing": "lost"}}),
        ("facts", {"x": {"version": ["a"]}}),
        ("facts", {"x": {}}),
        ("facts", []),
        ("claims", None),
        ("decision", {}),
        ("decision", None),
    ],
)
def test_data_of_another_shape_is_no_record(key, value):
    data = {**body(ASK, FACTS, DECISION), key: value}
    with pytest.raises(RecordFault):
        read_body(data)
    with pytest.raises(RecordFault):
        read_body({name: part for name, part in data.items() if name != key})


def test_a_missing_claim_is_none():
    data = {**body(ASK, FACTS, DECISION), "claims": {"file.kind": {"missing": "unknown"}}}
    assert read_body(data)[1].claims == {}


def test_canonical_json_is_sorted_without_spaces_and_utf_8():
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_recorded_and_read_back(text):
    written = canonical({"towards": text})
    written.decode()
    assert json.loads(written) == {"towards": text}
    assert canonical(json.loads(written)) == written


def entry(number, **more):
    return {"id": f"gateway:{number}", "kind": "decision", **more}


def chain(*entries, head=GENESIS):
    linked = []
    for each in entries:
        linked.append(chained(head, each))
        head = linked[-1]["hash"]
    return linked


def test_a_hash_is_over_the_one_before_and_everything_but_itself():
    plain = {"id": "gateway:1", "previous": GENESIS}
    expected = hashlib.sha256(bytes(32) + canonical(plain)).hexdigest()
    assert chain_hash(GENESIS, {**plain, "hash": "anything"}) == expected
    assert chained(GENESIS, {"id": "gateway:1"}) == {**plain, "hash": expected}


def test_a_whole_chain_says_where_it_stands():
    entries = chain(entry(1), entry(2))
    assert verify_chain(entries, "gateway") == ChainState(entries[-1]["hash"], "gateway:2", 2)
    assert verify_chain([], "gateway") == NOTHING


def test_a_chain_may_be_verified_in_parts():
    entries = chain(entry(1), entry(2), entry(3))
    half = verify_chain(entries[:2], "gateway")
    assert verify_chain(entries[2:], "gateway", half) == verify_chain(entries, "gateway")


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (chain(entry(1), entry(3)), "not the next after number 1"),
        (chain(entry(2)), "not the next after number 0"),
        (chain(entry(1), entry(1)), "not the next after number 1"),
        (chain(entry(1), entry(1, kind="started")), "not the next after number 1"),
        (chain({"id": "signin:1"}), "is not of `gateway`"),
        (chain({"id": "1"}), "is not of `gateway`"),
        (chain({"id": "gateway:x"}), "is not of `gateway`"),
        (chain({"id": "gateway:²"}), "is not of `gateway`"),
        (chain({}), "is not of `gateway`"),
        (chain(entry(1))[:0] + chain(entry(1), head="1" * 64), "does not follow"),
        ([{**chain(entry(1))[0], "kind": "other"}], "was altered"),
        ([{"id": "gateway:1"}], "does not follow"),
    ],
)
def test_a_chain_that_does_not_hold_names_the_record(entries, why):
    with pytest.raises(RecordFault, match=why):
        verify_chain(entries, "gateway")


def test_a_log_on_disk_says_where_it_stands_after_each_line():
    entries = chain(entry(1), entry(2))
    states = list(verify_lines(map(canonical, entries), "gateway"))
    assert states[-1] == verify_chain(entries, "gateway")
    assert [state.last for state in states] == ["gateway:1", "gateway:2"]
    assert list(verify_lines([canonical(entries[1])], "gateway", states[0])) == states[1:]


@given(st.text(st.characters() | st.sampled_from('\ud83d\ude00\ud800\udfff\\"')))
def test_whatever_is_said_its_line_is_read_back_as_it_was_written(said):
    linked = chained(GENESIS, {**entry(1), "who": said})
    line = canonical(linked)
    assert canonical(read_line(line)) == line
    assert list(verify_lines([line], "gateway"))[-1].head == linked["hash"]


def test_two_halves_of_a_character_that_came_together_are_that_character():
    assert canonical({"a": "\ud83d" + "\ude00"}) == canonical({"a": "\N{GRINNING FACE}"})
    assert canonical({"a": "\ude00\ud83d"}) == b'{"a":"\\ude00\\ud83d"}'


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "not a record"),
        (b"[]", "not a record"),
        (b"[" * 100_000, "not a record"),
        (b'{"id":"gateway:1" }', "`gateway:1` was altered in how it is spelt"),
        (b'{"id":"gateway:1","n":1E5}', "altered in how it is spelt"),
        (b'{"id":"gateway:1","id":"gateway:1"}', "altered in how it is spelt"),
        (b"\xff", "not a record"),
    ],
)
def test_a_line_that_is_not_spelt_as_it_was_written_is_no_record(line, why):
    with pytest.raises(RecordFault, match=why):
        read_line(line)


def test_the_first_line_that_does_not_hold_is_named():
    first, second, third = (canonical(each) for each in chain(entry(1), entry(2), entry(3)))
    with pytest.raises(
        RecordFault, match=r"^line 2: record `gateway:3` .* whole up to `gateway:1`"
    ):
        list(verify_lines([first, third], "gateway"))
    with pytest.raises(RecordFault, match=r"^line 1: .*; nothing before it"):
        list(verify_lines([second], "gateway"))


def test_what_keeps_a_log_from_being_read_on_is_said_with_its_place():
    def log():
        yield canonical(chain(entry(1))[0])
        raise RecordFault("a segment is missing")

    with pytest.raises(RecordFault, match=r"^line 2: a segment is missing; whole up to `\w+:1`$"):
        list(verify_lines(log(), "gateway"))


def test_after_a_start_numbers_may_go_on_further_up():
    entries = chain(entry(1), entry(9, kind="started"), entry(10))
    assert verify_chain(entries, "gateway").length == 3


def test_the_parts_of_what_was_asked_about_are_kept_and_read_back():
    parts = (
        {"file.kind": "program", "file.type": Missing.UNKNOWN},
        {"file.matches": frozenset("a")},
    )
    facts = Facts(FACTS.known, FACTS.claims, parts)
    kept = json.loads(canonical(body(ASK, facts, DECISION)))
    assert kept["parts"] == [
        {"file.kind": "program", "file.type": {"missing": "unknown"}},
        {"file.matches": {"words": ["a"]}},
    ]
    assert read_body(kept)[1] == facts


def test_a_record_of_what_has_no_parts_says_nothing_of_any_and_older_ones_are_read():
    kept = json.loads(canonical(body(ASK, FACTS, DECISION)))
    assert "parts" not in kept
    assert read_body(kept)[1].parts == ()
    for strange in ("ab", [1], [["file.kind"]], {"a": 1}):
        with pytest.raises(RecordFault):
            read_body({**kept, "parts": strange})
