"""Everything that can be wrong with a certificate that somebody shows, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """Why a certificate is not believed. Codes are never used again for something else."""

    CA_AS_PERSON = "ca-as-person"
    CONSTRAINT = "constraint"
    CRITICAL_EXTENSION = "critical-extension"
    CRL_DELTA_WITHOUT_BASE = "crl-delta-without-base"
    CRL_EXPIRED = "crl-expired"
    CRL_FORGED = "crl-forged"
    CRL_MALFORMED = "crl-malformed"
    CRL_NOT_YET_VALID = "crl-not-yet-valid"
    CRL_SCOPE = "crl-scope"
    EXPIRED = "expired"
    ISSUER_UNKNOWN = "issuer-unknown"
    KEY_USAGE = "key-usage"
    LIBRARY = "library"
    MALFORMED = "malformed"
    NAME_AMBIGUOUS = "name-ambiguous"
    NAME_MALFORMED = "name-malformed"
    NAME_MISSING = "name-missing"
    NOT_A_CA = "not-a-ca"
    NOT_YET_VALID = "not-yet-valid"
    OCSP_EXPIRED = "ocsp-expired"
    OCSP_FORGED = "ocsp-forged"
    OCSP_MALFORMED = "ocsp-malformed"
    OCSP_NONCE = "ocsp-nonce"
    OCSP_NOT_YET_VALID = "ocsp-not-yet-valid"
    OCSP_OTHER_CERTIFICATE = "ocsp-other-certificate"
    OCSP_REFUSED = "ocsp-refused"
    OCSP_UNAUTHORISED = "ocsp-unauthorised"
    PATH_TOO_LONG = "path-too-long"
    POLICY = "policy"
    REVOKED = "revoked"
    SIGNATURE = "signature"
    STATUS_UNKNOWN = "status-unknown"
    TOO_LARGE = "too-large"
    USAGE = "usage"
    WEAK_HASH = "weak-hash"
    WEAK_KEY = "weak-key"


@dataclass(frozen=True, slots=True)
class Words:
    """What a fault is, in a sentence for the administrator, and the way out.

    `command` mends it or shows more, where one does; `{issuer}` in it is the issuer's name.
    """

    what: str
    way_out: str
    command: str = ""


_CHECK = "vedette certificate check <file> --issuer {issuer}"
_SHOW = "vedette issuer show {issuer}"

WORDS: Mapping[Fault, Words] = MappingProxyType(
    {
        Fault.CA_AS_PERSON: Words(
            "This is the certificate of a CA, not of a person.",
            "Let the person show their own certificate.",
        ),
        Fault.CONSTRAINT: Words(
            "It carries a name for which its CA may not issue certificates (name constraints).",
            "Have the CA issue it with a name within what the CA above permits.",
        ),
        Fault.CRITICAL_EXTENSION: Words(
            "It has an extension marked critical that is not known here, so it must be refused.",
            "Have the CA leave the extension out, or not mark it critical.",
        ),
        Fault.CRL_DELTA_WITHOUT_BASE: Words(
            "There is a delta CRL, but no base CRL that it can be added to.",
            "Publish the base CRL too, and name where it is.",
            "vedette settings set issuers.{issuer}.crl '[\"<address of the base CRL>\"]'",
        ),
        Fault.CRL_EXPIRED: Words(
            "The CA's newest revocation list that is known here is past its next update.",
            "Have the CA publish a new CRL, and see that its address can be reached from here.",
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.CRL_FORGED: Words(
            "The revocation list is not signed by the CA whose certificates it speaks of.",
            "See where the list comes from; after a renewed CA key, a CRL signed with the new one "
            "is needed.",
            _SHOW,
        ),
        Fault.CRL_MALFORMED: Words(
            "The revocation list can't be read.",
            "See that the address gives out a CRL in DER or PEM form, not a page.",
            _SHOW,
        ),
        Fault.CRL_NOT_YET_VALID: Words(
            "The revocation list is from a time to come.",
            "Set the clocks of this machine and of the CA right.",
        ),
        Fault.CRL_SCOPE: Words(
            "The revocation list speaks of other certificates than this one: of other kinds, other "
            "reasons, another distribution point, or of other CAs (indirect).",
            "Name the CA's own whole CRL.",
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.EXPIRED: Words(
            "Its time is over.",
            "Renew it at the company's CA; for a CA's own certificate, put the renewed one into "
            "the settings.",
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.ISSUER_UNKNOWN: Words(
            "None of the CAs that are trusted here issued it.",
            "If the CA is the company's, add it, or the intermediate that is missing.",
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.KEY_USAGE: Words(
            "Its key may not be used for this: the key usage extension says otherwise.",
            "Have the CA issue it with `digitalSignature`, and CAs with `keyCertSign`.",
        ),
        Fault.LIBRARY: Words(
            "The second examination, by the library that verifies paths too, refuses it.",
            "Have the CA issue certificates as RFC 5280 describes; the detail says which part is not.",
        ),
        Fault.MALFORMED: Words(
            "It can't be read as one certificate of version 3.",
            "Export it again, in DER or PEM form.",
        ),
        Fault.NAME_AMBIGUOUS: Words(
            "It carries several names of a kind of which it may have one.",
            "Have the CA issue it with one, or name its person in the settings.",
            "vedette settings set issuers.{issuer}.people.<sha256> '\"@user:domain\"'",
        ),
        Fault.NAME_MALFORMED: Words(
            "A name in it is not written as it must be: control characters, a wrong type of text, "
            "or bytes left over.",
            "Have the CA issue it anew; a name like this one can be an attempt to pass as somebody "
            "else.",
        ),
        Fault.NAME_MISSING: Words(
            "It carries none of the names by which the issuer's people are known.",
            "Say where the name stands in this CA's certificates, or name its person.",
            "vedette settings set issuers.{issuer}.names '[\"upn\", \"email\"]'",
        ),
        Fault.NOT_A_CA: Words(
            "A certificate in the path issued another one, but is not that of a CA.",
            "Whoever has this certificate tries to issue others: tell the company's CA.",
        ),
        Fault.NOT_YET_VALID: Words(
            "Its time has not begun.",
            "Wait, or set the clock of this machine right.",
        ),
        Fault.OCSP_EXPIRED: Words(
            "The responder's answer is an old one.",
            "See that the responder gives out new answers; an answer that was kept is refused.",
            _SHOW,
        ),
        Fault.OCSP_FORGED: Words(
            "The responder's answer is not signed by who it says.",
            "See that the address is the CA's responder.",
            _SHOW,
        ),
        Fault.OCSP_MALFORMED: Words(
            "The responder's answer can't be read.",
            "See that the address is that of an OCSP responder.",
            _SHOW,
        ),
        Fault.OCSP_NONCE: Words(
            "The responder's answer is one to another question (its nonce is another).",
            "See that nobody stands between here and the responder.",
            _SHOW,
        ),
        Fault.OCSP_NOT_YET_VALID: Words(
            "The responder's answer is from a time to come.",
            "Set the clocks of this machine and of the responder right.",
        ),
        Fault.OCSP_OTHER_CERTIFICATE: Words(
            "The responder's answer is about another certificate.",
            "See that the address is the responder of this CA.",
            _SHOW,
        ),
        Fault.OCSP_REFUSED: Words(
            "The responder gives no answer about this certificate.",
            "See in the responder's log why; it may not know this CA.",
            _SHOW,
        ),
        Fault.OCSP_UNAUTHORISED: Words(
            "The answer is signed by somebody whom the CA did not make its responder.",
            "Give the responder a certificate of this very CA with the usage OCSPSigning and the "
            "extension ocsp-nocheck.",
        ),
        Fault.PATH_TOO_LONG: Words(
            "There are more CAs between it and the anchor than one of them permits.",
            "Have the CA mend its path length, or name the issuing CA as an anchor.",
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.POLICY: Words(
            "None of the certificate policies that are asked for holds for its whole path.",
            "Have the CA issue under the right policy, or name the one that it issues under.",
            "vedette settings set issuers.{issuer}.policies '[\"<OID>\"]'",
        ),
        Fault.REVOKED: Words(
            "It was revoked by its CA.",
            "Nothing here: the CA's own list decides. The person needs a new certificate.",
        ),
        Fault.SIGNATURE: Words(
            "A trusted CA has the name of its issuer, but did not sign it.",
            "If the company's CA has a new key, add its new certificate; otherwise somebody made a "
            "CA of the same name.",
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.STATUS_UNKNOWN: Words(
            "It could not be learnt whether it was revoked, and `revocation` is `hard`.",
            "See that the CRL or the responder can be reached from here, or name where it is.",
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.TOO_LARGE: Words(
            "It is larger than is read here.",
            "See that it is what it should be.",
        ),
        Fault.USAGE: Words(
            "It lacks an extended key usage that is asked for, or a CA above it may not issue for it.",
            "Use a template for sign-in (client authentication), or change what is asked for.",
            "vedette settings set issuers.{issuer}.usages '[\"<OID>\"]'",
        ),
        Fault.WEAK_HASH: Words(
            "It is signed in a way that can be forged or is not known here; SHA-256, SHA-384 and "
            "SHA-512 with RSA or ECDSA are taken.",
            "Have the CA sign with SHA-256 or better.",
        ),
        Fault.WEAK_KEY: Words(
            "Its key is too weak or of a kind that is not taken: RSA from 2048 to 8192 bits, the "
            "curves P-256, P-384 and P-521 are, and for people's own keys Ed25519.",
            "Have it issued again with a new key.",
        ),
    }
)  # fmt: skip
"""The words of every fault."""


def way_out(fault: Fault, issuer: str) -> str:
    """What to do about a fault, with the command that mends it where there is one."""
    words = WORDS[fault]
    command = words.command.replace("{issuer}", issuer)
    return f"{words.way_out} `{command}`" if command else words.way_out
