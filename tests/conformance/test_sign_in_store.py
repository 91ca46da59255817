"""What every sign-in store promises, asked of the one in memory, of SQLite and of PostgreSQL."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from tests.services.postgresql import MISSING, PostgreSql, postgresql
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.adapters.sign_in_store import open_sign_in_store
from vedette.core.names import UserId
from vedette.core.on_device import OnDevice, Proof
from vedette.core.sessions import (
    CONSOLE,
    TRANSITIONS,
    FactorUse,
    Session,
    SessionFacts,
    SessionState,
)
from vedette.ports.sign_in import (
    PAST_KEPT,
    REPLACED,
    RETENTION,
    SPENT_KEPT,
    Factor,
    NoAccount,
    OAuthClient,
    Refreshed,
    Reused,
    SignInStore,
    Taken,
    TokenKey,
)

KEY = b"k" * 32
NOW = 1_800_000_000
DAY = 86_400
ALICE, BEN = UserId("@alice:example.org"), UserId("@ben:example.org")
FACTS = SessionFacts(
    factors=(FactorUse(kind="password", at=NOW), FactorUse(kind="totp", at=NOW)),
    network="192.0.2.7",
    client_name="element",
    client_version="1.12.1",
    platform="linux",
)
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SignInStore]:
    if request.param == "memory":
        yield MemorySignInStore()
        return
    where: str | Path = tmp_path / "sign-in.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    opened = open_sign_in_store(where, KEY)
    yield opened
    opened.close()


def session(number: int = 1, user: UserId = ALICE, **changes: object) -> Session:
    made = Session(
        id=f"session-{number:022d}",
        user=user,
        device=f"DEVICE{number}",
        state=SessionState.LIVE,
        kind="oauth",
        client="client-1",
        facts=FACTS,
        created=NOW,
        expires=NOW + 30 * DAY,
        device_name="Alice's laptop, ünïcode",
        number=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever a test changes


def factor(id_: str = "f1", **changes: object) -> Factor:
    made = Factor(
        id=id_,
        localpart="alice",
        kind="totp",
        label="Alice's phone",
        secret=b"\x00secret\xff",
        created=NOW,
        details={"algorithm": "SHA1"},
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever a test changes


def client(id_: str = "c1", created: int = NOW) -> OAuthClient:
    return OAuthClient(
        id=id_,
        name="Element",
        uri="https://app.element.io/",
        redirect_uris=("https://app.element.io/?no_universal_links=true", "io.element:/cb"),
        grant_types=("authorization_code", "refresh_token"),
        application_type="native",
        logo_uri="https://app.element.io/logo.png",
        created=created,
        registered_from="192.0.2.7",
    )


def token_key(kid: str, made: int = NOW) -> TokenKey:
    return TokenKey(kid=kid, public=b"p" * 32, private=b"s" * 32, made=made)


def at_once(count: int, call: Callable[[int], Answer]) -> list[Answer]:
    """The answers of `count` threads that call at the same moment."""
    ready = Barrier(count)

    def one(number: int) -> Answer:
        ready.wait(60)
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


# ---- accounts ----


def test_an_account_comes_back_as_it_was_made(store: SignInStore) -> None:
    made = store.make_account("alice", "Alice Ünïcode", "$argon2id$…", NOW, must_change=True)
    assert store.account("alice") == made
    assert (made.localpart, made.display_name, made.created) == ("alice", "Alice Ünïcode", NOW)
    assert (made.password_hash, made.must_change, made.provisioned) == ("$argon2id$…", True, False)


def test_nobody_has_an_account_at_first(store: SignInStore) -> None:
    assert store.account("alice") is None
    assert store.accounts() == ()


def test_two_people_never_have_the_same_name(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    with pytest.raises(Taken):
        store.make_account("alice", "Another Alice", "hash", NOW)
    account = store.account("alice")
    assert account is not None
    assert account.display_name == "Alice"


def test_accounts_are_listed_by_name(store: SignInStore) -> None:
    for name in ("ben", "Zoe", "a-b", "alice", "ab"):
        store.make_account(name, name, None, NOW)
    assert [each.localpart for each in store.accounts()] == ["Zoe", "a-b", "ab", "alice", "ben"]


def test_a_password_is_replaced_and_need_not_be_changed_again(store: SignInStore) -> None:
    store.make_account("alice", "Alice", "first", NOW, must_change=True)
    store.set_password("alice", "second", NOW + 1)
    account = store.account("alice")
    assert account is not None
    assert (account.password_hash, account.must_change) == ("second", False)


def test_nobody_without_an_account_gets_a_password(store: SignInStore) -> None:
    with pytest.raises(NoAccount):
        store.set_password("nobody", "hash", NOW)
    assert store.account("nobody") is None


def test_it_is_noted_when_somebody_else_made_credentials(store: SignInStore) -> None:
    for name in ("alice", "ben", "cara"):
        store.make_account(name, name, "hash", NOW)
    store.note_reset("alice", NOW + 10)
    store.note_reset("ben", NOW + 20)
    store.set_password("alice", "own", NOW + 30)
    assert store.reset_since(NOW + 10) == {"alice": NOW + 10, "ben": NOW + 20}
    assert store.reset_since(NOW + 11) == {"ben": NOW + 20}
    accounts = {each.localpart: each.reset_by_other for each in store.accounts()}
    assert accounts == {"alice": NOW + 10, "ben": NOW + 20, "cara": None}
    store.note_reset("ben", None)
    assert store.reset_since(0) == {"alice": NOW + 10}
    with pytest.raises(NoAccount):
        store.note_reset("nobody", NOW)


def test_it_is_noted_when_synapse_knows_an_account(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.provisioned("alice")
    store.provisioned("nobody")
    account = store.account("alice")
    assert account is not None
    assert account.provisioned


def test_accounts_are_no_business_of_the_doors(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    store.set_password("alice", "hash", NOW)
    assert store.changes() == 0


# ---- factors ----


def test_a_factor_comes_back_with_its_secret(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    assert store.factors("alice") == (factor(),)
    assert store.factors("ben") == ()


def test_a_factor_belongs_to_an_account(store: SignInStore) -> None:
    with pytest.raises(NoAccount):
        store.add_factor(factor())
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    with pytest.raises(Taken):
        store.add_factor(factor(label="another one"))
    assert [each.label for each in store.factors("alice")] == ["Alice's phone"]


def test_a_step_is_used_once_and_none_before_it(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    assert store.use_factor("f1", counter=100, now=NOW + 5)
    assert not store.use_factor("f1", counter=100, now=NOW + 6)
    assert not store.use_factor("f1", counter=99, now=NOW + 6)
    assert store.use_factor("f1", counter=101, now=NOW + 7)
    assert not store.use_factor("unknown", counter=1, now=NOW)
    (kept,) = store.factors("alice")
    assert (kept.counter, kept.last_used) == (101, NOW + 7)


def test_of_many_with_the_same_step_one_gets_in(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    answers = at_once(8, lambda _: store.use_factor("f1", counter=7, now=NOW))
    assert sorted(answers) == [False] * 7 + [True]


def test_an_authenticator_without_a_count_is_taken_until_it_counts(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor(kind="webauthn"))
    assert store.use_factor("f1", counter=0, now=NOW)
    assert store.use_factor("f1", counter=0, now=NOW + 1)
    assert store.use_factor("f1", counter=3, now=NOW + 2)
    assert not store.use_factor("f1", counter=0, now=NOW + 3)


def test_a_one_time_password_s_step_zero_is_never_new(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.add_factor(factor())
    assert not store.use_factor("f1", counter=0, now=NOW)


def test_who_has_a_password_alone_and_had_time_for_more_is_named(store: SignInStore) -> None:
    for name, password, made in (
        ("zoe", "h", 1), ("alice", "h", 1), ("ben", "h", 1), ("carl", None, 1), ("new", "h", NOW),
        ("radu", "h", 1),
    ):  # fmt: skip
        store.make_account(name, name, password, made)
    store.add_factor(factor())
    store.add_factor(factor("f2", kind="recovery", localpart="radu"))
    assert store.password_alone(NOW) == ("ben", "radu", "zoe")


def test_one_removes_only_one_s_own_factor(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.make_account("ben", "Ben", None, NOW)
    store.add_factor(factor())
    assert not store.remove_factor("ben", "f1")
    assert store.remove_factor("alice", "f1")
    assert not store.remove_factor("alice", "f1")


def test_factors_are_removed_by_kind_or_all(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    for id_, kind in (("f1", "totp"), ("f2", "webauthn"), ("f3", "webauthn")):
        store.add_factor(factor(id_, kind=kind))
    store.set_recovery("alice", ["h1", "h2"], NOW)
    assert store.remove_factors("alice", {"webauthn"}) == 2
    assert store.remove_factors("alice", set()) == 0
    assert store.remove_factors("ben", None) == 0
    assert [each.kind for each in store.factors("alice")] == ["totp"]
    assert store.recovery_left("alice") == 2
    assert store.remove_factors("alice", None) == 2
    assert store.factors("alice") == ()
    assert store.recovery_left("alice") == 0


def test_a_recovery_code_is_used_once(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.set_recovery("alice", ["h1", "h2"], NOW)
    assert not store.use_recovery("ben", "h1")
    answers = at_once(6, lambda _: store.use_recovery("alice", "h1"))
    assert sorted(answers) == [False] * 5 + [True]
    assert store.recovery_left("alice") == 1


def test_new_recovery_codes_replace_the_old_ones(store: SignInStore) -> None:
    with pytest.raises(NoAccount):
        store.set_recovery("alice", ["h1"], NOW)
    store.make_account("alice", "Alice", None, NOW)
    store.set_recovery("alice", ["h1"], NOW)
    store.set_recovery("alice", ["h2"], NOW)
    assert not store.use_recovery("alice", "h1")
    assert store.use_recovery("alice", "h2")


# ---- sessions ----


def test_a_session_comes_back_as_it_was_kept(store: SignInStore) -> None:
    change = store.add_session(session(), "r1", NOW)
    assert store.changes() == change == 1
    assert store.session(session().id) == session()
    assert store.sessions() == (session(),)
    assert store.session("unknown-000000000000000000") is None


def test_no_two_sessions_share_an_id_or_a_token(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    with pytest.raises(Taken):
        store.add_session(session(device="OTHER"), "r2", NOW)
    with pytest.raises(Taken):
        store.add_session(session(2), "r1", NOW)
    assert [each.id for each in store.sessions()] == [session().id]
    assert store.changes() == 1


def test_a_person_s_sessions_are_numbered_by_age(store: SignInStore) -> None:
    for number, user in ((1, ALICE), (2, BEN), (3, ALICE), (4, ALICE)):
        store.add_session(session(number, user), None, NOW)
    assert [(s.device, s.number) for s in store.sessions(ALICE)] == [
        ("DEVICE1", 1),
        ("DEVICE3", 2),
        ("DEVICE4", 3),
    ]
    assert [s.number for s in store.sessions()] == [1, 1, 2, 3]
    store.move_session(session(1).id, SessionState.ENDED, "by herself", NOW)
    assert [(s.device, s.number) for s in store.sessions(ALICE)] == [("DEVICE3", 1), ("DEVICE4", 2)]
    found = store.session(session(4).id)
    assert found is not None
    assert found.number == 2
    assert [(s.device, s.number) for s in store.sessions(ALICE, ended=True)] == [
        ("DEVICE1", 0),
        ("DEVICE3", 1),
        ("DEVICE4", 2),
    ]


def test_a_session_of_the_console_is_no_device(store: SignInStore) -> None:
    """It is numbered 1, moves nobody else's number, and leaves nothing to delete at Synapse."""
    store.add_session(session(1, kind=CONSOLE), None, NOW)
    store.add_session(session(2), None, NOW)
    store.add_session(session(3, kind=CONSOLE), None, NOW)
    assert [each.number for each in store.sessions(ALICE)] == [1, 1, 1]
    found = [store.session(session(number).id) for number in (1, 2, 3)]
    assert [each.number for each in found if each is not None] == [1, 1, 1]
    store.add_session(session(4), None, NOW)
    assert [each.number for each in store.sessions(ALICE)] == [1, 1, 1, 2]
    store.move_session(session(1).id, SessionState.ENDED, "over", NOW)
    assert store.outbox() == ()
    store.move_session(session(2).id, SessionState.ENDED, "over", NOW)
    assert [each.device for each in store.outbox()] == [session(2).device]


def test_a_suspended_or_waiting_session_keeps_its_rank(store: SignInStore) -> None:
    store.add_session(session(1, state=SessionState.WAITING), None, NOW)
    store.add_session(session(2), None, NOW)
    store.move_session(session(2).id, SessionState.SUSPENDED, "no-android", NOW)
    assert [(s.state, s.number, s.because) for s in store.sessions()] == [
        (SessionState.WAITING, 1, ""),
        (SessionState.SUSPENDED, 2, "no-android"),
    ]


@pytest.mark.parametrize("to", SessionState)
@pytest.mark.parametrize("from_", [s for s in SessionState if s is not SessionState.ENDED])
def test_a_session_makes_legal_moves_only(
    store: SignInStore, from_: SessionState, to: SessionState
) -> None:
    store.add_session(session(state=from_), None, NOW)
    change = store.move_session(session().id, to, "because", NOW)
    found = store.session(session().id)
    assert found is not None
    if to in TRANSITIONS[from_]:
        assert (change, found.state, found.because) == (2, to, "because")
    else:
        assert (change, found.state, store.changes()) == (None, from_, 1)


def test_an_ended_session_stays_ended(store: SignInStore) -> None:
    store.add_session(session(), None, NOW)
    store.move_session(session().id, SessionState.ENDED, "lost", NOW)
    for to in SessionState:
        assert store.move_session(session().id, to, "again", NOW) is None
    assert store.set_facts(session().id, FACTS) is None
    assert store.changes() == 2
    assert store.move_session("unknown-000000000000000000", SessionState.ENDED, "", NOW) is None


def test_an_ended_session_s_device_is_deleted_in_synapse(store: SignInStore) -> None:
    store.add_session(session(), None, NOW)
    store.move_session(session().id, SessionState.SUSPENDED, "rule", NOW)
    assert store.outbox() == ()
    store.move_session(session().id, SessionState.ENDED, "lost", NOW + 9)
    (errand,) = store.outbox()
    assert (errand.kind, errand.user, errand.device) == ("delete-device", ALICE, "DEVICE1")
    assert errand.made == NOW + 9
    store.done(errand.id)
    store.done(errand.id)
    assert store.outbox() == ()


def test_accounts_that_synapse_does_not_know_are_found_without_the_others(
    store: SignInStore,
) -> None:
    for name in ("ben", "alice", "cleo", "dan"):
        store.make_account(name, "", None, NOW)
    store.provisioned("cleo")
    assert [each.localpart for each in store.unprovisioned(9)] == ["alice", "ben", "dan"]
    assert [each.localpart for each in store.unprovisioned(2)] == ["alice", "ben"]


def test_many_sessions_end_at_once_each_as_by_itself(store: SignInStore) -> None:
    for number in range(1, 4):
        store.add_session(session(number), f"r{number}", NOW)
    store.add_session(session(4, kind=CONSOLE), None, NOW)
    store.move_session(session(3).id, SessionState.ENDED, "before", NOW)
    before = store.changes()
    wanted = [session(number).id for number in (4, 3, 2, 1, 1)]
    ended = store.end_sessions([*wanted, "unknown-000000000000000000"], "revoked", NOW + 9)
    assert ended == {session(number).id for number in (1, 2, 4)}
    assert store.changes() == before + 1
    assert {each.id for each in store.sessions_since(before) if each.because == "revoked"} == ended
    assert [store.refresh(f"r{number}", f"s{number}") for number in (1, 2)] == [None, None]
    made = [(each.device, each.made) for each in store.outbox()]
    assert made == [("DEVICE3", NOW), ("DEVICE1", NOW + 9), ("DEVICE2", NOW + 9)]


@pytest.mark.parametrize("ids", [(), ("unknown-000000000000000000",)])
def test_where_none_of_many_ends_there_is_no_change(
    store: SignInStore, ids: tuple[str, ...]
) -> None:
    store.add_session(session(), None, NOW)
    assert store.end_sessions(ids, "revoked", NOW) == frozenset()
    assert store.changes() == 1


def test_errands_are_done_in_their_order_and_never_share_a_number(store: SignInStore) -> None:
    for number in range(3):
        store.add_session(session(number), None, NOW)
        store.move_session(session(number).id, SessionState.ENDED, "", NOW)
    assert [errand.device for errand in store.outbox(2)] == ["DEVICE0", "DEVICE1"]
    last = store.outbox()[-1]
    store.done(last.id)
    store.add_session(session(3), None, NOW)
    store.move_session(session(3).id, SessionState.ENDED, "", NOW)
    assert store.outbox()[-1].id != last.id


def test_an_account_that_is_called_otherwise_is_told_to_synapse_once(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    assert not store.call(ALICE, "Alice", NOW + 1)
    assert not store.call(BEN, "Ben", NOW + 1)
    assert store.outbox() == ()
    assert store.call(ALICE, "Alice Married", NOW + 2)
    assert not store.call(ALICE, "Alice Married", NOW + 3)
    account = store.account("alice")
    assert account is not None
    assert account.display_name == "Alice Married"
    (errand,) = store.outbox()
    assert (errand.kind, errand.user, errand.device, errand.made) == ("name", ALICE, "", NOW + 2)


def test_a_device_that_must_go_comes_before_names_and_signing_in_takes_no_name_back(
    store: SignInStore,
) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.call(ALICE, "Alice Married", NOW)
    store.add_session(session(1), None, NOW)
    store.move_session(session(1).id, SessionState.ENDED, "", NOW)
    assert [errand.kind for errand in store.outbox()] == ["delete-device", "name"]
    store.add_session(session(2, device="DEVICE1"), None, NOW + 1)
    store.add_session(session(3, kind=CONSOLE, device=""), None, NOW + 1)
    store.add_session(session(4, kind=CONSOLE, device=""), None, NOW + 1)
    assert [errand.kind for errand in store.outbox()] == ["name"]


def test_a_device_that_signs_in_again_is_not_deleted(store: SignInStore) -> None:
    store.add_session(session(1), "r1", NOW)
    change = store.add_session(session(2, device="DEVICE1"), "r2", NOW + 1)
    assert change == store.changes() == 2
    old = store.session(session(1).id)
    assert old is not None
    assert (old.state, old.because) == (SessionState.ENDED, REPLACED)
    assert [s.id for s in store.sessions(ALICE)] == [session(2).id]
    assert store.outbox() == ()
    assert store.refresh("r1", "r3") is None
    # nor where its deletion was still to be done
    store.move_session(session(2).id, SessionState.ENDED, "signed out", NOW + 3)
    store.add_session(session(3, device="DEVICE1"), None, NOW + 4)
    assert store.outbox() == ()


def test_another_person_s_device_of_the_same_name_is_left_alone(store: SignInStore) -> None:
    store.add_session(session(1, BEN), None, NOW)
    store.add_session(session(2, ALICE, device="DEVICE1"), None, NOW)
    assert len(store.sessions()) == 2


def test_new_facts_are_a_change(store: SignInStore) -> None:
    store.add_session(session(), None, NOW)
    facts = replace(FACTS, approved=True, network="2001:db8::1")
    assert store.set_facts(session().id, facts) == 2
    found = store.session(session().id)
    assert found is not None
    assert found.facts == facts
    assert store.set_facts("unknown-000000000000000000", facts) is None
    assert store.changes() == 2


def test_facts_that_could_not_be_read_back_are_not_kept(store: SignInStore) -> None:
    too_long = replace(FACTS, client_name="x" * 1000)
    with pytest.raises(ValueError, match="facts"):
        store.add_session(session(facts=too_long), None, NOW)
    store.add_session(session(), None, NOW)
    with pytest.raises(ValueError, match="facts"):
        store.set_facts(session().id, too_long)
    assert store.changes() == 1


def test_a_name_is_no_business_of_the_doors(store: SignInStore) -> None:
    store.add_session(session(), None, NOW)
    store.rename(session().id, "another name")
    store.touch(session().id, NOW + 60, "192.0.2.9")
    found = store.session(session().id)
    assert found is not None
    assert found.device_name == "another name"
    assert store.changes() == 1


def test_no_name_keeps_a_session_from_being_written(store: SignInStore) -> None:
    store.add_session(session(device_name="a\0b\ud800c 😀"), None, NOW)
    found = store.session(session().id)
    assert found is not None
    assert found.device_name == "a\ufffdb\ufffdc 😀"
    facts = replace(FACTS, client_name="a\0b")
    store.set_facts(session().id, facts)
    found = store.session(session().id)
    assert found is not None
    assert found.facts == facts
    assert store.attempt("a\0\ud800", NOW, 600) == 1
    assert store.account("a\0\ud800") is None
    assert store.peek("code", "a\0\ud800", NOW) is None


def test_when_a_session_was_last_used_only_moves_on(store: SignInStore) -> None:
    store.add_session(session(1), None, NOW)
    store.add_session(session(2), None, NOW)
    assert store.seen(ALICE) == {}
    store.touch(session(1).id, NOW + 60, "192.0.2.9")
    store.touch(session(1).id, NOW + 30, "192.0.2.8")
    store.touch("unknown-000000000000000000", NOW, "192.0.2.8")
    (seen,) = store.seen(ALICE).items()
    assert (seen[0], seen[1].at, seen[1].address) == (session(1).id, NOW + 60, "192.0.2.9")
    assert store.seen(BEN) == {}


def test_a_copy_is_brought_up_to_date_by_what_changed_since(store: SignInStore) -> None:
    for number, user in ((1, ALICE), (2, BEN), (3, ALICE)):
        store.add_session(session(number, user), None, NOW)
    before = store.changes()
    copy = {s.id: s for s in store.sessions()}
    assert store.sessions_since(before) == ()
    store.move_session(session(1).id, SessionState.ENDED, "lost", NOW)
    store.add_session(session(4, BEN), None, NOW)
    for changed in store.sessions_since(before):
        copy[changed.id] = changed
    left = {id_: s for id_, s in copy.items() if s.state is not SessionState.ENDED}
    assert left == {s.id: s for s in store.sessions()}
    assert {s.user for s in store.sessions_since(before + 1)} == {BEN}


def test_changes_made_at_once_are_all_counted(store: SignInStore) -> None:
    numbers = at_once(8, lambda n: store.add_session(session(n), None, NOW))
    assert sorted(numbers) == list(range(1, 9))
    assert store.changes() == 8
    assert sorted(s.number for s in store.sessions()) == list(range(1, 9))


def test_of_many_that_sign_in_with_one_device_one_stays(store: SignInStore) -> None:
    at_once(6, lambda n: store.add_session(session(n, device="SAME"), None, NOW))
    assert len(store.sessions()) == 1
    assert len(store.sessions(ended=True)) == 6


def test_of_many_that_end_a_session_one_does(store: SignInStore) -> None:
    store.add_session(session(), None, NOW)
    answers = at_once(
        6, lambda _: store.move_session(session().id, SessionState.ENDED, "lost", NOW)
    )
    assert sorted(answers, key=str) == [2, None, None, None, None, None]
    assert len(store.outbox()) == 1


# ---- refresh tokens ----


def refreshed(*, forgiven: bool = False) -> Refreshed:
    return Refreshed(session=session().id, forgiven=forgiven)


def test_a_token_is_exchanged_for_its_successor(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    assert store.refresh("r1", "r2") == refreshed()
    assert store.refresh("r2", "r3") == refreshed()
    assert store.changes() == 1


def test_a_lost_answer_costs_nobody_the_session(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    store.refresh("r1", "lost-1")
    assert store.refresh("r1", "lost-2") == refreshed(forgiven=True)
    assert store.refresh("r1", "r2") == refreshed(forgiven=True)
    assert store.refresh("r2", "r3") == refreshed()
    assert store.refresh("r3", "r4") == refreshed()


def test_a_token_used_after_its_successor_is_reuse(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    store.refresh("r1", "r2")
    store.refresh("r2", "r3")
    assert store.refresh("r1", "thief") == Reused(session=session().id)
    assert store.refresh("thief", "more") is None
    assert store.refresh("r2", "r4") == refreshed(forgiven=True)


def test_whichever_answer_is_used_first_makes_the_other_one_reuse(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    store.refresh("r1", "person")
    store.refresh("r1", "thief")
    assert store.refresh("thief", "thief-2") == refreshed()
    assert store.refresh("person", "person-2") == Reused(session=session().id)


def test_two_that_refresh_at_once_both_have_a_working_answer(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    answers = at_once(6, lambda n: store.refresh("r1", f"s{n}"))
    assert [type(answer) for answer in answers] == [Refreshed] * 6
    assert sorted(answer.forgiven for answer in answers if isinstance(answer, Refreshed)) == [
        False,
        *[True] * 5,
    ]
    assert store.refresh("s4", "next") == refreshed()


def test_an_answer_that_is_retried_for_ever_keeps_few_tokens(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    for number in range(20):
        assert isinstance(store.refresh("r1", f"s{number}"), Refreshed)
    assert store.refresh("s0", "x") is None
    assert store.refresh("s19", "next") == refreshed()


def test_reuse_is_known_for_many_generations_and_then_forgotten(store: SignInStore) -> None:
    store.add_session(session(), "r0", NOW)
    for number in range(SPENT_KEPT + 5):
        assert store.refresh(f"r{number}", f"r{number + 1}") == refreshed()
    assert store.refresh("r10", "thief") == Reused(session=session().id)
    assert store.refresh("r0", "thief") is None


def test_an_unknown_token_is_none(store: SignInStore) -> None:
    assert store.refresh("r1", "r2") is None


def test_only_an_ended_session_is_not_refreshed_whoever_asks_sees_whether_it_is_past_its_time(
    store: SignInStore,
) -> None:
    for number in (1, 2):
        store.add_session(session(number), f"r{number}", NOW)
    store.move_session(session(1).id, SessionState.EXPIRED, "its time is over", NOW)
    store.move_session(session(2).id, SessionState.ENDED, "lost", NOW)
    assert store.refresh("r1", "x") == refreshed()
    assert store.refresh("r2", "y") is None


def test_an_expired_session_takes_no_place_and_makes_room_for_a_newer_one_of_its_device(
    store: SignInStore,
) -> None:
    for number in (1, 2):
        store.add_session(session(number), None, NOW)
    store.move_session(session(1).id, SessionState.EXPIRED, "its time is over", NOW)
    expired = store.session(session(1).id)
    second = store.session(session(2).id)
    assert expired is not None
    assert second is not None
    assert (expired.number, second.number) == (0, 1)
    assert [each.number for each in store.sessions()] == [0, 1]
    assert store.outbox() == ()
    again = replace(session(3), device=session(1).device)
    store.add_session(again, None, NOW + 1)
    expired = store.session(session(1).id)
    assert expired is not None
    assert expired.state is SessionState.ENDED
    assert store.outbox() == ()


def test_a_suspended_session_keeps_its_family(store: SignInStore) -> None:
    store.add_session(session(), "r1", NOW)
    store.move_session(session().id, SessionState.SUSPENDED, "rule", NOW)
    assert store.refresh("r1", "r2") == refreshed()


def test_a_successor_that_is_known_already_is_not_taken(store: SignInStore) -> None:
    store.add_session(session(1), "r1", NOW)
    store.add_session(session(2), "r2", NOW)
    with pytest.raises(Taken):
        store.refresh("r1", "r2")
    assert store.refresh("r1", "r3") == refreshed()


def test_an_attempt_that_turned_out_right_is_taken_back(store: SignInStore) -> None:
    assert [store.attempt("a", NOW, 600) for _ in range(3)] == [1, 2, 3]
    store.excuse(("a", "never tried"), NOW, 600)
    assert store.attempts(("a", "never tried"), NOW, 600) == (3, 1)
    for _ in range(9):
        store.excuse(("a",), NOW, 600)
    assert store.attempt("a", NOW, 600) == 1


def test_a_nudge_counts_and_changes_no_session(store: SignInStore) -> None:
    before = store.changes()
    assert store.nudge() == store.changes() == before + 1
    assert store.sessions_since(before) == ()


# ---- things that are used once ----


def test_a_thing_is_taken_once(store: SignInStore) -> None:
    store.put_once("code", "h", b"\x00body\xff", NOW + 60)
    assert store.peek("code", "h", NOW) == b"\x00body\xff"
    assert store.spent("code", "h") is None
    assert store.take("code", "h", NOW) == b"\x00body\xff"
    assert store.take("code", "h", NOW) is None
    assert store.peek("code", "h", NOW) is None
    assert store.spent("code", "h") == b"\x00body\xff"


def test_what_is_given_back_can_be_taken_again_until_its_end(store: SignInStore) -> None:
    store.put_once("code", "h", b"body", NOW + 60)
    assert store.take("code", "h", NOW) == b"body"
    store.give_back("code", "h")
    assert store.spent("code", "h") is None
    assert store.take("code", "h", NOW + 60) is None
    assert store.take("code", "h", NOW + 59) == b"body"
    assert store.take("code", "h", NOW + 59) is None
    store.give_back("code", "never there")
    assert store.peek("code", "never there", NOW) is None


def test_what_is_given_back_with_another_body_is_taken_with_that_body(store: SignInStore) -> None:
    store.put_once("code", "h", b"body", NOW + 60)
    assert store.take("code", "h", NOW) == b"body"
    store.give_back("code", "h", b"another")
    assert store.take("code", "h", NOW + 59) == b"another"
    assert store.spent("code", "h") == b"another"


def take(store: SignInStore, key: str, _: int) -> bytes | None:
    return store.take("code", key, NOW)


def test_of_many_takers_exactly_one_gets_it(store: SignInStore) -> None:
    for round_ in range(5):
        store.put_once("code", f"h{round_}", b"body", NOW + 60)
        answers = at_once(8, partial(take, store, f"h{round_}"))
        assert (answers.count(b"body"), answers.count(None)) == (1, 7)


def test_kinds_do_not_meet(store: SignInStore) -> None:
    store.put_once("code", "h", b"1", NOW + 60)
    store.put_once("flow", "h", b"2", NOW + 60)
    assert store.take("login-token", "h", NOW) is None
    assert store.take("flow", "h", NOW) == b"2"
    assert store.take("code", "h", NOW) == b"1"


def test_a_key_is_never_given_twice(store: SignInStore) -> None:
    store.put_once("dpop", "h", b"", NOW + 60)
    with pytest.raises(Taken):
        store.put_once("dpop", "h", b"", NOW + 60)
    store.take("dpop", "h", NOW)
    with pytest.raises(Taken):
        store.put_once("dpop", "h", b"", NOW + 60)


def test_a_thing_ends_at_its_second(store: SignInStore) -> None:
    store.put_once("code", "h", b"body", NOW + 60)
    assert store.peek("code", "h", NOW + 60) is None
    assert store.take("code", "h", NOW + 60) is None
    assert store.take("code", "h", NOW + 59) == b"body"


def test_a_thing_is_replaced_until_it_is_taken(store: SignInStore) -> None:
    assert not store.replace("flow", "h", b"2", NOW + 60)
    store.put_once("flow", "h", b"1", NOW + 60)
    assert store.replace("flow", "h", b"2", NOW + 90)
    assert store.take("flow", "h", NOW + 80) == b"2"
    assert not store.replace("flow", "h", b"3", NOW + 90)
    assert store.spent("flow", "h") == b"2"


def test_a_thing_is_replaced_only_if_nobody_replaced_it_meanwhile(store: SignInStore) -> None:
    store.put_once("flow", "h", b"1", NOW + 60)
    assert not store.replace("flow", "h", b"3", NOW + 60, was=b"2")
    assert store.replace("flow", "h", b"2", NOW + 60, was=b"1")
    assert not store.replace("flow", "h", b"3", NOW + 60, was=b"1")
    assert store.peek("flow", "h", NOW) == b"2"


# ---- clients ----


def test_a_client_comes_back_as_it_registered(store: SignInStore) -> None:
    store.add_client(client())
    assert store.client("c1") == client()
    assert store.client("c2") is None
    with pytest.raises(Taken):
        store.add_client(client())


# ---- attempts ----


def test_attempts_are_counted_within_the_window(store: SignInStore) -> None:
    assert [store.attempt("a", NOW + n, 600) for n in range(3)] == [1, 2, 3]
    assert store.attempt("b", NOW, 600) == 1
    assert store.attempt("a", NOW + 300, 600) == 4
    assert store.attempt("a", NOW + 800, 600) == 2
    assert store.attempt("a", NOW + 5000, 600) == 1


def test_forgiven_attempts_do_not_count(store: SignInStore) -> None:
    store.attempt("a", NOW, 600)
    store.attempt("b", NOW, 600)
    store.forgive("a")
    assert store.attempt("a", NOW, 600) == 1
    assert store.attempt("b", NOW, 600) == 2


def test_attempts_at_once_are_all_counted(store: SignInStore) -> None:
    answers = at_once(8, lambda _: store.attempt("a", NOW, 600))
    assert max(answers) == 8
    assert store.attempt("a", NOW, 600) == 9


def test_attempts_under_several_keys_are_counted_together(store: SignInStore) -> None:
    store.attempt("a", NOW, 600)
    assert store.attempts(("b", "a"), NOW, 600) == (1, 2)
    orders = (("a", "b"), ("b", "a"))
    answers = at_once(8, lambda n: store.attempts(orders[n % 2], NOW, 600))
    assert max(max(each) for each in answers) == 10
    assert store.attempts(("a", "b"), NOW, 600) == (11, 10)


# ---- token keys ----


def test_the_newest_key_comes_first(store: SignInStore) -> None:
    assert store.token_keys() == ()
    assert store.add_token_key(token_key("old", NOW)) == 1
    assert store.add_token_key(token_key("new", NOW + 1)) == 2
    assert store.token_keys() == (token_key("new", NOW + 1), token_key("old", NOW))
    with pytest.raises(Taken):
        store.add_token_key(token_key("new"))


def test_a_retired_key_verifies_no_longer(store: SignInStore) -> None:
    store.add_token_key(token_key("old"))
    assert store.retire_token_key("old", NOW + 1) == 2
    assert store.retire_token_key("old", NOW + 2) is None
    assert store.retire_token_key("unknown", NOW + 2) is None
    assert store.token_keys() == ()
    assert store.changes() == 2
    with pytest.raises(Taken):
        store.add_token_key(token_key("old"))


# ---- past sign-ins ----


def test_past_sign_ins_are_shown_newest_first(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    for number in range(PAST_KEPT + 10):
        store.note_sign_in("alice", NOW + number, "192.0.2.7", "Element", "signed in")
    store.note_sign_in("nobody", NOW, "192.0.2.7", "Element", "refused")
    past = store.last_sign_ins("alice", 3)
    newest = NOW + PAST_KEPT + 9
    assert [each.at for each in past] == [newest, newest - 1, newest - 2]
    assert (past[0].address, past[0].client, past[0].outcome) == (
        "192.0.2.7",
        "Element",
        "signed in",
    )
    assert len(store.last_sign_ins("alice", 10_000)) == PAST_KEPT
    assert store.last_sign_ins("nobody", 3) == ()


# ---- housekeeping ----


def test_what_has_expired_is_swept(store: SignInStore) -> None:
    store.put_once("code", "old", b"", NOW)
    store.put_once("code", "new", b"", NOW + 1)
    store.take("code", "old", NOW - 1)
    store.sweep(NOW)
    assert store.spent("code", "old") is None
    assert store.peek("code", "new", NOW) == b""


def test_attempts_that_still_count_are_not_swept(store: SignInStore) -> None:
    store.attempt("a", NOW, 600)
    store.sweep(NOW + 599)
    assert store.attempt("a", NOW + 599, 600) == 2
    store.sweep(NOW + 2000)
    assert store.attempt("a", NOW + 599, 600) == 1


def test_running_sessions_and_their_clients_are_never_swept(store: SignInStore) -> None:
    store.make_account("alice", "Alice", None, NOW)
    store.note_sign_in("alice", NOW, "192.0.2.7", "Element", "signed in")
    for id_ in ("used", "unused"):
        store.add_client(client(id_))
    store.add_session(session(1, client="used"), "r1", NOW)
    store.add_session(session(2), None, NOW)
    store.move_session(session(2).id, SessionState.ENDED, "lost", NOW)
    store.sweep(NOW + RETENTION - 1)
    assert len(store.sessions(ended=True)) == 2
    assert store.client("unused") is not None
    store.sweep(NOW + RETENTION)
    assert [s.id for s in store.sessions(ended=True)] == [session(1).id]
    assert store.client("used") is not None
    assert store.client("unused") is None
    assert store.last_sign_ins("alice", 3) == ()
    assert len(store.outbox()) == 1


def test_what_is_known_of_the_device_is_written_by_itself_and_not_with_other_facts(
    store: SignInStore,
) -> None:
    device = OnDevice(proof=Proof(certificate="print", issuer="mdm"), managed=True)
    store.add_session(session(1), None, NOW)
    first = store.session(session(1).id)
    assert first is not None
    change = store.set_device(first.id, device)
    assert change == store.changes()
    assert store.set_device(first.id, device) is None
    assert store.changes() == change
    store.set_facts(first.id, replace(first.facts, network="192.0.2.99"))
    later = store.session(first.id)
    assert later is not None
    assert (later.facts.device, later.facts.network) == (device, "192.0.2.99")
    assert store.set_device(first.id, None) is not None
    store.move_session(first.id, SessionState.ENDED, "x", NOW)
    assert store.set_device(first.id, device) is None
    assert store.set_device("nobody" * 5, device) is None
