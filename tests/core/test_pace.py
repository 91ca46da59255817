from __future__ import annotations

from vedette.core.pace import Pace


def test_one_more_than_the_most_waits_until_the_first_is_over():
    pace = Pace()
    said = [pace.admits(at, "@a:x", "rule", 2, 60) for at in (0, 10, 20, 60, 61, 70)]
    assert said == [True, True, False, True, False, True]


def test_what_was_not_admitted_does_not_count():
    pace = Pace()
    assert pace.admits(0, "@a:x", "rule", 1, 60)
    assert not any(pace.admits(at, "@a:x", "rule", 1, 60) for at in range(1, 60))
    assert pace.admits(60, "@a:x", "rule", 1, 60)


def test_another_person_and_another_matter_have_a_pace_of_their_own():
    pace = Pace()
    pairs = [("@a:x", "rule"), ("@b:x", "rule"), ("@a:x", "other")]
    assert all(pace.admits(0, person, matter, 1, 60) for person, matter in pairs)


def test_none_admits_nothing():
    assert not Pace().admits(0, "@a:x", "rule", 0, 60)


def test_the_longest_unused_pair_is_forgotten_first_and_no_more_than_that():
    pace = Pace()
    for number in range(10_001):
        assert pace.admits(0, f"@{number}:x", "rule", 1, 60)
    assert not pace.admits(1, "@1:x", "rule", 1, 60)
    assert pace.admits(1, "@0:x", "rule", 1, 60)
