"""Which channels an invite or a join would end for those who are in a room already.

What one of us says in a room is asked towards everybody in it. So one more person can end what was
possible: files, because they may not go to whom comes. Whoever invites is told, and may be asked to
say so twice; the members are told once, so that nobody wonders.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from vedette.core.asks import Act, Members, Someone
from vedette.core.channels import CONTENT, Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import REGISTRY, Facts, Missing, Value
from vedette.core.towards import say
from vedette.ports.clock import Clock
from vedette.ports.policy import Policy
from vedette.synapse.gather import RoomFacts

_MINUTES = 10
_MOST_ASKED = 10_000


@dataclass(frozen=True, slots=True)
class Ending:
    """The channels that end, and the sentence of a rule that ends one of them, if it has one."""

    channels: tuple[Channel, ...]
    say: str | None


def ending(policy: Policy, room: RoomFacts, newcomer: Someone) -> Ending | None:
    """What ends for those of us who are in the room once `newcomer` is in it, too.

    A channel counts as possible where some file, or some other thing that is learnt only later, may
    still pass. Where nobody else is, or it is not known who, nothing ends.
    """
    if room.members is None or newcomer.kind in {kind.kind for kind in room.members.kinds}:
        return None
    ended: dict[Channel, Decision] = {}
    for one in sorted(room.members.kinds, key=lambda person: person.name):
        others = room.members.without(one)
        if not one.ours or not others.kinds:
            continue
        for channel in sorted(CONTENT):
            after = _answer(policy, room, one, Members.of([newcomer]), channel)
            if after.verdict is not Verdict.NO:
                continue
            if _answer(policy, room, one, others, channel).verdict is not Verdict.NO:
                ended.setdefault(channel, after)
    if not ended:
        return None
    said = next((each.say for each in ended.values() if each.say), None)
    return Ending(tuple(sorted(ended)), said)


def _answer(
    policy: Policy, room: RoomFacts, one: Someone, others: Members, channel: Channel
) -> Decision:
    later: dict[str, Value | Missing] = {
        name: Missing.PENDING for name in REGISTRY if name.startswith("file.")
    }
    ask = say(Act.ROOM_EVENT_SEND, one, others, (channel,), None)
    return policy.decide(ask, Facts({**later, **room.known()}), policy.directory.today)


@dataclass(slots=True)
class Confirmations:
    """Who was told what an invite would end, and may go on by inviting once more."""

    clock: Clock
    _told: OrderedDict[tuple[str, str, str], tuple[float, Ending]] = field(
        default_factory=OrderedDict
    )

    def given(self, inviter: str, room: str, whom: str, now: Ending) -> bool:
        """Whether this invite is the second in ten minutes, and ends no more than the first one."""
        at, told = self._told.get((inviter, room, whom), (0.0, None))
        fresh = self.clock.now() - at < _MINUTES * 60
        return fresh and told is not None and set(now.channels) <= set(told.channels)

    def remember(self, inviter: str, room: str, whom: str, ending: Ending) -> None:
        """Remember that the inviter was told what their invite would end."""
        self.forget(inviter, room, whom)
        self._told[inviter, room, whom] = (self.clock.now(), ending)
        if len(self._told) > _MOST_ASKED:
            self._told.popitem(last=False)

    def forget(self, inviter: str, room: str, whom: str) -> None:
        """Let the next invite be a first one again."""
        self._told.pop((inviter, room, whom), None)
