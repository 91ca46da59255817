"""Requests of a hostile server: what is forged, stale or misdirected, and what is merely replayed."""

from __future__ import annotations

import json
import time

import pytest

from tests.signing import DAY, SigningServer, wire
from tests.system import raw
from tests.system.federation.conftest import Cast, document_with
from tests.system.hostile_server import F
from tests.system.synapse_process import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROFILE = f"{F}/v1/query/profile?user_id=@alice:example.test&field=displayname"
EMPTY = {"pdus": [], "edus": [], "origin": "hostile.test", "origin_server_ts": 1}
ELSEWHERE = "127.0.0.67"
"""Where forgeries come from, so that the hostile server's own address stays in good standing."""


async def test_what_it_signs_itself_is_its_own(cast: Cast) -> None:
    answer = await cast.hostile.ask(cast.both.example, "GET", PROFILE)
    assert answer.status == 200, answer
    assert (await cast.hostile.send(cast.both.example)).status == 200


async def test_a_forged_signature_is_401_and_recorded(cast: Cast) -> None:
    forged = SigningServer(cast.hostile.name, cast.hostile.signing.version).header(
        "GET", PROFILE, "example.test"
    )
    answer = await cast.hostile.ask(
        cast.both.example, "GET", PROFILE, header=forged, source=ELSEWHERE
    )
    assert (answer.status, json.loads(answer.body)["errcode"]) == (401, "M_UNAUTHORIZED")
    listed = ("audit", "list", "--json")
    eventually(lambda: "bad-signature" in cast.both.example.cli(*listed).stdout)


async def test_acme_s_name_is_not_its_to_use(cast: Cast) -> None:
    header = SigningServer("acme.test").header("PUT", f"{F}/v1/send/1", "example.test", EMPTY)
    answer = await cast.hostile.ask(
        cast.both.example, "PUT", f"{F}/v1/send/1", EMPTY, header=header, source=ELSEWHERE
    )
    # Acme has no such key, or was asked just now and nobody knows: nothing passes either way.
    assert answer.status in (401, 503), answer


async def test_a_request_for_another_server_is_401(cast: Cast) -> None:
    answer = await cast.hostile.ask(cast.both.example, "GET", PROFILE, signed_for="acme.test")
    assert answer.status == 401, answer
    silent = cast.hostile.signing.header("GET", PROFILE, "acme.test", named=False)
    answer = await cast.hostile.ask(cast.both.example, "GET", PROFILE, header=silent)
    assert answer.status == 401, answer


async def test_a_request_to_another_name_is_misdirected(cast: Cast) -> None:
    answer = await cast.hostile.ask(cast.both.example, "GET", PROFILE, host="acme.test")
    assert answer.status == 421, answer


async def test_a_replayed_transaction_happens_once(cast: Cast) -> None:
    room_id = await cast.alice.create_room(name="replays")
    await cast.alice.invite(room_id, cast.hostile.user())
    room = await cast.hostile.join(cast.both.example, room_id)
    event = cast.hostile.text(room, "only once")
    target = f"{F}/v1/send/replayed"
    content = EMPTY | {"pdus": [event]}
    header = cast.hostile.signing.header("PUT", target, "example.test", content)
    answers = [
        await cast.hostile.ask(cast.both.example, "PUT", target, content, header=header)
        for _ in range(3)
    ]
    assert [answer.status for answer in answers] == [200] * 3
    assert answers[0].body == answers[2].body
    await cast.alice.sees(room_id, "only once")
    await cast.hostile.send(cast.both.example, cast.hostile.text(room, "and on"))
    await cast.alice.sees(room_id, "and on")
    assert cast.alice.seen(room_id).count("only once") == 1


async def test_a_replay_under_another_target_is_401(cast: Cast) -> None:
    header = cast.hostile.signing.header("PUT", f"{F}/v1/send/one", "example.test", EMPTY)
    answer = await cast.hostile.ask(
        cast.both.example, "PUT", f"{F}/v1/send/two", EMPTY, header=header
    )
    assert answer.status == 401, answer


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"pdus":[],"pdus":[]}', 400),
        (b'{"a":' + b"[" * 50_000, 400),
        (wire(EMPTY | {"pdus": [1]}), 401),
        (b" " * ((10 << 20) + 1), 413),
    ],
)
async def test_a_body_that_is_not_the_signed_one_is_refused_before_synapse(
    cast: Cast, body: bytes, status: int
) -> None:
    answer = await cast.hostile.ask(
        cast.both.example, "PUT", f"{F}/v1/send/bad", EMPTY, body=body, source=ELSEWHERE
    )
    assert answer.status == status, answer


@pytest.mark.parametrize(
    "content",
    [
        {"pdus": [{}] * 51},
        {"edus": [{"edu_type": "m.typing", "content": {}}] * 101},
        {"pdus": ["text"]},
        {"pdus": [{"room_id": ["!r"]}]},
        {"edus": [{"edu_type": 7, "content": {}}]},
    ],
)
async def test_a_signed_transaction_of_the_wrong_form_is_400(
    cast: Cast, content: dict[str, object]
) -> None:
    target = f"{F}/v1/send/form{time.time_ns()}"
    answer = await cast.hostile.ask(cast.both.example, "PUT", target, EMPTY | content)
    assert (answer.status, json.loads(answer.body)["errcode"]) == (400, "M_BAD_JSON")


async def test_a_giant_transaction_within_the_limits_is_taken_and_the_gateway_stays_small(
    cast: Cast,
) -> None:
    before = _rss(cast)
    content = EMPTY | {"pdus": [{"filler": "x" * 180_000} for _ in range(50)]}
    for number in range(3):
        target = f"{F}/v1/send/giant{number}"
        answer = await cast.hostile.ask(cast.both.example, "PUT", target, content)
        assert answer.status == 200, answer  # each item is nothing to Synapse; the whole is valid
    grown = _rss(cast) - before
    print(f"three transactions of 9 MB: the gateway grew by {grown / 2**20:.0f} MiB")
    assert grown < 150 << 20


def _rss(cast: Cast) -> int:
    pid = cast.both.example.pid("gateway")
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096


async def test_pinned_keys_and_no_others_count_and_come_into_force_while_it_runs(
    cast: Cast,
) -> None:
    both, hostile = cast.both, cast.hostile
    other = SigningServer(hostile.name, "b_2")
    hostile.also = (other,)  # Synapse behind verifies by what is published
    both.example.apply(document_with(both, entry=f', keys = ["{other.pin}"]'))
    assert (await hostile.ask(both.example, "GET", PROFILE)).status == 401
    pinned = other.header("GET", PROFILE, "example.test")
    assert (await hostile.ask(both.example, "GET", PROFILE, header=pinned)).status == 200
    ended = f', keys = ["{other.pin} until 2020-01-01", "{hostile.signing.pin}"]'
    both.example.apply(document_with(both, entry=ended))
    assert (await hostile.ask(both.example, "GET", PROFILE, header=pinned)).status == 401
    assert (await hostile.ask(both.example, "GET", PROFILE)).status == 200
    both.example.apply(document_with(both))


async def test_expired_and_old_keys_prove_nothing_and_an_absent_server_is_held(
    cast: Cast,
) -> None:
    both, hostile = cast.both, cast.hostile
    first = hostile.signing
    fetches = sum("/key/v2/" in asked.target for asked in hostile.received)
    hostile.signing = SigningServer(hostile.name, "c_3")
    hostile.old_keys = {first.key_id: {"key": first.public, "expired_ts": 1}}
    hostile.keys_until = time.time() - DAY
    both.example.wait_for_another("gateway", both.example.kill("gateway"))
    answer = await _until_up(cast)
    assert answer == 503, "keys that have expired are none, and nobody knows better"
    hostile.keys_until = None
    hostile.silent = True
    both.example.wait_for_another("gateway", both.example.kill("gateway"))
    assert await _until_up(cast) == 503, "who publishes nothing is asked to come again"
    hostile.silent = False
    both.example.wait_for_another("gateway", both.example.kill("gateway"))
    assert await _until_up(cast) == 200
    old = first.header("GET", PROFILE, "example.test")
    answer = await hostile.ask(both.example, "GET", PROFILE, header=old)
    assert answer.status in (401, 503), "an old key signs no request"
    asked = sum("/key/v2/" in asked.target for asked in hostile.received) - fetches
    assert asked <= 10, "its keys are fetched rarely"
    hostile.signing, hostile.old_keys = first, {}
    both.example.wait_for_another("gateway", both.example.kill("gateway"))
    assert await _until_up(cast) == 200


async def _until_up(cast: Cast) -> int:
    """The status of a signed request, once the gateway has its settings and Synapse answers behind it."""
    example, end = cast.both.example, time.monotonic() + 120
    plain = b"GET /_matrix/key/v2/server HTTP/1.1\r\nHost: example.test\r\n\r\n"
    while True:
        assert time.monotonic() < end, "the gateway did not come back"
        try:
            reply = await raw.ask(example.boot.gateway.federation, example.ca_file, plain)
            if reply.status == 200:
                return (await cast.hostile.ask(example, "GET", PROFILE)).status
        except (OSError, EOFError):
            pass
        time.sleep(0.1)  # nothing else is to happen meanwhile
