"""Who hears of a new device."""

from __future__ import annotations

import json

from vedette.core.names import DeviceId, UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.protocol.internal.sessions import SessionList, body_of, listed_of
from vedette.synapse.new_devices import new_devices

ADA, BEN = UserId("@ada:example.test"), UserId("@ben:example.test")


def session(number: int, user: UserId, device: str) -> Session:
    return Session(
        id=f"session-{number:04}-of-these-tests",
        user=user,
        device=DeviceId(device),
        state=SessionState.LIVE,
        kind="oauth",
        client="",
        facts=SessionFacts(factors=(FactorUse(kind="password", at=1),), network="10.0.0.1"),
        created=1,
        expires=2,
        device_name="",
        number=number,
    )


def listed(*sessions: Session) -> SessionList:
    body = body_of(as_of=1, issuer="https://x/", keys={}, sessions=sessions)
    return listed_of(json.loads(json.dumps(body)))


def heard(before: SessionList, now: SessionList) -> list[tuple[str, str]]:
    return [(session.user, session.device) for session in new_devices(before, now)]


def test_a_second_device_is_told_of():
    before = listed(session(1, ADA, "PHONE"), session(2, BEN, "DESK"))
    now = listed(session(1, ADA, "PHONE"), session(2, BEN, "DESK"), session(3, ADA, "DESK"))
    assert heard(before, now) == [(ADA, "DESK")]


def test_a_first_device_has_nobody_to_tell():
    assert heard(listed(session(2, BEN, "DESK")), listed(session(1, ADA, "PHONE"))) == []


def test_signing_in_again_on_the_same_device_is_no_news():
    assert heard(listed(session(1, ADA, "PHONE")), listed(session(4, ADA, "PHONE"))) == []


def test_a_device_that_goes_is_no_news():
    both = listed(session(1, ADA, "PHONE"), session(3, ADA, "DESK"))
    assert heard(both, listed(session(1, ADA, "PHONE"))) == []
