"""Whom a draft would affect: 100,000 recorded asks, read from disk, opened, and decided twice.

What it foretells is then compared with what enforcement does: the draft is put in force, the same 100,000
acts are settled anew by the spine through which every door goes, and the answers counted against each
other, a thousand asks at a time.

The record is that of a door: sealed, in segments, every ask of other people and facts, under a document
of 200 rules; the draft forbids messages to partners in plain rooms. Cedar decides the same questions under
both sets of rules, from requests that were built beforehand, a part of them in turn with us, and reads no
record.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import cedarpy
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bench.office import document, groups_of, people_of
from vedette.adapters.audit_keys import AuditKeys
from vedette.adapters.audit_writer import AuditWriter
from vedette.adapters.memory.audit import MemoryAudit
from vedette.adapters.memory.clock import MemoryClock
from vedette.adapters.memory.incidents import MemoryIncidents
from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.policy import rules_of
from vedette.admin.replay import Replayed, recorded, replay
from vedette.core.asks import Act, Ask, Members
from vedette.core.cedar import policies, request
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.facts import Facts
from vedette.core.names import UserId
from vedette.core.people import Directory, Person
from vedette.core.record import body
from vedette.core.settings.document import Document
from vedette.core.towards import say
from vedette.ports.policy import Policy
from vedette.spine import Permit, Spine

ASKS = 100_000
CEDAR = 1_000
CHUNK = 1_000
"""So many asks are compared at a time: two errors that cancel out must fall into one."""
ROUNDS = 5
MOST_SECONDS = 30.0
"""How long somebody looks at a progress line before a draft of an office's week is told."""
DOMAIN = "example.org"
DRAFT = """
[rules.nothing-in-plain]
between = ["us", "partners"]
forbid = ["message"]
when = ["room.encrypted = no"]
"""


def _policy(found: Document, revision: int) -> Policy:
    users = people_of(DOMAIN)
    people = {
        UserId(user): Person(groups=frozenset(groups_of(number)))
        for number, user in enumerate(users)
    }
    return Policy(rules_of(found, revision), Directory(found, people, date(2026, 3, 1).toordinal()))


def _asked(policy: Policy, number: int) -> tuple[Ask, Facts]:
    """One message: to two colleagues, or to one and a partner's person."""
    someone, users = policy.directory.someone, people_of(DOMAIN)
    others = [users[number * 7 % len(users)]]
    if number % 3 == 0:
        others.append(f"@theirs{number % 900}:partner{number % 20 * 7 % 40}.example")
    else:
        others.append(users[(number * 11 + 3) % len(users)])
    members = Members.of(someone(UserId(other)) for other in others)
    who = someone(UserId(users[number % len(users)]))
    room = f"!room{number % 5000}:{DOMAIN}"
    ask = say(Act.ROOM_EVENT_SEND, who, members, [Channel.MESSAGE], room)
    facts = Facts(
        {"room.encrypted": number // 20 % 2 == 0, "today": policy.directory.today - number % 9}
    )
    return ask, facts


def _written(folder: Path, policy: Policy, key: X25519PrivateKey, asks: int = ASKS) -> None:
    writer = AuditWriter(folder / "synapse", "synapse", key.public_key())
    writer.begin()
    entries: list[dict[str, Any]] = []
    for number in range(asks):
        ask, facts = _asked(policy, number)
        decided = body(ask, facts, decide(policy.rules, ask, facts))
        kind = {"v": 1, "kind": "decision", "id": f"synapse:{number + 1}", "at": 1.76e9 + number}
        entries.append({**kind, **decided})
        if len(entries) == 1000:
            writer.write(entries, 1.76e9)
            entries = []


@dataclass(frozen=True)
class _InForce:
    """A door's policy."""

    policy: Policy

    def current(self) -> Policy:
        return self.policy


Way = tuple[str, str]
"""What was answered, and what is answered then."""


def _settled(policy: Policy, numbers: range) -> list[str]:
    """What a door with this policy answers to these acts."""
    audit = MemoryAudit()
    clock = MemoryClock((policy.directory.today - date(1970, 1, 1).toordinal()) * 86400.0)
    spine, answers = Spine(_InForce(policy), audit, MemoryIncidents(), clock), []
    for number in numbers:
        ask, facts = _asked(policy, number)
        settled = spine.settle(ask.act, ask.who, lambda _, given=(ask, facts): given)
        answers.append("yes" if isinstance(settled, Permit) else settled.decision.verdict.value)
    return answers


def _foretold(found: Replayed) -> Counter[Way]:
    """How many answers turn, and from which into which."""
    turned: Counter[Way] = Counter()
    for each in found.changed:
        turned[each.kind.was, each.kind.becomes] += each.asks
    return turned


def keep(folder: Path, key: X25519PrivateKey, asks: int = ASKS) -> None:
    """Record so many asks of the office, sealed for this key."""
    _written(folder, _policy(document(DOMAIN), 1), key, asks)


def disagreements(folder: Path, key: X25519PrivateKey, asks: int = ASKS) -> tuple[int, int]:
    """Of how many recorded asks replay foretells another answer than is given then; and how many turn."""
    before, draft = document(DOMAIN), document(DOMAIN, beside=DRAFT)
    now, then = _policy(before, 1), _policy(draft, 2)
    entries = recorded(SpoolReader(folder, AuditKeys(folder, key).opened), None)
    wrong = turned = 0
    for start in range(0, asks, CHUNK):
        numbers = range(start, min(start + CHUNK, asks))
        foretold = _foretold(replay(now, draft, islice(entries, len(numbers))))
        both = zip(_settled(now, numbers), _settled(then, numbers), strict=True)
        real = Counter(way for way in both if way[0] != way[1])
        wrong += ((foretold - real) | (real - foretold)).total()
        turned += real.total()
    return wrong, turned


def _cedar(before: Policy) -> list[tuple[dict[str, Any], cedarpy.Entities]]:
    found = []
    for number in range(CEDAR):
        ask, facts = _asked(before, number)
        for question in ask.questions:
            asked = request(ask.who, question, facts)
            found.append(
                (asked.request, cedarpy.Entities.from_json_str(json.dumps(asked.entities)))
            )
    return found


def _by_cedar(
    put: list[tuple[dict[str, Any], cedarpy.Entities]], sets: list[cedarpy.PolicySet]
) -> float:
    """Seconds for an ask under both sets of rules."""
    began = time.process_time()
    for each, entities in put:
        for rules in sets:
            cedarpy.is_authorized(each, rules, entities)
    return (time.process_time() - began) / CEDAR


def run() -> list[dict[str, Any]]:
    """Measure."""
    before, draft = document(DOMAIN), document(DOMAIN, beside=DRAFT)
    policy = _policy(before, 1)
    sets = [
        cedarpy.PolicySet.from_str(policies(each.rules.rules))
        for each in (policy, _policy(draft, 2))
    ]
    put = _cedar(policy)
    key = X25519PrivateKey.generate()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        _written(Path(folder), policy, key)
        for _ in range(ROUNDS):
            records = SpoolReader(Path(folder), AuditKeys(Path(folder), key).opened)
            began = time.process_time()
            found = replay(policy, draft, islice(recorded(records, None), ASKS))
            ours.append(time.process_time() - began)
            _check(found)
            theirs.append(_by_cedar(put, sets) * ASKS)
        wrong, turned = disagreements(Path(folder), key)
    if not 0 < turned < ASKS:
        raise RuntimeError(f"{turned} answers turned, so that nothing was compared")
    value, peer = statistics.median(ours), statistics.median(theirs)
    return [
        {
            "id": "replay.asks.100000",
            "value": round(value, 2),
            "unit": "s",
            "peer": "cedarpy, deciding alone",
            "peer_value": round(peer, 2),
            "ratio": round(peer / value, 2),
            "target": MOST_SECONDS,
            "met": value < MOST_SECONDS,
        },
        {
            "id": "replay.disagreements.100000",
            "value": wrong,
            "unit": f"of {turned} turned",
            "peer": "enforcement under the draft",
            "peer_value": 0,
            "ratio": None,
            "target": 0,
            "met": wrong == 0,
        },
    ]


def _check(found: Replayed) -> None:
    """Something must change and something stay, or nothing is measured."""
    changed = sum(each.asks for each in found.changed)
    if not (found.records == ASKS and 0 < changed < ASKS):
        raise RuntimeError(f"{found.records} were decided and {changed} of them changed")
