from __future__ import annotations

from vedette.core.asks import Act, Members, Need, Question, Someone
from vedette.core.channels import CONTENT, Channel
from vedette.core.towards import (
    connect,
    connect_some,
    meet,
    organisation,
    reach,
    reach_some,
    routine,
    say,
    together,
)

US, ACME, BETA = (
    frozenset({"anyone", "us"}),
    frozenset({"anyone", "partners", "acme"}),
    frozenset({"anyone", "partners", "beta"}),
)
A, B = Someone("@a:x", US, "x", True), Someone("@b:x", US | {"board"}, "x", True)
C, D = Someone("@c:acme", ACME, "acme", False), Someone("@d:acme", ACME | {"vip"}, "acme", False)
E = Someone("@e:beta", BETA, "beta", False)
SEND, JOIN = Act.ROOM_EVENT_SEND, Act.ROOM_MEMBER_JOIN


def sides(ask):
    return {(question.from_, question.to) for question in ask.questions}


def test_what_one_of_us_says_is_asked_towards_everybody():
    ask = say(SEND, A, Members.of([B, C, E]), (Channel.MESSAGE,), "!r")
    assert sides(ask) == {(US, B.parties), (US, ACME), (US, BETA)}
    assert (ask.need, ask.where, ask.who) == (Need.EVERY, "!r", "@a:x")


def test_what_somebody_elsewhere_says_is_asked_towards_us():
    assert sides(say(SEND, C, Members.of([A, B, D, E]), (Channel.FILE,), None)) == {
        (ACME, US),
        (ACME, B.parties),
    }


def test_every_channel_is_asked():
    ask = say(SEND, A, Members.of([B]), (Channel.VOICE, Channel.FILE), None)
    assert [question.channel for question in ask.questions] == [Channel.FILE, Channel.VOICE]


def test_towards_members_that_are_not_known_every_channel_is_still_asked():
    ask = say(SEND, A, None, (Channel.FILE, Channel.VOICE), None)
    assert [(question.channel, question.to) for question in ask.questions] == [
        (Channel.FILE, None),
        (Channel.VOICE, None),
    ]


def test_a_newcomer_meets_everybody_both_ways():
    ask = meet(JOIN, "@a:x", [C], Members.of([A, E]), "!r")
    assert sides(ask) == {(ACME, US), (US, ACME), (ACME, BETA), (BETA, ACME)}
    assert {question.channel for question in ask.questions} == {Channel.CONTACT}


def test_newcomers_meet_one_another_but_not_themselves():
    ask = meet(JOIN, "@a:x", [B, A], None, None)
    assert sides(ask) == {(US, None), (B.parties, None), (US, B.parties), (B.parties, US)}


def test_two_people_of_one_organisation_elsewhere_are_not_ours_to_keep_apart():
    assert sides(meet(JOIN, "@c:acme", [C], Members.of([D]), None)) == set()
    assert sides(meet(JOIN, "@c:acme", [C, D], Members.of([]), None)) == set()


def test_two_of_us_are_ours_to_keep_apart():
    assert sides(meet(JOIN, "@a:x", [A], Members.of([B]), None)) == {
        (US, B.parties),
        (B.parties, US),
    }


def test_reaching_one_person_is_one_question():
    assert reach(SEND, A, C, Channel.CONTACT).questions == (
        Question(Channel.CONTACT, US, ACME, "@c:acme"),
    )
    assert reach(SEND, C, A, Channel.CONTACT).questions == (
        Question(Channel.CONTACT, ACME, US, "@a:x"),
    )


def test_nobody_asks_about_himself_and_strangers_are_not_asked_about():
    assert reach(SEND, A, A, Channel.CONTACT).questions == ()
    assert reach(SEND, C, E, Channel.CONTACT).questions == ()
    assert connect(SEND, A, A).questions == ()
    assert connect(SEND, C, E).questions == ()


def test_what_has_no_addressee_yet_needs_one_yes():
    ask = reach_some(SEND, A, iter([C, D]), iter([Channel.FILE]))
    assert ask.need is Need.SOME
    assert sides(ask) == {(US, ACME), (US, D.parties)}
    back = reach_some(SEND, A, [C], [Channel.FILE, Channel.VOICE], receives=True)
    assert sides(back) == {(ACME, US)}
    assert {question.whom for question in back.questions} == {"@a:x"}


def test_with_no_candidate_there_is_nobody_to_say_yes():
    ask = reach_some(SEND, A, [], [Channel.FILE])
    assert (ask.questions, ask.need) == ((), Need.SOME)


def test_being_connected_is_any_content_either_way():
    ask = connect(SEND, A, C)
    assert ask.need is Need.SOME
    assert {question.channel for question in ask.questions} == CONTENT
    assert sides(ask) == {(US, ACME), (ACME, US)}
    assert sides(connect_some(SEND, A, iter([C, E]), iter(CONTENT))) == {
        (US, ACME), (ACME, US), (US, BETA), (BETA, US),
    }  # fmt: skip


def test_routine_asks_nothing():
    assert routine(SEND, "@a:x", "!r").questions == ()


def test_towards_the_organisation_there_may_be_somebody_whom_it_is_over():
    act = Act.ADMINISTRATION_SETTINGS_APPLY
    assert sides(organisation(act, A, Channel.SIGN_IN)) == {(US, frozenset())}
    assert sides(organisation(act, A, Channel.ADMINISTER, B.parties)) == {(US, B.parties)}


def test_everybody_in_a_room_of_ours_is_asked_about_everybody_else_both_ways():
    ask = together(SEND, "@k:x", Members.of([A, C, E]), "!r", ours=True)
    assert sides(ask) == {
        (US, ACME), (ACME, US), (US, BETA), (BETA, US), (ACME, BETA), (BETA, ACME),
    }  # fmt: skip
    assert {question.channel for question in ask.questions} == {Channel.CONTACT}
    assert (ask.need, ask.who, ask.where) == (Need.EVERY, "@k:x", "!r")


def test_in_a_room_elsewhere_two_of_theirs_are_not_our_matter():
    ask = together(SEND, "@k:x", Members.of([A, C, E]), "!r", ours=False)
    assert sides(ask) == {(US, ACME), (ACME, US), (US, BETA), (BETA, US)}


def test_two_colleagues_of_one_kind_meet_each_other_and_one_alone_nobody():
    colleague = Someone("@z:x", US, "x", True)
    assert sides(together(SEND, "@k:x", Members.of([A, colleague]), "!r", ours=True)) == {(US, US)}
    assert together(SEND, "@k:x", Members.of([A]), "!r", ours=True).questions == ()
    others = Members.of([C, Someone("@y:acme", ACME, "acme", False), D])
    assert together(SEND, "@k:x", others, "!r", ours=True).questions == ()
