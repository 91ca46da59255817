"""Tells people of refusals by doors that can't tell them, and of what administrators did over them.

Nothing that a door wrote as text goes into a notice: whoever takes over a gateway could else speak
with the organisation's voice. What is taken from a record is who, which act, which reason and which
rule; the words are those of the code and of the rule as it stands in the settings in force.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from vedette.admin.break_glass import officers
from vedette.admin.lockout import officers as who_might
from vedette.admin.rights import rights
from vedette.control.streams import Publisher
from vedette.core.asks import Act, Ask
from vedette.core.break_glass import HOUR
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.notices import (
    MAKES_CREDENTIALS,
    TOLD,
    TOLD_OF,
    UNLOCK,
    made_credentials_words,
    matter_of,
    notice_of,
    notice_of_act,
    person_at_the_door,
    recovery_words,
    waiting_act_words,
    waiting_words,
    waits,
    whom_told_of,
)
from vedette.core.pace import Pace
from vedette.core.pending import CHANGES
from vedette.core.record import RecordFault, read_body
from vedette.core.waiting_acts import TAKES_APPROVALS
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.ports.records import Records
from vedette.protocol.internal.notices import MOST, Notice, body_of

_LOG = logging.getLogger("vedette.control")
_RECOVERY = "recover"
"""The chain in which recovery is recorded on this host; in no other one it is believed."""
_OWN_VOICE = frozenset({"control", "restore", "synapse", _RECOVERY})
"""Processes whose refusals are not told from here: Synapse's door tells by itself, and what an
administrator is refused stands on the screen that asked."""
_OWN = "control"
"""The process whose records say what administrators did over whom."""
_LATELY = 60.0
"""For how many seconds a notice is in the parts that are sent; a refusal older than that is told no
more."""
_MOST_OFFICERS = 50
"""So many people are told of one change that waits."""
_MOST_WAITING = 3
"""Of so many changes by one author that wait one is told in a minute."""
_FOLLOWED = CHANGES | TAKES_APPROVALS | TOLD_OF.keys()
"""The acts of administrators of which anybody may be told."""
_AT_ONCE = 20_000
"""How many records of one process are read in one look."""


@dataclass(slots=True)
class Telling:
    """Follows the records of every process from now on. `look` is called by one thread at a time."""

    records: Records
    policy: Callable[[], Policy]
    """The policy in force. Raises StalePolicy before the first."""
    publisher: Publisher
    clock: Clock
    _offsets: dict[str, int] = field(default_factory=dict)
    _pace: Pace = field(default_factory=Pace)
    _lately: deque[Notice] = field(default_factory=lambda: deque(maxlen=MOST))
    _again: bool = False

    def begin(self) -> None:
        """Leave aside what was recorded before: whoever was refused then knows it by now.

        Recovery may have been begun while control was away, so that is told now.
        """
        for process in self.records.processes():
            if process != _RECOVERY:
                self._skip(process)

    def look(self) -> int:
        """Send what is to be told of new records; returns how many notices are new.

        Raises:
            Unavailable: the stream can't be sent; it goes with the next.
        """
        policy, present = self.policy(), self.records.processes()
        found = [
            notice
            for process in present
            if process not in _OWN_VOICE
            for entry in self._new(process)
            if (notice := self._notice(entry, policy)) is not None
        ]
        for entry in self._new(_OWN) if _OWN in present else ():
            found += self._of_an_act(entry, policy)
        for entry in self._new(_RECOVERY) if _RECOVERY in present else ():
            found += self._of_recovery(entry, policy)
        if found or self._again:
            self._again = False
            now = self.clock.now()
            self._lately = deque(
                (n for n in (*self._lately, *found) if now - n.at < _LATELY), maxlen=MOST
            )
            self.publisher.notices(body_of(self._lately))
        return len(found)

    def renew(self) -> None:
        """Have the next look send what was told last again, under the key that signs then."""
        self._again = bool(self._lately)

    def _new(self, process: str) -> list[dict[str, Any]]:
        """The records since the last look. Where the chain does not hold is the anchor's to say."""
        entries: list[dict[str, Any]] = []
        try:
            read = self.records.read(process, self._offsets.get(process, 0))
            for entry, offset in islice(read, _AT_ONCE):
                self._offsets[process] = offset
                entries.append(entry)
        except (RecordFault, OSError) as fault:
            _LOG.warning("the records of `%s` can't be followed: %s", process, fault)
            self._skip(process)
        return entries

    def _skip(self, process: str) -> None:
        """Go on behind what is there now."""
        try:
            self._offsets[process] = self.records.end(process)
        except OSError as fault:
            _LOG.warning("the records of `%s` can't be read: %s", process, fault)

    def _of_recovery(self, entry: dict[str, Any], policy: Policy) -> Iterator[Notice]:
        """What every officer is told of recovery that was begun, or tried, within the last hour."""
        at = entry.get("at")
        if entry.get("kind") != "decision" or not isinstance(at, int | float):
            return
        now = self.clock.now()
        if entry.get("act") != Act.ADMINISTRATION_RECOVERY_BEGIN or now - at >= HOUR:
            return
        try:
            ask, _, decision = read_body(entry)
        except RecordFault:
            return
        record = str(entry.get("id"))
        text = recovery_words(decision, record)
        for officer in officers(policy):
            if self._pace.admits(now, officer, f"{ask.act} {decision.verdict}", 1, _LATELY):
                yield Notice(record=record, at=now, to=officer, matter="recovery", text=text)

    def _notice(self, entry: dict[str, Any], policy: Policy) -> Notice | None:
        """What is to be told of one record, if anything is, to anybody, now."""
        if entry.get("kind") != "decision" or entry.get("act") not in TOLD:
            return None
        now, at = self.clock.now(), entry.get("at")
        most = policy.directory.document.notices.per_minute
        if not isinstance(at, int | float) or now - at >= _LATELY or most == 0:
            return None
        try:
            ask, _, decision = read_body(entry)
            person = UserId(person_at_the_door(ask) or "")
        except (RecordFault, InvalidName):
            return None
        if decision.verdict is Verdict.YES or not _is_here(policy, person):
            return None
        record, matter = str(entry.get("id")), matter_of(decision)
        seconds = TOLD[ask.act].seconds
        if not self._pace.admits(now, person, f"{ask.act} {matter}", _most(ask.act, most), seconds):
            return None
        text = notice_of(ask.act, _in_our_words(policy, decision), record)
        return Notice(record=record, at=float(at), to=person, matter=matter, text=text)

    def _of_an_act(self, entry: dict[str, Any], policy: Policy) -> Iterator[Notice]:
        """What people are to be told of an administrator's act: over them, always, however often; and
        of a change that waits, whoever might be its second person.
        """
        at, act = entry.get("at"), entry.get("act")
        if entry.get("kind") != "decision" or act not in _FOLLOWED:
            return
        if not isinstance(at, int | float) or self.clock.now() - at >= _LATELY:
            return
        try:
            ask, facts, decision = read_body(entry)
        except RecordFault:
            return
        record = str(entry.get("id"))
        for person, text in self._told_of(ask, facts, decision, policy, record):
            yield Notice(record=record, at=float(at), to=person, matter=ask.act.value, text=text)

    def _told_of(
        self, ask: Ask, facts: Facts, decision: Decision, policy: Policy, record: str
    ) -> Iterator[tuple[UserId, str]]:
        """Who is told of an act, and what."""
        if waits(decision):
            approve, text = _waiting(ask, record)
            for officer in islice(seconds_for(policy, ask.who, approve), _MOST_OFFICERS):
                key = f"waits {ask.who}"
                if self._pace.admits(self.clock.now(), officer, key, _MOST_WAITING, _LATELY):
                    yield officer, text
        yield from self._of_credentials(ask, facts, decision, policy, record)
        if ask.act not in TOLD_OF:
            return
        try:
            person = UserId(whom_told_of(ask, facts.claims.get("what")) or "")
        except InvalidName:
            return
        if decision.verdict is Verdict.YES and _is_here(policy, person):
            yield person, notice_of_act(ask.act, record)

    def _of_credentials(
        self, ask: Ask, facts: Facts, decision: Decision, policy: Policy, record: str
    ) -> Iterator[tuple[UserId, str]]:
        """What every officer is told of credentials that somebody made for whoever may administer."""
        unlocks = facts.claims.get("what") == UNLOCK
        if ask.act not in MAKES_CREDENTIALS or unlocks or decision.verdict is not Verdict.YES:
            return
        whom = ask.questions[0].whom if len(ask.questions) == 1 else ask.who
        try:
            person = UserId(whom)
        except InvalidName:
            return
        own = whom == ask.who and "token" not in facts.claims
        if own or person not in policy.directory.people:
            return
        if next(rights(policy, policy.directory.someone(person)), None) is not None:
            text = made_credentials_words(ask.act, ask.who, whom, record)
            others = (each for each in officers(policy) if each != person)
            yield from ((officer, text) for officer in islice(others, _MOST_OFFICERS))


def _waiting(ask: Ask, record: str) -> tuple[Act, str]:
    """By which act somebody would be the second person, and what they are told."""
    if ask.act in CHANGES:
        return Act.ADMINISTRATION_SETTINGS_APPROVE, waiting_words(ask.who, record)
    return Act.ADMINISTRATION_ACT_APPROVE, waiting_act_words(ask.act, ask.who, record)


def seconds_for(policy: Policy, author: str, approve: Act) -> Iterator[UserId]:
    """Who might be the second person for what this author asks for, as far as the rules go."""
    return (user for user in who_might(policy, approve) if user != author)


def _most(act: Act, per_minute: int) -> int:
    """What is told in longer stretches than a minute is told once in them."""
    return per_minute if TOLD[act].seconds <= _LATELY else 1


def _is_here(policy: Policy, person: UserId) -> bool:
    """Whether this is an account here that was not deactivated."""
    known = policy.directory.people.get(person)
    return person.server == policy.directory.domain and (known is None or known.active)


def _in_our_words(policy: Policy, decision: Decision) -> Decision:
    """The decision with its rule's sentence as it is in force, and names that are names."""
    rules = policy.rules.rules
    say = next((rule.say for rule in rules if rule.id == decision.rule), None)
    return replace(decision, say=say, towards=_name(decision.towards))


def _name(towards: str | None) -> str | None:
    """A person or a server that a refusal names, if it is one."""
    for kind in (UserId, ServerName):
        try:
            return None if towards is None else kind(towards)
        except InvalidName:
            continue
    return None
