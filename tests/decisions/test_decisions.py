"""Every file beside this one is a promise that an auditor can read; here each is kept.

A file says, over the organisation of `base.toml`: `settings`, the rules under which it is asked;
`ask`, who says what to which members, whom somebody brings into a room, who may stay together in
one, or what is asked of the organisation; `facts`, what is known, claimed or pending; `session`, how
somebody signed in; `expect`, the answer. `unseen` says that something in a file was not looked at.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from vedette.core.asks import Act, Ask, Members
from vedette.core.channels import Channel
from vedette.core.claims import claims_of
from vedette.core.compile import compile_rules
from vedette.core.conditions import read_version
from vedette.core.decide import decide
from vedette.core.decision import Decision
from vedette.core.facts import Facts, Missing
from vedette.core.names import UserId
from vedette.core.on_device import on_device_from_json
from vedette.core.people import Directory, Person
from vedette.core.sessions import (
    FactorUse,
    Session,
    SessionFacts,
    SessionState,
    awaiting,
    facts_for,
)
from vedette.core.settings.document import Document
from vedette.core.settings.parse import check_document
from vedette.core.towards import meet, organisation, routine, say, together

HERE = Path(__file__).parent
PROMISES = sorted(path for path in HERE.rglob("*.toml") if path.parent != HERE)
BASE = tomllib.loads((HERE / "base.toml").read_text())
PEOPLE = {
    user: Person(**{**entry, "groups": frozenset(entry["groups"])})
    for user, entry in BASE["people"].items()
}
SOME_DAY = dt.date(2027, 1, 1)
READS = {
    "reason": lambda decision: decision.reason.value,
    "rule": lambda decision: decision.rule,
    "towards": lambda decision: decision.towards,
    "pending": lambda decision: list(decision.pending),
    "unknown": lambda decision: list(decision.unknown),
    "observed": lambda decision: list(decision.observed),
    "say": lambda decision: decision.say,
    "answer": lambda decision: decision.verdict.value,
}


@pytest.mark.parametrize("path", PROMISES, ids=[f"{p.parent.name}/{p.stem}" for p in PROMISES])
def test_the_promise_holds(path):
    promise = tomllib.loads(path.read_text())
    known = {"title", "why", "today", "settings", "ask", "facts", "session", "expect"}
    assert promise.keys() <= known
    assert promise["title"]
    assert promise["why"]
    decision = answer(promise)
    assert "answer" in promise["expect"]
    found = {key: READS[key](decision) for key in promise["expect"]}
    assert found == promise["expect"]


def answer(promise: dict[str, Any]) -> Decision:
    document, faults = check_document(BASE["settings"] + promise["settings"])
    assert document is not None, faults
    today = promise.get("today", SOME_DAY).toordinal()
    directory = Directory(document, PEOPLE, today)
    facts = facts_of(promise.get("facts", {}), today)
    if "session" in promise:
        signed = session_facts(promise["session"], promise["ask"]["who"], document)
        facts = signed.beside(facts)
    return decide(compile_rules(document, 1), ask_of(promise["ask"], directory), facts)


def facts_of(told: dict[str, Any], today: int) -> Facts:
    names = {"known", "versions", "words", "claims", "pending", "unknown", "parts", "unseen"}
    assert told.keys() <= names
    known: dict[str, Any] = {"today": today, **told.get("known", {})}
    known |= {name: read_version(text) for name, text in told.get("versions", {}).items()}
    known |= {name: frozenset(words) for name, words in told.get("words", {}).items()}
    known |= dict.fromkeys(told.get("pending", ()), Missing.PENDING)
    known |= dict.fromkeys(told.get("unknown", ()), Missing.UNKNOWN)
    parts: list[dict[str, Any]] = list(told.get("parts", ()))
    if told.get("unseen"):  # something within that could not be looked at
        parts.append({"file.kind": Missing.UNKNOWN, "file.type": Missing.UNKNOWN})
    return Facts(known, told.get("claims", {}), tuple(parts))


NOW = 1_798_761_600  # 1 January 2027, 00:00 UTC


def session_facts(told: dict[str, Any], who: str, document: Document) -> Facts:
    """The facts of somebody who showed these factors, from there, with that client."""
    told = dict(told)
    agent, client = told.pop("agent", ""), told.pop("client", "")
    claims = claims_of(agent, client)
    shown = NOW - told.pop("age", 60)
    uses = [use.partition(":") for use in told.pop("shown")]
    facts = SessionFacts(
        factors=tuple(FactorUse(kind=kind, at=shown, proven_by=by) for kind, _, by in uses),
        network=told.pop("address", "192.0.2.1"),
        client_name=claims.name,
        client_version=claims.version,
        platform=claims.platform,
        platform_version=claims.platform_version,
        approved=told.pop("approved", False),
        confirmed=told.pop("confirmed", False),
        flow=told.pop("flow", "page"),
        device=on_device_from_json(told.pop("device")) if "device" in told else None,
    )
    session = Session(
        id="a" * 26,
        user=UserId(who),
        device="DEVICE",
        state=SessionState.LIVE,
        kind="oauth",
        client="",
        facts=facts,
        created=shown,
        expires=NOW + 86400,
        device_name="",
        number=told.pop("number", 1),
    )
    more, waits = told.pop("more_factors", False), told.pop("waits", False)
    proves = told.pop("proves", False)
    assert not told, f"nobody knows what {told} says of a session"
    known = facts_for(session, now=NOW, networks=document.networks)
    return awaiting(known, more_factors=more, waits=waits, proves=proves)


def ask_of(told: dict[str, Any], directory: Directory) -> Ask:
    who = directory.someone(UserId(told["who"]))
    match told:
        case {"says": channels, "members": members}:
            asked = [Channel(channel) for channel in channels]
            return say(Act.ROOM_EVENT_SEND, who, members_of(members, directory), asked, None)
        case {"brings": newcomers, "members": members}:
            brought = [directory.someone(UserId(user)) for user in newcomers]
            known = members_of(members, directory)
            return meet(Act.ROOM_MEMBER_INVITE, who.name, brought, known, None)
        case {"stay": members, "ours": ours}:
            staying = Members.of([directory.someone(UserId(user)) for user in members])
            return together(Act.ROOM_STANDING_JUDGE, who.name, staying, None, ours=ours)
        case {"asks": channel}:
            over = directory.someone(UserId(told["over"])).parties if "over" in told else None
            signs_in = channel == Channel.SIGN_IN
            act = Act.SIGN_IN_SESSION_START if signs_in else Act.ADMINISTRATION_SETTINGS_APPLY
            return organisation(act, who, Channel(channel), over)
        case {"takes_away": True}:
            return routine(Act.ROOM_MEMBER_LEAVE, who.name)
    raise AssertionError(f"nobody knows how to ask {told}")


def members_of(told: Any, directory: Directory) -> Members | None:
    if told == "unknown":
        return None
    return Members.of([directory.someone(UserId(user)) for user in told])


def test_there_are_promises():
    assert len(PROMISES) > 50
