"""What Synapse is told of a token: active, dead for ever, or not now."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.memory.clock import MemoryClock
from vedette.core.names import ServerName, UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.sessions import NO_SESSIONS, SessionList, body_of, listed_of
from vedette.protocol.internal.tokens import AccessClaims, SigningKey, mint
from vedette.synapse.introspection import Active, Introspection, Not, judge

HERE = ServerName("example.test")
ISSUER = "https://chat.example.test/"
NOW = 1_900_000_000
GRACE = 3600
KEY, OTHER_KEY = SigningKey.generate(), SigningKey.generate()

SESSION = Session(
    id="s" * 32,
    user=UserId("@alice:example.test"),
    device="PHONE",
    state=SessionState.LIVE,
    kind="oauth",
    client="",
    facts=SessionFacts(factors=(FactorUse(kind="password", at=NOW),), network="192.0.2.7"),
    created=NOW - 1000,
    expires=NOW + 100_000,
    device_name="",
    number=1,
)
CLAIMS = AccessClaims(
    issuer=ISSUER,
    user=SESSION.user,
    client="client",
    id="token",
    issued=NOW - 60,
    expires=NOW + 540,
    session=SESSION.id,
    device="PHONE",
    scope="urn:matrix:client:api:*",
)


def listing(*sessions: Session, key: SigningKey = KEY) -> SessionList:
    keys = {key.kid: key.public}
    return listed_of(body_of(as_of=1, issuer=ISSUER, keys=keys, sessions=sessions))


def told(
    claims: AccessClaims = CLAIMS,
    listed: SessionList | None = None,
    *,
    key: SigningKey = KEY,
    now: float = NOW,
) -> Active | Not:
    known = listing(SESSION) if listed is None else listed
    return judge(mint(claims, key), known, HERE, now=now, grace=GRACE)


def test_a_good_token_is_its_person_s_on_its_device() -> None:
    assert told() == Active("alice", "PHONE", 540 + GRACE)


def test_the_scope_that_a_token_claims_makes_nobody_an_administrator() -> None:
    claims = replace(CLAIMS, scope="urn:synapse:admin:* urn:matrix:client:api:*")
    assert told(claims) == told()


def test_an_expired_token_is_the_gateway_s_to_refuse_until_the_grace_is_over() -> None:
    assert isinstance(told(now=CLAIMS.expires + GRACE - 1), Active)
    assert told(now=CLAIMS.expires + GRACE) is Not.NOW


def test_the_last_second_of_a_token_or_a_session_costs_nobody_the_keys() -> None:
    """Synapse rounds down what it is told, and makes clients forget their keys at once."""
    ending = replace(SESSION, expires=NOW + 5)
    for now in (NOW + 4.9, NOW + 5, NOW + 50):
        assert isinstance(told(listed=listing(ending), now=now), Active)
    without_grace = judge(
        mint(CLAIMS, KEY), listing(SESSION), HERE, now=CLAIMS.expires - 0.1, grace=0
    )
    assert isinstance(without_grace, Active)
    assert without_grace.seconds >= 300


def test_an_ended_session_is_dead_and_one_just_begun_is_awaited() -> None:
    assert told(listed=listing()) is Not.EVER
    assert told(replace(CLAIMS, issued=NOW - 9), listing()) is Not.NOW
    assert told(replace(CLAIMS, issued=NOW - 10), listing()) is Not.EVER


def test_a_session_that_was_listed_and_is_no_more_is_awaited_by_nobody() -> None:
    body = body_of(as_of=2, issuer=ISSUER, keys={KEY.kid: KEY.public}, sessions=())
    ended = listed_of(body, listing(SESSION))
    assert told(replace(CLAIMS, issued=NOW), ended) is Not.EVER
    assert told(replace(CLAIMS, issued=NOW, session="t" * 32), ended) is Not.NOW


@pytest.mark.parametrize(
    "state", [SessionState.SUSPENDED, SessionState.WAITING, SessionState.EXPIRED]
)
def test_what_may_live_again_is_never_called_dead(state: SessionState) -> None:
    assert told(listed=listing(replace(SESSION, state=state))) is Not.NOW


@pytest.mark.parametrize(
    "claims",
    [
        replace(CLAIMS, device="LAPTOP"),
        replace(CLAIMS, user=UserId("@bob:example.test")),
        replace(CLAIMS, user=UserId("@alice:acme.test")),
        replace(CLAIMS, issuer="https://other.test/"),
    ],
)
def test_a_token_that_says_something_else_is_dead(claims: AccessClaims) -> None:
    assert told(claims) is Not.EVER


def test_another_organisation_s_people_are_not_ours_even_if_they_were_listed() -> None:
    stranger = replace(SESSION, user=UserId("@alice:acme.test"))
    claims = replace(CLAIMS, user=stranger.user)
    assert told(claims, listing(stranger)) is Not.EVER


def test_a_key_that_is_not_listed_may_be_yet_to_come() -> None:
    assert told(key=OTHER_KEY) is Not.NOW


def test_a_listed_key_s_name_over_another_s_signature_is_dead() -> None:
    forged = SigningKey(KEY.kid, OTHER_KEY.private)
    assert told(key=forged) is Not.EVER


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_nothing_that_is_sent_is_a_fault_or_active(text: str) -> None:
    assert isinstance(judge(text, listing(SESSION), HERE, now=NOW, grace=GRACE), Not)


@given(st.recursive(st.none() | st.booleans() | st.text(), st.lists, max_leaves=5))
def test_no_head_of_a_token_is_a_fault(value: object) -> None:
    for head in (value, {"kid": value}):
        text = base64.urlsafe_b64encode(json.dumps(head).encode()).rstrip(b"=").decode()
        found = judge(f"{text}.e30.AAAA", listing(SESSION), HERE, now=NOW, grace=GRACE)
        assert isinstance(found, Not)


@dataclass(slots=True)
class Later:
    """Lists that change after some time; None is an outage."""

    clock: MemoryClock
    first: SessionList | None
    then: SessionList | None
    at: float
    asked: int = field(default=0)

    def sessions(self) -> SessionList:
        self.asked += 1
        found = self.first if self.clock.now() < self.at else self.then
        if found is None:
            raise Unavailable("no list")
        return found

    def grace(self) -> int:
        return GRACE


def waited(first: SessionList | None, then: SessionList | None, after: float) -> Later:
    clock = MemoryClock(float(NOW))
    return Later(clock, first, then, NOW + after)


async def answered(lists: Later, claims: AccessClaims = CLAIMS) -> tuple[Active | Not, float]:
    async def sleep(seconds: float) -> None:
        lists.clock.seconds += seconds

    introspection = Introspection(lists, HERE, lists.clock, sleep)
    begun = lists.clock.now()
    found = await introspection.answer(mint(claims, KEY))
    return found, lists.clock.now() - begun


FRESH = replace(CLAIMS, issued=NOW)


async def test_a_session_that_is_listed_in_time_is_waited_for() -> None:
    found, seconds = await answered(waited(listing(), listing(SESSION), 0.5), FRESH)
    assert isinstance(found, Active)
    assert 0.5 <= seconds < 0.6


async def test_a_first_list_is_waited_for() -> None:
    found, _ = await answered(waited(None, listing(SESSION), 1.0))
    assert isinstance(found, Active)


@pytest.mark.parametrize("first", [None, NO_SESSIONS, listing()])
async def test_nobody_waits_longer_than_two_seconds(first: SessionList | None) -> None:
    found, seconds = await answered(waited(first, listing(SESSION), 60), FRESH)
    assert found is Not.NOW
    assert 2.0 <= seconds < 2.1


async def test_what_is_dead_or_active_waits_for_nothing() -> None:
    for lists in (waited(listing(), None, 60), waited(listing(SESSION), None, 60)):
        assert (await answered(lists))[1] == 0
        assert lists.asked == 1
