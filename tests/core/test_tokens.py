from __future__ import annotations

from vedette.core.asks import Act
from vedette.core.names import UserId
from vedette.core.tokens import GRANTABLE, NEVER, ApiToken

RESET, READ = Act.ADMINISTRATION_FACTOR_RESET, Act.ADMINISTRATION_SETTINGS_READ
ADD = Act.ADMINISTRATION_TOKEN_ADD
STAFF, BOARD = frozenset({"us", "staff"}), frozenset({"us", "board"})


def token(*acts: Act, over: frozenset[str] = frozenset()) -> ApiToken:
    return ApiToken(
        id="a1",
        user=UserId("@a:example.org"),
        acts=frozenset(acts),
        over=over,
        made=1,
        made_by="local administrator",
        expires=100,
        reason="x",
        digest="d" * 64,
    )


def test_it_is_good_for_its_acts_and_no_other():
    assert token(RESET).covers(RESET, STAFF)
    assert not token(RESET).covers(READ, None)


def test_with_parties_it_is_good_over_them_alone():
    narrow = token(RESET, READ, over=frozenset({"staff"}))
    assert narrow.covers(RESET, STAFF)
    assert not narrow.covers(RESET, BOARD)
    assert not narrow.covers(READ, None)


def test_none_makes_tokens_even_if_it_says_so():
    assert not token(ADD).covers(ADD, STAFF)
    assert ADD in NEVER
    assert not NEVER & GRANTABLE


def test_none_is_good_for_recovery():
    recovery = {act for act in Act if act.value.startswith("administration:recovery:")}
    assert len(recovery) == 3
    assert recovery <= NEVER


def test_from_its_end_on_it_is_nothing():
    assert token(RESET).good_at(99.9)
    assert not token(RESET).good_at(100)


def test_its_digest_is_not_shown():
    assert "d" * 64 not in repr(token(RESET))
