"""One decision, ours against Cedar's, with few rules and with many.

Every ruleset holds the same five rules that speak about what is asked; the others are about other
partners and other channels. A thousand distinct asks (other people, other sets of parties, other
facts) are put in turn, so that no answer is found again whole. Every rule is one-way, which makes it
one Cedar policy. Rounds of ours and Cedar's alternate in one process, and its own CPU time is what
counts. `cedarpy` is given its policies parsed, and for every ask just the two entities that it is
about, parsed too; what is measured is `is_authorized` and `decide` on requests built beforehand.

`decide.rules.N` is after the first sight of each pair of party sets, as in a running door, and
`decide.first.N` includes it: a ruleset that never saw any of the asks.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import cedarpy

from vedette.core.asks import Act, Ask, Question
from vedette.core.cedar import policies, request
from vedette.core.channels import Channel
from vedette.core.conditions import parse
from vedette.core.decide import decide
from vedette.core.decision import Verdict
from vedette.core.facts import Facts
from vedette.core.ruleset import CompiledRule, Ruleset

SIZES = (10, 100, 1_000, 10_000)
ASKS = 1_000
ROUNDS = 7
CEDAR_SECONDS = 0.4
"""How long a round of Cedar may take: it is given as many of the asks as fit, in turn."""

FASTER_AT_100 = 20.0
MOST_GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Put:
    """One ask as each engine takes it."""

    ask: Ask
    facts: Facts
    cedar: dict[str, Any]
    entities: cedarpy.Entities


def _rule(
    name: str, pair: tuple[str, str], *when: str, forbids: bool = False, channel: str = "file"
) -> CompiledRule:
    return CompiledRule(
        id=name,
        forbids=forbids,
        channels=frozenset({Channel(channel)}),
        pairs=frozenset({pair}),
        when=tuple(parse(text) for text in when),
        say="Ask the security office." if forbids else None,
    )


APPLYING = (
    _rule("documents", ("staff", "acme"), "claimed file.kind in document, image"),
    _rule("small", ("us", "partners"), "file.size <= 1 MiB", "room.encrypted = no"),
    _rule("no-programs", ("us", "anyone"), "file.type in application/x-sh", forbids=True),
    _rule("no-large", ("us", "partners"), "file.size > 50 MiB", forbids=True),
    _rule("old-phones", ("staff", "acme"), "device.version < 14.2", forbids=True),
)
"""The rules that speak about every ask; the rest of each ruleset speaks about none."""


def rules(count: int) -> list[CompiledRule]:
    """`count` rules, of which just those of `APPLYING` speak about what is asked."""
    others = []
    for number in range(count - len(APPLYING)):
        partner = f"partner-{number}"
        pair = ("staff", "acme") if number % 4 == 0 else ("staff", partner)
        channel = "voice" if number % 4 == 0 else "file"
        name, when = f"other-{number}", f"file.size <= {number + 1} KiB"
        others.append(_rule(name, pair, when, forbids=number % 2 == 0, channel=channel)
                      if channel == "file" else _rule(name, pair, channel=channel))  # fmt: skip
    return [*APPLYING, *others]


def puts() -> list[Put]:
    """Distinct asks: each its own people and facts, every other its own set of parties."""
    found = []
    for number in range(ASKS):
        groups = {f"group-{number % 500}", f"site-{number % 7}"}
        from_ = frozenset({"anyone", "us", "staff", *groups})
        to = frozenset({"anyone", "partners", "acme", f"role-{number % 3}"})
        question = Question(Channel.FILE, from_, to, f"@theirs-{number}:acme.example")
        facts = Facts(
            {
                "file.size": number * 2_000,
                "file.type": "application/pdf" if number % 5 else "application/x-sh",
                "device.version": (13 + number % 4, number % 6),
                "room.encrypted": number % 2 == 0,
                "room.kind": f"kind-{number % 11}",
                "today": 740_000 + number % 30,
            },
            {"file.kind": ("document", "image", "archive")[number % 3]},
        )
        who = f"@ours-{number}:example.org"
        ask = Ask(act=Act.ROOM_EVENT_SEND, who=who, questions=(question,))
        asked = request(who, question, facts)
        entities = cedarpy.Entities.from_json_str(json.dumps(asked.entities))
        found.append(Put(ask, facts, asked.request, entities))
    return found


def _timed(run: Callable[[Put], object], asked: Sequence[Put]) -> float:
    """Microseconds of CPU time for one decision, on average."""
    gc.collect()
    began = time.process_time()
    for put in asked:
        run(put)
    return (time.process_time() - began) / len(asked) * 1e6


@dataclass(slots=True)
class Size:
    """Both engines with one number of rules, and what was measured of each."""

    ours: Ruleset
    text: cedarpy.PolicySet
    warm: list[float]
    first: list[float]
    cedar: list[float]
    turn: int = 0

    def decide(self, put: Put) -> Verdict:
        """Our answer."""
        return decide(self.ours, put.ask, put.facts).verdict

    def authorize(self, put: Put) -> bool:
        """Cedar's answer."""
        answer = cedarpy.is_authorized(put.cedar, self.text, put.entities)
        return bool(answer.decision is cedarpy.Decision.Allow)

    def round(self, asked: Sequence[Put], few: int) -> None:
        """Measure ours anew, ours again, and as many asks of Cedar as fit."""
        self.ours = Ruleset.of(1, self.ours.rules)
        self.first.append(_timed(self.decide, asked))
        self.warm.append(_timed(self.decide, asked))
        part = [asked[(self.turn + at) % len(asked)] for at in range(few)]
        self.turn += few
        self.cedar.append(_timed(self.authorize, part))


def _prepared(count: int) -> Size:
    ruleset = Ruleset.of(1, rules(count))
    text = cedarpy.PolicySet.from_str(policies(ruleset.rules))
    return Size(ruleset, text, [], [], [])


def _check(size: Size, asked: Sequence[Put]) -> None:
    """Both must answer alike, and not always the same, or nothing is measured."""
    answers = {size.decide(put) is Verdict.YES for put in asked[:50]}
    assert answers == {True, False}
    assert all((size.decide(put) is Verdict.YES) is size.authorize(put) for put in asked[:50])


def run() -> list[dict[str, Any]]:
    """Measure; one entry for each number of rules, and what 10,000 cost against 10."""
    asked = puts()
    sizes = {count: _prepared(count) for count in SIZES}
    few = {}
    for count, size in sizes.items():
        _check(size, asked)
        each = _timed(size.authorize, asked[:10])
        few[count] = max(5, min(ASKS, int(CEDAR_SECONDS * 1e6 / each)))
    for _ in range(ROUNDS):
        for count, size in sizes.items():
            size.round(asked, few[count])
    return [*_speeds(sizes), *_growths(sizes)]


def _speeds(sizes: dict[int, Size]) -> list[dict[str, Any]]:
    found = []
    for count, size in sizes.items():
        theirs = statistics.median(size.cedar)
        for id_, values in (("rules", size.warm), ("first", size.first)):
            ours = statistics.median(values)
            target = FASTER_AT_100 if (id_, count) == ("rules", 100) else None
            found.append(_entry(f"decide.{id_}.{count}", ours, "µs", theirs, theirs / ours, target))
    return found


def _growths(sizes: dict[int, Size]) -> list[dict[str, Any]]:
    few, many = sizes[SIZES[0]], sizes[SIZES[-1]]
    theirs = statistics.median(many.cedar) / statistics.median(few.cedar)
    warm = statistics.median(many.warm) / statistics.median(few.warm)
    first = statistics.median(many.first) / statistics.median(few.first)
    return [
        _entry("decide.growth", warm, "times", theirs, theirs / warm, None, below=MOST_GROWTH),
        _entry("decide.growth.first", first, "times", theirs, theirs / first, None),
    ]


def _entry(
    id_: str, value: float, unit: str, peer: float, ratio: float, target: float | None,
    *, below: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """One line of the report; `target` is for the ratio, `below` for the value itself."""
    met = None
    if target is not None:
        met = ratio >= target
    elif below is not None:
        met = value < below
    return {
        "id": id_,
        "value": round(value, 3),
        "unit": unit,
        "peer": f"cedarpy {version('cedarpy')}",
        "peer_value": round(peer, 3),
        "ratio": round(ratio, 2),
        "target": target if below is None else below,
        "met": met,
    }


if __name__ == "__main__":
    for entry in run():
        print(json.dumps(entry, ensure_ascii=False))
