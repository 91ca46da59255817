"""A decision in words: for the refused person, for the administrator, for the auditor.

Their German stands in `core.german.explaining`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from vedette.core.asks import Ask, Question
from vedette.core.channels import Channel
from vedette.core.conditions import Condition, Outcomes
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import FILE_FACTS, REGISTRY, Facts, FactType, Missing
from vedette.core.language import NO, NOTHING, OR, YES, Sentence, as_is, joined, listed, told
from vedette.core.reasons import Reason
from vedette.core.ruleset import CompiledRule, Ruleset
from vedette.core.sessions import SessionFacts
from vedette.core.suspension import Suspension

MOST_CONSIDERED = 200
"""How many rules an explanation lists at most."""

HELD = told("This file is still being looked at. Please try again in a moment.")
"""What a person reads who wants a file about which nobody knows enough yet."""

_FOR_PERSON = {
    Reason.ALLOWED: told("This is allowed."),
    Reason.ROUTINE: told("This is allowed."),
    Reason.SERVICE: told("This is allowed."),
    Reason.FORBIDDEN: told("Your organisation does not allow this."),
    Reason.FACT_UNKNOWN: told(
        "Your organisation allows this only under conditions that could not be checked."
    ),
    Reason.NO_RULE: told("Your organisation has not allowed this."),
    Reason.MEMBERS_UNKNOWN: told(
        "It is not known yet who would receive this. Please try again in a moment."
    ),
    Reason.NO_SERVER: told(
        "Nothing says on which server this room is. Use a link to it, or its address."
    ),
    Reason.FACT_PENDING: told("This is waiting for one more step."),
    Reason.FILE_HELD: HELD,
    Reason.NOT_SUPPORTED: told("This is not possible here."),
    Reason.BEYOND_TOKEN: told("The token is not good for this."),
    Reason.SECOND_PERSON: told("Another administrator must approve this first."),
    Reason.OWN_CHANGE: told("Somebody else must do this."),
    Reason.CREDENTIALS_RESET: told("Somebody else reset your credentials a short time ago."),
    Reason.DIRECTORY_DISABLED: told("This account can't be used now."),
    Reason.DIRECTORY_EXPIRED: told("This account's time is over."),
    Reason.DIRECTORY_LOCKED: told("There were too many wrong passwords."),
    Reason.DIRECTORY_MUST_CHANGE: told("The password has to be changed first."),
    Reason.DIRECTORY_NOT_READ: told(
        "Your entry in the directory has not been taken over here yet. Please try again in a minute."
    ),
    Reason.WRONG_CODE: told("This is not the offline code."),
    Reason.CERTIFICATE: told("The certificate by which you signed in is not good any more."),
    Reason.ROOM_POWER: told(
        "People from other organisations can't be given control over this room."
    ),
    Reason.ROOM_ENCRYPTION: told("This room is encrypted, and this was not."),
    Reason.ROOM_HISTORY: told("This room's history can't be opened that far."),
    Reason.ROOM_KIND: told("This kind of room is not for everyone who was named."),
    Reason.ENDS_CHANNELS: told(
        "This invite would end something that the room uses. Invite once more to go on."
    ),
    Reason.UNKNOWN_ENDPOINT: told("Nothing is served here."),
    Reason.UNKNOWN_EVENT: told("This kind of message is not known here."),
    Reason.NOT_THE_SERVER: told(
        "The other organisation's server could not prove that it is the right one."
    ),
    Reason.BAD_SIGNATURE: told("This is not signed by the server that it names."),
    Reason.MALFORMED: told("This can't be read."),
    Reason.TOO_MUCH: told("This is too much at once. Please try again in a moment."),
    Reason.STALE: told("This can't be decided right now. Please try again in a moment."),
    Reason.UNAVAILABLE: told("This can't be decided right now. Please try again in a moment."),
    Reason.INTERNAL_ERROR: told(
        "Something went wrong here, so this was not sent. Your administrator was told."
    ),
}

_NEXT = told("If you need it, ask your administrator.")
_NO_NEXT = frozenset(
    {
        Reason.ALLOWED, Reason.ROUTINE, Reason.SERVICE, Reason.MEMBERS_UNKNOWN, Reason.FACT_PENDING,
        Reason.FILE_HELD, Reason.NO_SERVER,
        Reason.NOT_SUPPORTED, Reason.UNKNOWN_ENDPOINT, Reason.STALE, Reason.UNAVAILABLE,
        Reason.INTERNAL_ERROR, Reason.ROOM_ENCRYPTION, Reason.ENDS_CHANNELS, Reason.BAD_SIGNATURE,
        Reason.MALFORMED, Reason.TOO_MUCH,
        Reason.BEYOND_TOKEN, Reason.SECOND_PERSON, Reason.OWN_CHANGE, Reason.CREDENTIALS_RESET,
        Reason.WRONG_CODE,
    }
)  # fmt: skip


_AWAITED = {
    "approvals": told("Another administrator must approve this first."),
    **dict.fromkeys(
        ("certificate.issuer", "certificate.policies", "certificate.usages"),
        told("Please show the certificate that your organisation gave you."),
    ),
    "device.approved": told("This device waits for approval by your administrator."),
    "device.confirmed": told("Please confirm this device on another one of yours."),
    **dict.fromkeys(sorted(FILE_FACTS), HELD),
    "sign_in.age": told("Please show once more that it is you."),
    "sign_in.attested": told("Please use a security key that your organisation trusts."),
    "sign_in.factors": told("Please show a second proof that it is you."),
    "sign_in.kinds": told("Please show another kind of proof that it is you."),
    "sign_in.models": told("Please use a security key of a model that your organisation trusts."),
}
"""What a person or somebody else still has to do, by the fact that waits for it."""

_AT_SIGN_IN = {
    Reason.FORBIDDEN: told("Your organisation does not allow signing in like this."),
    Reason.FACT_UNKNOWN: told("Your organisation allows signing in only under conditions, and not all "
    "of them could be checked here."),
    Reason.NO_RULE: told("What was shown is not enough to sign in."),
    Reason.NOT_SUPPORTED: told("This account has no way in."),
}  # fmt: skip

_UNCHECKED = {
    "certificate.": told("whether you have a certificate of your organisation"),
    "client.": told("which app this is, and which version of it"),
    "device.": told("what is known of this device"),
    "sign_in.networks": told("from which network this comes"),
}
"""What could not be checked, by the beginning of the fact's name."""


def sentence_for_person(decision: Decision) -> Sentence:
    """What the person at the door reads: the rule's own sentence, or a plain general one.

    Of a *not yet* it says what is still missing, where somebody can do something about it. While a
    file is looked at, that is all: a rule's own sentence would say why it was refused.
    """
    awaited = list(dict.fromkeys(_AWAITED[name] for name in decision.pending if name in _AWAITED))
    if decision.verdict is Verdict.NOT_YET and awaited == [HELD]:
        return HELD
    if decision.verdict is Verdict.NOT_YET and awaited:
        return joined([decision.say or "", *awaited])
    if decision.verdict is not Verdict.YES and decision.say:
        return as_is(decision.say)
    sentence = _FOR_PERSON[decision.reason]
    if decision.reason in _NO_NEXT:
        return sentence
    whom = told("Concerned: {whom}.", whom=decision.towards) if decision.towards else NOTHING
    return joined([sentence, whom, _NEXT])


def sentence_at_sign_in(decision: Decision) -> Sentence:
    """What a person reads who may not, or not yet, sign in or stay signed in.

    It is for people who have shown who they are; a stranger reads nothing of it.
    """
    sentence = _AT_SIGN_IN.get(decision.reason)
    if decision.verdict is not Verdict.NO or decision.say or sentence is None:
        return sentence_for_person(decision)
    unchecked = [words for start, words in _UNCHECKED.items()
                 if any(name.startswith(start) for name in decision.unknown)]  # fmt: skip
    what = told("Not known: {what}.", what=joined(unchecked, "; ")) if unchecked else NOTHING
    return joined([sentence, what, _NEXT])


def sentence_about_new_device(facts: SessionFacts) -> Sentence:
    """What a person's other devices read when one more is signed in."""
    named = _program(facts)
    what = told("a new device ({named})", named=named) if named else told("a new device")
    return told(
        "Your account was signed in on {what}, from {network}. If that was not you: end it"
        " under “my devices” on your account page, change your password, and tell your"
        " security office.",
        what=what,
        network=facts.network,
    )


def _program(facts: SessionFacts) -> Sentence:
    """The client program and what it runs on, as far as they are known."""
    if facts.client_name and facts.platform:
        return told("{client} on {platform}", client=facts.client_name, platform=facts.platform)
    return joined([facts.client_name or "", facts.platform or ""])


_ENDED = {
    Channel.MESSAGE: told("write messages"),
    Channel.FILE: told("send files"),
    Channel.VOICE: told("call"),
    Channel.VIDEO: told("call"),
    Channel.SCREEN: told("share screens"),
    Channel.CONFERENCE: told("hold conferences"),
}
"""What each channel lets one do, in the order in which it is told."""


def sentence_about_ended_channels(
    whom: str, room: str, channels: Iterable[Channel], say: str | None
) -> Sentence:
    """What can't be done in a room any more once somebody is invited or has come."""
    ended = frozenset(channels)
    words = list(dict.fromkeys(word for channel, word in _ENDED.items() if channel in ended))
    sentence = told(
        "With {whom} in {room}, nobody here can {what} there, until they have left it.",
        whom=whom,
        room=room,
        what=listed(words, OR),
    )
    return joined([sentence, say or ""])


def sentence_in_frozen_room(decision: Decision) -> Sentence:
    """What a person reads who says something in a room whose members may not be together."""
    frozen = told(
        "Nobody can write in this room at present: it is against your organisation's rules."
    )
    return joined([frozen, sentence_for_person(decision)])


_AGAINST = {
    "warn": told("Please put them in order: remove who may not be there, or leave them."),
    "freeze": told(
        "Nobody can write in them until they are in order: remove who may not be there, or leave them."
    ),
    "remove": told(
        "Nobody can write in them now; who may not be there is removed, and of rooms elsewhere "
        "you leave, once the time is over that your organisation has set for that."
    ),
}
_MOST_NAMED = 10


def sentence_about_rooms(names: Sequence[str], value: str) -> Sentence:
    """What the people of rooms read which came to be against the rules."""
    named: Sequence[str] = [told("“{name}”", name=name) for name in names[:_MOST_NAMED]]
    more = len(names) - _MOST_NAMED
    rooms = told(
        "By your organisation's rules these rooms are not as they may be: {named}{more}.",
        named=joined(named, ", "),
        more=told(" and {count} more", count=more) if more > 0 else NOTHING,
    )
    return joined([rooms, _AGAINST[value]])


def sentence_about_departure() -> Sentence:
    """What the members of a room read of somebody whose account was deactivated."""
    return told("This account is not in use any more.")


def sentence_about_removal(record: str) -> Sentence:
    """The reason that a removal carries, for everybody in the room: no rule of ours."""
    rules = told("By an organisation's rules these people are not together in a room any more.")
    return joined([rules, told("Reference: {record}.", record=record)])


def sentence_about_suspension(suspension: Suspension, page: str) -> Sentence:
    """What a person reads on a device that is suspended; `page` is where proofs may be shown."""
    said = suspension.say or told("This session is suspended.")
    if suspension.pending:
        return joined([said, _KEPT, told("To go on, show your proofs again: {page}", page=page)])
    return joined([said, _KEPT, _NEXT])


def sentence_about_suspended_device(
    facts: SessionFacts, suspension: Suspension, page: str
) -> Sentence:
    """What a person's other devices read when one was suspended."""
    which = told(
        "Suspended: your device ({named}), last seen from {network}.",
        named=_program(facts),
        network=facts.network,
    )
    return joined([which, sentence_about_suspension(suspension, page)])


_KEPT = told("Your messages and keys are kept.")


def sentence_about_held_file(name: str) -> Sentence:
    """What the sender of a file reads that is stored, and that nobody gets before it was looked at."""
    return told(
        "{file} was taken and is still being looked at. Until then nobody can open it. You"
        " need not send it again: you will read here what became of it.",
        file=_called(name),
    )


def sentence_about_released_file(name: str) -> Sentence:
    """What the sender reads once a held file can be opened."""
    return told("{file} was looked at, and can be opened now.", file=_called(name))


def sentence_about_file_let_go(name: str) -> Sentence:
    """What the sender reads once an administrator released a file."""
    return told(
        "{file} was released by your organisation, and can be opened now.", file=_called(name)
    )


def sentence_about_withheld_file(name: str) -> Sentence:
    """What the sender reads of a file that an administrator holds."""
    withheld = told(
        "{file} is withheld by your organisation: nobody can open it any more.", file=_called(name)
    )
    return joined([withheld, _NEXT])


def sentence_about_refused_file(name: str, decision: Decision) -> Sentence:
    """What the sender reads of a held file that nobody will get."""
    looked = told("{file} was looked at, and nobody gets it.", file=_called(name))
    return joined([looked, sentence_for_person(decision)])


def _called(name: str) -> Sentence:
    shown = "".join(each for each in name if each.isprintable())[:80]
    return told("Your file “{name}”", name=shown) if shown else told("Your file")


def sentence_across(record: str | None) -> Sentence:
    """What another organisation reads: no rule and no reason, but something to refer to."""
    reference = told("Reference: {record}.", record=record) if record else NOTHING
    return joined([told("The other organisation does not accept this."), reference])


VERDICTS: Mapping[Verdict, Sentence] = MappingProxyType(
    {Verdict.YES: YES, Verdict.NO: NO, Verdict.NOT_YET: told("not-yet")}
)
"""Each answer as a word."""


def sentence_for_administrator(decision: Decision) -> Sentence:
    """Verdict, rule, towards whom and what was missing, in one line."""
    missing = []
    if decision.pending:
        missing.append(told("pending: {facts}", facts=", ".join(decision.pending)))
    if decision.unknown:
        missing.append(told("unknown: {facts}", facts=", ".join(decision.unknown)))
    towards = told(" towards {whom}", whom=decision.towards) if decision.towards else NOTHING
    return told(
        "{verdict}{towards}: {rule}, {reason}{missing}",
        verdict=VERDICTS[decision.verdict],
        towards=towards,
        rule=told("rule `{rule}`", rule=decision.rule) if decision.rule else told("no rule"),
        reason=decision.reason.value,
        missing=told(" ({what})", what=joined(missing, "; ")) if missing else NOTHING,
    )


_REPLAYED = {
    True: told("replayed with the rules of that revision, the answer is the same"),
    False: told("replayed with the rules of that revision, the answer is ANOTHER one"),
    None: told("the code answered and not a rule, so there is nothing to replay"),
}


def sentence_for_auditor(record: str, ask: Ask, decision: Decision, same: bool | None) -> Sentence:
    """One line about a record and its replay; `same` is None where no rule was asked."""
    about = ask.where if ask.where and ask.where.startswith("mxc://") else None
    return told(
        "{record}: {who}, {act}{where}, revision {revision}: {answer}; {replay}.",
        record=record,
        who=ask.who,
        act=ask.act,
        where=told(" of {file}", file=about) if about else NOTHING,
        revision=decision.revision,
        answer=sentence_for_administrator(decision),
        replay=_REPLAYED[same],
    )


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule that was looked at. `matched` is `yes`, `no`, `unknown` or `pending`."""

    rule: str
    matched: str
    because: Sentence


_MATCHED = {Outcomes.YES: "yes", Outcomes.NO: "no", Outcomes.UNKNOWN: "unknown"}


def considered(rules: Ruleset, ask: Ask, facts: Facts) -> list[Considered]:
    """Every rule that spoke about the ask, then those that nearly did: right channel, one right side.

    The list is bounded by `MOST_CONSIDERED`; each part is in the order of ids.
    """
    found: dict[str, Considered] = {}
    for question in ask.questions:
        applicable = rules.applicable(question)
        for rule in (*applicable.forbids, *applicable.allows, *applicable.observed):
            outcomes, each = _strictest(rule, facts)
            matched = _MATCHED.get(outcomes, "pending")
            because = _because(rule, each, question)
            found.setdefault(rule.id, Considered(rule.id, matched, because))
    spoke = [found[id_] for id_ in sorted(found)]
    near = [
        Considered(rule.id, "no", told("it speaks {sides}", sides=_sides(rule)))
        for rule in rules.rules
        if rule.id not in found and any(_near(rule, question) for question in ask.questions)
    ]
    return [*spoke, *near][:MOST_CONSIDERED]


def _strictest(rule: CompiledRule, facts: Facts) -> tuple[Outcomes, Facts]:
    """What a rule says about the whole or the part that it stands against most.

    A forbid speaks about the part that it bites most surely, an allow about the one that it
    holds for least.
    """
    answers = [(rule.outcomes(each), each) for each in facts.each()]
    if rule.forbids:
        return max(answers, key=lambda answer: (not answer[0] & Outcomes.NO, answer[0]))
    return min(answers, key=lambda answer: (answer[0] is Outcomes.YES, answer[0] & Outcomes.YES))


def _near(rule: CompiledRule, question: Question) -> bool:
    to = question.to or frozenset()
    return question.channel in rule.channels and any(
        one in question.from_ or other in to for one, other in rule.pairs
    )


def _sides(rule: CompiledRule) -> Sentence:
    """About whom a rule speaks; what holds both ways is told once."""
    parts: set[Sentence] = set()
    for one, other in rule.pairs:
        if one != other and (other, one) in rule.pairs:
            first, second = sorted((one, other))
            parts.add(told("between {one} and {other}", one=first, other=second))
        else:
            parts.add(told("from {one} to {other}", one=one, other=other or told("everyone")))
    return joined(sorted(parts), told(" and "))


def _because(rule: CompiledRule, facts: Facts, question: Question) -> Sentence:
    head = told(
        "forbids {channel} towards {whom}{mode}"
        if rule.forbids
        else "allows {channel} towards {whom}{mode}",
        channel=question.channel.value,
        whom=question.whom,
        mode=told(", observed only") if rule.observe else NOTHING,
    )
    parts = [
        told("needs `{condition}`, it is {value}", condition=each.text, value=_known(each, facts))
        for each in rule.when
    ]
    parts += [
        told(
            "lifted by `{condition}`, it is {value}", condition=each.text, value=_known(each, facts)
        )
        for each in rule.unless
    ]
    return joined([head, *parts], "; ")


def _known(condition: Condition, facts: Facts) -> str:
    value = facts.get(condition.fact, claimed=condition.claimed)
    if isinstance(value, Missing):
        return MISSING[value]
    if isinstance(value, int) and REGISTRY[condition.fact].type is FactType.DATE:
        return date.fromordinal(value).isoformat()
    return _written(value)


MISSING: Mapping[Missing, Sentence] = MappingProxyType(
    {Missing.UNKNOWN: told("unknown"), Missing.PENDING: told("pending")}
)
"""What is said in the place of a value that is missing."""


def _written(value: object) -> str:
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value))) or told("nothing")
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)
