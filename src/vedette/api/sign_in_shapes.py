"""The JSON shapes of sessions, devices, accounts and factors."""

from __future__ import annotations

from pydantic import Field

from vedette.api.shapes import DoorShape, Shape

_REASON = Field(min_length=1, max_length=500, description="Why, for the record.")
_MAYBE = Field(default="", max_length=500, description="Why, for the record.")
_USER = Field(min_length=1, max_length=255, description="A whole user id, or its first part.")
_DEVICE = Field(min_length=1, max_length=255)


class ReasonBody(Shape):
    """An act that takes something away says why."""

    reason: str = _REASON


class MaybeReasonBody(Shape):
    """An act that gives something may say why."""

    reason: str = _MAYBE


class DeviceBody(Shape):
    """One device, and why it is approved."""

    user: str = _USER
    device: str = _DEVICE
    reason: str = _MAYBE


class DeviceReasonBody(Shape):
    """One device, and why it is taken away."""

    user: str = _USER
    device: str = _DEVICE
    reason: str = _REASON


class AccountBody(Shape):
    """An account to make."""

    user: str = _USER
    display_name: str = Field(default="", max_length=255)
    reason: str = Field(default="", max_length=500, description="Why, for the record.")


class FactorsBody(Shape):
    """Which kinds of second factor to take away (all of them if none is named), and why."""

    kinds: list[str] = Field(default_factory=list, max_length=8)
    reason: str = _REASON


class OnDeviceShape(Shape):
    """The managed device on which a session is. `proven_by` is an issuer of certificates or a passkey's
    model; `became` says why it is managed no more (`lost`, `retired`, `gone`). What is not known of
    it is null or empty. `places` are where it stands in inventories, as `SOURCE/ID`.
    """

    managed: bool
    proven_by: str
    became: str
    compliant: bool | None
    owner: str
    platform: str
    version: str
    places: list[str]


class SessionShape(Shape):
    """One session. Times are seconds since 1970 UTC; client and platform are what it claims."""

    id: str
    user: str
    device: str
    device_name: str
    state: str
    because: str
    kind: str
    client: str
    client_name: str
    client_version: str
    platform: str
    platform_version: str
    address: str
    approved: bool
    confirmed: bool
    created: int
    expires: int
    number: int
    on: OnDeviceShape | None


class FactShape(Shape):
    """One fact as a rule reads it, and how it is known: `proven`, `reported` or `claimed`."""

    fact: str
    value: str
    known: str


class ShownFactorShape(Shape):
    """A factor that was shown at this sign-in."""

    kind: str
    at: int
    proven_by: str


class SessionViewShape(Shape):
    """One session with everything that is known of it."""

    session: SessionShape
    facts: list[FactShape]
    factors: list[ShownFactorShape]
    seen_at: int | None
    seen_address: str | None


class SessionsPage(Shape):
    """Sessions, newest first. `next` is the cursor of what follows, null at the end."""

    sessions: list[SessionShape]
    next: str | None


class MovedShape(Shape):
    """What became of a session, and what each door answered."""

    session: SessionShape
    record: str
    doors: list[DoorShape]


class MovedAllShape(Shape):
    """How many sessions of a person were moved, and what the doors answered."""

    user: str
    moved: int
    record: str
    doors: list[DoorShape]


class AccountShape(Shape):
    """One account."""

    user: str
    display_name: str
    has_password: bool
    must_change: bool
    provisioned: bool
    created: int


class AccountsPage(Shape):
    """Accounts by name. `next` is the cursor of what follows, null at the end."""

    accounts: list[AccountShape]
    next: str | None


class FactorShape(Shape):
    """One factor of a person, without its secret. `last_used` is 0 while it was never used.

    `model` (AAGUID) and `attestation` (its form) are what a passkey said when it was made, empty for
    other factors; `attested` says whether its maker vouches for that.
    """

    kind: str
    label: str
    created: int
    last_used: int
    model: str
    attestation: str
    attested: bool


class FactorsShape(Shape):
    """What a person can prove themselves with."""

    account: AccountShape
    factors: list[FactorShape]
    recovery_codes: int


class IssuedShape(Shape):
    """A secret to hand to the person; it is shown only now."""

    user: str
    secret: str
    record: str
    removed: int


class RecordShape(Shape):
    """The record of an act that was done."""

    record: str
