"""The sign-in door: the rules are asked at each step and of each running session."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

import pytest

from tests.apps.signin.house import ANNA, policy_of
from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.adapters.memory.sign_in import MemorySignInStore
from vedette.core.decision import Verdict
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.reasons import Reason
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.signin.candidates import new_session_name
from vedette.signin.door import SignInDoor, driven
from vedette.spine import Permit, Refusal, Spine

TWO = """
[rules.two-factors]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
"""
AT_MOST_TWO = (
    TWO
    + """
[rules.at-most-two]
from = ["us"]
forbid = ["sign-in"]
when = ["device.count > 2"]
say = "Two devices are enough."
"""
)

APPROVED_ONLY = (
    TWO
    + """
[rules.approved-only]
from = ["us"]
forbid = ["sign-in"]
unless = ["device.approved = yes"]
"""
)


class At:
    """A door with everything in memory."""

    def __init__(self, rules: str = TWO, values: str = "") -> None:
        self.policy = MemoryPolicy(policy_of(rules, values))
        self.audit, self.incidents, self.clock = MemoryAudit(), MemoryIncidents(), MemoryClock()
        self.store = MemorySignInStore()
        spine = Spine(self.policy, self.audit, self.incidents, self.clock)
        self.door = SignInDoor(spine, self.store, self.clock)

    def candidate(self, *kinds: str, **facts) -> Session:
        now = int(self.clock.now())
        uses = tuple(FactorUse(kind=kind, at=now) for kind in kinds)
        return Session(
            id=new_session_name(), user=ANNA, device=secrets.token_hex(4),
            state=SessionState.LIVE, kind="oauth", client="", created=now, expires=now + 1000,
            device_name="", number=0,
            facts=SessionFacts(factors=uses, network="192.0.2.1", **facts),
        )  # fmt: skip

    def signed_in(self, count: int) -> list[Session]:
        made = []
        for _ in range(count):
            self.clock.seconds += 1
            session = self.candidate("password", "totp")
            self.store.add_session(session, None, int(self.clock.now()))
            made.append(session)
        return made


def refused(settled) -> Refusal:
    assert isinstance(settled, Refusal), settled
    return settled


def test_one_factor_is_not_yet_while_another_can_be_shown():
    at = At()
    one = at.candidate("password")
    waiting = refused(at.door.judge(one, more_factors=True, waits=False)).decision
    assert waiting.verdict is Verdict.NOT_YET
    assert "sign_in.factors" in waiting.pending
    final = refused(at.door.judge(one, more_factors=False, waits=False)).decision
    assert final.verdict is Verdict.NO


def test_enough_is_enough_even_if_more_could_be_shown():
    at = At()
    two = at.candidate("password", "totp")
    assert isinstance(at.door.judge(two, more_factors=True, waits=True), Permit)
    assert isinstance(at.door.start(two), Permit)


def test_every_ask_is_on_record_with_its_facts():
    at = At()
    at.door.start(at.candidate("password", "totp"))
    ask, facts, _ = at.audit.kept[-1]
    assert ask.act == "sign-in:session:start"
    assert facts.known["sign_in.factors"] == 2


def test_without_policy_or_record_nobody_gets_in():
    at = At()
    two = at.candidate("password", "totp")
    at.audit.full = True
    assert refused(at.door.start(two)).in_doubt
    at.audit.full, at.policy.policy = False, None
    assert refused(at.door.start(two)).decision.reason is Reason.STALE


def test_the_suites_own_accounts_have_no_way_in():
    at = At()
    two = replace(at.candidate("password", "totp"), user=UserId("@vedette-notices:example.org"))
    assert refused(at.door.start(two)).decision.reason is Reason.NOT_SUPPORTED


def test_a_deactivated_person_has_no_way_in_and_does_not_stay():
    at = At()
    policy = at.policy.current()
    people = {str(ANNA): Person(active=False)}
    directory = Directory(policy.directory.document, people, policy.directory.today)
    at.policy.policy = replace(policy, directory=directory)
    two = at.candidate("password", "totp")
    assert refused(at.door.start(two)).decision.verdict is Verdict.NO
    assert refused(at.door.keep(replace(two, number=1))).decision.verdict is Verdict.NO


def test_one_device_too_many_is_refused_with_the_rules_sentence():
    at = At(AT_MOST_TWO)
    at.signed_in(2)
    decision = refused(at.door.start(at.candidate("password", "totp"))).decision
    assert (decision.rule, decision.say) == ("at-most-two", "Two devices are enough.")


def test_the_same_device_again_takes_no_further_place():
    at = At(AT_MOST_TWO)
    first, _ = at.signed_in(2)
    again = replace(at.candidate("password", "totp"), device=first.device)
    assert isinstance(at.door.start(again), Permit)


def test_where_the_oldest_makes_room_it_ends_only_for_a_yes():
    at = At(AT_MOST_TWO, 'at_device_limit = "end-oldest"')
    oldest, second = at.signed_in(2)
    refused(at.door.start(at.candidate("password")))
    assert at.store.session(oldest.id).state is SessionState.LIVE
    assert isinstance(at.door.start(at.candidate("password", "totp")), Permit)
    assert at.store.session(oldest.id).state is SessionState.ENDED
    assert at.store.session(second.id).state is SessionState.LIVE


def test_asking_alone_ends_nothing():
    at = At(AT_MOST_TWO, 'at_device_limit = "end-oldest"')
    oldest, _ = at.signed_in(2)
    at.door.judge(at.candidate("password", "totp"), more_factors=False, waits=True)
    assert at.store.session(oldest.id).state is SessionState.LIVE


def test_where_the_oldest_makes_room_the_page_turns_nobody_away_for_the_number():
    at = At(AT_MOST_TWO, 'at_device_limit = "end-oldest"')
    at.signed_in(3)
    one, two = at.candidate("password"), at.candidate("password", "totp")
    first = refused(at.door.judge(one, more_factors=True, waits=True)).decision
    assert (first.verdict, "sign_in.factors" in first.pending) == (Verdict.NOT_YET, True)
    assert isinstance(at.door.judge(two, more_factors=True, waits=True), Permit)
    at.policy.policy = policy_of(AT_MOST_TWO, 'at_device_limit = "refuse"')
    no = refused(at.door.judge(two, more_factors=True, waits=True)).decision
    assert (no.verdict, no.rule) == (Verdict.NO, "at-most-two")


def test_running_sessions_are_counted_by_age_so_the_oldest_stay():
    at = At(AT_MOST_TWO)
    at.signed_in(3)
    kept = [at.door.keep(each) for each in at.store.sessions(ANNA)]
    assert [isinstance(each, Permit) for each in kept] == [True, True, False]


def test_approval_is_waited_for_where_the_settings_want_it():
    at = At(values='registration = "approved"')
    two = at.candidate("password", "totp")
    decision = refused(at.door.judge(two, more_factors=False, waits=True)).decision
    assert (decision.verdict, decision.pending) == (Verdict.NOT_YET, ("device.approved",))
    assert refused(at.door.start(two)).decision.verdict is Verdict.NOT_YET
    approved = at.candidate("password", "totp", approved=True)
    assert isinstance(at.door.start(approved), Permit)


def test_whoever_has_shown_enough_waits_for_approval_and_is_asked_for_no_third_factor():
    at = At(APPROVED_ONLY)
    one, two = at.candidate("password"), at.candidate("password", "totp")
    first = refused(at.door.judge(one, more_factors=True, waits=True)).decision
    assert (first.verdict, "sign_in.factors" in first.pending) == (Verdict.NOT_YET, True)
    second = refused(at.door.judge(two, more_factors=True, waits=True)).decision
    assert (second.verdict, second.pending) == (Verdict.NOT_YET, ("device.approved",))


def test_a_first_device_needs_no_other_to_confirm_it():
    at = At(values='registration = "confirmed"')
    assert isinstance(at.door.start(at.candidate("password", "totp")), Permit)
    at.signed_in(1)
    decision = refused(at.door.start(at.candidate("password", "totp"))).decision
    assert decision.pending == ("device.confirmed",)
    confirmed = at.candidate("password", "totp", confirmed=True)
    assert isinstance(at.door.start(confirmed), Permit)


def test_a_waiting_session_begins_once_it_was_approved():
    at = At(values='registration = "approved"')
    waiting = replace(at.candidate("password", "totp"), state=SessionState.WAITING, number=1)
    assert refused(at.door.keep(waiting)).decision.verdict is Verdict.NOT_YET
    approved = replace(waiting, facts=replace(waiting.facts, approved=True))
    assert isinstance(at.door.keep(approved), Permit)


def test_a_running_session_is_not_asked_for_approval_by_a_value():
    at = At(values='registration = "approved"')
    running = replace(at.candidate("password", "totp"), number=1)
    assert isinstance(at.door.keep(running), Permit)


def test_own_pages_are_no_device():
    at = At(AT_MOST_TWO)
    at.signed_in(2)
    visiting = at.candidate("password", "totp")
    assert isinstance(at.door.visit(visiting, more_factors=False), Permit)


def test_a_proof_is_added_only_by_whoever_may_sign_in():
    at = At()
    assert isinstance(at.door.enrol(at.candidate("password", "totp")), Permit)
    refused(at.door.enrol(at.candidate("password")))
    assert at.audit.kept[-1][0].act == "sign-in:factor:enrol"


def test_an_audit_log_that_would_need_a_loop_is_a_mistake():
    async def late():
        await asyncio.sleep(0)

    with pytest.raises(TypeError):
        driven(late())
