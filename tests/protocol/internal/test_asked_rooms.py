"""What control asks about rooms, and what it is answered: read as it was said, or refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.protocol.internal.test_files import anything
from vedette.core.asks import Act, Ask, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.names import RoomId, UserId
from vedette.core.reasons import Reason
from vedette.protocol.internal.asked_rooms import (
    AnswerFault,
    Missing,
    Present,
    RoomQuestion,
    RoomSeen,
    Wondered,
    missing_from_json,
    question_from_json,
    question_to_json,
    wondered_from_json,
    wondered_to_json,
)

ALICE, BOB = UserId("@alice:example.org"), UserId("@bob:acme.example")
QUESTION = RoomQuestion(room=RoomId("!a:example.org"), who=ALICE, channel=Channel.MESSAGE)
WONDERED = Wondered(
    ask=Ask(
        act=Act.ROOM_EVENT_SEND,
        who=ALICE,
        questions=(Question(Channel.MESSAGE, frozenset({"us"}), frozenset({"acme"}), BOB),),
        where="!a:example.org",
    ),
    facts=Facts({"room.encrypted": True, "today": 740_000}),
    decision=Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, towards=BOB, revision=3),
    room=RoomSeen(room="!a:example.org", owner="example.org", ours=True, encrypted=True),
)
maybe = st.none() | st.booleans()
rooms = st.builds(
    RoomSeen,
    room=st.just("!a:example.org"),
    name=st.none() | st.text(max_size=9),
    owner=st.none() | st.just("example.org"),
    ours=maybe,
    kind=st.none() | st.just("board"),
    encrypted=maybe,
    frozen=st.booleans(),
    here=st.lists(
        st.builds(
            Present,
            parties=st.lists(st.text(max_size=5), max_size=3).map(tuple),
            example=st.text(max_size=9),
            ours=st.booleans(),
            count=st.integers(1, 10**6),
        ),
        max_size=4,
    ).map(tuple),
    more=st.booleans(),
)


@given(st.sampled_from(Channel), st.none() | st.just(BOB))
def test_a_question_is_read_as_it_was_asked(channel, whom):
    question = RoomQuestion(room=QUESTION.room, who=ALICE, channel=channel, whom=whom)
    assert question_from_json(json.loads(json.dumps(question_to_json(question)))) == question


@given(rooms)
def test_an_answer_is_read_as_it_was_told(room):
    found = Wondered(ask=WONDERED.ask, facts=WONDERED.facts, decision=WONDERED.decision, room=room)
    assert wondered_from_json(json.loads(json.dumps(wondered_to_json(found)))) == found


TOLD = wondered_to_json(WONDERED)


@given(
    st.sampled_from(sorted(question_to_json(QUESTION))),
    st.sampled_from(sorted(TOLD["room"])),
    st.sampled_from(sorted(TOLD["asked"])),
    anything,
)
def test_whatever_stands_in_a_field_is_read_or_refused(of_question, of_room, of_ask, data):
    for reading, whole in (
        (question_from_json, {**question_to_json(QUESTION), of_question: data}),
        (wondered_from_json, {**TOLD, "room": {**TOLD["room"], of_room: data}}),
        (wondered_from_json, {**TOLD, "asked": {**TOLD["asked"], of_ask: data}}),
        (wondered_from_json, {**TOLD, "room": {**TOLD["room"], "here": [data]}}),
    ):
        with contextlib.suppress(AnswerFault, ValueError):
            reading(whole)


@given(anything)
def test_whatever_comes_is_an_answer_or_refused_as_one(data):
    for reading in (wondered_from_json, missing_from_json):
        with pytest.raises(AnswerFault):
            reading(data)


def test_what_is_missing_is_told_by_its_word() -> None:
    assert [missing_from_json({"missing": each.value}) for each in Missing] == list(Missing)
