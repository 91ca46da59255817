"""Who gets in with which token: real tokens, real signed lists, real rules."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import inspect
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey

from tests.apps.gateway.servers import Servers
from tests.apps.gateway.signed_in import (
    ALICES,
    BOBS,
    FACTS,
    LIFE,
    OTHER_KEY,
    TOKEN_KEY,
    Office,
    session_of,
)
from tests.apps.gateway.test_doors import SIGNIN, UPSTREAM, head
from tests.apps.scene import ALICE, BOB, DOCUMENT, Scene
from tests.company_ca import DAY, NOW, root
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.system_clock import SystemClock
from vedette.core.facts import Facts
from vedette.core.names import ServerName
from vedette.core.reasons import Reason
from vedette.core.sessions import SessionState
from vedette.gateway.app import PublicDoors
from vedette.gateway.plan import Answer, Forward, Tagged, TlsFacts
from vedette.ports.live_sessions import Live, TokenState
from vedette.protocol.internal.certificates import CERTIFICATE_HEADER, certificate_in, header_of
from vedette.protocol.internal.sessions import SessionList
from vedette.protocol.internal.tokens import SigningKey
from vedette.spine import Spine

SYNC = "/_matrix/client/v3/sync"
UPLOAD = "/_matrix/media/v3/upload"
FILE = "/_matrix/client/v1/media/download/example.org/report"


class Gateway:
    """The public doors over an office's lists, with a homeserver and a log in memory."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.scene = Scene()
        spine = Spine(office.streams, self.scene.audit, self.scene.incidents, office.clock)
        self.doors = PublicDoors(
            spine,
            self.scene.files,
            office.listed,
            UPSTREAM,
            ServerName("example.org"),
            lambda _: {},
            SIGNIN,
            Servers(self.scene).door(),
        )

    async def __call__(self, method: str, path: str, token: str | None = None) -> object:
        action = self.doors.plan(head(method, path, token=token))
        return await action if inspect.isawaitable(action) else action


@pytest.fixture
async def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    await made.begin(ALICES, BOBS)
    return made


@pytest.fixture
def clock(office: Office) -> MemoryClock:
    assert isinstance(office.clock, MemoryClock)
    return office.clock


@pytest.fixture
def gateway(office: Office) -> Gateway:
    return Gateway(office)


def told(action: object, status: int) -> dict[str, object]:
    assert isinstance(action, Answer), action
    assert action.status == status, action
    body: dict[str, object] = json.loads(action.body)
    return body


def lost(action: object) -> bool:
    """Whether the client is told that its session is over for good."""
    body = told(action, 401)
    assert body["errcode"] == "M_UNKNOWN_TOKEN"
    return body["soft_logout"] is False


async def test_a_live_session_gets_through_and_its_exchange_carries_its_id(
    office: Office, gateway: Gateway
) -> None:
    action = await gateway("GET", SYNC, office.token(ALICES))
    assert isinstance(action, Tagged)
    assert action.tag == ALICES.id


async def test_what_is_open_to_all_needs_no_session_but_a_token_shown_there_must_be_good(
    office: Office, gateway: Gateway
) -> None:
    versions = "/_matrix/client/versions"
    assert isinstance(await gateway("GET", versions), Forward)
    assert isinstance(await gateway("GET", versions, office.token(ALICES)), Tagged)
    assert lost(await gateway("GET", versions, "nonsense"))


async def test_an_expired_token_costs_nobody_the_keys(
    office: Office, gateway: Gateway, clock: MemoryClock
) -> None:
    token = office.token(ALICES)
    clock.seconds += 599
    assert isinstance(await gateway("GET", SYNC, token), Tagged)
    clock.seconds += 1
    assert not lost(await gateway("GET", SYNC, token))


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("age", [0, 11])
async def test_an_ended_session_is_over_at_the_next_request_however_new_its_token_is(
    office: Office, gateway: Gateway, clock: MemoryClock, age: int, *, seen: bool
) -> None:
    token = office.token(ALICES)
    clock.seconds += age
    if seen:
        assert isinstance(await gateway("GET", SYNC, token), Tagged)
    office.publish(BOBS)
    await office.take()
    office.publish(BOBS)
    await office.take()  # it was gone before, and is so still
    assert lost(await gateway("GET", SYNC, token))
    assert isinstance(await gateway("GET", SYNC, office.token(BOBS)), Tagged)


@pytest.mark.parametrize("state", [SessionState.SUSPENDED, SessionState.WAITING])
async def test_a_held_session_is_refused_everything_keeps_its_keys_and_comes_back(
    office: Office, gateway: Gateway, state: SessionState
) -> None:
    token = office.token(ALICES)
    office.publish(replace(ALICES, state=state))
    await office.take()
    for method, path in (("GET", SYNC), ("POST", UPLOAD), ("POST", "/_matrix/client/v3/logout")):
        body = told(await gateway(method, path, token), 403)
        assert body["errcode"] == "M_FORBIDDEN"
        assert set(body["vedette"]) == {"reason", "rule", "record"}  # type: ignore[call-overload]
    office.publish(ALICES)
    await office.take()
    assert isinstance(await gateway("GET", SYNC, token), Tagged)


async def test_a_refused_token_is_recorded(office: Office, gateway: Gateway) -> None:
    await gateway("GET", SYNC, "nonsense")
    office.publish(replace(ALICES, state=SessionState.SUSPENDED))
    await office.take()
    await gateway("GET", SYNC, office.token(ALICES))
    reasons = [decision.reason for _, _, decision in gateway.scene.audit.kept]
    assert reasons == [Reason.UNKNOWN_ENDPOINT, Reason.FORBIDDEN]


async def test_a_token_of_another_person_s_session_or_device_is_none(
    office: Office, gateway: Gateway
) -> None:
    assert lost(await gateway("GET", SYNC, office.token(ALICES, user=BOB)))
    assert lost(await gateway("GET", SYNC, office.token(ALICES, device="OTHER")))


def _encoded(header: dict[str, object], payload: str, signature: str = "") -> str:
    raw = json.dumps(header).encode()
    return f"{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}.{payload}.{signature}"


def _signed(office: Office, algorithm: str, key: object, kid: str = TOKEN_KEY.kid) -> str:
    payload = office.token(ALICES).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    header = {"alg": algorithm, "typ": "at+jwt", "kid": kid}
    return jwt.encode(header, claims, key, algorithms=[algorithm])  # type: ignore[arg-type]


def _with_header(office: Office, **changed: object) -> str:
    _, payload, signature = office.token(ALICES).split(".")
    header = {"alg": "EdDSA", "typ": "at+jwt", "kid": TOKEN_KEY.kid, **changed}
    return _encoded(header, payload, signature)


def _tampered(office: Office) -> str:
    header, payload, signature = office.token(ALICES).split(".")
    return f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


FORGERIES: dict[str, Callable[[Office], str]] = {
    "no token": lambda _: "alice",
    "a token of Synapse": lambda _: "syt_YWxpY2U_abcdefghijklmnopqrst_0abcde",
    "two dots": lambda _: "..",
    "truncated": lambda office: office.token(ALICES)[:-4],
    "without its signature": lambda office: office.token(ALICES).rpartition(".")[0] + ".",
    "a changed signature": _tampered,
    "huge": lambda office: office.token(ALICES) + "A" * 5000,
    "another issuer": lambda office: office.token(ALICES, issuer="https://matrix.acme.example/"),
    "another type": lambda office: _with_header(office, typ="JWT"),
    "alg none": lambda office: _with_header(office, alg="none"),
    "alg none, unsigned": lambda office: _with_header(office, alg="none").rpartition(".")[0] + ".",
    "HS256 with the public key": lambda office: _signed(
        office, "HS256", OctKey.import_key(TOKEN_KEY.public_bytes)
    ),
    "RS256": lambda office: _signed(office, "RS256", RSAKey.generate_key(2048)),
    "another organisation's key under our name": lambda office: _signed(
        office, "EdDSA", OKPKey.import_key(OTHER_KEY.private)
    ),
    "deep JSON": lambda office: _encoded({}, "W" * 4000),
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_what_no_key_of_ours_signed_is_no_token(
    office: Office, gateway: Gateway, name: str
) -> None:
    assert lost(await gateway("GET", SYNC, FORGERIES[name](office)))


async def test_a_token_of_a_key_that_is_not_listed_is_to_be_replaced(
    office: Office, gateway: Gateway
) -> None:
    """It may be the next key's, or one that was given up: nobody's keys are worth that doubt."""
    token = office.token(ALICES, OTHER_KEY)
    assert not lost(await gateway("GET", SYNC, token))
    office.keys = [OTHER_KEY]
    office.publish(ALICES)
    await office.take()
    assert isinstance(await gateway("GET", SYNC, token), Tagged)


async def test_a_key_that_was_given_up_opens_nothing_though_its_tokens_were_seen_before(
    office: Office, gateway: Gateway
) -> None:
    token = office.token(ALICES)
    assert isinstance(await gateway("GET", SYNC, token), Tagged)
    office.keys = [SigningKey.from_bytes(b"n" * 32)]
    office.publish(ALICES)
    await office.take()
    told(await gateway("GET", SYNC, token), 401)


async def test_without_a_list_nothing_is_said_of_any_token(tmp_path: Path) -> None:
    office = Office(tmp_path)
    gateway = Gateway(office)
    told(await gateway("GET", SYNC, office.token(ALICES)), 503)
    told(await gateway("GET", SYNC, "nonsense"), 503)
    assert gateway.scene.audit.kept == []


async def test_a_list_that_is_too_old_says_nothing_of_any_token(
    office: Office, gateway: Gateway, clock: MemoryClock
) -> None:
    clock.seconds += LIFE
    told(await gateway("GET", SYNC, office.token(ALICES)), 503)


async def test_a_list_that_can_t_be_read_leaves_the_last_good_one(
    office: Office, gateway: Gateway
) -> None:
    office.publish_body({"sessions": {}})
    assert not await office.take()
    assert isinstance(await gateway("GET", SYNC, office.token(ALICES)), Tagged)


async def test_a_token_that_nobody_uses_any_more_keeps_no_old_list_alive(
    office: Office, gateway: Gateway
) -> None:
    for number in range(1, 6):  # each is used once, under a list of its own
        office.publish(*(session_of(ALICE, each) for each in range(1, number + 1)))
        await office.take()
        token = office.token(session_of(ALICE, number))
        assert isinstance(await gateway("GET", SYNC, token), Tagged)
    gc.collect()
    lists = [each for each in gc.get_objects() if isinstance(each, SessionList)]
    ours = {each.as_of for each in lists if session_of(ALICE, 1).id in each.sessions}
    assert ours & set(range(3, office.number + 1)) == {office.listed._list.as_of}


async def test_while_control_is_away_expired_tokens_of_listed_sessions_go_on_for_the_grace(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, document=DOCUMENT + '\n[sign_in]\noutage_grace = "30 minutes"\n')
    await office.begin(ALICES)
    gateway, clock = Gateway(office), office.clock
    assert isinstance(clock, MemoryClock)
    clock.seconds += 3000
    token = office.token(ALICES)
    clock.seconds += 601  # the list is renewed every hour, so control may still be there
    assert not lost(await gateway("GET", SYNC, token))
    clock.seconds += 120
    assert isinstance(await gateway("GET", SYNC, token), Tagged)
    clock.seconds += 30 * 60
    assert not lost(await gateway("GET", SYNC, token))
    office.publish(ALICES)  # control is back
    await office.take()
    assert not lost(await gateway("GET", SYNC, token))
    assert isinstance(await gateway("GET", SYNC, office.token(ALICES)), Tagged)


async def test_while_nobody_can_get_a_new_token_the_old_one_goes_on(
    office: Office, gateway: Gateway, clock: MemoryClock
) -> None:
    away = False
    office.listed.signin_away = lambda: away
    ending = replace(ALICES, expires=int(clock.now()) + 900)
    office.publish(ending, BOBS)
    await office.take()
    token = office.token(ALICES)
    clock.seconds += 700
    assert not lost(await gateway("GET", SYNC, token))
    away = True
    assert isinstance(await gateway("GET", SYNC, token), Tagged)
    clock.seconds += 200  # the session's own end stands
    assert not lost(await gateway("GET", SYNC, token))


def card(until: int = NOW + DAY) -> bytes:
    """A certificate of the company's, in DER."""
    return root().person("alice", until=until).der


async def test_a_bound_token_opens_nothing_without_its_certificate(
    office: Office, gateway: Gateway, clock: MemoryClock
) -> None:
    certificate = card(int(clock.now()) + 60)
    digest = base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
    token = office.token(ALICES, certificate=digest)
    asked = head("GET", SYNC, token=token)

    def shown(certificate: bytes | None) -> object:
        return gateway.doors.plan(asked._replace(tls=TlsFacts("TLSv1.3", "", certificate)))

    assert isinstance(shown(certificate), Tagged)
    clock.seconds += 61  # the handshake takes it even when it has expired
    assert not lost(shown(certificate))
    clock.seconds -= 61
    # To its own client, whose certificate was renewed, it is no reason to forget its keys.
    assert not lost(shown(b"another's"))
    assert not lost(shown(card()))
    assert not lost(shown(None))
    assert not lost(gateway.doors.plan(asked))


async def test_the_sign_in_service_hears_of_the_certificate_from_the_gateway_alone(
    gateway: Gateway,
) -> None:
    asked = head("POST", "/oauth2/token")
    certificate = card()
    bare = gateway.doors.plan(asked)
    assert isinstance(bare, Forward)
    assert bare.extra_headers == ()
    shown = gateway.doors.plan(asked._replace(tls=TlsFacts("TLSv1.3", "", certificate)))
    assert isinstance(shown, Forward)
    assert shown.extra_headers == ((CERTIFICATE_HEADER.encode(), header_of(certificate).encode()),)
    assert certificate_in(shown.extra_headers[0][1].decode()) == certificate
    huge = gateway.doors.plan(asked._replace(tls=TlsFacts("TLSv1.3", "", bytes(20_000))))
    assert huge == bare
    assert gateway.doors.plan(asked) == bare


async def test_an_expired_session_costs_nobody_the_keys(office: Office, gateway: Gateway) -> None:
    token = office.token(ALICES)
    office.publish(replace(ALICES, state=SessionState.EXPIRED))
    await office.take()
    assert not lost(await gateway("GET", SYNC, token))


FRESH = """
[rules.fresh]
from   = ["us"]
forbid = ["sign-in"]
unless = ["sign_in.age <= 8 hours"]
say    = "Once a day, show that it is you."

[rules.proven]
from  = ["us"]
allow = ["sign-in"]
when  = ["sign_in.factors >= 2"]
"""


async def test_a_session_that_proofs_bring_back_is_told_where(tmp_path: Path) -> None:
    office = Office(tmp_path, document=DOCUMENT + FRESH)
    old = replace(ALICES, state=SessionState.SUSPENDED, because="fresh")
    await office.begin(old, BOBS)
    gateway = Gateway(office)
    body = told(await gateway("GET", SYNC, office.token(old)), 403)
    page = f"https://{SIGNIN.host.decode()}/account/devices/prove?device_id={old.device}"
    why = body["vedette"]
    assert isinstance(why, dict)
    assert (why["rule"], why["reason"], why["url"]) == ("fresh", "fact-pending", page)
    assert "sign_in.age" in why["pending"]
    assert body["error"] == (
        "Once a day, show that it is you. Your messages and keys are kept. "
        f"To go on, show your proofs again: {page}"
    )


async def test_what_was_suspended_by_hand_leads_nowhere(tmp_path: Path) -> None:
    office = Office(tmp_path, document=DOCUMENT + FRESH)
    held = replace(ALICES, state=SessionState.SUSPENDED, because="administrator: lost")
    await office.begin(held, BOBS)
    body = told(await Gateway(office)("GET", SYNC, office.token(held)), 403)
    why = body["vedette"]
    assert isinstance(why, dict)
    assert set(why) == {"reason", "rule", "record"}
    assert "administrator" in str(body["error"])
    assert "lost" not in str(body["error"])


async def test_what_the_device_says_of_itself_counts_in_rules_between_people(
    tmp_path: Path,
) -> None:
    rule = """
[rules.no-files-on-android]
from = ["staff"]
to = ["staff"]
forbid = ["file"]
unless = ["claimed device.platform in linux, windows"]
"""
    phone = session_of(ALICE, 2, facts=replace(FACTS, platform="android"))
    office = Office(tmp_path, document=DOCUMENT + rule)
    await office.begin(ALICES, phone)
    gateway = Gateway(office)
    asked = head("POST", UPLOAD, token=office.token(ALICES), content_type=b"application/pdf")
    assert isinstance(gateway.doors.plan(asked), Tagged)
    asked = head("POST", UPLOAD, token=office.token(phone), content_type=b"application/pdf")
    body = told(gateway.doors.plan(asked), 403)
    assert body["vedette"]["rule"] == "no-files-on-android"  # type: ignore[index]


async def test_what_changes_by_the_second_is_not_kept_with_every_request(office: Office) -> None:
    live = office.listed.of(office.token(ALICES))
    assert isinstance(live, Live)
    names = set(live.facts.known) | set(live.facts.claims)
    assert not {name for name in names if name.startswith("sign_in.") or name == "today"}


async def test_a_session_that_ended_while_a_file_was_looked_up_gets_nothing(
    office: Office, gateway: Gateway, clock: MemoryClock
) -> None:
    token = office.token(BOBS)
    clock.seconds += 11
    waiting = gateway.doors.plan(head("GET", FILE, token=token))
    assert inspect.isawaitable(waiting)
    office.publish(ALICES)
    await office.take()
    assert lost(await waiting)


async def test_a_file_named_under_our_domain_in_capitals_is_ours(
    office: Office, gateway: Gateway
) -> None:
    path = "/_matrix/client/v1/media/download/EXAMPLE.org/tool"
    told(await gateway("GET", path, office.token(BOBS)), 403)


async def test_a_session_that_is_new_is_waited_for(tmp_path: Path) -> None:
    office = Office(tmp_path, SystemClock())
    await office.begin(BOBS)
    gateway = Gateway(office)
    waiting = asyncio.ensure_future(gateway("GET", SYNC, office.token(ALICES)))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    office.publish(ALICES, BOBS)
    await office.take()
    async with asyncio.timeout(60):
        assert isinstance(await waiting, Tagged)


async def test_a_new_session_that_is_never_listed_is_told_to_try_again_after_two_seconds(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path, SystemClock())
    await office.begin(BOBS)
    gateway = Gateway(office)
    begun = time.monotonic()
    action = await gateway("GET", SYNC, office.token(ALICES))
    assert 1.9 < time.monotonic() - begun < 60
    told(action, 503)
    assert isinstance(action, Answer)
    assert (b"retry-after", b"5") in action.headers


@pytest.mark.parametrize("made", [-11, 11])
async def test_an_unlisted_session_of_another_time_is_not_waited_for(
    office: Office, made: int
) -> None:
    now = int(office.clock.now())
    stranger = session_of(ALICE, 9)
    assert office.listed.of(office.token(stranger, issued=now)) is TokenState.TOO_NEW
    assert office.listed.of(office.token(stranger, issued=now + made)) is TokenState.ENDED


@given(value=st.binary(max_size=200) | st.from_regex(rb"(?i)bearer [!-~]{0,80}", fullmatch=True))
def test_no_header_gets_through_that_is_no_token(value: bytes) -> None:
    doors = Gateway(_OFFICE).doors
    action = doors.plan(head("GET", SYNC, authorization=value))
    assert told(action, 401)["errcode"] in ("M_MISSING_TOKEN", "M_UNKNOWN_TOKEN")


@given(st.data())
def test_no_change_of_a_good_token_gets_through(data: st.DataObject) -> None:
    good = _OFFICE.token(ALICES)
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_. ="))
    changed = good[:place] + letter + good[place + 1 :]
    found = _OFFICE.listed.of(changed)
    # The last letter of a signature has bits that mean nothing; the bytes it stands for must differ.
    same = base64.urlsafe_b64decode(good.split(".")[2] + "==") == _signature(changed)
    assert isinstance(found, TokenState) or changed == good or same


def _signature(token: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(token.split(".")[2] + "==")
    except (IndexError, ValueError):
        return b""


@pytest.fixture(scope="module", autouse=True)
def _office(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An office for the drawn examples, which change nothing in it."""
    global _OFFICE  # noqa: PLW0603  # hypothesis gives no fixtures of a module to single examples
    _OFFICE = Office(tmp_path_factory.mktemp("door"))
    asyncio.run(_OFFICE.begin(ALICES, BOBS))


_OFFICE: Office


def test_facts_without_a_session_are_empty() -> None:
    assert Live(user=ALICE, session="", device="").facts == Facts()
