"""Rows without rules are settled by an answer that stands; it falls with what it followed from."""

from __future__ import annotations

from dataclasses import replace

from tests.apps.gateway.servers import Servers
from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, head
from tests.apps.scene import DOCUMENT, Scene, policy_of
from vedette.core.names import ServerName
from vedette.core.reasons import Reason
from vedette.gateway.app import PublicDoors
from vedette.gateway.plan import Answer, Forward, Tagged

SYNC = "/_matrix/client/v3/sync"
FILTER = "/_matrix/client/v3/user/@alice:example.org/filter"
DAY = 86_400


def doors(scene: Scene) -> PublicDoors:
    return PublicDoors(
        scene.spine,
        scene.files,
        scene.sessions,
        UPSTREAM,
        ServerName("example.org"),
        lambda _: {},
        SIGNIN,
        Servers(scene).door(),
    )


def carried(action: object) -> Forward:
    """How the request of a live session is carried on."""
    assert isinstance(action, Tagged)
    assert isinstance(action.action, Forward)
    return action.action


def revisions(scene: Scene) -> list[int]:
    return [decision.revision for _, _, decision in scene.audit.kept]


def test_every_request_is_recorded_though_the_answer_stands() -> None:
    scene = Scene()
    plan = doors(scene).plan
    for _ in range(3):
        carried(plan(head("GET", SYNC, token="alices")))
    assert [decision.reason for _, _, decision in scene.audit.kept] == [Reason.ROUTINE] * 3


def test_another_policy_is_asked_anew() -> None:
    scene = Scene()
    plan = doors(scene).plan
    plan(head("GET", SYNC, token="alices"))
    policy = policy_of()
    scene.policy.policy = replace(policy, rules=replace(policy.rules, revision=2))
    plan(head("GET", SYNC, token="alices"))
    assert revisions(scene) == [1, 2]


def test_another_day_is_another_fact() -> None:
    scene = Scene()
    plan = doors(scene).plan
    plan(head("GET", SYNC, token="alices"))
    scene.clock.seconds += DAY
    plan(head("GET", SYNC, token="alices"))
    first, second = (facts.known["today"] for _, facts, _ in scene.audit.kept)
    assert second == first + 1  # type: ignore[operator]


def test_a_policy_that_went_stale_refuses_what_it_allowed_before() -> None:
    scene = Scene()
    plan = doors(scene).plan
    carried(plan(head("GET", SYNC, token="alices")))
    scene.policy.policy = None
    refused = plan(head("GET", SYNC, token="alices"))
    assert isinstance(refused, Answer)
    assert refused.status == 503


def test_how_a_request_is_carried_is_made_anew_under_another_policy() -> None:
    scene = Scene()
    plan = doors(scene).plan
    first = carried(plan(head("GET", SYNC, token="alices")))
    assert carried(plan(head("GET", SYNC, token="bobs"))) is first
    scene.policy.policy = policy_of(DOCUMENT + '\n[media]\nmax_upload = "1 MB"\n')
    assert carried(plan(head("GET", SYNC, token="alices"))) is not first


def test_each_method_of_a_row_keeps_its_own_body_limit() -> None:
    scene = Scene()
    plan = doors(scene).plan
    posted = carried(plan(head("POST", FILTER, token="alices")))
    fetched = carried(plan(head("GET", FILTER + "/1", token="alices")))
    assert posted.body_limit
    assert fetched.body_limit == 0


def test_what_the_gateway_says_by_itself_is_recorded_too() -> None:
    """Every answer that opens something, or says where things are, takes the one road."""
    scene = Scene()
    gateway = doors(scene)
    for method, path, status, recorded in (
        ("OPTIONS", SYNC, 204, "preflight"),
        ("GET", "/.well-known/matrix/client", 200, "well-known.client"),
        ("GET", "/.well-known/matrix/server", 200, "well-known.server"),
        ("GET", SYNC, 401, None),
    ):
        action = gateway.plan(head(method, path))
        assert isinstance(action, Answer)
        assert action.status == status
        ask, _, decision = scene.audit.kept[-1]
        assert (ask.where, decision.verdict.value) == (recorded, "yes" if recorded else "no")
    assert len(scene.audit.kept) == 4


def test_nothing_is_said_that_can_not_be_recorded() -> None:
    scene = Scene()
    gateway = doors(scene)
    scene.audit.full = True
    for method, path in (
        ("OPTIONS", SYNC), ("GET", "/.well-known/matrix/client"), ("GET", SYNC),
    ):  # fmt: skip
        action = gateway.plan(head(method, path))
        assert isinstance(action, Answer)
        assert action.status == 503
