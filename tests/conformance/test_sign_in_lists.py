# ruff: noqa: F401, F811  # fixtures are named where they are used
"""Every store is read a page at a time in the same order, and every row comes once."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.test_sign_in_store import ALICE, BEN, NOW, server, session, store
from vedette.core.sessions import SessionState
from vedette.ports.sign_in import SignInStore
from vedette.ports.sign_in_lists import SessionsSought

NAMES = ("Bob", "_x", "alice", "alice-2", "alice.b", "zo", "~")
"""In the order of code points, which no dictionary has."""


def test_accounts_come_in_the_order_of_code_points_and_once(store: SignInStore) -> None:
    for name in reversed(NAMES):
        store.make_account(name, f"The {name}", None, NOW)
    found: list[str] = []
    after = ""
    while page := store.lists.accounts_after(after, "", 2):
        found += [each.localpart for each in page]
        after = found[-1]
    assert found == sorted(NAMES)
    assert store.lists.localparts_after("", 9) == tuple(found)
    assert store.lists.localparts_after("alice", 2) == ("alice-2", "alice.b")


def test_accounts_are_found_by_name_and_nothing_in_it_is_a_pattern(store: SignInStore) -> None:
    store.make_account("alice", "50% Alice_", None, NOW)
    store.make_account("ben", "Ben", None, NOW)

    def found(text: str) -> list[str]:
        return [each.localpart for each in store.lists.accounts_after("", text, 9)]

    assert found("ALICE_") == found("50%") == ["alice"]
    assert found("%") == found("_") == ["alice"]
    assert found("n") == ["ben"]
    assert found("zzz") == []


def test_accounts_that_are_named_are_read_together(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    assert set(store.lists.accounts(["alice", "nobody"])) == {"alice"}
    assert store.lists.accounts([]) == {}


def test_sessions_are_paged_newest_first_by_what_is_known_of_them(store: SignInStore) -> None:
    for number in range(1, 8):
        whose = ALICE if number % 2 else BEN
        facts = replace(session().facts, platform="windows" if number == 4 else "linux",
                        approved=number == 5, client_name=f"Client {number}")  # fmt: skip
        store.add_session(session(number, whose, device=f"D{number}", facts=facts), None, NOW)
    store.move_session(session(3).id, SessionState.SUSPENDED, "x", NOW)
    store.move_session(session(2).id, SessionState.ENDED, "x", NOW)

    def numbers(**sought: object) -> list[str]:
        found: list[str] = []
        before = None
        while page := store.lists.sessions(SessionsSought(**sought), before, 2):  # type: ignore[arg-type]
            found += [each.id for _, each in page]
            before = page[-1][0]
        return found

    def ids(*wanted: int) -> list[str]:
        return [session(number).id for number in wanted]

    assert numbers() == ids(7, 6, 5, 4, 3, 1)
    assert numbers(ended=True) == ids(7, 6, 5, 4, 3, 2, 1)
    assert numbers(user=BEN) == ids(6, 4)
    assert numbers(state=SessionState.SUSPENDED) == ids(3)
    assert numbers(state=SessionState.ENDED) == ids(2)
    assert numbers(platform="windows") == ids(4)
    assert numbers(approved=True) == ids(5)
    assert numbers(approved=False, user=ALICE) == ids(7, 3, 1)
    assert numbers(client="CLIENT 6") == ids(6)
    assert numbers(kind="console") == []


def test_who_has_a_session_in_a_state_is_found_and_counted(store: SignInStore) -> None:
    for number, whose in enumerate((ALICE, ALICE, BEN), start=1):
        store.add_session(session(number, whose, device=f"D{number}"), None, NOW)
    store.move_session(session(1).id, SessionState.SUSPENDED, "x", NOW)
    assert store.lists.people_in(SessionState.SUSPENDED, "", 9) == (ALICE,)
    assert store.lists.people_in(SessionState.LIVE, "", 1) == (ALICE,)
    assert store.lists.people_in(SessionState.LIVE, ALICE, 9) == (BEN,)
    counts = store.lists.session_counts([ALICE, BEN, "@nobody:example.org"])
    assert counts == {
        ALICE: {SessionState.SUSPENDED: 1, SessionState.LIVE: 1},
        BEN: {SessionState.LIVE: 1},
    }


def test_who_was_tried_often_lately_is_found(store: SignInStore) -> None:
    for _ in range(3):
        store.attempt("first:alice", NOW, 600)
    store.attempt("first:ben", NOW, 600)
    assert store.lists.tried(NOW, 600, 2) == {"first:alice": 3}
    assert store.lists.tried(NOW + 3600, 600, 1) == {}


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=40))
def test_whatever_is_looked_for_is_text(store: SignInStore, text: str) -> None:
    assert store.lists.accounts_after("", text.replace("\0", ""), 5) == ()
