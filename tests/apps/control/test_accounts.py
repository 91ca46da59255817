"""Accounts and ways in, as administrators make and reset them, on a real store."""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.apps.control.sign_in import (
    ALICE,
    BOARD,
    BY_HELPER,
    BY_OFFICER,
    HELPER,
    NOW,
    OFFICER,
    Desks,
    with_help_desk,
)
from vedette.adapters.passwords import Argon2Passwords
from vedette.admin.accounts import Issued
from vedette.admin.actor import LOCAL, Actor
from vedette.admin.rejected import Code, Rejected
from vedette.core.names import UserId
from vedette.core.settings.document import SignIn
from vedette.ports.sign_in import Factor
from vedette.protocol import recovery
from vedette.signin.attempts import Attempts
from vedette.signin.password import WINDOW, counted_as


def by(author: UserId | Actor) -> Actor:
    return author if isinstance(author, Actor) else Actor(author)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path)
    yield made
    made.close()


def factor(name: str, kind: str = "totp") -> Factor:
    return Factor(
        id=name, localpart="alice", kind=kind, label=name, secret=b"", created=NOW, details={}
    )


async def test_a_new_account_has_a_start_password_that_must_be_changed(desks: Desks) -> None:
    issued = await desks.accounts().create(LOCAL, ALICE, "Alice")
    kept = desks.store.account("alice")
    assert kept is not None
    assert (kept.display_name, kept.must_change, kept.provisioned) == ("Alice", True, False)
    assert Argon2Passwords().verify(issued.secret, kept.password_hash).ok
    assert issued.secret not in repr(issued)
    assert issued.secret not in str(desks.audit.kept)


async def test_an_account_that_is_there_is_not_made_again(desks: Desks) -> None:
    accounts = desks.accounts()
    first = await accounts.create(LOCAL, ALICE)
    with pytest.raises(Rejected) as found:
        await accounts.create(LOCAL, ALICE)
    assert found.value.code is Code.CONFLICT
    kept = desks.store.account("alice")
    assert kept is not None
    assert Argon2Passwords().verify(first.secret, kept.password_hash).ok


async def test_a_reset_password_replaces_the_old_one(desks: Desks) -> None:
    accounts = desks.accounts()
    first = await accounts.create(LOCAL, ALICE)
    second = await accounts.reset_password(BY_OFFICER, ALICE, "forgotten")
    kept = desks.store.account("alice")
    assert kept is not None
    assert not Argon2Passwords().verify(first.secret, kept.password_hash).ok
    assert Argon2Passwords().verify(second.secret, kept.password_hash).ok
    assert kept.must_change


async def test_reset_factors_are_gone_and_a_start_code_works_once(desks: Desks) -> None:
    accounts = desks.accounts()
    await accounts.create(LOCAL, ALICE)
    desks.store.add_factor(factor("phone"))
    desks.store.add_factor(factor("key", "webauthn"))
    old = recovery.digest(recovery.codes(b"o" * recovery.RANDOM_BYTES)[0], "alice")
    desks.store.set_recovery("alice", [old], NOW)
    issued = await accounts.reset_factors(BY_OFFICER, ALICE, (), "phone lost")
    assert issued.removed == 3
    assert desks.store.factors("alice") == ()
    assert not desks.store.use_recovery("alice", old)
    code = recovery.digest(issued.secret, "alice")
    assert [desks.store.use_recovery("alice", code) for _ in range(2)] == [True, False]


async def test_single_kinds_of_factor_can_be_reset(desks: Desks) -> None:
    accounts = desks.accounts()
    await accounts.create(LOCAL, ALICE)
    desks.store.add_factor(factor("phone"))
    desks.store.add_factor(factor("key", "webauthn"))
    await accounts.reset_factors(LOCAL, ALICE, ["totp"], "phone lost")
    assert [each.kind for each in desks.store.factors("alice")] == ["webauthn"]
    with pytest.raises(Rejected, match="`password`"):
        await accounts.reset_factors(LOCAL, ALICE, ["password"], "x")


@pytest.mark.parametrize(
    ("author", "whose", "act", "allowed"),
    [
        (HELPER, ALICE, "factors", True),
        (HELPER, BOARD, "factors", False),
        (HELPER, OFFICER, "factors", False),
        (HELPER, ALICE, "password", False),
        (HELPER, ALICE, "create", False),
        (OFFICER, BOARD, "factors", True),
        (OFFICER, ALICE, "password", True),
        (ALICE, ALICE, "factors", False),
        (ALICE, ALICE, "create", False),
    ],
)
async def test_who_may_reset_whom(
    desks: Desks, author: UserId | Actor, whose: UserId, act: str, allowed: bool
) -> None:
    desks.rule(with_help_desk())
    accounts = desks.accounts()
    if act != "create":
        await accounts.create(LOCAL, whose)
    before = desks.store.account(whose.localpart)
    doing: dict[str, Callable[[], Awaitable[Issued]]] = {
        "factors": lambda: accounts.reset_factors(by(author), whose, (), "lost"),
        "password": lambda: accounts.reset_password(by(author), whose, "lost"),
        "create": lambda: accounts.create(by(author), whose),
    }
    if allowed:
        assert (await doing[act]()).secret
        return
    with pytest.raises(Rejected) as found:
        await doing[act]()
    assert found.value.code is Code.REFUSED
    assert desks.store.account(whose.localpart) == before


async def test_somebody_without_an_account_is_not_found(desks: Desks) -> None:
    accounts = desks.accounts()
    for doing in (
        accounts.reset_password(LOCAL, BOARD, "x"),
        accounts.reset_factors(LOCAL, BOARD, (), "x"),
        accounts.factors(LOCAL, BOARD),
        accounts.unlock(LOCAL, BOARD),
    ):
        with pytest.raises(Rejected) as found:
            await doing
        assert found.value.code is Code.NOT_FOUND


async def test_accounts_are_listed_for_whoever_may_see_their_people(desks: Desks) -> None:
    desks.rule(with_help_desk())
    accounts = desks.accounts()
    for user in (ALICE, BOARD, OFFICER):
        await accounts.create(LOCAL, user)
    found, after = list[str](), ""
    for more in (True, False):
        page = await accounts.page(LOCAL, after, 2)
        found += [each.localpart for each in page.accounts]
        assert (page.next is not None) is more
        after = page.next or ""
    assert found == ["alice", "boss", "officer"]
    page = await accounts.page(BY_HELPER)
    assert ([each.localpart for each in page.accounts], page.next) == (["alice"], None)
    with pytest.raises(Rejected):
        await accounts.page(by(ALICE))


async def test_whoever_is_unlocked_can_try_again_at_once(desks: Desks) -> None:
    """Holds the keys that are forgotten together with those that are counted."""
    accounts = desks.accounts()
    await accounts.create(LOCAL, ALICE)
    attempts, limits = Attempts(desks.store, desks.clock), SignIn(attempts_per_account=1)
    places = ("192.0.2.7", "2001:db8::1", "nowhere")

    def tries(what: str, *, known: bool = False) -> bool:
        addresses = ("192.0.2.99",) if known else places
        within = [attempts.may(limits, "alice", each, known=known, what=what) for each in addresses]
        return all(within)

    for place in places:
        desks.store.note_sign_in("alice", NOW, place, "Element", "refused")
    for _ in range(6):
        for what in ("first", "second"):
            tries(what)
            tries(what, known=True)
        for known in (False, True):
            desks.store.attempt(counted_as("alice", known=known), NOW, WINDOW)
    assert not tries("first")
    assert not tries("second")
    assert not tries("first", known=True)
    for place in (*places, "192.0.2.99"):  # what counts against an address is nobody's account
        desks.store.forgive(f"address:{place}")
    for network in ("192.0.2.0/24", "2001:db8::/48", "none"):
        desks.store.forgive(f"network:{network}")
    await accounts.unlock(LOCAL, ALICE, "asked for it")
    assert tries("first")
    assert tries("second")
    assert tries("first", known=True)
    for known in (False, True):
        assert desks.store.attempt(counted_as("alice", known=known), NOW, WINDOW) == 1


async def test_whose_password_is_the_companys_needs_none_from_here(desks: Desks) -> None:
    accounts = desks.accounts(company=True)
    apart = UserId("@breaks-glass:example.org")
    for doing in (accounts.create(LOCAL, ALICE), accounts.reset_password(LOCAL, ALICE, "lost")):
        with pytest.raises(Rejected, match="company's directory") as found:
            await doing
        assert found.value.code is Code.CONFLICT
    assert desks.store.account("alice") is None
    assert (await accounts.create(LOCAL, apart)).secret
    assert (await accounts.reset_password(LOCAL, apart, "lost")).secret
