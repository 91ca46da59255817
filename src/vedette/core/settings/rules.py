"""Rules: the one kind of sentence by which every yes or no is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from vedette.core.channels import BETWEEN_PEOPLE, TOWARDS_ORGANISATION, WORDS, Channel
from vedette.core.language import Sentence, told
from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import ChannelWord, ConditionText, Date, Line

SHAPE_FAULT = "rule_shape"
"""Pydantic error type of a rule whose fields are right one by one, but not together."""

APART = told(
    "`sign-in`, `administer` and what people do with each other are asked apart; "
    "make one rule for each"
)


def shape_faults(rule: Mapping[str, object]) -> list[tuple[str, Sentence]]:
    """What is wrong with how the keys of a rule go together, as (key, sentence).

    Works on the raw table with the document's own key names, so that it can also speak about a
    rule in which single values are wrong. Values that are not of the right type are passed over:
    somebody else names them.
    """
    return [*_side_faults(rule), *_answer_faults(rule), *_channel_faults(rule)]


def _side_faults(rule: Mapping[str, object]) -> list[tuple[str, Sentence]]:
    if "between" in rule:
        return [
            (key, told("`between` speaks of both ways already; leave `{key}` out", key=key))
            for key in ("from", "to")
            if key in rule
        ]
    if "from" not in rule:
        return [("", told("a rule says whom it is about: write `between`, or `from` and `to`"))]
    return [
        (
            key,
            told(
                "`{key}` names nobody, so the rule could never match; name a party or partner",
                key=key,
            ),
        )
        for key in ("from", "to")
        if rule.get(key) in ([], ())
    ]


def _answer_faults(rule: Mapping[str, object]) -> list[tuple[str, Sentence]]:
    faults: list[tuple[str, Sentence]] = []
    if "allow" in rule and "forbid" in rule:
        faults.append(("forbid", told("a rule either allows or forbids; make two rules of it")))
    if "allow" not in rule and "forbid" not in rule:
        faults.append(("", told("a rule says what it does: write `allow` or `forbid`")))
    faults += [
        (key, told('`{key}` names no channel; write at least one, such as "message"', key=key))
        for key in ("allow", "forbid")
        if rule.get(key) in ([], ())
    ]
    if "expires" in rule and "forbid" in rule:
        faults.append(("expires", told("only an allow can expire: a ban must not end unnoticed")))
    return faults


def _channel_faults(rule: Mapping[str, object]) -> list[tuple[str, Sentence]]:
    key = "allow" if "allow" in rule else "forbid"
    channels = channels_of(rule.get(key))
    inward, people = channels & TOWARDS_ORGANISATION, channels & BETWEEN_PEOPLE
    if (inward and people) or len(inward) > 1:
        return [(key, APART)]
    faults: list[tuple[str, Sentence]] = []
    if inward and "between" in rule:
        faults.append(
            ("between", told("this is towards the organisation, not between two; write `from`"))
        )
    if Channel.SIGN_IN in inward and "to" in rule:
        faults.append(
            ("to", told("one signs in to the organisation, not to a party; leave `to` out"))
        )
    if people and "from" in rule and "to" not in rule:
        faults.append(("from", told("`from` alone says only half; add `to`, or write `between`")))
    return faults


def channels_of(words: object) -> frozenset[Channel]:
    """The channels that a list of channel words stands for; what is no channel word is left out."""
    if not isinstance(words, list | tuple):
        return frozenset()
    known = [WORDS[word] for word in words if isinstance(word, str) and word in WORDS]
    return frozenset().union(*known)


class Rule(Section):
    """One sentence of policy.

    `between` (both ways) or `from` and `to` (one way) say about whom, `allow` or `forbid` about
    which channels; `when` conditions must all hold, one `unless` condition lifts the rule.
    """

    between: Annotated[
        tuple[str, str] | None,
        Setting(
            "Between",
            "Two parties or partners; the rule holds both ways.",
            "`anyone` on either side covers people whom nobody named.",
            "two named parties",
        ),
    ] = None
    from_: Annotated[
        tuple[str, ...] | None,
        Field(alias="from"),
        Setting(
            "From",
            "Parties or partners who do it; a file is always from who uploaded it.",
            "`anyone` covers people whom nobody named.",
            "named parties",
        ),
    ] = None
    to: Annotated[
        tuple[str, ...] | None,
        Setting(
            "To",
            "Parties or partners towards whom it is done, or over whom it is administered.",
            "An administration rule without it is over everyone.",
            "named parties",
        ),
    ] = None
    allow: Annotated[
        tuple[ChannelWord, ...],
        Setting(
            "Allow",
            "Channels that the rule allows.",
            "`all` includes channels that a later version may add.",
            "single channels",
        ),
    ] = ()
    forbid: Annotated[
        tuple[ChannelWord, ...],
        Setting(
            "Forbid",
            "Channels that the rule forbids; a forbid wins over every allow.",
            "Doubt about a condition makes a forbid bite, so that a wide one can stop work.",
            "single channels",
        ),
    ] = ()
    when: Annotated[
        tuple[ConditionText, ...],
        Setting(
            "When",
            "Conditions, `fact operator value`, that must all hold.",
            "A claimed fact is only what somebody said.",
            "facts that are proven",
        ),
    ] = ()
    unless: Annotated[
        tuple[ConditionText, ...],
        Setting(
            "Unless",
            "Conditions of which any one lifts the rule.",
            "Each one is a way round the rule.",
            "as few as possible",
        ),
    ] = ()
    say: Annotated[
        Line,
        Setting(
            "Say",
            "The sentence that a refused person of ours reads.",
            "Without it people ask the help desk.",
            "what is refused, why, and what to do instead",
        ),
    ] = ""
    owner: Annotated[
        str,
        Setting(
            "Owner",
            "The party that answers for the rule.",
            "A rule that nobody owns is never removed.",
            "the party that asked for it",
        ),
    ] = ""
    expires: Annotated[
        Date | None,
        Setting(
            "Expires",
            "The last day on which an allow holds; a forbid never expires.",
            "An allow without an end outlives its reason.",
            "the end of the contract behind it",
        ),
    ] = None
    mode: Annotated[
        Literal["enforce", "observe"],
        Setting(
            "Mode",
            "Whether the rule decides, or only records what it would have done.",
            "A rule that observes protects nothing.",
            '"enforce"',
        ),
    ] = "enforce"

    @model_validator(mode="after")
    def _keys_go_together(self) -> Self:
        present = self.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
        # Written out or not, an empty allow beside a forbid says nothing (and the reverse).
        if self.allow or self.forbid:
            present = {k: v for k, v in present.items() if k not in ("allow", "forbid") or v}
        faults = shape_faults(present)
        if faults:
            sentences = "; ".join(sentence for _, sentence in faults)
            raise PydanticCustomError(SHAPE_FAULT, "{sentences}", {"sentences": sentences})
        return self

    @property
    def channels(self) -> frozenset[Channel]:
        """Every channel that the rule speaks about."""
        return channels_of(self.allow or self.forbid)
