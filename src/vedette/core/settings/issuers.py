"""A company's CA as rules know it: whom its certificates name, and what is asked of them.

What a certificate lets its person do is a rule (`certificate.issuer`, `sign_in.kinds`); here stands
whether it can be believed at all. Times are in seconds.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt

from vedette.core.names import ServerName
from vedette.core.settings.sections import Section, Setting
from vedette.core.settings.spelling import Certificate, Duration, Line, User
from vedette.core.subject_patterns import parse_pattern

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
"""The extended key usage of certificates by which somebody signs in (RFC 5280, 4.2.1.12)."""

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,19})){1,31}")
_HEX = re.compile(r"[0-9a-f]{64}|[0-9a-f]{2,42}-[0-9a-f]{64}")
_ADDRESS = re.compile(r"https?://(?P<server>[^/?#@\s]+)(?P<path>/[!-~]*)?")
_MOST_CERTIFICATES = 64


def _oid(text: str) -> str:
    if not _OID.fullmatch(text) or (text[0] in "01" and int(text.split(".")[1]) > 39):
        raise ValueError(f"`{text[:80]}` is not an object identifier such as `{CLIENT_AUTH}`")
    return text


def _name_way(text: str) -> str:
    if text.startswith("subject:"):
        if parse_pattern(text.removeprefix("subject:")).kind == "device":
            raise ValueError("`{device}` names no person; it belongs into `device_names`")
    elif text not in ("upn", "email", "sid"):
        raise ValueError(
            f"`{text[:80]}` is no way to a name; write `upn`, `email`, `sid` or "
            "`subject:<pattern>`, such as `subject:CN={user}, O=Example AG`"
        )
    return text


_DEVICE_WAYS = ("cn", "serial", "san-dns", "san-uri")


def _device_way(text: str) -> str:
    way, _, pattern = text.partition(":")
    if way == "subject" and pattern:
        if parse_pattern(pattern).kind != "device":
            raise ValueError("a pattern for devices has `{device}` where the device's name stands")
    elif way in ("san-dns", "san-uri") and pattern:
        if pattern.count("{device}") != 1 or not pattern.isascii():
            raise ValueError("write `{device}` once, where the device's name stands")
    elif text not in _DEVICE_WAYS:
        raise ValueError(
            f"`{text[:80]}` is no way to a device's name; write `cn`, `serial`, `san-dns`, `san-uri`, "
            "`subject:<pattern>`, such as `subject:CN={device}, O=Example AG`, or "
            "`san-uri:<text>`, such as `san-uri:urn:device:{device}`"
        )
    return text


def _certificate_key(text: str) -> str:
    key = text.lower().replace(":", "")
    if not _HEX.fullmatch(key):
        raise ValueError(
            f"`{text[:80]}` names no certificate; write the SHA-256 of the certificate in hex, or "
            "`<serial>-<SHA-256 of the issuer's public key>`: `vedette certificate check` prints both"
        )
    return key


def _address(text: str) -> str:
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text[:80]}` is not an address such as `http://ocsp.example.org/`")
    ServerName(found["server"])
    return text


def _crl_place(text: str) -> str:
    return text if text.startswith("/") else _address(text)


def _responder(text: str) -> str:
    return text if text in ("no", "certificate") else _address(text)


def _pace(seconds: int) -> int:
    if not 10 <= seconds <= 7 * 86400:
        raise ValueError("write at least `10 seconds` and at most `7 days`")
    return seconds


Oid = Annotated[str, AfterValidator(_oid)]
"""An object identifier in dotted numbers."""
NameWay = Annotated[Line, AfterValidator(_name_way)]
"""`upn`, `email`, `sid`, or `subject:` and a pattern (`vedette.core.subject_patterns`)."""
DeviceWay = Annotated[Line, AfterValidator(_device_way)]
"""`cn` and `serial` (of the subject), `san-dns` and `san-uri`, with a text around `{device}` or not, or
`subject:` and a pattern."""
CertificateKey = Annotated[str, AfterValidator(_certificate_key)]
"""One certificate: its SHA-256 in hex, or its serial, a hyphen and that of its issuer's key."""
CrlPlace = Annotated[Line, AfterValidator(_crl_place)]
"""Where a CRL is: an http(s) address, or the absolute path of a file on the sign-in host."""
Responder = Annotated[Line, AfterValidator(_responder)]
"""`no`, `certificate` (the address that the certificate names), or an http(s) address."""


class Issuer(Section):
    """A CA of the company, or several with one root, whose certificates people may show."""

    anchors: Annotated[
        tuple[Certificate, ...],
        Field(min_length=1, max_length=_MOST_CERTIFICATES),
        Setting(
            "Trust anchors",
            "Certificates of the root CAs that are trusted for people's certificates, and for "
            "nothing else. An issuing CA may stand here too: then only what it issues is trusted.",
            "Whoever has the key of one can make certificates in everybody's name.",
            "the company's issuing CA for people, not a public root",
        ),
    ]
    intermediates: Annotated[
        tuple[Certificate, ...],
        Field(max_length=_MOST_CERTIFICATES),
        Setting(
            "Intermediates",
            "Certificates of CAs between an anchor and people's certificates; they are never "
            "fetched from anywhere, so all that are in use stand here.",
            "Missing, the certificates beneath are not trusted; one too many does no harm.",
            "every issuing CA in use",
        ),
    ] = ()
    usages: Annotated[
        tuple[Oid, ...],
        Field(min_length=1, max_length=16),
        Setting(
            "Usages",
            "Extended key usages, all of which a certificate must have; `anyExtendedKeyUsage` "
            "does not stand for them.",
            "Without the right one, certificates of web servers or for signing mail open the door.",
            f'["{CLIENT_AUTH}", "1.3.6.1.4.1.311.20.2.2"] where people have smart cards',
        ),
    ] = (CLIENT_AUTH,)
    policies: Annotated[
        tuple[Oid, ...],
        Field(max_length=32),
        Setting(
            "Certificate policies",
            "Certificate policies, one of which must hold for the whole path up to the anchor; "
            "none means that none is asked for.",
            "Without one, certificates count alike whether their key is in a card or in a file.",
            "the policy under which keys are made in smart cards, where your CA has one",
        ),
    ] = ()
    names: Annotated[
        tuple[NameWay, ...],
        Field(min_length=1, max_length=16),
        Setting(
            "Names",
            "Where the person's name stands, in this order; the first that the certificate has "
            "decides, and is looked up in the directory: `upn` and `email` in the subject's "
            "alternative names, `sid` in the extension of Active Directory, `subject:<pattern>` "
            "in the subject.",
            "A name that people can choose themselves when they ask for a certificate lets them "
            "come as somebody else.",
            '["sid", "upn"] with Active Directory',
        ),
    ] = ("upn",)
    people: Annotated[
        dict[CertificateKey, User],
        Field(max_length=10_000),
        Setting(
            "People",
            "Certificates whose person is named here instead, by the certificate's SHA-256, or by "
            "its serial and its issuer's key.",
            "A certificate that is written here stays this person's, whatever name it carries.",
            "none, except for certificates without a usable name",
        ),
    ] = Field(default_factory=dict)
    devices: Annotated[
        Literal["no", "managed"],
        Setting(
            "Devices",
            "Whether a device that shows such a certificate counts as managed by the organisation "
            "(`device.managed`): `managed` where this CA gives certificates to managed devices alone.",
            "With `managed`, whoever can take such a certificate to another device takes the proof "
            "along.",
            '"managed" for the CA of your device management, with keys that can not be copied',
        ),
    ] = "no"
    device_names: Annotated[
        tuple[DeviceWay, ...],
        Field(max_length=16),
        Setting(
            "Names of devices",
            "Where the device's name stands by which its management knows it: `cn` and `serial` of "
            "the subject, `san-dns`, `san-uri`, `subject:<pattern>` with `{device}`. The certificate's "
            "own SHA-256 is always one of its names.",
            "A name that people can choose themselves when they ask for a certificate lets one "
            "device come as another.",
            "the one place where your device management writes the serial number or the device's id",
        ),
    ] = ("cn",)
    counts: Annotated[
        StrictInt,
        Field(ge=1, le=2),
        Setting(
            "Counts as",
            "How many factors such a certificate is worth: two where its key is in a card or a "
            "token that asks for a PIN.",
            "Two for keys in files makes a stolen laptop a whole sign-in.",
            "2 with smart cards, otherwise 1",
        ),
    ] = 1
    revocation: Annotated[
        Literal["hard", "soft"],
        Setting(
            "Revocation",
            "What holds while it can't be learnt whether a certificate was revoked: `hard` refuses, "
            "`soft` lets it in until that is known again.",
            "With `soft`, whoever keeps us from the CRL and the OCSP responder goes on with a "
            "stolen card.",
            '"hard"',
        ),
    ] = "hard"
    crl: Annotated[
        tuple[CrlPlace, ...],
        Field(max_length=64),
        Setting(
            "CRLs",
            "Where the CA's revocation lists are: addresses, or files on the sign-in host; none "
            "means where the certificates themselves say.",
            "None for what is decided: a list counts only with the CA's own signature.",
            "unset, unless the addresses in the certificates can't be reached from here",
        ),
    ] = ()
    ocsp: Annotated[
        Responder,
        Setting(
            "OCSP",
            "Whether a responder is asked: `no`, `certificate` for the one that the certificate "
            "names, or an address.",
            "Without it, a revocation is learnt with the next CRL, or when the CA tells us.",
            '"certificate" where your CA runs a responder',
        ),
    ] = "certificate"
    refresh: Annotated[
        Annotated[Duration, AfterValidator(_pace)],
        Setting(
            "Refresh",
            "How often CRLs are fetched anew and responders asked again about certificates in use.",
            "The longer, the longer a revoked certificate is taken, unless the CA tells us.",
            '"10 minutes"',
        ),
    ] = 600
