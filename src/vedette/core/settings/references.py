"""Whether every name in a document is one that the document gives, and every rule makes sense.

Works on the raw values, so that it also speaks about a document in which single values are wrong.
Whatever is not of the type it should be is passed over here: the model names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vedette.core.asks import Act
from vedette.core.channels import Channel
from vedette.core.conditions import Condition, ConditionError
from vedette.core.conditions import parse as parse_condition
from vedette.core.facts import ELSEWHERE, ONLY_CLAIMED, REGISTRY
from vedette.core.language import NOTHING, Sentence, listed, told
from vedette.core.names import InvalidName, ServerName
from vedette.core.settings.faults import Finding, Path
from vedette.core.settings.rules import channels_of, shape_faults
from vedette.core.settings.spelling import (
    BUILT_IN_PARTIES,
    RESERVED_NAMES,
    did_you_mean,
    domain_matches,
    is_bridge,
)

Table = Mapping[str, Any]

_ACTS = {act.value for act in Act if act.name.startswith("ADMINISTRATION_")}


def tables(values: Table, section: str) -> dict[str, Table]:
    """The well-formed tables of a section, by name."""
    found = values.get(section)
    if not isinstance(found, Mapping):
        return {}
    return {name: table for name, table in found.items() if isinstance(table, Mapping)}


def texts(table: Table, key: str) -> list[tuple[int, str]]:
    """The texts in a list, with their positions."""
    found = table.get(key)
    if not isinstance(found, list | tuple):
        return []
    return [(at, text) for at, text in enumerate(found) if isinstance(text, str)]


def rule_tables(values: Table) -> Iterator[tuple[Path, Table]]:
    """Every rule and guardrail with its path."""
    for section in ("rules", "guardrails"):
        for name, rule in tables(values, section).items():
            yield (section, name), rule


def condition_texts(path: Path, rule: Table) -> Iterator[tuple[Path, Condition]]:
    """Every condition of a rule that can be read, with its path."""
    for key in ("when", "unless"):
        for at, text in texts(rule, key):
            try:
                yield (*path, key, at), parse_condition(text)
            except ConditionError:
                continue  # the model names it


def reference_findings(values: Table) -> Iterator[Finding]:
    """Everything that is wrong with how the parts of a document refer to each other."""
    yield from _party_findings(values)
    yield from _partner_findings(values)
    yield from _domain_findings(values)
    known = _known_names(values)
    yield from _network_findings(values)
    yield from _room_findings(values, known)
    limited = values.get("federation")
    for name in tables(limited, "partners") if isinstance(limited, Mapping) else ():
        if name not in tables(values, "partners"):
            hint = did_you_mean(name, tables(values, "partners"))
            yield Finding(
                ("federation", "partners", name), told("`{name}` is not a partner", name=name), hint
            )
    yield from _inventory_findings(values)
    for path, rule in rule_tables(values):
        yield from _rule_findings(path, rule, values, known)
    for name in tables(values, "guardrails"):
        if name in tables(values, "rules"):
            message = told(
                "a rule is called `{name}` too; records could not tell them apart", name=name
            )
            yield Finding(("guardrails", name), message, told("give one of them another name"))


def _known_names(values: Table) -> set[str]:
    """What a rule may name: built-in parties, own parties, partners."""
    own: set[str] = set()
    for section in ("parties", "partners"):
        found = values.get(section)
        own |= set(found) if isinstance(found, Mapping) else set()
    return own | BUILT_IN_PARTIES


def _party_findings(values: Table) -> Iterator[Finding]:
    parties = tables(values, "parties")
    for name, party in parties.items():
        if name in RESERVED_NAMES:
            yield Finding(
                ("parties", name),
                told("`{name}` is a built-in party; choose another name", name=name),
            )
        for at, other in texts(party, "except"):
            path: Path = ("parties", name, "except", at)
            if other not in parties and other != "guests":
                hint = did_you_mean(other, parties)
                yield Finding(path, told("`{other}` is not one of the parties", other=other), hint)
            elif _reaches(other, name, parties):
                yield Finding(
                    path,
                    told(
                        "`{name}` and `{other}` each leave the other out in a circle",
                        name=name,
                        other=other,
                    ),
                )


def _reaches(start: str, goal: str, parties: Table) -> bool:
    """Whether following `except` from `start` ever comes to `goal`."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen and name in parties:
            seen.add(name)
            waiting += [other for _, other in texts(parties[name], "except")]
    return False


def _partner_findings(values: Table) -> Iterator[Finding]:
    parties = values.get("parties")
    taken = set(parties) if isinstance(parties, Mapping) else set()
    for name in tables(values, "partners"):
        if name in RESERVED_NAMES:
            message = told("`{name}` is a built-in party; choose another name", name=name)
            yield Finding(("partners", name), message)
        elif name in taken:
            message = told(
                "a party is called `{name}` too; rules could not tell them apart", name=name
            )
            yield Finding(("partners", name), message)


def _domain_findings(values: Table) -> Iterator[Finding]:
    own = _own_domain(values)
    seen: list[tuple[str, _Covered]] = []
    for name, partner in tables(values, "partners").items():
        for at, domain in texts(partner, "domains"):
            covered = _covered(domain)
            if covered is None:
                continue  # the model names it
            path: Path = ("partners", name, "domains", at)
            if own is not None and domain_matches(domain.lower(), own):
                yield Finding(
                    path, told("`{domain}` covers our own domain `{own}`", domain=domain, own=own)
                )
            other = next((o for o, c in seen if o != name and _overlap(covered, c)), None)
            if other is not None:
                yield Finding(
                    path,
                    told(
                        "`{domain}` belongs to the partner `{other}` already",
                        domain=domain,
                        other=other,
                    ),
                )
            seen.append((name, covered))


def _network_findings(values: Table) -> Iterator[Finding]:
    networks, sign_in = _networks(values), values.get("sign_in")
    named = texts(sign_in, "kerberos_networks") if isinstance(sign_in, Mapping) else []
    for at, name in named:
        if name not in networks:
            what = told("network of this document")
            message = told("`{value}` is no {what}", value=name, what=what)
            place = ("sign_in", "kerberos_networks", at)
            yield Finding(place, message, did_you_mean(name, networks))
    if ELSEWHERE in _networks(values):
        message = told("`{name}` is what lies in no network; choose another name", name=ELSEWHERE)
        yield Finding(("networks", ELSEWHERE), message)


def _room_findings(values: Table, known: set[str]) -> Iterator[Finding]:
    for name, room in tables(values, "rooms").items():
        for at, member in texts(room, "members"):
            yield from _name_finding(("rooms", name, "members", at), member, known)
        yield from _history_findings(("rooms", name), room, values)
        if room.get("plain") is True and room.get("encrypted") is True:
            message = told("a room is either plain or encrypted")
            yield Finding(("rooms", name, "plain"), message, told("leave one of the two out"))


def _inventory_findings(values: Table) -> Iterator[Finding]:
    issuers = tables(values, "issuers")
    for name, inventory in tables(values, "device_management").items():
        for at, issuer in texts(inventory, "issuers"):
            if issuer not in issuers:
                message = told("`{name}` is no issuer of this document", name=issuer)
                path: Path = ("device_management", name, "issuers", at)
                yield Finding(path, message, did_you_mean(issuer, issuers))


def _networks(values: Table) -> set[str]:
    found = values.get("networks")
    return set(found) if isinstance(found, Mapping) else set()


def _own_domain(values: Table) -> ServerName | None:
    organisation = values.get("organisation")
    domain = organisation.get("domain") if isinstance(organisation, Mapping) else None
    try:
        return ServerName(domain) if isinstance(domain, str) else None
    except InvalidName:
        return None


_Covered = tuple[str, int | None, bool]
"""What a domain pattern covers: a host with a dot before it, a port, and whether all below."""


def _covered(pattern: str) -> _Covered | None:
    below = pattern.startswith("*.")
    try:
        server = ServerName(pattern.removeprefix("*."))
    except InvalidName:
        return None
    return f".{server.host}", server.port, below


def _overlap(one: _Covered, other: _Covered) -> bool:
    """Whether some server name is covered by both."""
    if one[1] != other[1]:
        return False
    if one[0] == other[0]:
        return one[2] == other[2]  # `*.x` doesn't cover `x`
    return (one[2] and other[0].endswith(one[0])) or (other[2] and one[0].endswith(other[0]))


def _name_finding(path: Path, name: str, known: set[str]) -> Iterator[Finding]:
    if name == "services":
        yield Finding(
            path, told("the suite's own accounts are outside the rules; leave `services` out")
        )
    elif name not in known and not is_bridge(name):
        message = told("`{name}` is neither a party nor a partner", name=name)
        yield Finding(path, message, did_you_mean(name, known))


def _history_findings(path: Path, room: Table, values: Table) -> Iterator[Finding]:
    """History from before somebody joined is never shown where a partner may be."""
    partners = values.get("partners")
    others = {"partners", "outside", "anyone"} | set(
        partners if isinstance(partners, Mapping) else ()
    )
    guests = [member for _, member in texts(room, "members") if member in others]
    if guests and room.get("history") in ("invited", "shared"):
        message = told(
            "`{name}` may be in these rooms, so their history begins with joining", name=guests[0]
        )
        yield Finding((*path, "history"), message, told('write "joined", or leave others out'))


def _rule_findings(path: Path, rule: Table, values: Table, known: set[str]) -> Iterator[Finding]:
    for key, message in shape_faults(rule):
        yield Finding((*path, key) if key else path, message)
    for key in ("between", "from", "to"):
        for at, name in texts(rule, key):
            yield from _name_finding((*path, key, at), name, known)
    owner = rule.get("owner")
    parties = tables(values, "parties")
    if isinstance(owner, str) and owner and owner not in parties:
        message = told("`{owner}` is not one of the parties, so nobody owns the rule", owner=owner)
        yield Finding((*path, "owner"), message, did_you_mean(owner, parties))
    if path[0] == "guardrails":
        yield from _guardrail_findings(path, rule)
    yield from _condition_findings(path, rule, values, known)


def _guardrail_findings(path: Path, rule: Table) -> Iterator[Finding]:
    if "allow" in rule:
        message = told("a guardrail only forbids; an allow belongs into `[rules]`")
        yield Finding((*path, "allow"), message)
    if rule.get("mode") == "observe":
        message = told("a guardrail always holds; one that only observes belongs into `[rules]`")
        yield Finding((*path, "mode"), message)


def _condition_findings(
    path: Path, rule: Table, values: Table, known: set[str]
) -> Iterator[Finding]:
    channels = channels_of(rule.get("allow", rule.get("forbid")))
    for place, condition in condition_texts(path, rule):
        lacking = sorted(channels - REGISTRY[condition.fact].channels)
        if lacking:
            message = told(
                "`{fact}` is never known about {channels}",
                fact=condition.fact,
                channels=_listed(lacking),
            )
            hint = told("make a rule of its own for the channels that have it")
            yield Finding(place, message, hint)
        if condition.fact in ONLY_CLAIMED and not condition.claimed:
            message = told(
                "`{fact}` is only ever what somebody says of themselves", fact=condition.fact
            )
            yield Finding(place, message, told("write `claimed {text}`", text=condition.text))
        yield from _word_findings(place, condition, values, known)


def _listed(words: list[Any]) -> Sentence:
    return listed([f"`{word}`" for word in words])


def _word_findings(
    place: Path, condition: Condition, values: Table, known: set[str]
) -> Iterator[Finding]:
    """Values of conditions that name something of the document."""
    names = {
        "room.kind": (told("kind of room of this document"), set(tables(values, "rooms"))),
        "change.widens": (
            told("party or partner of this document"),
            known | {Channel.ADMINISTER.value},
        ),
        "certificate.issuer": (told("issuer of this document"), set(tables(values, "issuers"))),
        "sign_in.networks": (told("network of this document"), _networks(values) | {ELSEWHERE}),
        "act": (told("administrative act"), _ACTS),
    }
    what, allowed = names.get(condition.fact, (NOTHING, None))
    if allowed is None:
        return
    for value in condition.values:
        if isinstance(value, str) and value not in allowed and not is_bridge(value):
            yield Finding(
                place,
                told("`{value}` is no {what}", value=value, what=what),
                did_you_mean(value, allowed),
            )
