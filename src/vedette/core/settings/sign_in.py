"""Values of the sign-in service, and the networks that rules may name.

Who must show how much, from where and on what, is a rule; here stands how long and how many.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictInt

from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import ClientPattern, Duration, FilePath, Name, Network


def _lasting(seconds: int) -> int:
    if seconds < 60:
        raise ValueError("this would be over before anybody could use it; write at least a minute")
    return seconds


Lasting = Annotated[Duration, AfterValidator(_lasting)]
"""A duration of at least a minute."""


def _aaguid(text: str) -> str:
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or not found.int or str(found) != text.lower():
        raise ValueError(
            f"`{text[:80]}` is no model; write an AAGUID such as "
            "`ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4`: `vedette user show` names those of people"
        )
    return str(found)


Aaguid = Annotated[str, AfterValidator(_aaguid)]
"""The model of an authenticator (WebAuthn level 2, section 6.1.1), in lower case."""
Networks = dict[Name, tuple[Network, ...]]
"""The organisation's networks, by the name under which rules know them."""

NETWORKS = Setting(
    "Networks",
    "Address ranges of one network, for rules on `sign_in.networks`; an address in none of them is "
    "`elsewhere`.",
    "A range that is too wide lets strangers count as people in the office.",
    "the ranges from which your own people come out",
)


class SignIn(Section):
    """Values used by the sign-in service; who must show how much is a rule."""

    second_factors: Annotated[
        tuple[Literal["webauthn", "totp", "radius", "certificate", "recovery"], ...],
        Setting(
            "Second factors",
            "Kinds of second factor that people may enrol.",
            "A code from an app can be read out to a stranger; a passkey can't.",
            '["webauthn", "totp"]',
        ),
    ] = ("webauthn", "totp")
    managed_models: Annotated[
        tuple[Aaguid, ...],
        Field(max_length=256),
        Setting(
            "Managed models",
            "Models of passkeys (AAGUID) that only managed devices have: whoever shows one for which "
            "its maker vouches is on a managed device (`device.managed`).",
            "A model that anybody can buy makes every device a managed one.",
            "none, unless your device management hands out passkeys of a model of their own",
        ),
    ] = ()
    kerberos: Annotated[
        Literal["no", "yes"],
        Setting(
            "Kerberos",
            "Whether people may sign in by the Kerberos ticket of their computer, without typing. It "
            "counts as one factor, the same as a company certificate.",
            "Whoever sits down at an unlocked computer of the company has the first proof of its "
            "person.",
            '"yes", with a rule that wants a second factor',
        ),
    ] = "no"
    kerberos_networks: Annotated[
        tuple[Name, ...],
        Setting(
            "Kerberos at once",
            "The networks in which the ticket is asked for without a click, once for each sign-in; "
            "elsewhere the page only offers it.",
            "Computers without a ticket may show a box of their own for a password, which has to be "
            "closed first.",
            "the networks of the company's own computers",
        ),
    ] = ()
    kerberos_binding: Annotated[
        Literal["offered", "required"],
        Setting(
            "Kerberos and the connection",
            "Whether a ticket must be bound to the TLS connection that brings it (channel binding); "
            "one that is bound to another is refused in any case.",
            "With `offered`, whoever gets between a browser that binds nothing and the gateway, with "
            "a certificate that it takes, can hand its ticket on.",
            '"required" where every browser binds its tickets; not all do',
        ),
    ] = "offered"
    session: Annotated[
        Lasting,
        Setting(
            "Session",
            "How long a sign-in lasts before all factors are asked again. The client then asks its "
            "person to sign in again and keeps its keys.",
            "Long sessions keep a lost device useful to its finder.",
            '"30 days"',
        ),
    ] = 30 * 86400
    expired_kept: Annotated[
        Duration,
        Setting(
            "Expired sessions kept",
            "How long the device of an expired session is kept, so that its person finds the keys "
            "to encrypted messages there after signing in again.",
            "Short, and whoever was away for long loses that device's keys; long, and lists of "
            "devices grow.",
            '"180 days"',
        ),
    ] = 180 * 86400
    console_session: Annotated[
        Lasting,
        Setting(
            "Console session",
            "How long a sign-in to the console lasts before all factors are asked again.",
            "Whoever finds the browser of an administrator open acts in that person's name.",
            '"8 hours"',
        ),
    ] = 8 * 3600
    console_idle: Annotated[
        Lasting,
        Setting(
            "Console left alone",
            "How long after the last request a sign-in to the console ends.",
            "The longer, the longer a browser that was left open can be used by others.",
            '"30 minutes"',
        ),
    ] = 1800
    access_token: Annotated[
        Lasting,
        Setting(
            "Access token",
            "How long an access token lasts that its client renews by itself.",
            "A stolen token stays good for that long, while its session lives.",
            '"10 minutes"',
        ),
    ] = 600
    outage_grace: Annotated[
        Duration,
        Setting(
            "Outage grace",
            "How long expired tokens of running sessions are taken while control or the sign-in "
            "service is away. Tokens that have not expired, and those that the sign-in service still "
            "renews while control is away, go on until the streams expire (`streams.lifetime`).",
            "Too long, and what control would have ended goes on; too short, and an outage of the "
            "sign-in service stops everybody's work.",
            '"8 hours"',
        ),
    ] = 8 * 3600
    enrolment_grace: Annotated[
        Duration,
        Setting(
            "Enrolment grace",
            "How long after an account was made its person may come with the first factor alone, "
            "only to enrol a second one.",
            "During that time whoever has the start password can enrol a factor of their own.",
            '"7 days"',
        ),
    ] = 7 * 86400
    at_device_limit: Annotated[
        Literal["refuse", "end-oldest"],
        Setting(
            "At the device limit",
            "Whether one device more than the rules on `device.count` allow is refused, or takes "
            "the place of the oldest.",
            "With `end-oldest`, whoever signs in with stolen proof puts out a device of its owner.",
            '"refuse"',
        ),
    ] = "refuse"
    registration: Annotated[
        Literal["open", "confirmed", "approved"],
        Setting(
            "Registration",
            "What a new device waits for after the proof: nothing, being confirmed on another "
            "device of the person, or being approved by an administrator.",
            "With `open`, stolen proof is enough to bring in a device of one's own.",
            '"confirmed" or "approved" where only known devices may come in',
        ),
    ] = "open"
    clients: Annotated[
        tuple[ClientPattern, ...],
        Setting(
            "Clients",
            "Where clients that register themselves may send people back to: `https://<server>`, "
            "`https://*.<domain>`, `https://*` for any, `loopback` for programs on the person's "
            "own machine, `private-use` for apps' own schemes.",
            "A page from anywhere that calls itself a client can ask people to let it in.",
            'the addresses of the clients that you offer, "loopback" and "private-use"',
        ),
    ] = ("https://*", "loopback", "private-use")
    password_min_length: Annotated[
        StrictInt,
        Field(ge=8, le=128),
        Setting(
            "Shortest password",
            "How many characters a new password must have.",
            "Short passwords can be guessed.",
            "12",
        ),
    ] = 12
    breached_passwords: Annotated[
        FilePath,
        Setting(
            "Breached passwords",
            "A file on the sign-in host with known passwords that nobody may choose: sorted SHA-1 "
            "hashes as Have I Been Pwned gives them out, or one password a line. None: empty.",
            "Without it people choose passwords that every thief tries first.",
            "a file that is renewed every year",
        ),
    ] = ""
    attempts_per_account: Annotated[
        StrictInt,
        Field(ge=1, le=10_000),
        Setting(
            "Attempts per account",
            "How many failed proofs for one account are answered in ten minutes.",
            "Many attempts let a thief guess; few let a stranger slow the owner down.",
            "10",
        ),
    ] = 10
    attempts_around_account: Annotated[
        StrictInt,
        Field(ge=1, le=100_000),
        Setting(
            "Attempts per account, from everywhere",
            "How many failed proofs for one account are answered in ten minutes from all networks "
            "together; browsers that its owner used before don't count and are not held up.",
            "Many attempts let a thief with many networks guess; few let strangers keep the owner "
            "out of browsers that are new.",
            "100",
        ),
    ] = 100
    wrong_second_factors: Annotated[
        StrictInt,
        Field(ge=1, le=100),
        Setting(
            "Wrong second factors",
            "After how many wrong second factors a sign-in begins with the password again.",
            "Many let whoever has a password try codes; few tire people who mistype.",
            "5",
        ),
    ] = 5
    attempts_per_address: Annotated[
        StrictInt,
        Field(ge=1, le=100_000),
        Setting(
            "Attempts per address",
            "How many failed proofs from one address are answered in ten minutes.",
            "Too few, and an office behind one address locks itself out.",
            "30",
        ),
    ] = 30
    attempts_per_network: Annotated[
        StrictInt,
        Field(ge=1, le=1_000_000),
        Setting(
            "Attempts per network",
            "How many failed proofs from one network (/24, or /48 with IPv6) are answered in ten "
            "minutes.",
            "Too many, and one network tries every account; too few, and it locks out a city.",
            "300",
        ),
    ] = 300
    sign_ins_per_address: Annotated[
        StrictInt,
        Field(ge=1, le=100_000),
        Setting(
            "Sign-ins per address",
            "How many sign-ins may be begun from one address in ten minutes, right ones too.",
            "Too many, and one address fills the store with beginnings; too few, and an office "
            "behind one address waits.",
            "300",
        ),
    ] = 300
    sign_ins_per_network: Annotated[
        StrictInt,
        Field(ge=1, le=1_000_000),
        Setting(
            "Sign-ins per network",
            "How many sign-ins may be begun from one network (/24, or /48 with IPv6) in ten minutes, "
            "right ones too.",
            "Too many, and one network fills the store with beginnings; too few, and a provider's "
            "customers wait.",
            "3000",
        ),
    ] = 3000
    registrations_per_address: Annotated[
        StrictInt,
        Field(ge=1, le=100_000),
        Setting(
            "Registrations per address",
            "How many clients may register from one address in an hour: each client on each device "
            "does at its first sign-in.",
            "Too many, and one address fills the store with clients; too few, and an office behind "
            "one address waits.",
            "60",
        ),
    ] = 60
    registrations_per_network: Annotated[
        StrictInt,
        Field(ge=1, le=1_000_000),
        Setting(
            "Registrations per network",
            "How many clients may register from one network (/24, or /48 with IPv6) in an hour.",
            "Too many, and one network fills the store with clients; too few, and a provider's "
            "customers wait.",
            "600",
        ),
    ] = 600
