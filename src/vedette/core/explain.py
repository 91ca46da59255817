"""A decision in words: for the refused person, for the administrator, for the auditor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from vedette.core.asks import Ask, Question
from vedette.core.channels import Channel
from vedette.core.conditions import Condition, Outcomes
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import FILE_FACTS, REGISTRY, Facts, FactType, Missing
from vedette.core.reasons import Reason
from vedette.core.ruleset import CompiledRule, Ruleset
from vedette.core.sessions import SessionFacts
from vedette.core.suspension import Suspension

MOST_CONSIDERED = 200
"""How many rules an explanation lists at most."""

HELD = "This file is still being looked at. Please try again in a moment."
"""What a person reads who wants a file about which nobody knows enough yet."""

_FOR_PERSON = {
    Reason.ALLOWED: "This is allowed.",
    Reason.ROUTINE: "This is allowed.",
    Reason.SERVICE: "This is allowed.",
    Reason.FORBIDDEN: "Your organisation does not allow this.",
    Reason.FACT_UNKNOWN: "Your organisation allows this only under conditions that could not be checked.",
    Reason.NO_RULE: "Your organisation has not allowed this.",
    Reason.MEMBERS_UNKNOWN: "It is not known yet who would receive this. Please try again in a moment.",
    Reason.NO_SERVER: "Nothing says on which server this room is. Use a link to it, or its address.",
    Reason.FACT_PENDING: "This is waiting for one more step.",
    Reason.FILE_HELD: HELD,
    Reason.NOT_SUPPORTED: "This is not possible here.",
    Reason.BEYOND_TOKEN: "The token is not good for this.",
    Reason.SECOND_PERSON: "Another administrator must approve this first.",
    Reason.OWN_CHANGE: "Somebody else must do this.",
    Reason.DIRECTORY_DISABLED: "This account can't be used now.",
    Reason.DIRECTORY_EXPIRED: "This account's time is over.",
    Reason.DIRECTORY_LOCKED: "There were too many wrong passwords.",
    Reason.DIRECTORY_MUST_CHANGE: "The password has to be changed first.",
    Reason.WRONG_CODE: "This is not the offline code.",
    Reason.ROOM_POWER: "People from other organisations can't be given control over this room.",
    Reason.ROOM_ENCRYPTION: "This room is encrypted, and this was not.",
    Reason.ROOM_HISTORY: "This room's history can't be opened that far.",
    Reason.ROOM_KIND: "This kind of room is not for everyone who was named.",
    Reason.ENDS_CHANNELS: "This invite would end something that the room uses. Invite once more to go on.",
    Reason.UNKNOWN_ENDPOINT: "Nothing is served here.",
    Reason.UNKNOWN_EVENT: "This kind of message is not known here.",
    Reason.NOT_THE_SERVER: "The other organisation's server could not prove that it is the right one.",
    Reason.BAD_SIGNATURE: "This is not signed by the server that it names.",
    Reason.MALFORMED: "This can't be read.",
    Reason.TOO_MUCH: "This is too much at once. Please try again in a moment.",
    Reason.STALE: "This can't be decided right now. Please try again in a moment.",
    Reason.UNAVAILABLE: "This can't be decided right now. Please try again in a moment.",
    Reason.INTERNAL_ERROR: "Something went wrong here, so this was not sent. Your administrator was told.",
}  # fmt: skip

_NEXT = "If you need it, ask your administrator."
_NO_NEXT = frozenset(
    {
        Reason.ALLOWED, Reason.ROUTINE, Reason.SERVICE, Reason.MEMBERS_UNKNOWN, Reason.FACT_PENDING,
        Reason.FILE_HELD, Reason.NO_SERVER,
        Reason.NOT_SUPPORTED, Reason.UNKNOWN_ENDPOINT, Reason.STALE, Reason.UNAVAILABLE,
        Reason.INTERNAL_ERROR, Reason.ROOM_ENCRYPTION, Reason.ENDS_CHANNELS, Reason.BAD_SIGNATURE,
        Reason.MALFORMED, Reason.TOO_MUCH,
        Reason.BEYOND_TOKEN, Reason.SECOND_PERSON, Reason.OWN_CHANGE, Reason.WRONG_CODE,
    }
)  # fmt: skip


_AWAITED = {
    "approvals": "Another administrator must approve this first.",
    **dict.fromkeys(
        ("certificate.issuer", "certificate.policies", "certificate.usages"),
        "Please show the certificate that your organisation gave you.",
    ),
    "device.approved": "This device waits for approval by your administrator.",
    "device.confirmed": "Please confirm this device on another one of yours.",
    **dict.fromkeys(sorted(FILE_FACTS), HELD),
    "sign_in.age": "Please show once more that it is you.",
    "sign_in.attested": "Please use a security key that your organisation trusts.",
    "sign_in.factors": "Please show a second proof that it is you.",
    "sign_in.kinds": "Please show another kind of proof that it is you.",
    "sign_in.models": "Please use a security key of a model that your organisation trusts.",
}
"""What a person or somebody else still has to do, by the fact that waits for it."""

_AT_SIGN_IN = {
    Reason.FORBIDDEN: "Your organisation does not allow signing in like this.",
    Reason.FACT_UNKNOWN: "Your organisation allows signing in only under conditions, and not all of "
    "them could be checked here.",
    Reason.NO_RULE: "What was shown is not enough to sign in.",
    Reason.NOT_SUPPORTED: "This account has no way in.",
}  # fmt: skip

_UNCHECKED = {
    "certificate.": "whether you have a certificate of your organisation",
    "client.": "which app this is, and which version of it",
    "device.": "what is known of this device",
    "sign_in.networks": "from which network this comes",
}
"""What could not be checked, by the beginning of the fact's name."""


def sentence_for_person(decision: Decision) -> str:
    """What the person at the door reads: the rule's own sentence, or a plain general one.

    Of a *not yet* it says what is still missing, where somebody can do something about it. While a
    file is looked at, that is all: a rule's own sentence would say why it was refused.
    """
    awaited = list(dict.fromkeys(_AWAITED[name] for name in decision.pending if name in _AWAITED))
    if decision.verdict is Verdict.NOT_YET and awaited == [HELD]:
        return HELD
    if decision.verdict is Verdict.NOT_YET and awaited:
        return " ".join([*([decision.say] if decision.say else []), *awaited])
    if decision.verdict is not Verdict.YES and decision.say:
        return decision.say
    sentence = _FOR_PERSON[decision.reason]
    if decision.reason in _NO_NEXT:
        return sentence
    whom = f" Concerned: {decision.towards}." if decision.towards else ""
    return f"{sentence}{whom} {_NEXT}"


def sentence_at_sign_in(decision: Decision) -> str:
    """What a person reads who may not, or not yet, sign in or stay signed in.

    It is for people who have shown who they are; a stranger reads nothing of it.
    """
    sentence = _AT_SIGN_IN.get(decision.reason)
    if decision.verdict is not Verdict.NO or decision.say or sentence is None:
        return sentence_for_person(decision)
    unchecked = [words for start, words in _UNCHECKED.items()
                 if any(name.startswith(start) for name in decision.unknown)]  # fmt: skip
    what = f" Not known: {'; '.join(unchecked)}." if unchecked else ""
    return f"{sentence}{what} {_NEXT}"


def sentence_about_new_device(facts: SessionFacts) -> str:
    """What a person's other devices read when one more is signed in."""
    named = " on ".join(part for part in (facts.client_name, facts.platform) if part)
    what = f"a new device ({named})" if named else "a new device"
    return (
        f"Your account was signed in on {what}, from {facts.network}. If that was not you: end it"
        " under “my devices” on your account page, change your password, and tell your"
        " security office."
    )


_ENDED = {
    Channel.MESSAGE: "write messages",
    Channel.FILE: "send files",
    Channel.VOICE: "call",
    Channel.VIDEO: "call",
    Channel.SCREEN: "share screens",
    Channel.CONFERENCE: "hold conferences",
}
"""What each channel lets one do, in the order in which it is told."""


def sentence_about_ended_channels(
    whom: str, room: str, channels: Iterable[Channel], say: str | None
) -> str:
    """What can't be done in a room any more once somebody is invited or has come."""
    ended = frozenset(channels)
    words = list(dict.fromkeys(word for channel, word in _ENDED.items() if channel in ended))
    what = " or ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
    told = f" {say}" if say else ""
    return f"With {whom} in {room}, nobody here can {what} there, until they have left it.{told}"


def sentence_in_frozen_room(decision: Decision) -> str:
    """What a person reads who says something in a room whose members may not be together."""
    frozen = "Nobody can write in this room at present: it is against your organisation's rules."
    return f"{frozen} {sentence_for_person(decision)}"


_AGAINST = {
    "warn": "Please put them in order: remove who may not be there, or leave them.",
    "freeze": "Nobody can write in them until they are in order: remove who may not be there, or "
    "leave them.",
    "remove": "Nobody can write in them now; who may not be there is removed, and of rooms elsewhere "
    "you leave, once the time is over that your organisation has set for that.",
}
_MOST_NAMED = 10


def sentence_about_rooms(names: Sequence[str], value: str) -> str:
    """What the people of rooms read which came to be against the rules."""
    named = ", ".join(f"“{name}”" for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    tail = f" and {more} more" if more > 0 else ""
    rooms = f"By your organisation's rules these rooms are not as they may be: {named}{tail}."
    return f"{rooms} {_AGAINST[value]}"


def sentence_about_removal(record: str) -> str:
    """The reason that a removal carries, for everybody in the room: no rule of ours."""
    rules = "By an organisation's rules these people are not together in a room any more."
    return f"{rules} Reference: {record}."


def sentence_about_suspension(suspension: Suspension, page: str) -> str:
    """What a person reads on a device that is suspended; `page` is where proofs may be shown."""
    said = suspension.say or "This session is suspended."
    if suspension.pending:
        return f"{said} {_KEPT} To go on, show your proofs again: {page}"
    return f"{said} {_KEPT} {_NEXT}"


def sentence_about_suspended_device(facts: SessionFacts, suspension: Suspension, page: str) -> str:
    """What a person's other devices read when one was suspended."""
    return f"Suspended: {_device(facts)}. {sentence_about_suspension(suspension, page)}"


def _device(facts: SessionFacts) -> str:
    named = " on ".join(part for part in (facts.client_name, facts.platform) if part)
    return f"your device ({named}), last seen from {facts.network}"


_KEPT = "Your messages and keys are kept."


def sentence_about_held_file(name: str) -> str:
    """What the sender of a file reads that is stored, and that nobody gets before it was looked at."""
    return (
        f"{_called(name)} was taken and is still being looked at. Until then nobody can open it. You"
        " need not send it again: you will read here what became of it."
    )


def sentence_about_released_file(name: str) -> str:
    """What the sender reads once a held file can be opened."""
    return f"{_called(name)} was looked at, and can be opened now."


def sentence_about_refused_file(name: str, decision: Decision) -> str:
    """What the sender reads of a held file that nobody will get."""
    return f"{_called(name)} was looked at, and nobody gets it. {sentence_for_person(decision)}"


def _called(name: str) -> str:
    shown = "".join(each for each in name if each.isprintable())[:80]
    return f"Your file “{shown}”" if shown else "Your file"


def sentence_across(record: str | None) -> str:
    """What another organisation reads: no rule and no reason, but something to refer to."""
    reference = f" Reference: {record}." if record else ""
    return f"The other organisation does not accept this.{reference}"


def sentence_for_administrator(decision: Decision) -> str:
    """Verdict, rule, towards whom and what was missing, in one line."""
    rule = f"rule `{decision.rule}`" if decision.rule else "no rule"
    towards = f" towards {decision.towards}" if decision.towards else ""
    missing = [
        f"{word}: {', '.join(names)}"
        for word, names in (("pending", decision.pending), ("unknown", decision.unknown))
        if names
    ]
    tail = f" ({'; '.join(missing)})" if missing else ""
    return f"{decision.verdict.value}{towards}: {rule}, {decision.reason.value}{tail}"


def sentence_for_auditor(record: str, ask: Ask, decision: Decision, same: bool | None) -> str:
    """One line about a record and its replay; `same` is None where no rule was asked."""
    replay = {
        True: "replayed with the rules of that revision, the answer is the same",
        False: "replayed with the rules of that revision, the answer is ANOTHER one",
        None: "the code answered and not a rule, so there is nothing to replay",
    }[same]
    answer = sentence_for_administrator(decision)
    return f"{record}: {ask.who}, {ask.act}, revision {decision.revision}: {answer}; {replay}."


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule that was looked at. `matched` is `yes`, `no`, `unknown` or `pending`."""

    rule: str
    matched: str
    because: str


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
        Considered(rule.id, "no", f"it speaks {_sides(rule)}")
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


def _sides(rule: CompiledRule) -> str:
    """About whom a rule speaks; what holds both ways is told once."""
    parts = set()
    for one, other in rule.pairs:
        if one != other and (other, one) in rule.pairs:
            parts.add("between {} and {}".format(*sorted((one, other))))
        else:
            parts.add(f"from {one} to {other or 'everyone'}")
    return " and ".join(sorted(parts))


def _because(rule: CompiledRule, facts: Facts, question: Question) -> str:
    verb = "forbids" if rule.forbids else "allows"
    mode = ", observed only" if rule.observe else ""
    head = f"{verb} {question.channel.value} towards {question.whom}{mode}"
    parts = [_condition(condition, facts, "needs") for condition in rule.when]
    parts += [_condition(condition, facts, "lifted by") for condition in rule.unless]
    return "; ".join([head, *parts])


def _condition(condition: Condition, facts: Facts, word: str) -> str:
    value = facts.get(condition.fact, claimed=condition.claimed)
    known = value.value if isinstance(value, Missing) else _written(value)
    if isinstance(value, int) and REGISTRY[condition.fact].type is FactType.DATE:
        known = date.fromordinal(value).isoformat()
    return f"{word} `{condition.text}`, it is {known}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(map(str, value))) or "nothing"
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)
