"""What the audit log keeps: the shape of a record, its hash chain, and reading one back.

A record holds the ask, every fact that was known or claimed, and the decision, so that the same
revision gives the same answer again. Content and tokens are never part of an ask or a fact, so there
is nothing to redact and no function that does: `tests/apps/test_records_hold_no_content.py` tries
every event and every endpoint. Nothing that a rule read is ever left out.

Chain: `hash = SHA-256(previous hash bytes || canonical JSON of the record without "hash")`, the
first record follows 32 zero bytes. Canonical JSON: sorted keys, no spaces, UTF-8.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vedette.core.asks import Act, Ask, Need, Question
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts, Missing, Value
from vedette.core.reasons import Reason

GENESIS = "0" * 64
"""The hash before the first record of a chain."""

JSON = Any
"""Plain JSON data."""


class RecordFault(ValueError):
    """A record that can't be read back, or a chain that does not hold."""


def canonical(data: JSON) -> bytes:
    """Canonical JSON bytes: the form over which hashes and signatures are made.

    Half a surrogate pair, which UTF-8 can't say but JSON can, is written as its JSON escape: no text
    that somebody sends may keep a record from being written. Two halves that came together are the
    one character that they spell, as whoever reads the JSON takes them.
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return whole.encode(errors="backslashreplace")


def chain_hash(previous: str, entry: Mapping[str, JSON]) -> str:
    """The hash of `entry` (without its own `hash`) after `previous`, in hex."""
    body = {key: value for key, value in entry.items() if key != "hash"}
    return hashlib.sha256(bytes.fromhex(previous) + canonical(body)).hexdigest()


def chained(previous: str, entry: Mapping[str, JSON]) -> dict[str, JSON]:
    """`entry` with its place in the chain."""
    linked = {**entry, "previous": previous}
    return {**linked, "hash": chain_hash(previous, linked)}


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a chain stands: the hash of its last record, that record's id, and how many."""

    head: str
    last: str | None
    length: int


NOTHING = ChainState(GENESIS, None, 0)
"""A chain before its first record."""


def verify_chain(
    entries: Iterable[Mapping[str, JSON]], process: str, after: ChainState = NOTHING
) -> ChainState:
    """Check a chain, from its beginning or from where it was checked before.

    1. Each record follows the one before it. 2. Its hash is right. 3. Its id is of this process
    and its number is one more than the last, except that a `started` record may leave a gap.

    Raises:
        RecordFault: names the first record that does not hold.
    """
    head, last, length = after.head, after.last, after.length
    number = int(last.rpartition(":")[2]) if last else 0
    for entry in entries:
        name = str(entry.get("id"))
        if entry.get("previous") != head:  # (1)
            raise RecordFault(
                f"record `{name}` does not follow the one before it: one of them was altered, or "
                "what stood between them is missing or moved"
            )
        if entry.get("hash") != chain_hash(head, entry):  # (2)
            raise RecordFault(f"record `{name}` was altered")
        here, colon, sequence = name.rpartition(":")
        if here != process or not colon or not sequence.isascii() or not sequence.isdigit():
            raise RecordFault(f"record `{name}` is not of `{process}`")
        step = int(sequence) - number  # (3)
        if step != 1 and not (entry.get("kind") == "started" and step > 0):
            raise RecordFault(f"record `{name}` is not the next after number {number}")
        head, last, number, length = str(entry["hash"]), name, int(sequence), length + 1
    return ChainState(head, last, length)


def read_line(line: bytes) -> dict[str, JSON]:
    """A record as it lies on disk, without its newline, spelt exactly as `canonical` spells it.

    Two spellings of one record, such as `1e5` and `1E5`, have one hash; only one is what was
    written, so that no byte of a log can be changed unseen.

    Raises:
        RecordFault: it is not a record, or it is spelt in another way.
    """
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise RecordFault("this line is not a record") from fault
    if not isinstance(entry, dict):
        raise RecordFault("this line is not a record")
    if canonical(entry) != line:
        raise RecordFault(f"record `{entry.get('id')}` was altered in how it is spelt")
    return entry


def verify_lines(
    lines: Iterable[bytes], process: str, after: ChainState = NOTHING
) -> Iterator[ChainState]:
    """Check a chain as it lies on disk, line by line, and say where it stands after each.

    Raises:
        RecordFault: says which line of the log is the first that does not hold, counted from 1, and
            up to which record it is whole.
    """
    state, log = after, iter(lines)
    while True:
        try:
            # what keeps a log from being read on is a fault of that place, too
            line = next(log, None)
            if line is None:
                return
            state = verify_chain([read_line(line)], process, state)
        except RecordFault as fault:
            whole = f"whole up to `{state.last}`" if state.last else "nothing before it"
            raise RecordFault(f"line {state.length + 1}: {fault}; {whole}") from fault
        yield state


def body(ask: Ask, facts: Facts, decision: Decision) -> dict[str, JSON]:
    """The part of a record that says what was asked, known and answered."""
    parts = [
        {name: fact_to_json(value) for name, value in sorted(part.items())} for part in facts.parts
    ]
    return {
        "act": ask.act.value,
        "who": ask.who,
        "where": ask.where,
        "need": ask.need.value,
        "questions": [
            {
                "channel": q.channel.value,
                "from": sorted(q.from_),
                "to": None if q.to is None else sorted(q.to),
                "whom": q.whom,
            }
            for q in ask.questions
        ],
        "facts": {name: fact_to_json(value) for name, value in sorted(facts.known.items())},
        "claims": {name: fact_to_json(value) for name, value in sorted(facts.claims.items())},
        **({"parts": parts} if parts else {}),
        "decision": decision_body(decision),
    }


def decision_body(decision: Decision) -> dict[str, JSON]:
    """A decision as plain data."""
    return {
        "answer": decision.verdict.value,
        "reason": decision.reason.value,
        "rule": decision.rule,
        "towards": decision.towards,
        "revision": decision.revision,
        "pending": list(decision.pending),
        "unknown": list(decision.unknown),
        "say": decision.say,
        "observed": list(decision.observed),
    }


def read_body(data: Mapping[str, JSON]) -> tuple[Ask, Facts, Decision]:
    """The ask, facts and decision of a record, for replaying it.

    Raises:
        RecordFault: the data has another shape.
    """
    try:
        questions = tuple(
            Question(
                Channel(q["channel"]),
                frozenset(q["from"]),
                None if q["to"] is None else frozenset(q["to"]),
                q["whom"],
            )
            for q in data["questions"]
        )
        ask = Ask(
            act=Act(data["act"]),
            who=data["who"],
            questions=questions,
            need=Need(data["need"]),
            where=data["where"],
        )
        claims = {name: fact_from_json(value) for name, value in data["claims"].items()}
        facts = Facts(
            {name: fact_from_json(value) for name, value in data["facts"].items()},
            {name: value for name, value in claims.items() if not isinstance(value, Missing)},
            tuple(
                {name: fact_from_json(value) for name, value in part.items()}
                for part in data.get("parts", ())
            ),
        )
        return ask, facts, _read_decision(data["decision"])
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise RecordFault(f"this is not the body of a decision record: {fault}") from fault


def _read_decision(data: Mapping[str, JSON]) -> Decision:
    return Decision(
        verdict=Verdict(data["answer"]),
        reason=Reason(data["reason"]),
        rule=data["rule"],
        towards=data["towards"],
        revision=data["revision"],
        pending=tuple(data["pending"]),
        unknown=tuple(data["unknown"]),
        say=data["say"],
        observed=tuple(data["observed"]),
    )


def fact_to_json(value: Value | Missing) -> JSON:
    """A fact's value as it is kept."""
    if isinstance(value, Missing):
        return {"missing": value.value}
    if isinstance(value, frozenset):
        return {"words": sorted(value)}
    return {"version": list(value)} if isinstance(value, tuple) else value


def fact_from_json(value: JSON) -> Value | Missing:
    """A fact's value as it was kept. Raises RecordFault where it is none."""
    if not isinstance(value, dict):
        if isinstance(value, bool | int | str):
            return value
        raise RecordFault(f"`{value}` is not a fact's value")
    if "missing" in value:
        return Missing(value["missing"])
    if "words" in value:
        return frozenset(str(word) for word in value["words"])
    return tuple(int(part) for part in value["version"])
