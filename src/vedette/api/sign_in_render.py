"""From sessions, devices, accounts and factors to their JSON shapes."""

from __future__ import annotations

from vedette.admin.accounts import FactorsView, Issued
from vedette.admin.sessions import Moved, MovedAll, SessionView
from vedette.api.render import door
from vedette.api.sign_in_shapes import (
    AccountShape,
    FactorShape,
    FactorsShape,
    FactShape,
    IssuedShape,
    MovedAllShape,
    MovedShape,
    OnDeviceShape,
    SessionShape,
    SessionViewShape,
    ShownFactorShape,
)
from vedette.core.facts import Facts, Missing, Value
from vedette.core.on_device import OnDevice
from vedette.core.sessions import Session, how_known
from vedette.ports.sign_in import Account


def session(each: Session) -> SessionShape:
    """One session."""
    facts = each.facts
    return SessionShape(
        id=each.id,
        user=each.user,
        device=each.device,
        device_name=each.device_name,
        state=each.state.value,
        because=each.because,
        kind=each.kind,
        client=each.client,
        client_name=facts.client_name,
        client_version=facts.client_version,
        platform=facts.platform,
        platform_version=facts.platform_version,
        address=facts.network,
        approved=facts.approved,
        confirmed=facts.confirmed,
        created=each.created,
        expires=each.expires,
        number=each.number,
        on=None if facts.device is None else _on(facts.device),
    )


def _on(device: OnDevice) -> OnDeviceShape:
    return OnDeviceShape(
        managed=device.managed,
        proven_by=device.proof.issuer or device.proof.model,
        became=device.became,
        compliant=device.compliant,
        owner=device.owner,
        platform=device.platform,
        version=device.version,
        places=list(device.places),
    )


def view(found: SessionView) -> SessionViewShape:
    """One session with all of its facts."""
    return SessionViewShape(
        session=session(found.session),
        facts=_facts(found.facts),
        factors=[
            ShownFactorShape(kind=use.kind, at=use.at, proven_by=use.proven_by)
            for use in found.session.facts.factors
        ],
        seen_at=found.seen.at if found.seen else None,
        seen_address=found.seen.address if found.seen else None,
    )


def _facts(facts: Facts) -> list[FactShape]:
    shapes = []
    for name, how in how_known(facts).items():
        value = facts.get(name, claimed=True)
        if not isinstance(value, Missing) and name != "today":
            shapes.append(FactShape(fact=name, value=_written(value), known=how.value))
    return shapes


def _written(value: Value) -> str:
    """A value as a condition writes it; a duration in seconds."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)


def moved(done: Moved) -> MovedShape:
    """What became of a session."""
    doors = [door(each) for each in done.doors]
    return MovedShape(session=session(done.session), record=done.record, doors=doors)


def moved_all(done: MovedAll) -> MovedAllShape:
    """What became of all sessions of somebody."""
    doors = [door(each) for each in done.doors]
    return MovedAllShape(user=done.user, moved=done.moved, record=done.record, doors=doors)


def account(each: Account, domain: str) -> AccountShape:
    """One account."""
    return AccountShape(
        user=f"@{each.localpart}:{domain}",
        display_name=each.display_name,
        has_password=each.password_hash is not None,
        must_change=each.must_change,
        provisioned=each.provisioned,
        created=each.created,
    )


def factors(found: FactorsView, domain: str) -> FactorsShape:
    """What a person can prove themselves with."""
    return FactorsShape(
        account=account(found.account, domain),
        factors=[
            FactorShape(
                kind=each.kind,
                label=each.label,
                created=each.created,
                last_used=each.last_used,
                model=each.details.get("aaguid", ""),
                attestation=each.details.get("format", ""),
                attested=each.details.get("attested") == "yes",
            )
            for each in found.factors
        ],
        recovery_codes=found.codes_left,
    )


def issued(done: Issued) -> IssuedShape:
    """A secret that is shown only now."""
    return IssuedShape(user=done.user, secret=done.secret, record=done.record, removed=done.removed)
