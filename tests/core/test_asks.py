from __future__ import annotations

import re

from vedette.core.asks import Act, Members, Someone

US, ACME = frozenset({"anyone", "us"}), frozenset({"anyone", "partners", "acme"})
A = Someone("@a:x", US, "x", True)
B = Someone("@b:x", US, "x", True)
C = Someone("@c:acme", ACME, "acme", False)


def test_acts_keep_to_the_grammar_and_the_alphabet():
    names = [act.value for act in Act]
    assert names == sorted(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*:[a-z]+:[a-z]+", name) for name in names)


def test_people_alike_are_one_kind_and_the_lowest_name_stands_for_them():
    assert Members.of([B, A, C, B]).kinds == {A, C}


def test_of_people_alike_somebody_is_left_when_one_is_taken_out():
    assert Members.of([A, B, C]).without(A).kinds == {A, C}


def test_whoever_is_alone_of_a_kind_leaves_nobody_behind():
    members = Members.of([A, C]).without(A)
    assert members.kinds == {C}
    assert members.without(C).kinds == frozenset()
    assert members.without(A).kinds == {C}


def test_what_the_rules_can_not_tell_apart_is_one_kind():
    other = Someone("@d:acme", ACME, "beta", False)
    assert len(Members.of([C, other]).kinds) == 2
    assert A.kind == B.kind
