"""Checks what people show: passwords, codes, passkeys, answers of other servers.

Every check of a first factor does the same work for a stranger as for one of us. A check returns
what was shown, or None; why it was not right is told to nobody.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256

from vedette.core.names import InvalidName, ServerName, UserId
from vedette.core.sessions import FactorUse
from vedette.ports.clock import Clock
from vedette.ports.directory import DirectoryNames, DirectoryPasswords
from vedette.ports.factors import (
    Ceremonial,
    Ceremony,
    CeremonyFault,
    KnownPasskey,
    NewPasskey,
    PasskeyOwner,
    Passwords,
    RelyingParty,
    SecondFactorServer,
    UpstreamPerson,
    UpstreamProvider,
)
from vedette.ports.sign_in import Account, Factor, SignInStore, Taken
from vedette.protocol import recovery, totp
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.ticket_desk import TicketDesk
from vedette.signin.vouched import Certificates

NEVER_EXPIRES = 1 << 40
"""A time so far away that what is kept until then is kept for good."""
_HANDLE_BYTES = 32
_HANDLES = "passkey-owner"
_VOUCHED = "upstream-person"
_MOST_LABEL = 60
_MFA = frozenset({"mfa"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What this process checks proofs with. Without `server` there is no second-factor server."""

    store: SignInStore
    clock: Clock
    domain: ServerName
    passwords: Passwords
    ceremony: Ceremony
    party: RelyingParty
    server: SecondFactorServer | None
    upstream: Mapping[str, UpstreamProvider]
    directory: DirectoryPasswords | None = None
    """Where people prove the password of the company's directory; None where there is none."""
    names: DirectoryNames | None = None
    """Who has which other name there."""
    certificates: Certificates | None = None
    """What judges a company's certificates, where people may show one."""
    tickets: TicketDesk | None = None
    """What takes Kerberos tickets; None where the boot file sets none up."""
    devices: DeviceProofs | None = None
    """What finds out on which managed device somebody is."""

    def now(self) -> int:
        """Whole seconds since 1970 UTC."""
        return int(self.clock.now())


def localpart_of(typed: str, domain: ServerName) -> str | None:
    r"""The account that a person means by what was typed: `Anna`, `anna` or `@anna:example.org`.

    Where a domain of Windows is named, `EXAMPLE\anna`, it is the name in it.
    """
    text = typed.strip().lower().rpartition("\\")[2]
    if text.startswith("@"):
        text = text[1:].removesuffix(f":{domain}")
    try:
        return UserId(f"@{text}:{domain}").localpart if ":" not in text else None
    except InvalidName:
        return None


# ---- First factors -------------------------------------------------------------------------------


def password(means: Means, localpart: str | None, typed: str, *, dead: bool) -> Account | None:
    """The account whose password this is. `dead` makes it a no after the same work."""
    account = means.store.account(localpart or "") if localpart else None
    real = None if account is None or dead else account.password_hash
    verified = means.passwords.verify(typed, real)
    if account is None or real is None or not verified.ok:
        return None
    if verified.rehash:
        means.store.set_password(
            account.localpart,
            means.passwords.hash(typed),
            means.now(),
            must_change=account.must_change,
        )
    return account


def vouched(means: Means, person: UpstreamPerson) -> Account | None:
    """The account of a person whom another provider vouches for.

    Only issuer and subject name a person for good, so they are bound to the account at the first
    sign-in, by the name that the provider gives; from then on the name counts for nothing, and
    nobody else there can become this account by taking the name.
    """
    subject = _key("subject", person.issuer, person.subject)
    bound = means.store.peek(_VOUCHED, subject, means.now())
    if bound is None:
        localpart = localpart_of(person.username, means.domain)
        account = means.store.account(localpart) if localpart else None
        if account is None:
            return None
        try:
            means.store.put_once(_VOUCHED, _key("account", person.issuer, account.localpart),
                                 b"", NEVER_EXPIRES)  # fmt: skip
            means.store.put_once(_VOUCHED, subject, account.localpart.encode(), NEVER_EXPIRES)
        except Taken:
            return None
        return account
    return means.store.account(bound.decode())


def vouched_use(person: UpstreamPerson) -> FactorUse:
    """What a provider's word is worth: several factors only where it says so (RFC 8176, `mfa`)."""
    proven_by = "mfa" if _MFA & set(person.amr) else person.provider
    return FactorUse(kind="oidc", at=person.at, proven_by=proven_by)


# ---- Second factors ------------------------------------------------------------------------------


def totp_code(means: Means, localpart: str, code: str) -> FactorUse | None:
    """The use of one of the person's apps. A code is good once."""
    now = means.now()
    for factor in _of_kind(means, localpart, "totp"):
        step = totp.verify(factor.secret, code, now, factor.counter)
        if step is not None and means.store.use_factor(factor.id, counter=step, now=now):
            return FactorUse(kind="totp", at=now)
    return None


def recovery_code(means: Means, localpart: str, code: str) -> FactorUse | None:
    """The use of one of the person's recovery codes, which is used up by it."""
    if recovery.normalise(code) is None:
        return None
    if not means.store.use_recovery(localpart, recovery.digest(code, localpart)):
        return None
    return FactorUse(kind="recovery", at=means.now())


def available(
    means: Means, localpart: str, kinds: Collection[str], *, certificate: bool = False
) -> tuple[str, ...]:
    """The kinds of second factor, among `kinds`, that this person can show. Best first.

    `certificate` says whether certificates can be shown at all; whether this person has one is
    seen when they do.

    Whoever has no other may show a code even where none are handed out on the pages: it is the
    start code that the help desk gave with a reset, which took the place of all older codes.
    """
    own = {factor.kind for factor in means.store.factors(localpart)}
    there = {
        "webauthn": "webauthn" in own,
        "totp": "totp" in own,
        "radius": means.server is not None,
        "certificate": certificate,
        "recovery": means.store.recovery_left(localpart) > 0,
    }
    allowed = {*kinds, *(() if own else ("recovery",))}
    return tuple(kind for kind, can in there.items() if can and kind in allowed)


def enrollable(kinds: Collection[str]) -> tuple[str, ...]:
    """The kinds, among `kinds`, that a person can set up on a page."""
    return tuple(kind for kind in ("webauthn", "totp") if kind in kinds)


# ---- Passkeys ------------------------------------------------------------------------------------


def passkeys(means: Means, localpart: str) -> tuple[KnownPasskey, ...]:
    """The person's passkeys as the ceremony takes them."""
    return tuple(_known(factor) for factor in _of_kind(means, localpart, "webauthn"))


def ask_passkey(means: Means, localpart: str | None) -> Ceremonial:
    """Ask for one of the person's passkeys, or, of nobody yet, for any of ours."""
    known = passkeys(means, localpart) if localpart else ()
    return means.ceremony.begin_authentication(known, means.party)


def used_passkey(
    means: Means, localpart: str | None, state: bytes, response: str
) -> tuple[str, FactorUse] | None:
    """Whose passkey was used; with a `localpart` only that person's counts.

    Without one it was the first thing shown, and counts as `passkey`.
    """
    now = means.now()
    try:
        presented = means.ceremony.presented(response)
        owner = localpart or _owner(means, presented.handle)
        factor = next(
            (each for each in _of_kind(means, owner or "", "webauthn")
             if _known(each).id == presented.id), None)  # fmt: skip
        if owner is None or factor is None:
            return None
        used = means.ceremony.finish_authentication(state, response, _known(factor))
    except CeremonyFault:
        return None
    if not used.user_verified or not means.store.use_factor(
        factor.id, counter=used.new_count, now=now
    ):
        return None
    proven_by = "" if localpart else "passkey"
    return owner, FactorUse(kind="webauthn", at=now, proven_by=proven_by, model=model_of(factor))


def offer_passkey(means: Means, account: Account) -> Ceremonial:
    """Ask the browser to make a new passkey for this person."""
    owner = PasskeyOwner(_handle(means, account.localpart), account.localpart,
                         account.display_name or account.localpart)  # fmt: skip
    return means.ceremony.begin_registration(owner, passkeys(means, account.localpart), means.party)


def keep_passkey(
    means: Means, localpart: str, state: bytes, response: str, label: str
) -> FactorUse | None:
    """Keep the passkey that the browser made; making one with the user verified shows it, too."""
    try:
        made = means.ceremony.finish_registration(state, response)
    except CeremonyFault:
        return None
    if not made.user_verified:
        return None
    now = means.now()
    factor = _passkey_factor(made, localpart, label or "Passkey", now)
    try:
        means.store.add_factor(factor)
    except Taken:
        return None
    return FactorUse(kind="webauthn", at=now, model=model_of(factor))


def model_of(factor: Factor) -> str:
    """The model (AAGUID) of a passkey for which its maker vouches; empty for any other factor."""
    return factor.details.get("aaguid", "") if factor.details.get("attested") == "yes" else ""


def _passkey_factor(made: NewPasskey, localpart: str, label: str, now: int) -> Factor:
    return Factor(
        id=f"webauthn:{sha256(made.id).hexdigest()}",
        localpart=localpart,
        kind="webauthn",
        label=label[:_MOST_LABEL],
        secret=made.public_key,
        counter=made.sign_count,
        created=now,
        details={
            "credential": base64.urlsafe_b64encode(made.id).decode(),
            "aaguid": made.aaguid,
            "format": made.format,
            "attested": "yes" if made.attested else "no",
            "transports": " ".join(made.transports),
            "backup_eligible": "yes" if made.backup_eligible else "no",
        },
    )


def _known(factor: Factor) -> KnownPasskey:
    return KnownPasskey(
        base64.urlsafe_b64decode(factor.details["credential"]),
        factor.secret,
        factor.counter,
        tuple(factor.details.get("transports", "").split()),
    )


def _handle(means: Means, localpart: str) -> bytes:
    """The random handle by which authenticators know this person; made when first wanted."""
    mine = _key("account", localpart)
    found = means.store.peek(_HANDLES, mine, means.now())
    if found is not None:
        return found
    handle = secrets.token_bytes(_HANDLE_BYTES)
    means.store.put_once(_HANDLES, _key("handle", handle.hex()), localpart.encode(), NEVER_EXPIRES)
    try:
        means.store.put_once(_HANDLES, mine, handle, NEVER_EXPIRES)
    except Taken:  # two pages at once: the first one's handle stands
        return means.store.peek(_HANDLES, mine, means.now()) or handle
    return handle


def _owner(means: Means, handle: bytes | None) -> str | None:
    found = means.store.peek(_HANDLES, _key("handle", (handle or b"").hex()), means.now())
    return None if found is None else found.decode()


# ---- Setting up ----------------------------------------------------------------------------------


def new_secret() -> bytes:
    """A new secret for an app."""
    return secrets.token_bytes(totp.SECRET_BYTES)


def keep_totp(
    means: Means, localpart: str, secret: bytes, code: str, label: str
) -> FactorUse | None:
    """Keep an app's secret once its first code is right; that code is used up."""
    now = means.now()
    step = totp.verify(secret, code, now, totp.NEVER)
    if step is None:
        return None
    means.store.add_factor(
        Factor(
            id=f"totp:{secrets.token_hex(16)}",
            localpart=localpart,
            kind="totp",
            label=(label or "App")[:_MOST_LABEL],
            secret=secret,
            counter=step,
            created=now,
        )
    )
    return FactorUse(kind="totp", at=now)


def new_recovery_codes(means: Means, localpart: str) -> tuple[str, ...]:
    """New recovery codes in the place of all older ones. They are kept as hashes only."""
    codes = recovery.codes(secrets.token_bytes(recovery.RANDOM_BYTES))
    hashes = [recovery.digest(code, localpart) for code in codes]
    means.store.set_recovery(localpart, hashes, means.now())
    return codes


def _of_kind(means: Means, localpart: str, kind: str) -> tuple[Factor, ...]:
    return tuple(each for each in means.store.factors(localpart) if each.kind == kind)


def _key(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
