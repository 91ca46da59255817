"""How a person proves who they are: passwords, passkeys, second-factor servers, other providers.

Every call is short and may touch the disk or the network; none needs a loop. What a person did
wrong is an answer or one of the faults here, and tells them nothing that helps a stranger; what is
wrong with the outside is `Unavailable` and never counts against the person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the password was right; `rehash` if its hash was made with older parameters."""

    ok: bool
    rehash: bool


class PasswordFault(StrEnum):
    """Why a new password can't be taken; the page has the sentence."""

    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    BREACHED = "breached"


class Passwords(Protocol):
    """Hashes and checks passwords."""

    def hash(self, password: str) -> str:
        """The hash to keep.

        Raises:
            ValueError: the password is longer than any that can be checked later.
        """

    def verify(self, password: str, hash: str | None) -> Verified:  # noqa: A002  # its own word
        """Whether the password has this hash. With None (nobody) it takes as long and is no."""

    def fault(self, password: str, minimum: int, breached: str) -> PasswordFault | None:
        """Why this can't be a new password; None if it can.

        `minimum` counts characters; `breached` is the path of a list, empty for none.

        Raises:
            Unavailable: the list can't be read. The password must then not be taken.
        """


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server says that the person proved it. `server` is its name in the boot file."""

    server: str


@dataclass(frozen=True, slots=True)
class Challenged:
    """The server wants another answer. `state` goes back to it unread; `prompt` is for the page."""

    state: bytes = field(repr=False)
    prompt: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server says no. `words` are what it would tell the person, empty if nothing."""

    words: str = ""


ServerAnswer = Accepted | Challenged | Rejected


class SecondFactorServer(Protocol):
    """A server that knows the person's second factor (RADIUS, RFC 2865)."""

    def begin(self, user: str, address: str, credential: str) -> ServerAnswer:
        """Show a credential (password, one-time code, or empty to be asked for one).

        `address` is the person's, as text; the server may have rules of its own on it.

        Raises:
            Unavailable: no server gave an answer that can be trusted.
        """

    def carry_on(self, user: str, address: str, credential: str, state: bytes) -> ServerAnswer:
        """Answer a challenge. `state` is that of the `Challenged`.

        Raises:
            Unavailable: the server that asked did not answer.
        """


class CeremonyFault(Exception):
    """The browser's answer proves nothing. Its message is for the record; the person hears one
    sentence, whatever the reason was.
    """


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for a passkey: the host name, its title, and the pages' origin with scheme."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyOwner:
    """For whom a passkey is made. `handle`: up to 64 bytes that name nobody to a reader."""

    handle: bytes
    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A passkey as it is kept."""

    id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A passkey just made, and what is known of the thing that made it.

    `attested`: a certificate chain up to a root that the operator trusts says that `aaguid` (the
    model) is true. Otherwise the model is only claimed.
    """

    id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    format: str
    attested: bool
    user_verified: bool
    transports: tuple[str, ...]
    backup_eligible: bool


@dataclass(frozen=True, slots=True)
class UsedPasskey:
    """A passkey was used. `new_count` must be kept by compare-and-set, unless it is 0."""

    id: bytes
    new_count: int
    user_verified: bool


@dataclass(frozen=True, slots=True)
class Ceremonial:
    """What the page hands to the browser (JSON), and what to keep until the answer comes."""

    options: str
    state: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PresentedPasskey:
    """Which passkey an answer says it used, and whose it is, both not yet proven."""

    id: bytes
    handle: bytes | None


class Ceremony(Protocol):
    """WebAuthn (Level 2): makes and checks passkeys. The user is verified by the authenticator."""

    def begin_registration(
        self, owner: PasskeyOwner, existing: Collection[KnownPasskey], party: RelyingParty
    ) -> Ceremonial:
        """Ask the browser for a new passkey, not one on a device that has one already."""

    def finish_registration(self, state: bytes, response: str) -> NewPasskey:
        """Check the browser's answer. A state is good for one answer: the caller takes it once.

        Raises:
            CeremonyFault: the answer does not belong to this state, or can't be verified.
        """

    def begin_authentication(
        self, passkeys: Collection[KnownPasskey], party: RelyingParty
    ) -> Ceremonial:
        """Ask the browser to use one of these passkeys, or any of ours when there are none."""

    def presented(self, response: str) -> PresentedPasskey:
        """Which passkey to look up for `finish_authentication`. Raises CeremonyFault."""

    def finish_authentication(
        self, state: bytes, response: str, passkey: KnownPasskey
    ) -> UsedPasskey:
        """Check the browser's answer against the passkey that it presented.

        Raises:
            CeremonyFault: wrong passkey, state or signature, the user was not verified, or the
                count did not move on (the passkey was cloned, or the answer replayed).
        """


class UpstreamFault(Exception):
    """The provider's answer proves nothing, or is a no. The message is for the record."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser; `state` finds the flow again, `memory` is kept with it."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    memory: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamPerson:
    """Who the provider says this is. Only `issuer` and `subject` together name a person for good.

    `acr` and `amr` say how they proved it (OpenID Connect Core section 2, RFC 8176), empty where
    the provider does not say; `at` is when, in Unix seconds, 0 where it does not say.
    """

    provider: str
    issuer: str
    subject: str
    at: int
    acr: str = ""
    amr: tuple[str, ...] = ()
    username: str = ""
    name: str = ""
    email: str = ""
    email_verified: bool = False


class UpstreamProvider(Protocol):
    """Another sign-in service that vouches for our people (OpenID Connect Core 1.0)."""

    def begin(
        self, redirect_uri: str, *, acr_values: Collection[str] = (), fresh: bool = False
    ) -> Departure:
        """Send somebody there. `fresh` asks for a new proof even if they are signed in there.

        Raises:
            Unavailable: the provider's description can't be had, or can't be trusted.
        """

    def finish(self, memory: bytes, query: Mapping[str, str], now: int) -> UpstreamPerson:
        """Whom the provider vouches for. `memory` must come from this very browser's flow and is
        good for one answer: the caller takes it once. `query` holds what came with the redirect.

        Raises:
            UpstreamFault: the answer is a no, is for another flow or provider, or can't be
                verified.
            Unavailable: the provider did not answer.
        """
