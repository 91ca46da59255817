"""Whether a revision would shut out those who could mend it.

Asked first with whatever could still be had: a factor that may be enrolled, a device that may be
approved, a network that one may go to. What stays a no even so, nobody gets past. Asked then with
what officers have: the factors that they have enrolled, on the devices on which they are signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

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
from vedette.core.reasons import Reason
from vedette.core.running_sessions import RunningSessions
from vedette.core.sessions import (
    FactorUse,
    Session,
    SessionState,
    facts_for,
    independent,
    sign_in_ask,
)
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


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody has, as far as it is known here.

    `kinds` are those of the factors that they could show; None: nobody here knows. `sets_up`: they may
    set up one more. `sessions` are theirs that are not ended: they say on which devices they are.
    """

    kinds: frozenset[str] | None
    sets_up: bool
    sessions: tuple[Session, ...]


HeldBy = Callable[[UserId], Held]
"""What somebody has. Raises Unavailable."""


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


def refuse_shut_out(old: Policy, new: Policy, held: HeldBy, now: int) -> None:
    """Refuse a revision that shuts the last officer out; `now` is in unix seconds.

    1. No officer could sign in with what they have, where one could. 2. No session of an officer goes
    on either, where one does. Old and new are asked of the same facts: factors that are enrolled, and
    devices as they were last seen.

    Raises:
        Rejected: says who is shut out, and by what.
        Unavailable: what they have can't be read.
    """
    if any(comes_in(new, user, held(user)) for user in officers(new)):
        return
    able = next((user for user in officers(old) if comes_in(old, user, held(user))), None)
    if able is not None:  # (1)
        raise _shut_out(_barred(new, able, held(able)), able)
    if any(_ends(new, held(user), now) is None for user in officers(new)):
        return
    able = next((user for user in officers(old) if _ends(old, held(user), now) is None), None)
    if able is not None:  # (2)
        raise _shut_out(_ends(new, held(able), now), able)


def _shut_out(decision: Decision | None, able: UserId) -> Rejected:
    return Rejected(
        Code.LOCK_OUT,
        told(
            "under this document nobody who may change the settings could sign in with what they "
            "have: {by}, with the factors that they have enrolled and on the devices on which they "
            "are signed in",
            by=_by(decision, able),
        ),
        told(
            "let one of them get first what the rule asks for, and sign in with it; or except "
            "those who administer from the rule"
        ),
    )


def _ends(policy: Policy, held: Held, now: int) -> Decision | None:
    """The answer to somebody's sessions if none of them goes on; else None."""
    running = RunningSessions(policy.rules, policy.directory, now, policy.directory.today)
    ended = _nothing_to_show(policy)
    for session in held.sessions:
        if session.state is SessionState.LIVE and session.expires > now:
            ended = running.answer(session)
            if ended.verdict is not Verdict.NO:
                return None
    return ended


def comes_in(policy: Policy, user: UserId, held: Held) -> bool:
    """Whether somebody could sign in with what they have, on one of the devices that they use."""
    return _barred(policy, user, held) is None


def _barred(policy: Policy, user: UserId, held: Held) -> Decision | None:
    """The answer to somebody's sign-in if it is no on every device that they use; else None."""
    own = None if held.sets_up else held.kinds
    devices: list[Facts | None] = [last_known(policy, session) for session in held.sessions]
    barred = None
    for device in devices or [None]:
        found = _no_way_in(policy, user, own, device)
        if found is None:
            return None
        if barred is None or barred.rule is None:
            barred = found
    return barred


def last_known(policy: Policy, session: Session) -> Facts:
    """What is known of a session's device and place, without the factors that were shown."""
    named = policy.directory.document.networks
    facts = facts_for(session, now=0, networks={str(name): named[name] for name in named})
    return Facts(
        {name: facts.known[name] for name in _OF_DEVICE & facts.known.keys()}, facts.claims
    )


_OF_DEVICE = frozenset(name for name in REGISTRY if name.startswith(("device.", "client."))) | {
    "sign_in.networks"
}
"""What stays as it is until somebody takes another device, or goes to another place."""


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


def _no_way_in(
    policy: Policy, user: UserId, own: frozenset[str] | None = None, device: Facts | None = None
) -> Decision | None:
    """The answer to somebody's sign-in if it is no whatever they show; else None.

    `own` are the kinds of factors that they have, None for all. `device` is what is known of the
    device on which they do it, None for any.
    """
    who = policy.directory.someone(user)
    found = _nothing_to_show(policy)
    models = bool(policy.directory.document.sign_in.managed_models)
    for way in _ways_in(policy, own):
        facts = way if device is None else _on_device(way, device, models=models)
        ask = sign_in_ask(Act.SIGN_IN_SESSION_START, who)
        decision = policy.decide(ask, facts, policy.directory.today)
        if decision.verdict is not Verdict.NO:
            return None
        if decision.rule is not None:  # a rule that bites says more than none
            found = decision
    return found


def _nothing_to_show(policy: Policy) -> Decision:
    """The answer to whoever has no way in at all."""
    return Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, revision=policy.rules.revision)


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


def _on_device(way: Facts, device: Facts, *, models: bool) -> Facts:
    """A way in, as it is from one device; `models`: passkeys of some models prove a managed one."""
    known = {name: value for name, value in way.known.items() if name not in _OF_DEVICE}
    known |= device.known
    if models and way.known["sign_in.models"] is Missing.PENDING:
        known["device.managed"] = device.known.get("device.managed") or Missing.PENDING
    return Facts(known, device.claims)


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
