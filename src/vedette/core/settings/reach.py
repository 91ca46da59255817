"""What in a valid document is pointless: warnings, never refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from vedette.core import conditions
from vedette.core.administration import MEANINGS
from vedette.core.channels import TOWARDS_ORGANISATION, Channel
from vedette.core.conditions import Condition, Operator
from vedette.core.facts import REGISTRY, FactType
from vedette.core.language import day, told
from vedette.core.pending import CHANGES
from vedette.core.settings.document import Document, Rule
from vedette.core.settings.faults import Finding, Path
from vedette.core.waiting_acts import TAKES_APPROVALS

_OF_THE_PERSON = ("client.", "device.", "sign_in.")
"""Facts about the person at the door; nobody learns them about people on other servers."""


def reach_findings(document: Document, today: date | None) -> list[Finding]:
    """Rules that can never match, and sets that hold nobody.

    Where `today` is not given, nothing is said about what has ended.
    """
    remote = {"partners", "outside", *document.partners}
    findings = [*_party_warnings(document), *_network_warnings(document)]
    findings += [*_room_warnings(document), *_factor_warnings(document)]
    findings += _device_warnings(document)
    findings += _ended(document, today)
    for section, rules in (("rules", document.rules), ("guardrails", document.guardrails)):
        for name, rule in rules.items():
            findings += _remote_warnings((section, name), rule, remote)
            findings += _contradictions((section, name), rule)
            findings += _unapprovable((section, name), rule)
    return findings


def _warning(path: Path, message: str, hint: str | None = None) -> Finding:
    return Finding(path, message, hint, "warning")


def _party_warnings(document: Document) -> Iterator[Finding]:
    own = document.organisation.domain
    for name, party in document.parties.items():
        if not party.groups and not party.users:
            yield _warning(
                ("parties", name), told("`{name}` holds nobody: no groups and no users", name=name)
            )
        for at, user in enumerate(party.users):
            if user.server != own:
                message = told(
                    "`{user}` has no account on `{own}`, so this says nothing about them",
                    user=user,
                    own=own,
                )
                yield _warning(("parties", name, "users", at), message)


def _network_warnings(document: Document) -> Iterator[Finding]:
    for name, ranges in document.networks.items():
        if not ranges:
            yield _warning(("networks", name), told("`{name}` holds no address", name=name))


def _room_warnings(document: Document) -> Iterator[Finding]:
    for name, room in document.rooms.items():
        if room.history != "joined" and not room.members:
            message = told(
                "no members are named, so wherever a partner may be, history starts at joining"
            )
            yield _warning(("rooms", name, "history"), message)
        if room.sealed and not room.encrypted and document.messages.encrypted != "required":
            message = told(
                "`{name}` keeps the inspector out, but such a room may be made plain", name=name
            )
            yield _warning(("rooms", name, "sealed"), message, told("write `encrypted = true` too"))


def _factor_warnings(document: Document) -> Iterator[Finding]:
    kinds, path = document.sign_in.second_factors, ("sign_in", "second_factors")
    if "certificate" in kinds and not document.issuers:
        message = told(
            "no `issuers` are named whose certificates would count: nobody is asked for one"
        )
        hint = told("name the company's CA under [issuers.<name>]")
        yield _warning((*path, kinds.index("certificate")), message, hint)
    usable = {"webauthn", "totp", "radius", *(("certificate",) if document.issuers else ())}
    if kinds and not usable.intersection(kinds):
        message = told(
            "none of these can be set up by a person or asked of a server, so whoever is "
            "new gets in nowhere under a rule that wants two factors"
        )
        yield _warning(
            path, message, told('name "webauthn", "totp", "radius" or "certificate" too')
        )


def _device_warnings(document: Document) -> Iterator[Finding]:
    """Inventories about devices that can never prove which they are."""
    for name, inventory in document.device_management.items():
        for at, issuer in enumerate(inventory.issuers):
            if document.issuers[issuer].devices == "no":
                yield _warning(
                    ("device_management", name, "issuers", at),
                    told("no device counts as managed by a certificate of `{name}`", name=issuer),
                    told('write `devices = "managed"` under [issuers.{name}]', name=issuer),
                )


def _ended(document: Document, today: date | None) -> Iterator[Finding]:
    if today is None:
        return
    for name, rule in document.rules.items():
        if rule.expires is not None and rule.expires < today:
            message = told(
                "`{name}` ended on {day} and allows nothing any more",
                name=name,
                day=day(rule.expires),
            )
            yield _warning(("rules", name, "expires"), message)
    for name, partner in document.partners.items():
        if partner.valid_until is not None and partner.valid_until < today:
            message = told(
                "`{name}` ended on {day} and counts as outside",
                name=name,
                day=day(partner.valid_until),
            )
            yield _warning(("partners", name, "valid_until"), message)


def _remote_warnings(path: Path, rule: Rule, remote: set[str]) -> Iterator[Finding]:
    doers = set(rule.between or rule.from_ or ())
    others = set(rule.between or rule.to or ())
    if not doers <= remote:
        return
    if rule.channels & TOWARDS_ORGANISATION:
        # A forbid of it is no mistake: it says what shall stay so.
        if rule.allow:
            message = told(
                "nobody from another server signs in or administers here; this allows nothing"
            )
            yield _warning((*path, "from"), message)
        return
    if others <= remote and Channel.CONTACT not in rule.channels:
        message = told(
            "what two people on other servers do is not ours to decide; this never matches"
        )
        yield _warning((*path, "between" if rule.between else "from"), message)
    elif Channel.FILE not in rule.channels:  # who fetches a file is one of us, at our door
        yield from _unknowable(path, rule)


def _unknowable(path: Path, rule: Rule) -> Iterator[Finding]:
    effect = told("so this allows nothing") if rule.allow else told("so this ban always bites")
    for at, text in enumerate(rule.when):
        fact = conditions.parse(text).fact
        if fact.startswith(_OF_THE_PERSON):
            message = told(
                "`{fact}` is never known about people on other servers, {effect}",
                fact=fact,
                effect=effect,
            )
            yield _warning((*path, "when", at), message)


def _unapprovable(path: Path, rule: Rule) -> Iterator[Finding]:
    """Approvals that a rule wants of acts for which there never are any."""
    if Channel.ADMINISTER not in rule.channels:
        return
    read = [conditions.parse(text).fact for text in (*rule.when, *rule.unless)]
    if "approvals" not in read or "change.widens" in read:
        return
    acts = _acts_of(rule)
    never = sorted(acts - (CHANGES | TAKES_APPROVALS))
    if not never:
        return
    effect = told("so this refuses it for good") if rule.forbid else told("so this never allows it")
    message = told(
        "nobody approves `{act}`: it has 0 approvals, {effect}", act=never[0], effect=effect
    )
    hint = told("name the acts that others may approve: `act in {acts}`", acts=_SOME_APPROVABLE)
    yield _warning(path, message, hint)


_SOME_APPROVABLE = ", ".join(sorted(CHANGES | TAKES_APPROVALS)[:3]) + ", …"


def _acts_of(rule: Rule) -> set[str]:
    """The acts of administration on which a rule may speak."""
    acts = {act.value for act in MEANINGS}
    for condition in map(conditions.parse, rule.when):
        named = {str(value) for value in condition.values}
        if condition.fact == "act" and condition.operator in (Operator.EQUAL, Operator.IN):
            acts &= named
        elif condition.fact == "act":
            acts -= named
    for condition in map(conditions.parse, rule.unless):
        if condition.fact == "act" and condition.operator in (Operator.EQUAL, Operator.IN):
            acts -= {str(value) for value in condition.values}
    return acts


def _contradictions(path: Path, rule: Rule) -> Iterator[Finding]:
    """Conditions that can't hold together, fact by fact."""
    by_fact: dict[tuple[str, bool], list[tuple[int, Condition]]] = {}
    for at, text in enumerate(rule.when):
        condition = conditions.parse(text)
        by_fact.setdefault((condition.fact, condition.claimed), []).append((at, condition))
    for (fact, _), found in by_fact.items():
        # A set of words may hold two different words at once.
        if REGISTRY[fact].type is not FactType.WORDS and not _together([c for _, c in found]):
            message = told(
                "no `{fact}` meets all conditions on it, so the rule can never match", fact=fact
            )
            yield _warning((*path, "when", found[-1][0]), message)


_BOUNDS: dict[Operator, Callable[[int, int], bool]] = {
    Operator.LESS: lambda value, bound: value < bound,
    Operator.AT_MOST: lambda value, bound: value <= bound,
    Operator.MORE: lambda value, bound: value > bound,
    Operator.AT_LEAST: lambda value, bound: value >= bound,
}


def _together(found: list[Condition]) -> bool:
    """Whether some value meets all of them; yes where that is not easily told."""
    named = [set(c.values) for c in found if c.operator in (Operator.EQUAL, Operator.IN)]
    barred = [set(c.values) for c in found if c.operator in (Operator.NOT_EQUAL, Operator.NOT_IN)]
    bounds = [(_BOUNDS[c.operator], c.values[0]) for c in found if c.operator in _BOUNDS]
    numbers = [(holds, bound) for holds, bound in bounds if isinstance(bound, int)]
    if named:
        left = set.intersection(*named).difference(*barred)
        return any(_within(value, numbers) for value in left)
    # Only bounds: if any whole number meets all, one at or beside a bound does.
    near = {bound + step for _, bound in numbers for step in (-1, 0, 1) if bound + step >= 0}
    return not numbers or any(_within(value, numbers) for value in near)


def _within(value: object, bounds: list[tuple[Callable[[int, int], bool], int]]) -> bool:
    return not isinstance(value, int) or all(holds(value, bound) for holds, bound in bounds)
