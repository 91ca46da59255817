"""Who is affected: recorded asks, decided by the rules in force and by those of a draft.

A record holds the parties of whoever was asked about, not everybody's: where a draft changes parties
or partners, the people whom the record names are looked up anew, and what can't be placed so is
decided with the parties that it had.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vedette.admin.policy import rules_of
from vedette.admin.why import FIXED_IN_CODE
from vedette.core.asks import Act, Ask, Need, PartySet, Question
from vedette.core.channels import Channel
from vedette.core.decide import decide
from vedette.core.decision import Decision, Verdict
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.people import ANYONE, Directory
from vedette.core.record import RecordFault, read_body
from vedette.core.settings.document import Document
from vedette.ports.policy import Policy
from vedette.ports.records import Records

EXAMPLES = 3
"""How many records are named for each kind of change."""
MOST_CHANGES = 200
MOST_OBSERVED = 100
MOST_ROOMS = 50


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """One kind of change: an answer in a channel between two sets of parties, and by which rules."""

    was: str
    becomes: str
    channel: str
    from_: str
    to: str
    rule: str | None
    rule_then: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """How often a kind of change would have happened, with ids of records to look at."""

    kind: Kind
    asks: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How often a rule that only observes would have had a say: a forbid would have refused."""

    rule: str
    forbids: bool
    asks: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a draft would have changed.

    `records` were decided again and stand for `asks`; of these, `counted` were kept as counts
    alone, so that single ones can't be shown. `fixed` records were answered by code that no rule
    changes. `kept_parties` were decided with the parties of their time, although the draft changes
    parties. In `silent_rooms` something could be said, and under the draft nothing could.
    `observed` are the draft's rules in observe mode that would have had a say.
    """

    records: int
    asks: int
    counted: int
    fixed: int
    kept_parties: int
    changed: tuple[Changed, ...]
    silent_rooms: tuple[str, ...]
    silent: int
    observed: tuple[Observed, ...] = ()


def recorded(records: Records, since: float | None) -> Iterator[Mapping[str, Any]]:
    """Every recorded decision from `since` (seconds since 1970 UTC) on. Raises RecordFault."""
    for process in records.processes():
        begin = 0 if since is None else records.since(process, since)
        for entry, _ in records.read(process, begin):
            if entry.get("kind") in ("decision", "counted") and entry.get("at", 0) >= (since or 0):
                yield entry


def replay(policy: Policy, draft: Document, entries: Iterable[Mapping[str, Any]]) -> Replayed:
    """Decide what was recorded once by the policy in force and once by the draft.

    Records that can't be read are left out: `vedette audit verify` is what finds those.
    """
    directory = policy.directory
    then = directory.under(draft, directory.today)
    same_people = _words(draft) == _words(directory.document)
    tally = _Tally()
    rules = rules_of(draft, policy.rules.revision + 1)
    placing = _Placing(directory, then)
    for entry in entries:
        try:
            ask, facts, was = read_body(entry)
        except RecordFault:
            continue
        if was.reason in FIXED_IN_CODE or not ask.questions:
            tally.fixed += 1
            continue
        placed, found = (ask, True) if same_people else placing.place(ask)
        now, becomes = decide(policy.rules, ask, facts), decide(rules, placed, facts)
        tally.take(entry, ask, now, becomes, found=found)
    return tally.told(draft)


def _words(document: Document) -> tuple[object, object]:
    return document.parties, document.partners


_Known = tuple[PartySet, PartySet]
"""The parties that somebody has now, and would have under the draft."""
_ABOUT_OTHERS = frozenset({Act.ROOM_MEMBER_INVITE, Act.ROOM_ROOM_CREATE, Act.ROOM_STANDING_JUDGE})
"""Acts by which one asks about others: their record names one side of each question alone."""


@dataclass(frozen=True, slots=True)
class _Placing:
    """Gives whoever a record names the parties that they would have under a draft."""

    before: Directory
    after: Directory

    def place(self, ask: Ask) -> tuple[Ask, bool]:
        """The ask with the parties of the draft, and whether all of them could be found."""
        questions: list[Question] = []
        found = True
        who = None if ask.act in _ABOUT_OTHERS else self._known(ask.who)
        for question in ask.questions:
            whom = self._known(question.whom)
            placed = () if question.whom == ask.who else _placed(ask, question, who, whom)
            found = found and bool(placed)
            questions += placed or (_partly(question, who, whom),)
        return replace(ask, questions=tuple(dict.fromkeys(questions))), found

    def _known(self, name: str) -> _Known | None:
        """The parties that a person or server has now, and would have."""
        now, then = _parties(self.before, name), _parties(self.after, name)
        return None if now is None or then is None else (now, then)


def _placed(
    ask: Ask, question: Question, who: _Known | None, whom: _Known | None
) -> tuple[Question, ...]:
    """The question as it would be asked between these two; none where it is not about them.

    A set of parties tells who is on which side unless both have the same. Then content goes from
    whoever asks to the other, and whatever is asked both ways is asked both ways.
    """
    if question.to is None:  # the members were not known: the one side is whoever asks
        return (
            () if who is None or who[0] != question.from_ else (_between(question, who[1], None),)
        )
    fits = [
        _between(question, one[1], other[1])
        for one, other in ((who, whom), (whom, who))
        if one is not None and other is not None
        if (one[0], other[0]) == (question.from_, question.to)
    ]
    both_ways = question.channel is Channel.CONTACT or ask.need is Need.SOME
    return tuple(fits if both_ways else fits[:1])


def _partly(question: Question, *sides: _Known | None) -> Question:
    """The question with the parties of whichever side is known."""
    known: dict[PartySet | None, PartySet] = dict(side for side in sides if side is not None)
    from_ = known.get(question.from_, question.from_)
    to = question.to if question.to is None else known.get(question.to, question.to)
    return _between(question, from_, to)


def _between(question: Question, from_: PartySet, to: PartySet | None) -> Question:
    return Question(question.channel, from_, to, question.whom)


def _parties(directory: Directory, name: str) -> PartySet | None:
    try:
        if name.startswith("@"):
            return directory.someone(UserId(name)).parties
        return directory.server(ServerName(name)).parties
    except InvalidName:
        return None


@dataclass(slots=True)
class _Tally:
    """Counts while records go by."""

    records: int = 0
    asks: int = 0
    counted: int = 0
    fixed: int = 0
    kept_parties: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    observed: Counter[str] = field(default_factory=Counter)
    examples: dict[Kind | str, list[str]] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    heard_then: set[str] = field(default_factory=set)

    def take(
        self, entry: Mapping[str, Any], ask: Ask, now: Decision, becomes: Decision, *, found: bool
    ) -> None:
        """Count one record."""
        asks = entry.get("count", 1)
        self.records += 1
        self.asks += asks
        self.counted += asks if entry.get("kind") == "counted" else 0
        self.kept_parties += not found
        if ask.where is not None and ask.where.startswith("!"):  # a file has its address there
            self._room(ask.where, now, becomes)
        for rule in becomes.observed:
            self.observed[rule] += asks
            self._example(rule, entry)
        if now.verdict is not becomes.verdict:
            kind = _kind(ask, now, becomes)
            self.kinds[kind] += asks
            self._example(kind, entry)

    def _example(self, of: Kind | str, entry: Mapping[str, Any]) -> None:
        named = self.examples.setdefault(of, [])
        if len(named) < EXAMPLES:
            named.append(str(entry.get("id")))

    def _room(self, room: str, now: Decision, becomes: Decision) -> None:
        if now.verdict is Verdict.YES:
            self.heard.add(room)
        if becomes.verdict is Verdict.YES:
            self.heard_then.add(room)

    def told(self, draft: Document) -> Replayed:
        """Everything counted under this draft: what would happen most comes first."""
        common = sorted(self.kinds.items(), key=lambda each: (-each[1], str(each[0])))
        silent = sorted(self.heard - self.heard_then)
        return Replayed(
            records=self.records,
            asks=self.asks,
            counted=self.counted,
            fixed=self.fixed,
            kept_parties=self.kept_parties,
            changed=tuple(
                Changed(kind=kind, asks=asks, examples=tuple(self.examples[kind]))
                for kind, asks in common[:MOST_CHANGES]
            ),
            silent_rooms=tuple(silent[:MOST_ROOMS]),
            silent=len(silent),
            observed=tuple(
                Observed(
                    rule=rule,
                    forbids=_forbids(draft, rule),
                    asks=asks,
                    examples=tuple(self.examples[rule]),
                )
                for rule, asks in self.observed.most_common(MOST_OBSERVED)
            ),
        )


def _kind(ask: Ask, now: Decision, becomes: Decision) -> Kind:
    """What changed, told about the question for which the stricter of the two answers was given."""
    refused = becomes if becomes.verdict is not Verdict.YES else now
    question = next((q for q in ask.questions if q.whom == refused.towards), ask.questions[0])
    return Kind(
        was=now.verdict.value,
        becomes=becomes.verdict.value,
        channel=question.channel.value,
        from_=_label(question.from_),
        to=_label(question.to),
        rule=now.rule,
        rule_then=becomes.rule,
    )


def _forbids(draft: Document, compiled: str) -> bool:
    guardrail = compiled.startswith("guardrails.")
    rules = draft.guardrails if guardrail else draft.rules
    bare = compiled.removeprefix("guardrails.")
    return any(rule.forbid for name, rule in rules.items() if name == bare)


def _label(parties: PartySet | None) -> str:
    if parties is None:
        return "unknown members"
    return ", ".join(sorted(parties - {ANYONE})) or "the organisation"
