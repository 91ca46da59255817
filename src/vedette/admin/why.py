"""Why: the decision on an ask that somebody wonders about, or on one that was recorded."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vedette.admin.policy import rules_of
from vedette.admin.rejected import Code, Rejected
from vedette.core.asks import Act, Ask, Members
from vedette.core.channels import TOWARDS_ORGANISATION, Channel
from vedette.core.conditions import ConditionError, Operator, parse
from vedette.core.decide import decide
from vedette.core.decision import Decision
from vedette.core.explain import (
    Considered,
    considered,
    sentence_for_administrator,
    sentence_for_auditor,
    sentence_for_person,
)
from vedette.core.facts import ATTACHMENT, FILE_FACTS, REGISTRY, Facts, FactType, Missing, Value
from vedette.core.file_kinds import declared_kind, named_kind
from vedette.core.language import Sentence, said_by, told
from vedette.core.names import InvalidName, RoomId, UserId
from vedette.core.reasons import Reason
from vedette.core.record import RecordFault, read_body
from vedette.core.ruleset import Ruleset
from vedette.core.sessions import before_sign_in
from vedette.core.settings.document import Document
from vedette.core.towards import meet, organisation, reach
from vedette.ports.policy import Policy
from vedette.protocol.internal.asked_rooms import RoomQuestion, RoomSeen, Wondered, room_to_json

_ACTS = {
    Channel.SIGN_IN: Act.REQUEST_ENDPOINT_USE,
    Channel.ADMINISTER: Act.ADMINISTRATION_SETTINGS_APPLY,
    Channel.CONTACT: Act.ROOM_MEMBER_INVITE,
    Channel.PRESENCE: Act.PRESENCE_STATUS_READ,
}
FIXED_IN_CODE = frozenset(Reason) - {
    Reason.ALLOWED,
    Reason.ROUTINE,
    Reason.FORBIDDEN,
    Reason.FACT_UNKNOWN,
    Reason.NO_RULE,
    Reason.MEMBERS_UNKNOWN,
    Reason.FACT_PENDING,
}
"""Reasons that the code gave, not the rules: there is nothing to replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wondering:
    """May `from_` use `channel` towards `to`? `file` is a file's name, which stands for an
    ordinary file of the kind that its ending says. `facts` are lines such as `room.encrypted = yes`,
    `file.malware = yes` or `claimed file.type = application/pdf`; they win. With `room`, a room's id,
    it is asked towards everybody in that room, of whom `to` is one only for `contact`: invited.
    """

    from_: str
    to: str | None
    channel: str
    file: str | None = None
    size: int | None = None
    facts: tuple[str, ...] = ()
    room: str | None = None

    def placed(self) -> Wondering:
        """The same with its room in its place: a room may stand where a person would."""
        if self.room or self.to is None or not self.to.startswith("!"):
            return self
        return replace(self, room=self.to, to=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A decision and how it came about. `sentence` is for administrators, `person` is what the
    refused person reads. `record` and `same` are set for a recorded ask: whether a replay gives
    the same answer, None where there is nothing to replay. `room` is where it would be done.
    """

    decision: Decision
    sentence: Sentence
    person: Sentence
    considered: tuple[Considered, ...]
    record: str | None = None
    same: bool | None = None
    room: RoomSeen | None = None


def why(policy: Policy, wondering: Wondering, today: int) -> Why:
    """Decide what somebody wonders about, by the policy in force; nothing is recorded.

    Raises:
        Rejected: a name, the channel or a fact can't be read.
    """
    ask = _ask(policy, wondering)
    facts = _facts(wondering, today)
    decision = decide(policy.rules, ask, facts)
    return Why(
        decision=decision,
        sentence=sentence_for_administrator(decision),
        person=sentence_for_person(decision),
        considered=tuple(considered(policy.rules, ask, facts)),
    )


def room_question(wondering: Wondering) -> RoomQuestion:
    """What to ask the event door about a room. Raises Rejected where that can't be asked."""
    channel = _channel(wondering.channel)
    if channel in TOWARDS_ORGANISATION:
        words = told("`{channel}` is nothing that is done in a room", channel=channel)
        raise Rejected(Code.INVALID, words, told("leave the room out"))
    if wondering.to is not None and channel is not Channel.CONTACT:
        raise Rejected(
            Code.INVALID,
            told("in a room it is asked towards everybody who is there, not towards one"),
            told("leave one of the two out; whom to invite is asked with the channel `contact`"),
        )
    try:
        room = RoomId(wondering.room or "")
    except InvalidName as fault:
        hint = told(
            "write the room's id, such as `!AbCdEf:example.org`; clients show it in the room's settings"
        )
        raise Rejected(Code.INVALID, said_by(fault), hint) from fault
    whom = _user(wondering.to) if wondering.to else None
    return RoomQuestion(room=room, who=_user(wondering.from_), whom=whom, channel=channel)


def no_draft_of_a_room() -> Rejected:
    """The event door goes by the settings in force alone."""
    return Rejected(
        Code.INVALID,
        told("a room is asked about under the settings in force, not under a draft"),
        told("whom a draft would affect, in rooms too, `vedette replay DRAFT` says"),
    )


def why_in_room(policy: Policy, wondering: Wondering, found: Wondered, today: int) -> Why:
    """Decide what the event door would ask, with what somebody adds to what it knows.

    Raises:
        Rejected: a fact can't be read, or the event door goes by another revision.
    """
    if found.decision.revision != policy.rules.revision:
        words = told(
            "the event door still goes by revision {there}, in force is {here}",
            there=found.decision.revision,
            here=policy.rules.revision,
        )
        raise Rejected(Code.UNAVAILABLE, words, told("ask again; `vedette doctor` says how it is"))
    more = _facts(wondering, today)
    facts = Facts({**found.facts.known, **more.known}, {**found.facts.claims, **more.claims})
    decision = found.decision
    if decision.reason not in FIXED_IN_CODE:
        decision = decide(policy.rules, found.ask, facts)
    return Why(
        decision=decision,
        sentence=sentence_for_administrator(decision),
        person=sentence_for_person(decision),
        considered=tuple(considered(policy.rules, found.ask, facts)),
        room=found.room,
    )


def why_record(entry: Mapping[str, Any], document: Document | None) -> Why:
    """Decide a recorded ask again with the rules of its revision.

    `document` is that revision's, or None where it is not known any more.

    Raises:
        Rejected: this is not the record of a decision.
    """
    try:
        ask, facts, decision = read_body(entry)
        name = str(entry["id"])
    except (RecordFault, KeyError) as fault:
        raise Rejected(
            Code.INVALID, told("this record holds no decision: {fault}", fault=fault)
        ) from fault
    if document is None:
        rules, same = Ruleset.of(decision.revision, []), None
    else:
        rules = rules_of(document, decision.revision)
        same = None if decision.reason in FIXED_IN_CODE else decide(rules, ask, facts) == decision
    return Why(
        decision=decision,
        sentence=sentence_for_auditor(name, ask, decision, same),
        person=sentence_for_person(decision),
        considered=tuple(considered(rules, ask, facts)),
        record=name,
        same=same,
    )


def under_draft(policy: Policy, draft: Document) -> Policy:
    """The policy with a draft in place of its document, and the people as they are."""
    directory = policy.directory.under(draft, policy.directory.today)
    return Policy(rules_of(draft, policy.rules.revision), directory)


def as_contract(found: Why) -> dict[str, Any]:
    """The shape of `why --json`."""
    decision = found.decision
    shape: dict[str, Any] = {
        "answer": decision.verdict.value,
        "reason": decision.reason.value,
        "rule": decision.rule,
        "towards": decision.towards,
        "pending": list(decision.pending),
        "unknown": list(decision.unknown),
        "revision": decision.revision,
        "sentence": found.sentence,
        "considered": [
            {"rule": each.rule, "matched": each.matched, "because": each.because}
            for each in found.considered
        ],
        "person": found.person,
    }
    if found.room is not None:
        shape["room"] = room_to_json(found.room)
    if found.record is not None:
        shape |= {"record": found.record, "same": found.same}
    return shape


def _ask(policy: Policy, wondering: Wondering) -> Ask:
    channel = _channel(wondering.channel)
    act = _ACTS.get(channel, Act.ROOM_EVENT_SEND)
    who = policy.directory.someone(_user(wondering.from_))
    if channel in (Channel.SIGN_IN, Channel.ADMINISTER):
        over = policy.directory.someone(_user(wondering.to)).parties if wondering.to else None
        return organisation(act, who, channel, over)
    if wondering.to is None:
        raise Rejected(
            Code.INVALID,
            told("towards whom? `{channel}` is between people", channel=channel),
            told("name `--to`"),
        )
    whom = policy.directory.someone(_user(wondering.to))
    if channel is Channel.CONTACT:
        return meet(act, who.name, [whom], Members.of([who]), None)
    return reach(act, who, whom, channel)


def _channel(word: str) -> Channel:
    try:
        return Channel(word)
    except ValueError:
        listed = ", ".join(channel.value for channel in Channel)
        raise Rejected(
            Code.INVALID,
            told("`{word}` is not a channel", word=word),
            told("one of {known}", known=listed),
        ) from None


def _user(text: str) -> UserId:
    try:
        return UserId(text)
    except ValueError as fault:
        hint = told("write a whole user id, such as `@bob:example.org`")
        raise Rejected(Code.INVALID, said_by(fault), hint) from fault


def _facts(wondering: Wondering, today: int) -> Facts:
    known: dict[str, Value | Missing] = {"today": today}
    claims: dict[str, Value] = {}
    if wondering.channel == Channel.SIGN_IN:
        known |= before_sign_in().known
    if wondering.file is not None:
        file = _file(wondering.file, wondering.size)
        known, claims = {**known, **file.known}, dict(file.claims)
    for line in wondering.facts:
        name, value, claimed = _fact(line)
        (claims if claimed else known)[name] = value
    return Facts(known, claims)


def _file(name: str, size: int | None) -> Facts:
    """What is known of an ordinary file: it is what its name says, and nothing is wrong with it."""
    type_ = mimetypes.guess_type(name)[0] or "application/octet-stream"
    known: dict[str, Value | Missing] = {
        **dict.fromkeys(_FOUND, False),
        "file.class": ATTACHMENT,
        "file.kind": named_kind(name) or "other",
        "file.matches": frozenset(),
        "file.type": type_,
    }
    if size is not None:
        known["file.size"] = size
    return Facts(known, {"file.type": type_, "file.kind": declared_kind(type_)})


_FOUND = sorted(name for name in FILE_FACTS if REGISTRY[name].type is FactType.YES_NO)


def _fact(line: str) -> tuple[str, Value, bool]:
    """A fact that is written like a condition with `=`, or `in` for several words."""
    try:
        condition = parse(line)
    except ConditionError as fault:
        raise Rejected(Code.INVALID, said_by(fault), told("write `fact = value`")) from fault
    if condition.operator not in (Operator.EQUAL, Operator.IN):
        raise Rejected(
            Code.INVALID, told("`{line}` says no value", line=line), told("write `fact = value`")
        )
    if REGISTRY[condition.fact].type is FactType.WORDS:
        return condition.fact, frozenset(map(str, condition.values)), condition.claimed
    return condition.fact, condition.values[0], condition.claimed
