"""The road: nothing happens without a Permit, and no Permit without a record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.apps.scene import ALICE, BOB, CAROL, DOCUMENT, Scene, policy_of
from vedette.adapters.memory.policy import MemoryPolicy
from vedette.core.asks import Act, Ask
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import FILE_FACTS, Facts, Missing
from vedette.core.names import UserId
from vedette.core.reasons import Reason
from vedette.core.towards import reach, routine
from vedette.ports.errors import Unavailable
from vedette.ports.policy import Policy
from vedette.spine import MOST_GATHERED, Gather, Permit, Refusal, Standing, refuse

ACT = Act.ROOM_EVENT_SEND


@pytest.fixture
def scene() -> Scene:
    return Scene()


def message(to: UserId, channel: Channel = Channel.MESSAGE) -> object:
    def prepare(policy: Policy) -> tuple[Ask, Facts]:
        one, other = policy.directory.someone(ALICE), policy.directory.someone(to)
        return reach(ACT, one, other, channel), Facts()

    return prepare


async def gathered(policy: Policy) -> tuple[Ask, Facts]:
    return message(CAROL)(policy)  # type: ignore[operator, no-any-return]


def test_nobody_else_makes_a_permit(scene: Scene) -> None:
    permit = scene.spine.settle(ACT, ALICE, message(BOB))  # type: ignore[arg-type]
    assert isinstance(permit, Permit)
    with pytest.raises(TypeError):
        Permit(permit.decision, permit.record, permit.policy, object())


def test_a_permit_and_a_refusal_carry_their_record(scene: Scene) -> None:
    permit = scene.spine.settle(ACT, ALICE, message(CAROL))  # type: ignore[arg-type]
    refusal = scene.spine.settle(ACT, ALICE, message(CAROL, Channel.FILE))  # type: ignore[arg-type]
    assert isinstance(permit, Permit)
    assert isinstance(refusal, Refusal)
    assert (permit.record, refusal.record) == ("memory:1", "memory:2")
    assert not refusal.in_doubt


def test_without_room_for_a_record_nothing_is_permitted(scene: Scene) -> None:
    scene.audit.full = True
    refusal = scene.spine.settle(ACT, ALICE, message(BOB))  # type: ignore[arg-type]
    assert isinstance(refusal, Refusal)
    assert (refusal.decision.reason, refusal.record) == (Reason.UNAVAILABLE, None)
    assert refusal.in_doubt


async def test_a_lasting_yes_needs_a_durable_record(scene: Scene) -> None:
    assert isinstance(await scene.spine.settle_durably(ACT, ALICE, gathered), Permit)
    scene.audit.full = True
    assert isinstance(await scene.spine.settle_durably(ACT, ALICE, gathered), Refusal)


async def test_an_outage_while_gathering_is_doubt_and_a_bug_is_reported(scene: Scene) -> None:
    async def outage(_: Policy) -> tuple[Ask, Facts]:
        raise Unavailable("the directory does not answer")

    async def bug(_: Policy) -> tuple[Ask, Facts]:
        raise ZeroDivisionError

    for settle in (scene.spine.settle_after, scene.spine.settle_durably):
        for gather, reason in ((outage, Reason.UNAVAILABLE), (bug, Reason.INTERNAL_ERROR)):
            refusal = await settle(ACT, ALICE, gather)
            assert isinstance(refusal, Refusal)
            assert refusal.in_doubt
            assert refusal.decision.reason is reason
    assert len(scene.incidents.reported) == 2


def kind_of_a_file(value: object) -> object:
    def prepare(policy: Policy) -> tuple[Ask, Facts]:
        one, other = policy.directory.someone(ALICE), policy.directory.someone(BOB)
        known = {"file.kind": value, "file.size": Missing.UNKNOWN}
        return reach(ACT, one, other, Channel.FILE), Facts(known)  # type: ignore[arg-type]

    return prepare


INSPECTED = DOCUMENT.replace("claimed file.kind", "file.kind")


async def test_what_waits_for_a_later_door_alone_is_passed_on_and_recorded_as_not_yet() -> None:
    scene = Scene(policy=MemoryPolicy(policy_of(INSPECTED)))
    waiting = kind_of_a_file(Missing.PENDING)

    async def gather(policy: Policy) -> tuple[Ask, Facts]:
        return waiting(policy)  # type: ignore[operator, no-any-return]

    for settled in (
        scene.spine.settle(ACT, ALICE, waiting, FILE_FACTS),  # type: ignore[arg-type]
        await scene.spine.settle_after(ACT, ALICE, gather, FILE_FACTS),
        await scene.spine.settle_durably(ACT, ALICE, gather, FILE_FACTS),
    ):
        assert isinstance(settled, Permit)
        assert settled.decision.verdict is Verdict.NOT_YET
    for settled in (
        scene.spine.settle(ACT, ALICE, waiting),  # type: ignore[arg-type]
        scene.spine.settle(ACT, ALICE, waiting, frozenset({"device.approved"})),  # type: ignore[arg-type]
        await scene.spine.settle_after(ACT, ALICE, gather),
        await scene.spine.settle_durably(ACT, ALICE, gather),
    ):
        assert isinstance(settled, Refusal)
        assert not settled.in_doubt
    assert [kept[2].verdict for kept in scene.audit.kept] == [Verdict.NOT_YET] * 7


def test_asking_whether_something_is_worth_a_wait_settles_nothing(scene: Scene) -> None:
    policy = policy_of(INSPECTED)
    for value, awaited in (
        (Missing.PENDING, {"file.kind"}),
        ("document", set()),
        ("program", set()),
    ):
        ask, facts = kind_of_a_file(value)(policy)  # type: ignore[operator]
        assert scene.spine.awaits(policy, ask, facts) == awaited
    assert scene.audit.kept == []


@pytest.mark.parametrize("value", ["program", Missing.UNKNOWN])
def test_what_no_later_door_can_change_is_not_passed_on(value: object) -> None:
    scene = Scene(policy=MemoryPolicy(policy_of(INSPECTED)))
    settled = scene.spine.settle(ACT, ALICE, kind_of_a_file(value), FILE_FACTS)  # type: ignore[arg-type]
    assert isinstance(settled, Refusal)
    assert settled.decision.verdict is Verdict.NO


def test_what_was_dated_still_has_its_parts(scene: Scene) -> None:
    def prepare(policy: Policy) -> tuple[Ask, Facts]:
        one, other = policy.directory.someone(ALICE), policy.directory.someone(BOB)
        facts = Facts({"file.kind": "document"}, {}, ({"file.kind": "program"},))
        return reach(ACT, one, other, Channel.FILE), facts

    assert isinstance(scene.spine.settle(ACT, ALICE, prepare), Refusal)
    assert scene.audit.kept[-1][1].parts == ({"file.kind": "program"},)


def forbidding(party: str) -> Policy:
    """The same people, Bob being a temp by whatever name, and temps forbidden."""
    return policy_of(
        DOCUMENT
        + f"""
[parties.{party}]
users = ["{BOB}"]

[guardrails.{party}]
between = ["{party}", "us"]
forbid = ["message"]
"""
    )


def gathered_while(scene: Scene, changes: int) -> tuple[Gather, list[Policy]]:
    """Gathers a message to Bob, and the policy is another one after each of the first gatherings."""
    seen: list[Policy] = []

    async def gather(policy: Policy) -> tuple[Ask, Facts] | Decision:
        asked = message(BOB)(policy)  # type: ignore[operator]
        seen.append(policy)
        if len(seen) <= changes:
            scene.policy.policy = forbidding("externals")
        return asked  # type: ignore[no-any-return]

    return gather, seen


@pytest.mark.parametrize("way", ["settle_after", "settle_durably"])
async def test_an_ask_that_both_revisions_forbid_is_not_permitted_between_them(way: str) -> None:
    scene = Scene(policy=MemoryPolicy(forbidding("temps")))
    gather, seen = gathered_while(scene, changes=1)
    settled = await getattr(scene.spine, way)(ACT, ALICE, gather)
    assert isinstance(settled, Refusal)
    assert settled.decision.rule == "guardrails.externals"
    assert not settled.in_doubt
    assert len(seen) == 2
    assert len(scene.audit.kept) == 1


@pytest.mark.parametrize("way", ["settle_after", "settle_durably"])
async def test_a_policy_that_changes_at_every_gathering_leaves_the_ask_in_doubt(
    scene: Scene, way: str
) -> None:
    gather, seen = gathered_while(scene, changes=MOST_GATHERED)
    settled = await getattr(scene.spine, way)(ACT, ALICE, gather)
    assert isinstance(settled, Refusal)
    assert settled.in_doubt
    assert (len(seen), scene.audit.kept) == (MOST_GATHERED, [])


async def test_a_permit_names_the_policy_that_its_facts_were_gathered_by(scene: Scene) -> None:
    other = policy_of()

    async def gather(policy: Policy) -> tuple[Ask, Facts]:
        scene.policy.policy = other
        return message(BOB)(policy)  # type: ignore[operator, no-any-return]

    settled = await scene.spine.settle_after(ACT, ALICE, gather)
    assert isinstance(settled, Permit)
    assert settled.policy is other


def test_a_standing_ask_about_people_of_an_older_policy_is_in_doubt(scene: Scene) -> None:
    before = forbidding("temps")
    ask, facts = message(BOB)(before)  # type: ignore[operator]
    scene.policy.policy = forbidding("externals")
    settled = scene.spine.settle_standing(Standing(ask, facts, directory=before.directory))
    assert isinstance(settled, Refusal)
    assert settled.in_doubt


def test_a_stale_policy_closes_the_door(scene: Scene) -> None:
    scene.policy.policy = None
    refusal = scene.spine.settle(ACT, ALICE, message(BOB))  # type: ignore[arg-type]
    assert isinstance(refusal, Refusal)
    assert refusal.decision.reason is Reason.STALE


def test_what_is_fixed_in_code_is_recorded_like_everything_else(scene: Scene) -> None:
    def prepare(policy: Policy) -> Decision:
        return refuse(policy, Reason.NOT_SUPPORTED)

    assert isinstance(scene.spine.settle(ACT, ALICE, prepare), Refusal)
    assert scene.audit.kept[-1][2].reason is Reason.NOT_SUPPORTED


def test_a_standing_ask_is_decided_anew_under_another_policy_or_on_another_day(
    scene: Scene,
) -> None:
    standing = Standing(routine(Act.REQUEST_ENDPOINT_USE, "a client"), Facts())
    for _ in range(3):
        assert isinstance(scene.spine.settle_standing(standing), Permit)
    first = standing.answered
    assert first is not None
    assert len(scene.audit.kept) == 3
    scene.clock.seconds += 86400
    scene.spine.settle_standing(standing)
    second = standing.answered
    assert second is not None
    assert second.today == first.today + 1
    other = policy_of()
    scene.policy.policy = replace(other, rules=replace(other.rules, revision=7))
    settled = scene.spine.settle_standing(standing)
    assert isinstance(settled, Permit)
    assert settled.decision.revision == 7


def test_every_ask_knows_the_day(scene: Scene) -> None:
    scene.spine.settle(ACT, ALICE, message(BOB))  # type: ignore[arg-type]
    assert scene.audit.kept[-1][1].known["today"] == scene.clock.today()
