"""Everything that can be wrong with a certificate that somebody shows, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from vedette.core.language import Sentence, joined, told


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

    what: Sentence
    way_out: Sentence
    command: str = ""


_CHECK = "vedette certificate check <file> --issuer {issuer}"
_SHOW = "vedette issuer show {issuer}"

WORDS: Mapping[Fault, Words] = MappingProxyType(
    {
        Fault.CA_AS_PERSON: Words(
            told("This is the certificate of a CA, not of a person."),
            told("Let the person show their own certificate."),
        ),
        Fault.CONSTRAINT: Words(
            told("It carries a name for which its CA may not issue certificates (name constraints)."),
            told("Have the CA issue it with a name within what the CA above permits."),
        ),
        Fault.CRITICAL_EXTENSION: Words(
            told("It has an extension marked critical that is not known here, so it must be refused."),
            told("Have the CA leave the extension out, or not mark it critical."),
        ),
        Fault.CRL_DELTA_WITHOUT_BASE: Words(
            told("There is a delta CRL, but no base CRL that it can be added to."),
            told("Publish the base CRL too, and name where it is."),
            "vedette settings set issuers.{issuer}.crl '[\"<address of the base CRL>\"]'",
        ),
        Fault.CRL_EXPIRED: Words(
            told("The CA's newest revocation list that is known here is past its next update."),
            told("Have the CA publish a new CRL, and see that its address can be reached from here."),
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.CRL_FORGED: Words(
            told("The revocation list is not signed by the CA whose certificates it speaks of."),
            told("See where the list comes from; after a renewed CA key, a CRL signed with the new one "
            "is needed."),
            _SHOW,
        ),
        Fault.CRL_MALFORMED: Words(
            told("The revocation list can't be read."),
            told("See that the address gives out a CRL in DER or PEM form, not a page."),
            _SHOW,
        ),
        Fault.CRL_NOT_YET_VALID: Words(
            told("The revocation list is from a time to come."),
            told("Set the clocks of this machine and of the CA right."),
        ),
        Fault.CRL_SCOPE: Words(
            told("The revocation list speaks of other certificates than this one: of other kinds, other "
            "reasons, another distribution point, or of other CAs (indirect)."),
            told("Name the CA's own whole CRL."),
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.EXPIRED: Words(
            told("Its time is over."),
            told("Renew it at the company's CA; for a CA's own certificate, put the renewed one into "
            "the settings."),
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.ISSUER_UNKNOWN: Words(
            told("None of the CAs that are trusted here issued it."),
            told("If the CA is the company's, add it, or the intermediate that is missing."),
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.KEY_USAGE: Words(
            told("Its key may not be used for this: the key usage extension says otherwise."),
            told("Have the CA issue it with `digitalSignature`, and CAs with `keyCertSign`."),
        ),
        Fault.LIBRARY: Words(
            told("The second examination, by the library that verifies paths too, refuses it."),
            told(
                "Have the CA issue certificates as RFC 5280 describes; the detail says which part is not."
            ),
        ),
        Fault.MALFORMED: Words(
            told("It can't be read as one certificate of version 3."),
            told("Export it again, in DER or PEM form."),
        ),
        Fault.NAME_AMBIGUOUS: Words(
            told("It carries several names of a kind of which it may have one."),
            told("Have the CA issue it with one, or name its person in the settings."),
            "vedette settings set issuers.{issuer}.people.<sha256> '\"@user:domain\"'",
        ),
        Fault.NAME_MALFORMED: Words(
            told("A name in it is not written as it must be: control characters, a wrong type of text, "
            "or bytes left over."),
            told("Have the CA issue it anew; a name like this one can be an attempt to pass as somebody "
            "else."),
        ),
        Fault.NAME_MISSING: Words(
            told("It carries none of the names by which the issuer's people are known."),
            told("Say where the name stands in this CA's certificates, or name its person."),
            "vedette settings set issuers.{issuer}.names '[\"upn\", \"email\"]'",
        ),
        Fault.NOT_A_CA: Words(
            told("A certificate in the path issued another one, but is not that of a CA."),
            told("Whoever has this certificate tries to issue others: tell the company's CA."),
        ),
        Fault.NOT_YET_VALID: Words(
            told("Its time has not begun."),
            told("Wait, or set the clock of this machine right."),
        ),
        Fault.OCSP_EXPIRED: Words(
            told("The responder's answer is an old one."),
            told("See that the responder gives out new answers; an answer that was kept is refused."),
            _SHOW,
        ),
        Fault.OCSP_FORGED: Words(
            told("The responder's answer is not signed by who it says."),
            told("See that the address is the CA's responder."),
            _SHOW,
        ),
        Fault.OCSP_MALFORMED: Words(
            told("The responder's answer can't be read."),
            told("See that the address is that of an OCSP responder."),
            _SHOW,
        ),
        Fault.OCSP_NONCE: Words(
            told("The responder's answer is one to another question (its nonce is another)."),
            told("See that nobody stands between here and the responder."),
            _SHOW,
        ),
        Fault.OCSP_NOT_YET_VALID: Words(
            told("The responder's answer is from a time to come."),
            told("Set the clocks of this machine and of the responder right."),
        ),
        Fault.OCSP_OTHER_CERTIFICATE: Words(
            told("The responder's answer is about another certificate."),
            told("See that the address is the responder of this CA."),
            _SHOW,
        ),
        Fault.OCSP_REFUSED: Words(
            told("The responder gives no answer about this certificate."),
            told("See in the responder's log why; it may not know this CA."),
            _SHOW,
        ),
        Fault.OCSP_UNAUTHORISED: Words(
            told("The answer is signed by somebody whom the CA did not make its responder."),
            told("Give the responder a certificate of this very CA with the usage OCSPSigning and the "
            "extension ocsp-nocheck."),
        ),
        Fault.PATH_TOO_LONG: Words(
            told("There are more CAs between it and the anchor than one of them permits."),
            told("Have the CA mend its path length, or name the issuing CA as an anchor."),
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.POLICY: Words(
            told("None of the certificate policies that are asked for holds for its whole path."),
            told("Have the CA issue under the right policy, or name the one that it issues under."),
            "vedette settings set issuers.{issuer}.policies '[\"<OID>\"]'",
        ),
        Fault.REVOKED: Words(
            told("It was revoked by its CA."),
            told("Nothing here: the CA's own list decides. The person needs a new certificate."),
        ),
        Fault.SIGNATURE: Words(
            told("A trusted CA has the name of its issuer, but did not sign it."),
            told("If the company's CA has a new key, add its new certificate; otherwise somebody made a "
            "CA of the same name."),
            "vedette issuer add {issuer} <PEM file>",
        ),
        Fault.STATUS_UNKNOWN: Words(
            told("It could not be learnt whether it was revoked, and `revocation` is `hard`."),
            told("See that the CRL or the responder can be reached from here, or name where it is."),
            "vedette settings set issuers.{issuer}.crl '[\"<address of the CRL>\"]'",
        ),
        Fault.TOO_LARGE: Words(
            told("It is larger than is read here."),
            told("See that it is what it should be."),
        ),
        Fault.USAGE: Words(
            told(
                "It lacks an extended key usage that is asked for, or a CA above it may not issue for it."
            ),
            told("Use a template for sign-in (client authentication), or change what is asked for."),
            "vedette settings set issuers.{issuer}.usages '[\"<OID>\"]'",
        ),
        Fault.WEAK_HASH: Words(
            told("It is signed in a way that can be forged or is not known here; SHA-256, SHA-384 and "
            "SHA-512 with RSA or ECDSA are taken."),
            told("Have the CA sign with SHA-256 or better."),
        ),
        Fault.WEAK_KEY: Words(
            told("Its key is too weak or of a kind that is not taken: RSA from 2048 to 8192 bits, the "
            "curves P-256, P-384 and P-521 are, and for people's own keys Ed25519."),
            told("Have it issued again with a new key."),
        ),
    }
)  # fmt: skip
"""The words of every fault."""


def way_out(fault: Fault, issuer: str) -> Sentence:
    """What to do about a fault, with the command that mends it where there is one."""
    words = WORDS[fault]
    command = mending(fault, issuer)
    return joined((words.way_out, f"`{command}`")) if command else words.way_out


def fault_of(sentence: str) -> Fault | None:
    """The fault that a kept sentence tells of (`Distrusted.sentence`), where it is still one of ours."""
    return next((fault for fault, words in WORDS.items() if sentence.startswith(words.what)), None)


def mending(fault: Fault, issuer: str) -> str:
    """The command that mends a fault or shows more; empty where there is none."""
    return WORDS[fault].command.replace("{issuer}", issuer)
