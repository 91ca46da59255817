"""Whether a revision would shut out those who could mend it.

Asked with whatever could still be had: a factor that may be enrolled, a device that may be approved,
a network that one may go to. What stays a no even so, nobody gets past.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from vedette.admin.door import administration_facts
from vedette.admin.policy import local_administrator
from vedette.admin.rejected import Code, Rejected
from vedette.admin.rights import AS_MANY_AS_WANTED, at_best, may_at_best, who_may
from vedette.admin.second_person import approvals_wanted
from vedette.core.asks import Act, PartySet
from vedette.core.channels import Channel
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import LOCAL_TOKEN, REGISTRY, Facts, Missing, Value
from vedette.core.language import Sentence, day, told
from vedette.core.names import UserId
from vedette.core.pending import CHANGES
from vedette.core.sessions import FactorUse, independent, sign_in_ask
from vedette.core.settings.document import Document, Rule
from vedette.core.towards import organisation
from vedette.ports.policy import Policy

_APPLY, _READ = Act.ADMINISTRATION_SETTINGS_APPLY, Act.ADMINISTRATION_SETTINGS_READ
_APPROVE = Act.ADMINISTRATION_SETTINGS_APPROVE
_KEPT_HERE = frozenset({"password", "oidc"})
"""The kinds of first factor of which it is known here whether somebody has one."""
_WAYS_IN = frozenset({Channel.SIGN_IN, Channel.ADMINISTER})
_SECONDS = frozenset({"webauthn", "totp", "radius", "certificate", "recovery"})
"""The kinds of second factor that there are."""


def refuse_lockout(old: Policy, new: Policy) -> None:
    """Refuse a revision that locks out those who could change it again.

    1. The holder of the local token could not even take rights away, and no officer could instead.
    2. No officer is left who could change the settings and sign in, where there was one. 3. None is
    left once allows have ended that have an end. 4. A rule asks for approvals that too few people
    could give.

    Raises:
        Rejected: says who is shut out, and by what.
    """
    _keeps_local(new)  # (1)
    _keeps_officer(old, new)  # (2)
    _keeps_officer_later(old, new)  # (3)
    _has_second_persons(old, new)  # (4)


def officers(policy: Policy, act: Act = _APPLY) -> Iterator[UserId]:
    """Our active people, guests apart, who might be allowed an act and might sign in."""
    known: dict[PartySet, bool] = {}
    for user in who_may(policy, act):
        kind = policy.directory.someone(user).parties
        if kind not in known:
            known[kind] = _no_way_in(policy, user) is None
        if known[kind]:
            yield user


def those_left(policy: Policy, users: Iterable[str]) -> list[str]:
    """Those of `users` who are officers as `officers` finds them."""
    known: dict[PartySet, bool] = {}
    found = []
    for user in map(UserId, users):
        person = policy.directory.people.get(user)
        if person is None or not person.active or person.guest:
            continue
        who = policy.directory.someone(user)
        if who.parties not in known:
            may = may_at_best(policy, who, _APPLY)
            known[who.parties] = may and _no_way_in(policy, user) is None
        if known[who.parties]:
            found.append(str(user))
    return found


def _keeps_local(new: Policy) -> None:
    """The local token may lose its right once there is somebody else who could change the settings."""
    if any(may_at_best(new, new.directory.someone(user), _READ) for user in officers(new)):
        return
    who = local_administrator(new.directory.document)
    for act, doing in ((_READ, told("see")), (_APPLY, told("change"))):
        approvals = AS_MANY_AS_WANTED if act in CHANGES else 0
        facts = administration_facts(act, frozenset(), LOCAL_TOKEN, approvals).known
        ask = organisation(act, who, Channel.ADMINISTER)
        decision = new.decide(ask, Facts(facts), new.directory.today)
        if decision.verdict is not Verdict.YES:
            raise Rejected(
                Code.LOCK_OUT,
                told(
                    "under this document nobody could {doing} the settings any more: rule `{rule}` "
                    "would refuse the local administrator",
                    doing=doing,
                    rule=decision.rule,
                ),
                told(
                    'give the rule a condition, such as `when = ["change.widens in partners, '
                    'outside"]`'
                ),
            )


def _keeps_officer(old: Policy, new: Policy) -> None:
    if next(officers(new), None) is not None or next(officers(old), None) is None:
        return
    last = next(officers(old))
    barred = next(who_may(new, _APPLY), None)
    if barred is not None:
        decision = _no_way_in(new, barred)
        raise Rejected(
            Code.LOCK_OUT,
            told(
                "under this document nobody who may change the settings could sign in: {by}, "
                "whatever they show",
                by=_by(decision, barred),
            ),
            told("allow the sign-in of those who administer, or ask of it what they can have"),
        )
    decision = at_best(new, new.directory.someone(last), _APPLY)
    raise Rejected(
        Code.LOCK_OUT,
        told(
            "under this document no security officer would be left: {by} to change the "
            "settings, and nobody else may",
            by=_by(decision, last),
        ),
        told("somebody of us must be allowed `administration:settings:apply`"),
    )


def _keeps_officer_later(old: Policy, new: Policy) -> None:
    """An allow that ends may not be all that officers have: nobody could write that it goes on."""
    dated = {
        str(name): rule.expires
        for name, rule in new.directory.document.rules.items()
        if rule.expires is not None and not _WAYS_IN.isdisjoint(rule.channels)
    }
    if not dated or next(officers(new), None) is None:
        return
    ends = sorted({each.toordinal() for each in dated.values()})
    after = ends[-1] + 1
    if next(officers(_on(new, after)), None) or not next(officers(_on(old, after)), None):
        return
    then = next(last for last in ends if not next(officers(_on(new, last + 1)), None))
    name = next(name for name, last in sorted(dated.items()) if last.toordinal() == then)
    raise Rejected(
        Code.LOCK_OUT,
        told(
            "once rule `{rule}` has ended on {day}, nobody would be left who may change the settings "
            "and could sign in",
            rule=name,
            day=day(dated[name]),
        ),
        told("give the rule no end, or let a rule without one allow it too"),
    )


def _on(policy: Policy, today: int) -> Policy:
    """The same policy on another day."""
    directory = policy.directory
    return Policy(policy.rules, directory.under(directory.document, today))


def _by(decision: Decision | None, whom: UserId) -> Sentence:
    if decision is None or decision.rule is None:
        return told("no rule would allow `{whom}`", whom=whom)
    return told("rule `{rule}` would refuse `{whom}`", rule=decision.rule, whom=whom)


def _no_way_in(policy: Policy, user: UserId, own: frozenset[str] | None = None) -> Decision | None:
    """The answer to somebody's sign-in if it is no whatever they show; else None."""
    who, found = policy.directory.someone(user), None
    for facts in _ways_in(policy, own):
        ask = sign_in_ask(Act.SIGN_IN_SESSION_START, who)
        decision = policy.decide(ask, facts, policy.directory.today)
        if decision.verdict is not Verdict.NO:
            return None
        if found is None or decision.rule is not None:  # a rule that bites says more than none
            found = decision
    return found


def signs_in(policy: Policy, user: UserId, kinds: frozenset[str], *, sets_up: bool) -> bool:
    """Whether somebody could sign in who has proofs of these kinds, and may set up one more or not.

    A certificate and a Kerberos ticket are always to be had: nobody here knows who has one.
    """
    return _no_way_in(policy, user, None if sets_up else kinds) is None


def _ways_in(policy: Policy, own: frozenset[str] | None = None) -> Iterator[Facts]:
    """What is known of a sign-in, for each set of factors that one could have; of `own` kinds alone."""
    document = policy.directory.document
    seconds = _SECONDS.intersection(document.sign_in.second_factors)
    if not document.issuers:
        seconds -= {"certificate"}
    if own is not None:
        seconds &= own | {"certificate"}
    ways: list[tuple[FactorUse, ...]] = [(_use("password"),), (_use("oidc"),)]
    ways += [(_use("password"), _use(each)) for each in sorted(seconds)]
    if "webauthn" in seconds:
        ways.append((_use("webauthn", "passkey"),))
    for counts in sorted({issuer.counts for issuer in document.issuers.values()}):
        card = replace(_use("certificate"), counts=counts)
        ways += [(card,), *((card, _use(each)) for each in sorted(seconds - {"certificate"}))]
    if document.sign_in.kerberos == "yes":
        ticket = _use("kerberos")
        ways += [(ticket,), *((ticket, _use(each)) for each in sorted(seconds))]
    for uses in ways:
        kinds = frozenset(use.kind for use in uses)
        if own is not None and not own.issuperset(kinds & _KEPT_HERE):
            continue
        held = Missing.PENDING if "webauthn" in kinds else None
        known: dict[str, Value | Missing] = {
            **_TO_BE_HAD,
            "sign_in.factors": independent(uses),
            "sign_in.kinds": kinds,
            "sign_in.age": 0,
            "sign_in.flow": "page",
            "sign_in.attested": held or False,
            "sign_in.models": held or frozenset(),
            "device.count": 1,
            "today": policy.directory.today,
        }
        yield Facts(known)


_TO_BE_HAD: dict[str, Value | Missing] = {
    name: Missing.PENDING for name, spec in REGISTRY.items() if Channel.SIGN_IN in spec.channels
}


def _use(kind: str, proven_by: str = "") -> FactorUse:
    return FactorUse(kind=kind, at=0, proven_by=proven_by)


def _has_second_persons(old: Policy, new: Policy) -> None:
    """Whoever asks for approvals needs people who can give them, and one who may be away."""
    asking = dict(_asking(new.directory.document))
    if not asking:
        return
    most, name = max((approvals_wanted(rule), name) for name, rule in asking.items())
    there = set(officers(new, _APPROVE))
    switched_on = dict(_asking(old.directory.document)).get(name) != asking[name]
    fewer = len(there) < len(set(officers(old, _APPROVE)))
    if len(there) >= most + 2 or not (switched_on or fewer):
        return
    named = ", ".join(f"`{user}`" for user in sorted(there)) or told("nobody")
    raise Rejected(
        Code.LOCK_OUT,
        told(
            "rule `{name}` asks for {approvals}, which takes {people} people who "
            "may approve and sign in: who asks, who approves, and one more for when "
            "somebody is away; there would be {there} ({named})",
            name=name,
            approvals=told("{count} approvals", count=most) if most != 1 else told("1 approval"),
            people=most + 2,
            there=len(there),
            named=named,
        ),
        told(
            "bring more people into the party that may do "
            "`administration:settings:approve`, then change this again"
        ),
    )


def _asking(document: Document) -> Iterator[tuple[str, Rule]]:
    for section in (document.rules, document.guardrails):
        for name, rule in section.items():
            if rule.mode == "enforce" and approvals_wanted(rule):
                yield str(name), rule
