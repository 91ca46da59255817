"""What administrators may do to whose sessions, and what comes of it, on a real store."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.sign_in import (
    ALICE,
    BOARD,
    BY_HELPER,
    BY_OFFICER,
    GUEST,
    HELPER,
    NOW,
    OFFICER,
    STRANGER,
    TEXT,
    TWO,
    Desks,
    session,
    with_help_desk,
)
from vedette.admin.actor import LOCAL, Actor
from vedette.admin.rejected import Code, Rejected
from vedette.admin.sessions import Wanted
from vedette.core.names import UserId
from vedette.core.sessions import Session, SessionState
from vedette.ports.sign_in_lists import SessionsSought

ENDED, LIVE, SUSPENDED, WAITING = (
    SessionState.ENDED,
    SessionState.LIVE,
    SessionState.SUSPENDED,
    SessionState.WAITING,
)


NO_ANDROID = """
[rules.no-android]
from = ["us"]
forbid = ["sign-in"]
when = ["claimed device.platform = android"]
"""
ONLY_APPROVED = """
[rules.approved]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.approved = yes"]
"""


def by(author: UserId | Actor) -> Actor:
    return author if isinstance(author, Actor) else Actor(author)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path)
    yield made
    made.close()


def state(desks: Desks, one: Session) -> SessionState:
    found = desks.store.session(one.id)
    assert found is not None
    return found.state


# ---- who may end whom ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "whose", "allowed"),
    [
        (LOCAL, ALICE, True),
        (LOCAL, BOARD, True),
        (LOCAL, GUEST, True),
        (OFFICER, ALICE, True),
        (OFFICER, BOARD, True),
        (OFFICER, OFFICER, True),
        (OFFICER, GUEST, True),
        (ALICE, ALICE, False),
        (ALICE, BOARD, False),
        (BOARD, ALICE, False),
        (HELPER, ALICE, True),
        (HELPER, OFFICER, False),
        (HELPER, HELPER, False),
        (HELPER, GUEST, False),
        (GUEST, ALICE, False),
        (GUEST, GUEST, False),
        (STRANGER, ALICE, False),
        (STRANGER, STRANGER, False),
    ],
)
async def test_who_may_end_whose_session_by_the_default_document(
    desks: Desks, author: UserId | Actor, whose: UserId, allowed: bool
) -> None:
    one = session("one", whose)
    desks.add(one)
    if allowed:
        await desks.sessions.end(by(author), one.id, "lost")
        assert state(desks, one) is ENDED
        return
    with pytest.raises(Rejected) as found:
        await desks.sessions.end(by(author), one.id, "lost")
    assert found.value.code is Code.REFUSED
    assert found.value.record
    assert state(desks, one) is LIVE
    assert desks.told == 0


HELP = {
    "end a colleague": (HELPER, ALICE, "end", True),
    "end one who is not staff": (HELPER, BOARD, "end", False),
    "end an officer": (HELPER, OFFICER, "end", False),
    "suspend, which is not among its acts": (HELPER, ALICE, "suspend", False),
    "resume, which is not among its acts": (HELPER, ALICE, "resume", False),
}


@pytest.mark.parametrize("name", HELP)
async def test_the_help_desk_may_do_what_its_rule_names_over_whom_it_names(
    desks: Desks, name: str
) -> None:
    author, whose, act, allowed = HELP[name]
    desks.rule(with_help_desk())
    one = session("one", whose, SUSPENDED if act == "resume" else LIVE)
    desks.add(one)
    doing = getattr(desks.sessions, act)(by(author), one.id, "phone lost")
    if allowed:
        assert (await doing).session.state is ENDED
        return
    with pytest.raises(Rejected, match=r"no-rule|security office does this"):
        await doing


async def test_a_forbid_binds_the_holder_of_the_local_token_too(desks: Desks) -> None:
    one = session("one", BOARD)
    desks.add(one)
    rule = """
[rules.hands-off]
from = ["us"]
forbid = ["administer"]
when = ["act in sessions:session:end"]
say = "We suspend, we never end."
"""
    desks.rule(TEXT + rule)
    with pytest.raises(Rejected, match="we never end"):
        await desks.sessions.end(LOCAL, one.id, "lost")
    assert (await desks.sessions.suspend(LOCAL, one.id, "lost")).session.state is SUSPENDED


async def test_the_record_says_who_did_what_over_whom_and_why(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    done = await desks.sessions.end(BY_OFFICER, one.id, "  phone lost, ticket 4711 ")
    ask, facts, decision = desks.audit.kept[int(done.record.partition(":")[2]) - 1]
    assert (ask.act, ask.who) == ("sessions:session:end", OFFICER)
    assert [each.whom for each in ask.questions] == [ALICE]
    assert facts.claims["reason"] == "phone lost, ticket 4711"
    assert facts.claims["what"] == one.id
    assert decision.rule == "security-office"
    assert done.session.because == "administrator: phone lost, ticket 4711"


async def test_a_record_that_can_t_be_kept_lets_nothing_happen(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    desks.audit.full = True
    with pytest.raises(Rejected) as found:
        await desks.sessions.end(LOCAL, one.id, "lost")
    assert found.value.code is Code.UNAVAILABLE
    assert state(desks, one) is LIVE


# ---- ending and suspending -------------------------------------------------------------------------


async def test_ending_deletes_the_device_and_tells_the_doors(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    await desks.sessions.end(LOCAL, one.id, "lost")
    assert [(each.kind, each.device) for each in desks.store.outbox()] == [("delete-device", "ONE")]
    assert desks.told == 1


async def test_suspending_keeps_the_device(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    await desks.sessions.suspend(LOCAL, one.id, "lost")
    assert desks.store.outbox() == ()
    assert desks.told == 1


@pytest.mark.parametrize("act", ["end", "suspend"])
@pytest.mark.parametrize("reason", ["", "   "])
async def test_what_takes_away_needs_a_reason(desks: Desks, act: str, reason: str) -> None:
    one = session("one")
    desks.add(one)
    with pytest.raises(Rejected, match="needs a reason"):
        await getattr(desks.sessions, act)(LOCAL, one.id, reason)
    assert desks.audit.kept == []


@pytest.mark.parametrize("act", ["end", "suspend", "resume"])
async def test_an_ended_session_stays_ended(desks: Desks, act: str) -> None:
    one = session("one")
    desks.add(one)
    desks.store.move_session(one.id, ENDED, "signed out", NOW)
    with pytest.raises(Rejected, match="is over"):
        await getattr(desks.sessions, act)(LOCAL, one.id, "x")


async def test_a_session_that_nobody_has_is_not_found(desks: Desks) -> None:
    with pytest.raises(Rejected) as found:
        await desks.sessions.end(LOCAL, "n" * 26, "x")
    assert found.value.code is Code.NOT_FOUND


# ---- resuming --------------------------------------------------------------------------------------


async def test_a_suspended_session_goes_on(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    await desks.sessions.suspend(LOCAL, one.id, "lost")
    done = await desks.sessions.resume(LOCAL, one.id, "found again")
    assert (done.session.state, done.session.because) == (LIVE, "")
    assert desks.told == 2


async def test_nobody_resumes_what_rules_forbid(desks: Desks) -> None:
    one = session("one", platform="android")
    desks.add(one)
    await desks.sessions.suspend(LOCAL, one.id, "lost")
    desks.rule(TEXT + NO_ANDROID)
    with pytest.raises(Rejected, match="no-android"):
        await desks.sessions.resume(LOCAL, one.id, "")
    assert state(desks, one) is SUSPENDED


async def test_one_factor_alone_is_not_resumed(desks: Desks) -> None:
    one = session("one", state=SUSPENDED, factors=TWO[:1])
    desks.add(one)
    with pytest.raises(Rejected):
        await desks.sessions.resume(LOCAL, one.id, "")
    assert state(desks, one) is SUSPENDED


# ---- devices ---------------------------------------------------------------------------------------


async def test_an_approved_device_is_let_in(desks: Desks) -> None:
    desks.rule(TEXT + ONLY_APPROVED)
    one = session("one", state=WAITING)
    desks.add(one)
    done = await desks.sessions.approve(BY_OFFICER, ALICE, "ONE", "seen at the desk")
    assert (done.session.state, done.session.facts.approved) == (LIVE, True)


async def test_an_approved_device_still_needs_what_the_rules_want(desks: Desks) -> None:
    desks.rule(TEXT + ONLY_APPROVED)
    one = session("one", state=WAITING, factors=TWO[:1])
    desks.add(one)
    done = await desks.sessions.approve(BY_OFFICER, ALICE, "ONE")
    assert (done.session.state, done.session.facts.approved) == (WAITING, True)


async def test_a_session_that_the_rule_suspended_goes_on_once_approved(desks: Desks) -> None:
    desks.rule(TEXT + ONLY_APPROVED)
    one = session("one", state=SUSPENDED, because="approved")
    desks.add(one)
    assert (await desks.sessions.approve(BY_OFFICER, ALICE, "ONE")).session.state is LIVE


async def test_approving_does_not_lift_what_an_administrator_suspended(desks: Desks) -> None:
    one = session("one")
    desks.add(one)
    await desks.sessions.suspend(LOCAL, one.id, "lost")
    assert (await desks.sessions.approve(BY_OFFICER, ALICE, "ONE")).session.state is SUSPENDED


async def test_a_rejected_device_is_gone(desks: Desks) -> None:
    one = session("one", state=WAITING)
    desks.add(one)
    done = await desks.sessions.reject(BY_OFFICER, ALICE, "ONE", "nobody knows it")
    assert done.session.state is ENDED
    two = session("two")
    desks.add(two)
    with pytest.raises(Rejected, match="does not wait"):
        await desks.sessions.reject(BY_OFFICER, ALICE, "TWO", "x")


async def test_of_a_device_that_signed_in_again_the_new_session_is_meant(desks: Desks) -> None:
    old, new = session("old", device="PHONE"), session("new", device="PHONE", created=NOW)
    desks.add(old, new)
    done = await desks.sessions.end_device(LOCAL, ALICE, "PHONE", "lost")
    assert done.session.id == new.id
    with pytest.raises(Rejected, match="no device"):
        await desks.sessions.end_device(LOCAL, ALICE, "OTHER", "lost")


# ---- looking ---------------------------------------------------------------------------------------


async def everybodys(desks: Desks, who: Actor, **sought: Any) -> list[str]:
    """Whose devices are listed, a few at a time, newest first."""
    found: list[str] = []
    before: int | None = None
    while True:
        page = await desks.sessions.page(who, SessionsSought(**sought), before=before, most=3)
        found += [each.device for each in page.sessions]
        before = page.next
        if before is None:
            return found


async def test_lists_hold_what_the_reader_may_see(desks: Desks) -> None:
    desks.rule(with_help_desk())
    desks.add(session("a"), session("b", BOARD), session("c", OFFICER), session("d", created=NOW))
    assert await everybodys(desks, LOCAL) == ["D", "C", "B", "A"]
    assert await everybodys(desks, BY_HELPER) == ["D", "A"]
    for nobodys in (everybodys(desks, by(ALICE)), desks.sessions.of(BY_HELPER, Wanted(user=BOARD))):
        with pytest.raises(Rejected):
            await nobodys
    with pytest.raises(Rejected):
        await desks.sessions.show(BY_HELPER, session("b").id)


async def test_a_list_asks_once_for_people_whom_rules_can_t_tell_apart(desks: Desks) -> None:
    desks.add(*(session(f"s{number}") for number in range(50)), session("g", GUEST))
    await desks.sessions.page(LOCAL, SessionsSought(), most=100)
    assert len(desks.audit.kept) == 2


async def test_devices_that_wait_are_counted_of_those_whom_the_reader_may_see(
    desks: Desks,
) -> None:
    desks.rule(with_help_desk())
    waits = [session(f"w{number}", state=WAITING) for number in range(2)]
    desks.add(*waits, session("a"), session("b", BOARD, WAITING), session("c", GUEST, SUSPENDED))
    assert await desks.sessions.waiting(LOCAL) == 3
    assert await desks.sessions.waiting(BY_HELPER) == 2
    with pytest.raises(Rejected):
        await desks.sessions.waiting(by(ALICE))


async def test_a_list_is_narrowed_by_state_and_person(desks: Desks) -> None:
    desks.add(session("a"), session("b", state=WAITING), session("c", BOARD))
    desks.store.move_session(session("a").id, ENDED, "signed out", NOW)
    listed = desks.sessions.of
    assert await everybodys(desks, LOCAL, state=WAITING) == ["B"]
    assert [s.device for s in await listed(LOCAL, Wanted(user=ALICE))] == ["B"]
    assert {s.device for s in await listed(LOCAL, Wanted(user=ALICE, ended=True))} == {"A", "B"}
    assert await everybodys(desks, LOCAL, state=ENDED, ended=True) == ["A"]


async def test_a_session_is_shown_with_what_rules_read_of_it(desks: Desks) -> None:
    one = session("one", client_name="element-web", client_version="1.12.3", platform="windows")
    desks.add(one)
    desks.store.touch(one.id, NOW, "192.0.2.9")
    found = await desks.sessions.show(LOCAL, one.id)
    assert found.facts.known["sign_in.factors"] == 2
    assert found.facts.claims["client.name"] == "element-web"
    assert found.seen is not None
    assert found.seen.address == "192.0.2.9"


async def test_a_session_can_t_be_moved_behind_the_back_of_another(desks: Desks) -> None:
    """Somebody signs out in the moment between the look and the act."""
    one = session("one")
    desks.add(one)
    store = desks.store

    class Quick:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def move_session(self, id_: str, to: SessionState, because: str, now: int) -> int | None:
            store.move_session(id_, ENDED, "signed out", now)
            return store.move_session(id_, to, because, now)

    desk = replace(desks.sessions, store=Quick())  # type: ignore[arg-type]
    with pytest.raises(Rejected, match="somebody else"):
        await desk.suspend(LOCAL, one.id, "lost")
