"""Partners as objects: what they are, what passes between us, and whether they can be reached."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vedette.admin.actor import Actor
from vedette.admin.door import AdministrationDoor, Doing
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rules import with_rule
from vedette.core.asks import Act
from vedette.core.channels import BETWEEN_PEOPLE, WORDS
from vedette.core.language import Sentence, said_by, told
from vedette.core.partners import ChannelGlance, Extent, consequences, glance
from vedette.core.settings.document import Document, Partner
from vedette.core.settings.edit import EditError, add_rule, remove
from vedette.core.settings.sentences import rule_sentence
from vedette.core.settings.spelling import did_you_mean, domain_sentence, spell_certificate
from vedette.ports.errors import Unavailable
from vedette.ports.partner_checker import PartnerChecker
from vedette.ports.policy import Policy
from vedette.protocol.internal.partner_checks import Finding, Part, ServerChecked, State
from vedette.spine import Permit, Spine

_ACT = Act.ADMINISTRATION_PARTNER_CHECK
DIRECTIONS = ("both", "out", "in")
"""`out`: we towards them; `in`: they towards us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerView:
    """One partner as people read it. `covers` says each domain in words; `rules` name it."""

    name: str
    entry: Partner
    ended: bool
    covers: tuple[Sentence, ...]
    channels: tuple[ChannelGlance, ...]
    consequences: tuple[Sentence, ...]
    rules: tuple[tuple[str, Sentence], ...]


def list_partners(policy: Policy) -> list[PartnerView]:
    """Every partner, by name."""
    return [_view(policy, str(name)) for name in sorted(policy.directory.document.partners)]


def show_partner(policy: Policy, name: str) -> PartnerView:
    """One partner. Raises Rejected when there is none of this name."""
    _known(policy.directory.document, name)
    return _view(policy, name)


def _known(document: Document, name: str) -> Partner:
    found = {str(own): entry for own, entry in document.partners.items()}
    if name in found:
        return found[name]
    hint = did_you_mean(name, found) or told("list them with `vedette partner list`")
    raise Rejected(Code.NOT_FOUND, told("there is no partner `{name}`", name=name), hint)


def _view(policy: Policy, name: str) -> PartnerView:
    directory = policy.directory
    entry = _known(directory.document, name)
    ended = entry.valid_until is not None and entry.valid_until.toordinal() < directory.today
    channels = glance(policy.rules, directory, name)
    return PartnerView(
        name=name,
        entry=entry,
        ended=ended,
        covers=tuple(domain_sentence(each) for each in entry.domains),
        channels=channels,
        consequences=consequences(channels),
        rules=tuple(_naming(directory.document, name)),
    )


def _naming(document: Document, name: str) -> list[tuple[str, Sentence]]:
    """The rules that name the partner itself, as id and sentence."""
    found = []
    for before, rules in (("guardrails.", document.guardrails), ("", document.rules)):
        for own, rule in sorted(rules.items()):
            if name in (*(rule.between or ()), *(rule.from_ or ()), *(rule.to or ())):
                found.append((f"{before}{own}", rule_sentence(own, rule)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPartner:
    """A partner to be added, with its keys as the document spells them.

    Without `allow` nothing is allowed with it. With it, a rule of the partner's name is added too:
    `ours` is the party of ours, `direction` one of `DIRECTIONS`.
    """

    name: str
    keys: Mapping[str, Any]
    allow: tuple[str, ...] = ()
    direction: str = ""
    ours: str = "us"


def with_partner(text: str, document: Document, new: NewPartner) -> str:
    """The text with one more partner, and its rule. Raises Rejected."""
    if new.name in {str(own) for own in document.partners}:
        hint = told("see it with `vedette partner show {name}`", name=new.name)
        raise Rejected(
            Code.INVALID, told("there is a partner `{name}` already", name=new.name), hint
        )
    if bool(new.allow) != bool(new.direction):
        raise Rejected(
            Code.INVALID,
            told("what is allowed needs a direction, and a direction something that is allowed"),
            told("write `--allow message,contact --direction both` (or `out`, or `in`)"),
        )
    keys = {key: value for key, value in new.keys.items() if value not in (None, [], (), "")}
    if "ca" in keys:  # PEM becomes one line, as it would be kept anyway
        with suppress(ValueError):  # what is no certificate is named with the document's faults
            keys["ca"] = [spell_certificate(each) for each in keys["ca"]]
    try:
        text = add_rule(text, new.name, keys, section="partners")
    except EditError as fault:
        raise Rejected(Code.INVALID, said_by(fault)) from fault
    return with_rule(text, new.name, _rule(new), guardrail=False) if new.allow else text


def _rule(new: NewPartner) -> dict[str, Any]:
    sides: dict[str, Any] = {
        "both": {"between": [new.ours, new.name]},
        "out": {"from": [new.ours], "to": [new.name]},
        "in": {"from": [new.name], "to": [new.ours]},
    }
    if new.direction not in sides:
        known = ", ".join(f"`{each}`" for each in DIRECTIONS)
        raise Rejected(
            Code.INVALID,
            told("`{direction}` is no direction", direction=new.direction),
            told("write one of {known}", known=known),
        )
    strange = [word for word in new.allow if not WORDS.get(word, BETWEEN_PEOPLE) <= BETWEEN_PEOPLE]
    if strange:  # administering and signing in are no partner's; whoever adds partners gives none
        known = ", ".join(f"`{each}`" for each in sorted(BETWEEN_PEOPLE))
        raise Rejected(
            Code.INVALID,
            told("`{strange}` is nothing that people do with a partner", strange=strange[0]),
            told("write some of {known}", known=known),
        )
    return {**sides[new.direction], "allow": list(new.allow)}


def without_partner(text: str, document: Document, name: str) -> str:
    """The text without a partner.

    Raises:
        Rejected: there is none, or rules name it: they would have to go first, one by one, since
            nobody should lose a ban by accident.
    """
    _known(document, name)
    named = [own for own, _ in _naming(document, name)]
    if named:
        rules = ", ".join(f"`{own}`" for own in named)
        commands = "; ".join(f"`vedette rule remove {own} --reason …`" for own in named)
        raise Rejected(
            Code.INVALID,
            told("`{name}` stands in {rules}", name=name, rules=rules),
            told("remove them first: {commands}", commands=commands),
        )
    try:
        return remove(text, f"partners.{name}")
    except EditError as fault:
        raise Rejected(Code.INVALID, said_by(fault)) from fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A partner that was tried. `works` is whether all servers that were tried do.

    `entry` is what its entry itself leaves open; `verdict` says in words what would and would not
    work between us, both ways.
    """

    view: PartnerView
    entry: tuple[Finding, ...]
    servers: tuple[ServerChecked, ...]
    verdict: tuple[str, ...]
    works: bool


@dataclass(frozen=True, slots=True)
class PartnersDesk:
    """Where partners are tried. Control dials nobody: the gateway does it when asked."""

    spine: Spine
    checker: PartnerChecker

    async def check(self, author: Actor, policy: Policy, name: str) -> Checked:
        """Try to reach a partner.

        Raises:
            Rejected: there is none of this name, the rules refuse the act, or the gateway is away.
        """
        door = AdministrationDoor(self.spine)
        permit = await door.permit(Doing(act=_ACT, author=author, what=name))
        view = show_partner(policy, name)
        try:
            servers = await _tried(permit, self.checker, name)
        except Unavailable as outage:
            raise Rejected(
                Code.UNAVAILABLE,
                said_by(outage),
                told("the gateway looks at partners; is it running?"),
            ) from outage
        works = all(each.broken(*Part) is None for each in servers) and not view.ended
        return Checked(
            view=view,
            entry=_entry_findings(view),
            servers=servers,
            verdict=tuple(_verdict(view, servers)),
            works=works,
        )


async def _tried(permit: Permit, checker: PartnerChecker, name: str) -> tuple[ServerChecked, ...]:
    del permit  # being given one is the point
    return await checker.check(name)


def _entry_findings(view: PartnerView) -> tuple[Finding, ...]:
    """What the entry itself says or leaves open, whoever answers."""
    found = []
    if view.ended:
        words = f"it was a partner until {view.entry.valid_until}; since then it counts as outside"
        found.append(Finding(Part.FINDING, State.BROKEN, words))
    elif view.entry.valid_until is None:
        words = "it has no last day: it is still trusted when the contract has long ended"
        found.append(Finding(Part.FINDING, State.WEAK, words))
    found += [
        Finding(Part.FINDING, State.WEAK, f"`{each}` is for many names, of which none can be tried")
        for each in view.entry.domains
        if each.startswith("*.")
    ]
    return tuple(found)


_PURPOSES = (
    ("what we send would arrive", (Part.FINDING, Part.TLS, Part.VERSION)),
    ("what they send would be believed", (Part.FINDING, Part.TLS, Part.KEYS)),
)
_HEARSAY = "Whether their server finds ours can only be seen there: have them check us too."


def _verdict(view: PartnerView, servers: tuple[ServerChecked, ...]) -> list[str]:
    """In words, both ways: first the connection, then what the rules would let over it."""
    said = []
    if view.ended:
        said.append(f"`{view.name}` has ended: only what is allowed with everyone outside passes.")
    for each in servers:
        for works, parts in _PURPOSES:
            broken = each.broken(*parts)
            not_ = works.replace("would", "would not", 1)
            words = f"{works}." if broken is None else f"{not_}: {broken.words}."
            said.append(f"`{each.server}`: {words}")
    if not servers:
        said.append("No server is named in full, so nothing could be tried.")
    said += _by_rules("By the rules they may send us", view, inwards=True)
    said += _by_rules("By the rules we may send them", view, inwards=False)
    return [*said, *view.consequences, _HEARSAY]


def _by_rules(before: str, view: PartnerView, *, inwards: bool) -> list[str]:
    ways = [(c.channel, c.to_us if inwards else c.to_them) for c in view.channels]
    found = [
        channel.value if way.words == "yes" else f"{channel.value} ({way.words})"
        for channel, way in ways
        if way.extent is not Extent.NONE
    ]
    return [f"{before}: {', '.join(found) or 'nothing'}."]
