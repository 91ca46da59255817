"""The session that somebody would get: what the rules are asked about."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from vedette.core.claims import Claims, claims_of
from vedette.core.sessions import (
    CONSOLE,
    DEVICE_GRANT,
    MOST_FACTORS,
    PAGE,
    FactorUse,
    Kind,
    Session,
    SessionFacts,
    SessionState,
    ShownCertificate,
    standing_on,
)
from vedette.core.settings.sign_in import SignIn
from vedette.ports.sign_in import SignInStore
from vedette.signin.device_proof import DeviceProofs
from vedette.signin.signed_in import SignedIn

_DEVICE_LETTERS = string.ascii_uppercase
MOST_NAME = 100
"""Characters of a device's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The program that signs in, as it says.

    `user_agent` is that of the request which fetches the token; where the program says nothing
    there of its platform, the browser that showed the pages speaks for it. `software_version` is
    what it registered, `certificate` the `x5t#S256` of the one that this request showed, or empty;
    `connection` is that one where an issuer of the settings vouches for it, and `proof` what it
    proves where it is the person's own.
    """

    kind: Kind
    id: str
    name: str
    user_agent: str
    device: str | None
    device_name: str
    flow: str = PAGE
    software_version: str = ""
    certificate: str = ""
    connection: ShownCertificate | None = None
    proof: FactorUse | None = None


def life_of(values: SignIn, kind: Kind) -> int:
    """Seconds for which a session of this kind lasts."""
    return values.console_session if kind == CONSOLE else values.session


def candidate(
    store: SignInStore,
    signed: SignedIn,
    client: Client,
    *,
    name: str,
    now: int,
    life: int,
    proofs: DeviceProofs | None = None,
) -> Session:
    """The session `name` that this person would get with this program.

    If the person had to wait until somebody let the device in, what was said of that waiting
    session holds for this one, and its device is this one's unless the program names its own.

    With `proofs` it is known on which managed device it is. A device that was signed in by a code
    from another one proves nothing by what was shown there.

    Raises:
        Unavailable: the store does not answer.
    """
    waited = _waited(store, signed)
    claims = _claims(signed, client)
    certificates = standing_on(_of_person(signed, client, proofs), client.connection)
    device = client.device or (waited.device if waited else None) or new_device()
    return Session(
        id=name,
        user=signed.user,
        device=device,
        state=SessionState.LIVE,
        kind=client.kind,
        client=client.id,
        facts=SessionFacts(
            factors=_factors(signed, client),
            network=signed.address,
            client_name=claims.name,
            client_version=claims.version,
            platform=claims.platform,
            platform_version=claims.platform_version,
            approved=waited is not None and waited.facts.approved,
            confirmed=waited is not None and waited.facts.confirmed,
            flow=client.flow,
            certificates=certificates,
            device=None
            if proofs is None
            else proofs.shown(signed.user, certificates, _here(signed, client)),
        ),
        created=now,
        expires=now + life,
        device_name=(client.device_name or client.name)[:MOST_NAME],
        number=1 if client.kind == CONSOLE else _devices(store, signed) + 1,
        certificate=client.certificate,
    )


def _here(signed: SignedIn, client: Client) -> tuple[FactorUse, ...]:
    """What was shown on the very device that the session is of."""
    return () if client.flow == DEVICE_GRANT else signed.factors


def _of_person(
    signed: SignedIn, client: Client, proofs: DeviceProofs | None
) -> tuple[ShownCertificate, ...]:
    """What was shown on the pages, without the certificate of another device."""
    if client.flow != DEVICE_GRANT or proofs is None:
        return signed.certificates
    managed = proofs.managed()
    return tuple(each for each in signed.certificates if each.issuer not in managed)


def _factors(signed: SignedIn, client: Client) -> tuple[FactorUse, ...]:
    """What was shown on the pages, and by the connection itself."""
    if client.proof is None:
        return signed.factors
    others = [use for use in signed.factors if use.kind != client.proof.kind]
    return (*others, client.proof)[-MOST_FACTORS:]


def _devices(store: SignInStore, signed: SignedIn) -> int:
    found = store.sessions(signed.user)
    return sum(each.number > 0 and each.kind != CONSOLE for each in found)


def _waited(store: SignInStore, signed: SignedIn) -> Session | None:
    session = None if signed.session is None else store.session(signed.session)
    if session is None or session.user != signed.user or session.state is SessionState.ENDED:
        return None
    return session


def _claims(signed: SignedIn, client: Client) -> Claims:
    own = claims_of(client.user_agent, client.name, client.software_version)
    if own.platform:
        return own
    seen = claims_of(signed.user_agent, client.name, client.software_version)
    return Claims(
        name=own.name or seen.name,
        version=own.version,
        platform=seen.platform,
        platform_version=seen.platform_version,
    )


def new_session_name() -> str:
    """A session's id, which nobody can guess, and which no command line takes for an option."""
    return secrets.token_hex(16)


def new_device() -> str:
    """A device id as homeservers make them: ten upper-case letters."""
    return "".join(secrets.choice(_DEVICE_LETTERS) for _ in range(10))
