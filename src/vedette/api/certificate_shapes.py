"""The JSON shapes about certificates. Times are seconds since 1970 UTC; 0 stands for never."""

from __future__ import annotations

from pydantic import Field

from vedette.api.shapes import DoorShape, Shape


class RevokedBody(Shape):
    """A certificate that its CA revoked."""

    issuer: str = Field(
        min_length=1, max_length=100, description="The issuer's name in the settings."
    )
    serial: str = Field(
        min_length=1,
        max_length=130,
        description="The certificate's serial number in hex, as `openssl` prints it; colons may be in it.",
    )
    reason: str = Field(min_length=1, max_length=500, description="Why, for the record.")


class UseShape(Shape):
    """A session that stands on a certificate."""

    session: str
    user: str


class CertificateShape(Shape):
    """A certificate. `user` is the part of a user id before the colon, empty where it names nobody;
    `trouble` is why it is not taken now.
    """

    thumbprint: str
    issuer: str
    serial: str
    subject: str
    user: str
    ends: int
    shown: int
    checked: int
    trouble: str
    sessions: list[UseShape]


class CertificatesShape(Shape):
    """Some certificates, those that end first before others."""

    certificates: list[CertificateShape]
    next: str | None


class IssuerShape(Shape):
    """An issuer of the settings."""

    name: str
    anchors: int
    intermediates: int
    names: list[str]
    counts: int
    revocation: str
    ocsp: str


class SourceShape(Shape):
    """A revocation list's place (`crl`), or a responder (`ocsp`). `trouble` is empty while it is well."""

    issuer: str
    place: str
    kind: str
    fetched: int
    next_update: int
    revoked: int
    trouble: str


class ToldShape(Shape):
    """A certificate that somebody told us is revoked."""

    issuer: str
    serial: str
    at: int
    because: str


class StandingShape(Shape):
    """How everything about certificates stands. `ending` counts those in use that end in 30 days."""

    issuers: list[IssuerShape]
    sources: list[SourceShape]
    told: list[ToldShape]
    ending: int


class RevocationShape(Shape):
    """What came of it. `known`: we were told before. `ended` counts the sessions that ended."""

    issuer: str
    serial: str
    known: bool
    ended: int
    record: str
    doors: list[DoorShape]
