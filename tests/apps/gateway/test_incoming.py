"""The federation door, in: what is believed of another server's request, and in which order."""

from __future__ import annotations

import inspect
import json
from types import SimpleNamespace
from typing import Any

import pytest

from tests.apps.gateway.servers import Servers, followed, wire
from tests.apps.gateway.test_doors import UPSTREAM, head, refused
from tests.apps.scene import DOCUMENT, Scene, policy_of
from tests.signing import SigningServer
from vedette.core.reasons import Reason
from vedette.gateway import incoming
from vedette.gateway.incoming import IncomingDoor
from vedette.gateway.pace import FALSE_SIGNATURES
from vedette.gateway.plan import Answer, Collect, Forward, Head, Peer, TlsFacts
from vedette.protocol.matrix.paths import Matched, match

SEND = "/_matrix/federation/v1/send/1"
EMPTY: dict[str, Any] = {"pdus": [], "edus": []}


class House:
    """The door, and what is carried on through it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.servers = Servers(scene)
        self.door: IncomingDoor = self.servers.door()
        self.begun: list[Collect] = []

    def plan(self, request: Head) -> object:
        matched = match(request.method.decode(), request.target.segments)
        assert isinstance(matched, Matched)

        def carry(*_: object) -> Forward:
            return Forward(UPSTREAM, None)

        action = self.door.plan(request, matched, carry)
        if isinstance(action, Collect):
            self.begun.append(action)
        return action

    def over(self) -> None:
        """Every exchange that was begun is over."""
        for collect in self.begun:
            assert collect.over is not None
            collect.over()
        self.begun.clear()

    async def sent(
        self,
        header: bytes,
        *,
        method: str = "PUT",
        path: str = SEND,
        body: bytes = wire(EMPTY),
        **head_words: Any,
    ) -> Answer | Forward:
        request = head(method, path, authorization=header)._replace(**head_words)
        answer = await followed(self.plan(request), body)
        self.over()
        return answer

    async def transaction(self, content: Any = EMPTY, who: str = "acme.example") -> object:
        return await self.sent(self.servers.header(who, "PUT", SEND, content), body=wire(content))

    def reasons(self) -> list[Reason]:
        return [decision.reason for _, _, decision in self.scene.audit.kept]

    def document(self, more: str = "", acme: str = "") -> None:
        entry = 'acme = { domains = ["acme.example"]'
        self.scene.policy.policy = policy_of(DOCUMENT.replace(entry, entry + acme) + more)


@pytest.fixture
def house() -> House:
    return House(Scene())


async def test_what_a_partner_signed_is_carried_on_and_recorded_in_its_name(house: House) -> None:
    assert isinstance(await house.transaction(), Forward)
    assert house.scene.audit.kept[-1][0].who == "acme.example"


async def test_what_another_signed_is_not_the_partner_s(house: House) -> None:
    house.servers.of("acme.example")
    evil = SigningServer("acme.example")
    answer = await house.sent(evil.header("PUT", SEND, "example.org", EMPTY))
    assert refused(answer, 401)["errcode"] == "M_UNAUTHORIZED"
    ask, _, decision = house.scene.audit.kept[-1]
    assert (ask.who, decision.reason, decision.towards) == (
        "a server nobody named", Reason.BAD_SIGNATURE, "acme.example",
    )  # fmt: skip


async def test_a_server_that_nobody_named_is_answered_before_any_key_or_body(house: House) -> None:
    header = house.servers.header("nowhere.example", "PUT", SEND, EMPTY)
    answer = house.plan(head("PUT", SEND, authorization=header))
    refused(answer, 403)
    assert house.servers.keys.asked == []
    assert house.begun == []


async def test_a_file_is_not_found_for_a_server_that_nobody_named(house: House) -> None:
    path = "/_matrix/federation/v1/media/download/report"
    header = house.servers.header("nowhere.example", "GET", path)
    refused(await house.sent(header, method="GET", path=path), 404)


async def test_whom_a_rule_lets_in_from_outside_must_sign_like_a_partner(house: House) -> None:
    house.document('[rules.open]\nbetween = ["staff", "outside"]\nallow = ["contact"]\n')
    path = "/_matrix/federation/v1/query/profile?user_id=@bob:example.org"
    header = house.servers.header("nowhere.example", "GET", path)
    assert isinstance(await house.sent(header, method="GET", path=path), Forward)
    assert house.servers.keys.asked == ["nowhere.example"]
    refused(await house.sent(header, method="GET", path=path + "&x=1"), 401)


async def test_leaving_needs_no_rule_but_a_signature(house: House) -> None:
    path = "/_matrix/federation/v1/make_leave/!r/@otto:nowhere.example"
    header = house.servers.header("nowhere.example", "GET", path)
    assert isinstance(await house.sent(header, method="GET", path=path), Forward)
    forged = SigningServer("nowhere.example").header("GET", path, "example.org")
    refused(await house.sent(forged, method="GET", path=path), 401)
    assert house.scene.audit.kept[-1][2].towards is None, "made-up names fill no log"


async def test_a_key_that_can_not_be_fetched_is_no_forgery(house: House) -> None:
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    house.servers.keys.answers.clear()
    answer = await house.sent(header)
    refused(answer, 503)
    assert isinstance(answer, Answer)
    assert (b"retry-after", b"5") in answer.headers


async def test_pinned_keys_alone_count_and_nobody_is_asked(house: House) -> None:
    acme = house.servers.of("acme.example")
    house.document(acme=f', keys = ["{acme.pin}"]')
    assert isinstance(await house.transaction(), Forward)
    house.document(acme=f', keys = ["{SigningServer("acme.example", "b_2").pin}"]')
    refused(await house.transaction(), 401)
    house.document(acme=f', keys = ["{SigningServer("acme.example").pin}"]')
    refused(await house.transaction(), 401)
    assert house.servers.keys.asked == []


async def test_an_ended_pin_signs_nothing_and_opens_no_way_to_published_keys(house: House) -> None:
    acme = house.servers.of("acme.example")
    house.document(acme=f', keys = ["{acme.pin} until 2020-01-01"]')
    refused(await house.transaction(), 401)
    house.document(acme=f', keys = ["{acme.pin} until 2199-01-01"]')
    assert isinstance(await house.transaction(), Forward)


async def test_an_old_key_signs_no_request(house: House) -> None:
    before = house.servers.of("acme.example")
    now = SigningServer("acme.example", "b_2")
    old = {before.key_id: {"key": before.public, "expired_ts": 1}}
    until = house.scene.clock.now() + 86_400
    house.servers.keys.answers["acme.example"] = now.published(until=until, old=old)
    refused(await house.transaction(), 401)
    house.servers.known["acme.example"] = now
    assert isinstance(await house.transaction(), Forward)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": wire({"pdus": [], "edus": [1]})}, 401),
        ({"path": SEND + "?x"}, 401),
        ({"method": "GET", "path": "/_matrix/federation/v1/event/$1"}, 401),
        ({"host": b"other.example"}, 421),
        ({"host": b"EXAMPLE.org"}, 0),
        ({"tls": TlsFacts("", "", None, "other.example")}, 421),
        ({"tls": TlsFacts("", "", None, "Example.org")}, 0),
        ({"tls": TlsFacts("", "", None, None)}, 0),
    ],
)
async def test_a_request_for_something_else_or_somebody_else_is_refused(
    house: House, change: dict[str, Any], status: int
) -> None:
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    answer = await house.sent(header, **change)
    if status:
        refused(answer, status)
    else:
        assert isinstance(answer, Forward)


@pytest.mark.parametrize(
    "content",
    [
        {"pdus": [{}] * 51},
        {"pdus": [1]},
        {"edus": [{"edu_type": "m.typing"}]},
        {"edus": [{"edu_type": "m.typing", "content": {}}] * 101},
    ],
)
async def test_what_is_no_transaction_never_reaches_synapse(house: House, content: Any) -> None:
    assert refused(await house.transaction(content), 400)["errcode"] == "M_BAD_JSON"
    assert house.reasons() == [Reason.MALFORMED]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"a":1,"a":1}', b'{"a":' + b"[" * 9999])
async def test_a_body_that_can_not_be_read_is_refused(house: House, body: bytes) -> None:
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    refused(await house.sent(header, body=body), 400)


async def test_a_body_with_a_name_twice_is_refused_though_it_is_signed(house: House) -> None:
    """Signed in the very letters that were sent, so that only reading it shows the fault."""
    acme = house.servers.of("acme.example")
    body = b'{"edus":[],"pdus":[],"pdus":[]}'
    fields = {"destination": "example.org", "method": "PUT", "origin": "acme.example", "uri": SEND}
    text = b'{"content":' + body + b"," + wire(fields)[1:]
    signature = acme.key.sign(text).signature
    from unpaddedbase64 import encode_base64  # noqa: PLC0415  # of the reference implementation

    header = (
        f'X-Matrix origin="acme.example",key="{acme.key_id}",sig="{encode_base64(signature)}"'
    ).encode()
    answer = await house.sent(header, body=body)
    assert "twice" in str(refused(answer, 400)["error"])


async def test_a_row_s_body_may_be_as_large_as_the_row_says(house: House) -> None:
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    action = house.plan(head("PUT", SEND, authorization=header))
    assert isinstance(action, Collect)
    assert action.body_limit == 10 << 20
    house.document('[federation.partners.acme]\ntransaction = "2 MiB"\n')
    action = house.plan(head("PUT", SEND, authorization=header))
    assert isinstance(action, Collect)
    assert action.body_limit == 2 << 20
    path = "/_matrix/federation/v1/event/$1"
    header = house.servers.header("acme.example", "GET", path)
    action = house.plan(head("GET", path, authorization=header))
    assert isinstance(action, Collect)
    assert action.body_limit == 0
    house.over()


@pytest.fixture
def time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used up comes back with time, and on a busy machine much of it passes."""
    monkeypatch.setattr(incoming, "time", SimpleNamespace(monotonic=lambda: 100.0))


@pytest.mark.usefixtures("time_stands_still")
async def test_many_forged_requests_are_not_even_read_and_the_partner_elsewhere_goes_on(
    house: House,
) -> None:
    house.servers.of("acme.example")
    evil = SigningServer("acme.example")
    header = evil.header("PUT", SEND, "example.org", EMPTY)
    for _ in range(FALSE_SIGNATURES):
        refused(await house.sent(header), 401)
    refused(house.plan(head("PUT", SEND, authorization=header)), 503)
    assert house.reasons()[-1] is Reason.TOO_MUCH
    good = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    assert isinstance(await house.sent(good, peer=Peer("192.0.2.7", 1)), Forward)


async def test_more_at_once_than_a_partner_may_comes_again_later(house: House) -> None:
    house.document("[federation.partners.acme]\nat_once = 2\n")
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)

    async def begun() -> object:
        return await followed(house.plan(head("PUT", SEND, authorization=header)), wire(EMPTY))

    assert [isinstance(await begun(), Forward) for _ in range(3)] == [True, True, False]
    assert house.reasons()[-1] is Reason.TOO_MUCH
    globex = house.servers.header("globex.example", "PUT", SEND, EMPTY)
    answer = await followed(house.plan(head("PUT", SEND, authorization=globex)), wire(EMPTY))
    assert isinstance(answer, Forward), "another partner is not concerned"
    house.over()
    assert isinstance(await begun(), Forward)


@pytest.mark.usefixtures("time_stands_still")
async def test_what_comes_faster_than_it_may_waits_and_is_then_asked_to_come_again(
    house: House,
) -> None:
    house.document("[federation.partners.acme]\nrequests = 300\n")
    assert isinstance(await house.transaction(), Forward)  # which learns the key
    header = house.servers.header("acme.example", "PUT", SEND, EMPTY)
    answers: list[Any] = []
    for _ in range(500):
        action = house.plan(head("PUT", SEND, authorization=header))
        assert isinstance(action, Collect)
        answers.append(action.then(wire(EMPTY)))
        house.over()
        if isinstance(answers[-1], Answer):
            break
    at_once = [answer for answer in answers if isinstance(answer, Forward)]
    waiting = [answer for answer in answers if inspect.isawaitable(answer)]
    assert len(at_once) >= 299
    assert 45 <= len(waiting) <= 60, "ten seconds' worth waits"
    refused(answers[-1], 503)
    assert isinstance(await waiting[0], Forward)
    for answer in waiting[1:]:
        answer.close()


async def test_an_outage_of_the_homeserver_while_a_file_is_asked_for_is_503(house: House) -> None:
    house.scene.homeserver.down = True
    house.document('[rules.more]\nfrom = ["staff"]\nto = ["acme"]\nallow = ["file"]\n')
    path = "/_matrix/federation/v1/media/download/report"
    header = house.servers.header("acme.example", "GET", path)
    refused(await house.sent(header, method="GET", path=path), 503)
    house.scene.homeserver.down = False
    assert isinstance(await house.sent(header, method="GET", path=path), Forward)


@pytest.mark.parametrize("media", ["report.pdf", "report:1", "a" * 300])
async def test_what_is_no_media_id_of_ours_is_not_found(house: House, media: str) -> None:
    path = f"/_matrix/federation/v1/media/download/{media}"
    header = house.servers.header("acme.example", "GET", path)
    refused(await house.sent(header, method="GET", path=path), 404)


def test_a_refusal_to_a_server_says_nothing_of_our_rules(house: House) -> None:
    header = house.servers.header("nowhere.example", "PUT", SEND, EMPTY)
    answer = house.plan(head("PUT", SEND, authorization=header))
    assert isinstance(answer, Answer)
    assert json.loads(answer.body)["vedette"]["rule"] is None
