"""Which promises to partners a change of the settings would alter, channel by channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vedette.core.channels import NOUNS, Channel
from vedette.core.language import NO, Sentence, told
from vedette.core.partners import ChannelGlance, glance
from vedette.ports.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChange:
    """What passes between a partner and us in one channel, now and under the new settings."""

    partner: str
    channel: Channel
    was: Sentence
    becomes: Sentence

    @property
    def words(self) -> Sentence:
        """It in one sentence."""
        return told(
            "{partner}, {channel}: {was} → {becomes}",
            partner=self.partner,
            channel=NOUNS[self.channel],
            was=self.was,
            becomes=self.becomes,
        )


def promise_changes(old: Policy, new: Policy) -> Iterator[PromiseChange]:
    """What becomes of every partner in either policy, by name; a partner that is in one only has
    nothing in the other.
    """
    if _promising(old) == _promising(new):
        return
    for name in sorted({*_partners(old), *_partners(new)}):
        was, becomes = _channels(old, name), _channels(new, name)
        for channel in sorted(was.keys() | becomes.keys()):
            before, after = _words(was.get(channel)), _words(becomes.get(channel))
            if before != after:
                yield PromiseChange(partner=name, channel=channel, was=before, becomes=after)


def _promising(policy: Policy) -> tuple[object, ...]:
    """What promises follow from."""
    document = policy.directory.document
    return policy.rules.rules, document.partners, document.parties


def _partners(policy: Policy) -> Iterator[str]:
    return map(str, policy.directory.document.partners)


def _channels(policy: Policy, name: str) -> dict[Channel, ChannelGlance]:
    if name not in set(_partners(policy)):
        return {}
    return {each.channel: each for each in glance(policy.rules, policy.directory, name)}


def _words(found: ChannelGlance | None) -> Sentence:
    return NO if found is None else found.words
