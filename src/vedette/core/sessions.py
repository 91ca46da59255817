"""Sessions: who is signed in, with which proof, on which device, and what the rules may read of it.

A session is *live*, *suspended* (everything refused, keys kept), *waiting* (signed in, its device
still to be approved or confirmed), *expired* (its time is over; its client may sign in again on the
same device and keeps its keys until then) or *ended*, which is final. `sign-in` is asked when it begins and
again whenever something in it changes; what is asked about is `facts_for` the session.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from vedette.core.asks import Act, Ask, Someone
from vedette.core.channels import BETWEEN_PEOPLE, Channel
from vedette.core.conditions import ConditionError, read_version
from vedette.core.decide import decide
from vedette.core.decision import Verdict
from vedette.core.facts import (
    DEVICE_PROOF,
    DEVICE_REPORTED,
    ELSEWHERE,
    FACTOR_KINDS,
    FLOWS,
    PLATFORMS,
    REGISTRY,
    Facts,
    Missing,
    Value,
)
from vedette.core.language import Sentence
from vedette.core.names import UserId
from vedette.core.on_device import OnDevice, on_device_from_json, on_device_to_json
from vedette.core.ruleset import Ruleset
from vedette.core.towards import organisation

PAGE = "page"
PASSWORD_LOGIN = "password-login"  # noqa: S105  # the name of a way in, no password
DEVICE_GRANT = "device-grant"
CONSOLE: Literal["console"] = "console"
"""The kind of a session of the console: it makes no device, takes no device's place, and no door but
the console knows it."""

MOST_TEXT = 255
"""How long any text in a session's facts may be, in characters."""
MOST_FACTORS = 16
"""How many uses of factors a session keeps at most."""
MOST_CERTIFICATES = 3
"""How many certificates a session knows: one of its person, one that its browser showed for the
device, and one of the connection."""
_MOST_OIDS = 64
_MOST_REMEMBERED = 4096
"""So many addresses and versions stay read: people share them, and sessions are read by thousands."""
CERTIFICATE = "certificate"
"""The kind of factor that a company's certificate is."""

_ID = re.compile(r"[A-Za-z0-9_-]{26,43}")


Kind = Literal["oauth", "compat", "console"]
"""By which way of speaking a program has its session."""


class SessionState(StrEnum):
    """Where a session stands."""

    LIVE = "live"
    SUSPENDED = "suspended"
    WAITING = "waiting"
    EXPIRED = "expired"
    ENDED = "ended"


STATES: Mapping[SessionState, Sentence] = MappingProxyType(
    {
        SessionState.LIVE: Sentence("live", "läuft"),
        SessionState.SUSPENDED: Sentence("suspended", "angehalten"),
        SessionState.WAITING: Sentence("waiting", "wartet"),
        SessionState.EXPIRED: Sentence("expired", "abgelaufen"),
        SessionState.ENDED: Sentence("ended", "beendet"),
    }
)
"""Each state as people read it."""


TRANSITIONS: Mapping[SessionState, frozenset[SessionState]] = MappingProxyType(
    {
        SessionState.WAITING: frozenset(
            {SessionState.LIVE, SessionState.SUSPENDED, SessionState.ENDED}
        ),
        SessionState.LIVE: frozenset(
            {SessionState.SUSPENDED, SessionState.EXPIRED, SessionState.ENDED}
        ),
        SessionState.SUSPENDED: frozenset(
            {SessionState.LIVE, SessionState.EXPIRED, SessionState.ENDED}
        ),
        SessionState.EXPIRED: frozenset({SessionState.ENDED}),
        SessionState.ENDED: frozenset(),
    }
)
"""Every legal move. A running session never goes back to waiting: it is suspended instead."""

OVER = frozenset({SessionState.EXPIRED, SessionState.ENDED})
"""The states in which a session takes the place of no device."""


def may_move(from_: SessionState, to: SessionState) -> bool:
    """Whether a session may go from one state to the other; staying is no move."""
    return to in TRANSITIONS[from_]


class Known(StrEnum):
    """How something is known: shown to us, told by a third party we trust, or merely said."""

    PROVEN = "proven"
    REPORTED = "reported"
    CLAIMED = "claimed"


HOW: Mapping[Known, Sentence] = MappingProxyType(
    {
        Known.PROVEN: Sentence("proven", "bewiesen"),
        Known.REPORTED: Sentence("reported", "gemeldet"),
        Known.CLAIMED: Sentence("claimed", "behauptet"),
    }
)
"""How something is known, as people read it."""


OUTCOMES: Mapping[str, Sentence] = MappingProxyType(
    {
        "signed in": Sentence("signed in", "angemeldet"),
        "refused": Sentence("refused by a rule", "durch eine Regel abgelehnt"),
        "wrong": Sentence("wrong password", "falsches Passwort"),
        "wrong-second": Sentence("wrong second proof", "falscher zweiter Nachweis"),
        "cancelled": Sentence("cancelled", "abgebrochen"),
        "own": Sentence("own pages", "eigene Seiten"),
        "proved": Sentence("proofs for a device", "Nachweise für ein Gerät"),
    }
)
"""How a sign-in ended, by the word under which it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUse:
    """One factor that was shown. `at` is in unix seconds.

    `proven_by` says more where that changes what the factor is worth: `passkey` for a WebAuthn
    sign-in with user verification and without a name typed before, `mfa` for an upstream provider
    that proved several factors and is trusted to say so. `model` is the AAGUID of a WebAuthn
    authenticator for which its maker vouches, by a root that the boot file names; else it is empty.
    Of a certificate it is `issuer:serial`, and `counts` is how many factors the settings say that
    issuer's certificates are worth: two where a card asks for its PIN.

    Raises:
        ValueError: the kind is none, the time is negative, or it counts for more than it can.
    """

    kind: str
    at: int
    proven_by: str = ""
    model: str = ""
    counts: int = 1

    def __post_init__(self) -> None:
        if self.kind not in FACTOR_KINDS:
            raise ValueError(f"`{self.kind[:40]}` is no kind of factor")
        if self.at < 0:
            raise ValueError("a factor was shown at a time before all times")
        if self.counts not in (1, 2) or (self.counts == 2 and self.kind != CERTIFICATE):
            raise ValueError("only a certificate may count as two factors")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCertificate:
    """A certificate that was shown to us and found good, as far as rules and lists name it.

    `thumbprint` is its `x5t#S256` (RFC 8705), `issuer` which of the document's `[issuers]` vouches
    for it, `serial` its number in lower-case hex, `ends` when it expires, in unix seconds.
    """

    thumbprint: str
    issuer: str
    serial: str
    usages: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    ends: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What is known of one session. The client's and the platform's name and version are claims.

    `network` is the address as text from which it signed in or was last seen, `flow` the way by
    which it came in (one of FLOWS): both stay for as long as the session, since it is asked again.
    `certificates` are those that were shown and found good, the one of the connection last: that is
    what rules read, unless it only speaks for the device and there is another. `device` is what is
    known of the managed device on which it is, None where none was proven.
    """

    factors: tuple[FactorUse, ...]
    network: str
    client_name: str = ""
    client_version: str = ""
    platform: str = ""
    platform_version: str = ""
    approved: bool = False
    confirmed: bool = False
    flow: str = PAGE
    certificates: tuple[ShownCertificate, ...] = ()
    device: OnDevice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session. `created` and `expires` are in unix seconds.

    `number` is its rank by age among the person's sessions that are neither expired nor ended, 1
    the oldest; a candidate gets the number it would have, one that is over has 0, and one of the
    console 1, since it is no device. `because`
    names the rule, or says in words, why it is suspended or ended. `certificate` is the `x5t#S256`
    of the certificate to which its tokens are bound (RFC 8705, section 3.1), or empty.

    Raises:
        ValueError: the id has another form.
    """

    id: str
    user: UserId
    device: str
    state: SessionState
    kind: Kind
    client: str
    facts: SessionFacts
    created: int
    expires: int
    device_name: str
    because: str = ""
    number: int
    certificate: str = ""

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise ValueError("a session's id is 26 to 43 letters, digits, `-` and `_`")


# ---- What the factors are worth ------------------------------------------------------------------

_KNOWN, _COMPANY, _HELD = "something known", "company identity", "something held"
_CLASS = {
    "password": _KNOWN,
    "oidc": _KNOWN,
    "certificate": _COMPANY,
    "kerberos": _COMPANY,
    "totp": _HELD,
    "webauthn": _HELD,
    "radius": _HELD,
    "recovery": _HELD,
}
_WHOLE = frozenset({("webauthn", "passkey"), ("oidc", "mfa")})


def independent(factors: tuple[FactorUse, ...]) -> int:
    """How many independent factors these are: how many different things a thief would need.

    1. A password is something known. So is what an upstream provider says (`oidc`): nobody here
       saw what it asked for, and mostly that is a password. Two passwords are one factor.
    2. A company certificate and Kerberos are one: the identity that the company's own machine has.
    3. TOTP, WebAuthn, RADIUS and recovery codes are something held, together one: the second.
    4. A passkey (WebAuthn with user verification, `proven_by` = `passkey`) is held and was opened
       with something known or by the person's body: it is two. So is a provider that proved several
       factors (`oidc`, `mfa`). A password beside one of them adds nothing.
    5. A certificate that counts as two is in something held besides: a code adds nothing to it.
    """
    found = set()
    for use in factors:
        found.add(_CLASS[use.kind])
        if use.counts > 1:
            found.add(_HELD)
        if (use.kind, use.proven_by) in _WHOLE:
            found |= {_KNOWN, _HELD}
    return len(found)


# ---- What the rules may read ---------------------------------------------------------------------


def facts_for(
    session: Session,
    *,
    now: int,
    devices: int | None = None,
    networks: Mapping[str, tuple[str, ...]],
) -> Facts:
    """What is known about a session, or a candidate for one, for the ask `sign-in`.

    `devices` is the number that `device.count` shall have where it is not the session's own rank.
    `networks` are the document's, by name. What can't be read is left out, and so unknown.
    """
    facts = session.facts
    known: dict[str, Value | Missing] = {
        "sign_in.factors": independent(facts.factors),
        "sign_in.kinds": frozenset(use.kind for use in facts.factors),
        "sign_in.attested": any(use.model for use in facts.factors),
        "sign_in.models": frozenset(use.model for use in facts.factors if use.model),
        "device.approved": facts.approved,
        "device.confirmed": facts.confirmed,
        **_of_device(facts.device),
        "today": now // 86400 + _EPOCH,
    }
    if facts.factors:
        known["sign_in.age"] = max(0, now - max(use.at for use in facts.factors))
    if facts.flow in FLOWS:
        known["sign_in.flow"] = facts.flow
    if facts.certificates:
        known |= _certified(_speaking(facts))
    count = session.number if devices is None else devices
    if count > 0:
        known["device.count"] = count
    where = networks_of(facts.network, networks)
    if where is not None:
        known["sign_in.networks"] = where
    return Facts(known, dict(_claims(facts)))


def standing_on(
    person: tuple[ShownCertificate, ...], connection: ShownCertificate | None
) -> tuple[ShownCertificate, ...]:
    """The certificates of a session: those of its person, and the one of its connection last."""
    if connection is None:
        return person[-MOST_CERTIFICATES:]
    others = [each for each in person if each.thumbprint != connection.thumbprint]
    return (*others[-(MOST_CERTIFICATES - 1) :], connection)


def _speaking(facts: SessionFacts) -> ShownCertificate:
    """The certificate that rules read: the last one that is no mere proof of the device."""
    of_device = "" if facts.device is None else facts.device.proof.certificate
    others = [each for each in facts.certificates if each.thumbprint != of_device]
    return (others or facts.certificates)[-1]


def _of_device(device: OnDevice | None) -> dict[str, Value | Missing]:
    """What is known of the device. That nothing proves a managed one is known too: it is none."""
    if device is None:
        return {"device.managed": False}
    known: dict[str, Value | Missing] = {"device.managed": device.managed}
    if device.compliant is not None:
        known["device.compliant"] = device.compliant
    if device.owner:
        known["device.owner"] = device.owner
    if device.platform in PLATFORMS:
        known["device.platform"] = device.platform
    version = _version(device.version)
    if version is not None:
        known["device.version"] = version
    return known


def _certified(shown: ShownCertificate) -> dict[str, Value | Missing]:
    return {
        "certificate.issuer": shown.issuer,
        "certificate.policies": frozenset(shown.policies),
        "certificate.usages": frozenset(shown.usages),
    }


def facts_between_people(session: Session) -> Facts:
    """What rules between people may read of a session: the rest changes by the second."""
    facts = facts_for(session, now=0, networks={})
    return Facts(
        {name: value for name, value in facts.known.items() if name in _BETWEEN_PEOPLE},
        {name: value for name, value in facts.claims.items() if name in _BETWEEN_PEOPLE},
    )


_BETWEEN_PEOPLE = frozenset(
    name for name, spec in REGISTRY.items() if spec.channels & BETWEEN_PEOPLE and name != "today"
)
_EPOCH = 719163
"""1 January 1970 as an ordinal day, which is how facts write dates."""


def _claims(facts: SessionFacts) -> Iterator[tuple[str, Value]]:
    if facts.client_name:
        yield "client.name", facts.client_name
    if facts.platform in PLATFORMS:
        yield "device.platform", facts.platform
    for name, text in (
        ("client.version", facts.client_version),
        ("device.version", facts.platform_version),
    ):
        version = _version(text)
        if version is not None:
            yield name, version


@lru_cache(maxsize=_MOST_REMEMBERED)
def _version(text: str) -> tuple[int, ...] | None:
    """A version; None for anything but dotted integers."""
    try:
        return read_version(text)
    except ConditionError:
        return None


def networks_of(address: str, networks: Mapping[str, tuple[str, ...]]) -> frozenset[str] | None:
    """The names of all networks in which an address lies, or `elsewhere`; None if it is no address.

    An IPv4 address written as IPv6 (RFC 4291, 2.5.5.2) is that IPv4 address. A network that can't
    be read holds nobody; the settings' check names it.
    """
    here = _address(address)
    if here is None:
        return None
    names = frozenset(
        name for name, ranges in networks.items() if any(_holds(each, here) for each in ranges)
    )
    return names or frozenset({ELSEWHERE})


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=_MOST_REMEMBERED)
def _address(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _holds(range_: str, address: _Address) -> bool:
    try:
        return address in ipaddress.ip_network(range_, strict=False)
    except ValueError:
        return False


CERTIFICATE_FACTS = frozenset({"certificate.issuer", "certificate.policies", "certificate.usages"})
"""What rules read of a certificate that was shown."""
_FACTOR_FACTS = (
    "sign_in.age",
    "sign_in.attested",
    "sign_in.factors",
    "sign_in.kinds",
    "sign_in.models",
)
_WAITING_FACTS = ("device.approved", "device.confirmed")


def awaiting(
    facts: Facts,
    *,
    more_factors: bool,
    waits: bool,
    connects: bool = False,
    proves: bool = False,
    models: bool = False,
) -> Facts:
    """The same facts while something can still be added.

    `more_factors`: the person can show another factor. `waits`: the flow can wait for the device
    to be approved or confirmed; what was approved already stays so. `connects`: a certificate can
    still be shown, on the page or by the program that fetches the tokens. `proves`: so can one of
    the device. `models`: passkeys of some models prove the device, too.
    """
    pending = set(_FACTOR_FACTS) if more_factors else set()
    if more_factors and models and facts.known.get("device.managed") is not True:
        pending.add("device.managed")
    if proves:
        pending |= DEVICE_PROOF
    if connects:
        pending |= CERTIFICATE_FACTS
    if waits:
        pending |= {name for name in _WAITING_FACTS if facts.known.get(name) is not True}
    return Facts({**facts.known, **dict.fromkeys(pending, Missing.PENDING)}, facts.claims)


def proof_wanted(rules: Ruleset, person: Someone, facts: Facts) -> tuple[str, ...]:
    """The facts by which showing proofs anew may turn a session's no into a yes, empty for none.

    `facts` are those of the session. Where it may go on already, nothing is wanted.
    """
    ask = sign_in_ask(Act.SIGN_IN_SESSION_KEEP, person)
    if decide(rules, ask, facts).verdict is Verdict.YES:
        return ()
    decision = decide(rules, ask, awaiting(facts, more_factors=True, waits=False, connects=True))
    return decision.pending if decision.verdict is Verdict.NOT_YET else ()


_RULE = re.compile(r"[a-z0-9-]{1,64}(\.[a-z0-9-]{1,64})?")


def by_rule(because: str) -> bool:
    """Whether this names a rule, or the code of a reason. Everything else is words, with blanks."""
    return _RULE.fullmatch(because) is not None


def before_sign_in() -> Facts:
    """What is known before anybody came to the sign-in page: all that its door learns is to come."""
    learnt = (
        name
        for name, spec in REGISTRY.items()
        if Channel.SIGN_IN in spec.channels and name != "today"
    )
    return Facts({**dict.fromkeys(learnt, Missing.PENDING), "sign_in.flow": PAGE})


def sign_in_ask(act: Act, person: Someone) -> Ask:
    """Ask whether a person may sign in, or stay signed in."""
    return organisation(act, person, Channel.SIGN_IN)


def how_known(facts: Facts) -> dict[str, Known]:
    """How each fact about a session that has a value is known."""
    found = {}
    for name in sorted({*facts.known, *facts.claims}):
        if not isinstance(facts.get(name, claimed=False), Missing):
            found[name] = Known.REPORTED if name in DEVICE_REPORTED else Known.PROVEN
        elif name in facts.claims:
            found[name] = Known.CLAIMED
    return found


# ---- As plain data ---------------------------------------------------------------------------------


def session_facts_to_json(facts: SessionFacts) -> dict[str, Any]:
    """Facts as plain JSON data; certificates and a managed device only where there are any."""
    certificates = [certificate_to_json(each) for each in facts.certificates]
    device = {} if facts.device is None else {"device": on_device_to_json(facts.device)}
    return {
        "factors": [factor_to_json(use) for use in facts.factors],
        **{name: getattr(facts, name) for name in (*_TEXTS, *_FLAGS)},
        **({"certificates": certificates} if certificates else {}),
        **device,
    }


_TEXTS = ("network", "client_name", "client_version", "platform", "platform_version", "flow")
_FLAGS = ("approved", "confirmed")
_KEYS = frozenset({"factors", *_TEXTS, *_FLAGS})


def session_facts_from_json(data: object) -> SessionFacts:
    """Read facts back.

    Raises:
        ValueError: the data has another shape, or a text is too long.
    """
    if not isinstance(data, dict) or data.keys() - {"certificates", "device"} != _KEYS:
        raise ValueError("these are not the facts of a session")
    device = data.get("device")
    certificates = data.get("certificates", [])
    if not isinstance(certificates, list) or len(certificates) > MOST_CERTIFICATES:
        raise ValueError("these are not the certificates of a session")
    uses = data["factors"]
    if not isinstance(uses, list) or len(uses) > MOST_FACTORS:
        raise ValueError("these are not the factors of a session")
    if _text(data["flow"]) not in FLOWS:
        raise ValueError("a session came in by no way that there is")
    return SessionFacts(
        factors=tuple(factor_from_json(use) for use in uses),
        network=_text(data["network"]),
        client_name=_text(data["client_name"]),
        client_version=_text(data["client_version"]),
        platform=_text(data["platform"]),
        platform_version=_text(data["platform_version"]),
        approved=_flag(data["approved"]),
        confirmed=_flag(data["confirmed"]),
        flow=data["flow"],
        certificates=tuple(certificate_from_json(each) for each in certificates),
        device=None if device is None else on_device_from_json(device),
    )


def certificate_to_json(shown: ShownCertificate) -> dict[str, Any]:
    """A certificate that was shown, as plain JSON data."""
    return {
        "thumbprint": shown.thumbprint,
        "issuer": shown.issuer,
        "serial": shown.serial,
        "usages": list(shown.usages),
        "policies": list(shown.policies),
        "ends": shown.ends,
    }


_CERTIFICATE_KEYS = frozenset({"thumbprint", "issuer", "serial", "usages", "policies", "ends"})


def certificate_from_json(data: object) -> ShownCertificate:
    """Read what `certificate_to_json` made. Raises ValueError for anything else."""
    if (
        not isinstance(data, dict)
        or data.keys() != _CERTIFICATE_KEYS
        or type(data["ends"]) is not int
    ):
        raise ValueError("this is not a certificate that was shown")
    return ShownCertificate(
        thumbprint=_text(data["thumbprint"]),
        issuer=_text(data["issuer"]),
        serial=_text(data["serial"]),
        usages=_oids(data["usages"]),
        policies=_oids(data["policies"]),
        ends=data["ends"],
    )


def _oids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_OIDS:
        raise ValueError("these are not the usages or policies of a certificate")
    return tuple(_text(each) for each in value)


def factor_to_json(use: FactorUse) -> dict[str, str | int]:
    """A use of a factor as plain JSON data; what most have not is named only where it is there."""
    model: dict[str, str | int] = {"model": use.model} if use.model else {}
    counts = {"counts": use.counts} if use.counts != 1 else {}
    return {"kind": use.kind, "at": use.at, "proven_by": use.proven_by, **model, **counts}


def factor_from_json(data: object) -> FactorUse:
    """Read what `factor_to_json` made. Raises ValueError for anything else."""
    if not isinstance(data, dict) or data.keys() - {"model", "counts"} != {
        "kind",
        "at",
        "proven_by",
    }:
        raise ValueError("this is not a use of a factor")
    at, counts = data["at"], data.get("counts", 1)
    if type(at) is not int or type(counts) is not int:
        raise ValueError("a factor was shown at no time, or counts for nothing")
    return FactorUse(
        kind=_text(data["kind"]),
        at=at,
        proven_by=_text(data["proven_by"]),
        model=_text(data.get("model", "")),
        counts=counts,
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise ValueError(f"a text of a session's facts is none, or over {MOST_TEXT} characters")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("a yes or no of a session's facts is neither")  # noqa: TRY004  # one kind
    return value
