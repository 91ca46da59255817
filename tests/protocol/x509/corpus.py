"""The misuse corpus: certificates that must not be believed, beside some that must.

Each case is made anew by a small CA. `expect` is our answer (None: trusted), `second` what the
independent library says where that is another answer, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from tests.company_ca import (
    CLIENT_AUTH,
    DAY,
    NOW,
    UPN,
    Authority,
    Extension,
    Issued,
    alternatives,
    basic,
    dn,
    key_usage,
    new_key,
    points,
    responder_at,
    root,
    rsa_key,
    sid_extension,
    upn,
    usages,
    utf8,
)
from vedette.core.subject_patterns import parse_pattern
from vedette.protocol.x509.crls import Crl, read_crl
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import before_revocation, judge
from vedette.protocol.x509.naming import name_of
from vedette.protocol.x509.ocsp import Asked, OcspAnswer, question, read_answer
from vedette.protocol.x509.revocations import Revocations
from vedette.protocol.x509.values import Distrusted, IssuerPolicy, Trusted

CA_USAGE = key_usage("key_cert_sign", "crl_sign")
PERSON = (basic(ca=False), key_usage("digital_signature"), usages(CLIENT_AUTH))
NONCE = b"sixteen bytes!!!"


@dataclass(frozen=True)
class Shown:
    """What is shown, under which settings, with which lists and answers at hand."""

    leaf: bytes
    policy: IssuerPolicy
    crls: Sequence[bytes] = ()
    answers: Sequence[tuple[bytes, bytes, bytes]] = ()
    at: int = NOW

    def ours(self) -> Fault | None:
        """Our answer, the name included: None is trusted."""
        found = judge(self.leaf, self.policy, self.revocations(), self.at)
        if isinstance(found, Distrusted):
            return found.fault
        named = name_of(found, self.policy)
        return named if isinstance(named, Fault) else None

    def revocations(self) -> Revocations:
        read = [read_crl(each) for each in self.crls]
        known: dict[str, OcspAnswer] = {}
        missed: dict[str, Fault] = {}
        for certificate, issuer, data in self.answers:
            asked = question(certificate, issuer, NONCE)
            assert isinstance(asked, Asked)
            answer = read_answer(data, asked, self.at)
            if isinstance(answer, Fault):
                missed[asked.issued] = answer
            else:
                known[asked.issued] = answer
        unreadable = next((each for each in read if isinstance(each, Fault)), None)
        whole = before_revocation(self.leaf, self.policy, self.at)
        if unreadable and isinstance(whole, Trusted):
            missed.setdefault(whole.names.issued, unreadable)
        return Revocations([each for each in read if isinstance(each, Crl)], known, missed)


class World:
    """One company: a root, an issuing CA, and good lists of both."""

    def __init__(self) -> None:
        self.root = root()
        self.root.extras = (responder_at("http://ocsp.corp.test/"),)
        self.ca = self.root.sub("O=Corp, CN=Corp Issuing")
        self.other = root("O=Other, CN=Other Root")

    def show(
        self, leaf: Issued | bytes, *between: Authority, crls: Sequence[bytes] | None = None,
        answers: Sequence[tuple[bytes, bytes, bytes]] = (), at: int = NOW, **asked: Any,
    ) -> Shown:  # fmt: skip
        above = (self.ca, *between)
        policy = IssuerPolicy(
            name="corp",
            anchors=asked.pop("anchors", (self.root.der,)),
            intermediates=asked.pop("intermediates", tuple(each.der for each in above)),
            **asked,
        )
        lists = [each.crl() for each in (self.root, *above)] if crls is None else crls
        der = leaf if isinstance(leaf, bytes) else leaf.der
        return Shown(der, policy, lists, answers, at)

    def beneath(self, *extensions: Extension, name: str = "O=Corp, CN=Narrow") -> Authority:
        """A CA beneath the issuing one, with those extensions."""
        return self.ca.sub(name, *extensions)


@cache
def world() -> World:
    return World()


@dataclass(frozen=True)
class Case:
    """One case. `second` is None where the second opinion is ours, otherwise (takes, why)."""

    id: str
    group: str
    title: str
    expect: Fault | None
    build: Callable[[World], Shown]
    second: tuple[bool, str] | None


CASES: list[Case] = []
NAMES_ARE_OURS = (True, "it judges paths; whose a certificate is, is ours to say")


def case(
    group: str, title: str, expect: Fault | None = None, *, second: tuple[bool, str] | None = None
) -> Callable[[Callable[[World], Shown]], Callable[[World], Shown]]:
    def keep(build: Callable[[World], Shown]) -> Callable[[World], Shown]:
        name = build.__name__.strip("_").replace("_", "-")
        CASES.append(Case(name, group, title, expect, build, second))
        return build

    return keep


def forged(issued: Issued, by: Authority, old: bytes, new: bytes) -> bytes:
    """A certificate with other bytes of the same length in it, signed rightly by its CA."""
    body = issued.certificate.tbs_certificate_bytes
    assert len(old) == len(new)
    assert old in body
    body = body.replace(old, new)
    signature = by.issued.key.sign(body, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return _der(0x30, body + algorithm + _der(0x03, b"\0" + signature))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + content


# ---- What must be believed ----------------------------------------------------------------------


@case("good", "a certificate as the company issues them")
def good(w: World) -> Shown:
    return w.show(w.ca.person())


@case("good", "one with an RSA key of 2048 bits")
def good_rsa(w: World) -> Shown:
    return w.show(w.ca.person(key=rsa_key(2048)))


@case("good", "one whose status an OCSP responder answers, without any CRL")
def good_by_ocsp(w: World) -> Shown:
    leaf = w.ca.person()
    return w.show(leaf, crls=[], answers=[
        (leaf.der, w.ca.der, w.ca.answer(leaf.certificate, nonce=NONCE)),
        (w.ca.der, w.root.der, w.root.answer(w.ca.certificate, nonce=NONCE)),
    ])  # fmt: skip


@case("good", "one whose responder has a certificate of the CA for that")
def good_by_delegate(w: World) -> Shown:
    leaf = w.ca.person()
    data = w.ca.answer(leaf.certificate, nonce=NONCE, signer=w.ca.responder())
    return w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, data)])


@case("good", "an issuing CA that is itself the anchor", second=(
    False, "it takes lists only of CAs whose own path it knows up to a root"))  # fmt: skip
def good_anchored_below(w: World) -> Shown:
    return w.show(w.ca.person(), anchors=(w.ca.der,), intermediates=())


@case("good", "names within what the CA above permits")
def good_constrained(w: World) -> Shown:
    ca = w.beneath(basic(), CA_USAGE, (x509.NameConstraints(
        [x509.RFC822Name("corp.test"), x509.DirectoryName(dn("O=Corp"))], None), True))  # fmt: skip
    return w.show(ca.person(), ca)


@case("good", "a user principal name within what the CA above permits", second=(
    False, "it does not know constraints of user principal names"))  # fmt: skip
def good_constrained_upn(w: World) -> Shown:
    ca = w.beneath(basic(), CA_USAGE, (x509.NameConstraints([upn("corp.test")], None), True))
    return w.show(ca.person(), ca)


@case(
    "good", "somebody else's user principal name beside one's own identifier, which alone decides"
)
def anothers_upn_beside(w: World) -> Shown:
    leaf = w.ca.person("alice", alternatives(upn("boss@corp.test")),
                       sid_extension("S-1-5-21-1-2-3-1104"))  # fmt: skip
    return w.show(leaf, names=("sid", "upn"))


@case("good", "a base list with a delta that adds to it")
def good_delta(w: World) -> Shown:
    lists = [w.root.crl(), w.ca.crl(number=5), w.ca.crl(number=6, delta=5)]
    return w.show(w.ca.person(), crls=lists)


@case("good", "revoked on hold in the base list, lifted in the delta", second=(
    False, "it uses a delta only where the base list names it"))  # fmt: skip
def good_hold_lifted(w: World) -> Shown:
    leaf = w.ca.person()
    serial = leaf.certificate.serial_number
    flags = x509.ReasonFlags
    return w.show(leaf, crls=[
        w.root.crl(),
        w.ca.crl(serial, number=5, reasons={serial: flags.certificate_hold}),
        w.ca.crl(serial, number=6, delta=5, reasons={serial: flags.remove_from_crl}),
    ])  # fmt: skip


@case("good", "a policy that is asked for")
def good_policy(w: World) -> Shown:
    ca = w.beneath(basic(), CA_USAGE, policy("1.3.6.1.4.1.99999.1"))
    upper = w.root.sub("O=Corp, CN=Policies", basic(), CA_USAGE, policy("2.5.29.32.0"))
    ca = upper.sub("O=Corp, CN=Cards", basic(), CA_USAGE, policy("1.3.6.1.4.1.99999.1"))
    leaf = ca.person("alice", policy("1.3.6.1.4.1.99999.1"))
    return w.show(leaf, upper, ca, policies=frozenset({"1.3.6.1.4.1.99999.1"}))


def policy(*oids: str) -> Extension:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in oids]
    ), False


# ---- Time, keys, signatures ---------------------------------------------------------------------


@case("time", "expired ten seconds ago", Fault.EXPIRED)
def expired(w: World) -> Shown:
    return w.show(w.ca.person(until=NOW - 10))


@case("time", "valid from tomorrow", Fault.NOT_YET_VALID)
def not_yet_valid(w: World) -> Shown:
    return w.show(w.ca.person(since=NOW + DAY))


@case("time", "the issuing CA has expired", Fault.EXPIRED)
def expired_intermediate(w: World) -> Shown:
    ca = w.ca.sub("O=Corp, CN=Old", until=NOW - 10)
    return w.show(ca.person(), ca)


@case("time", "the root has expired", Fault.EXPIRED,
      second=(True, "it takes an anchor as a name and a key, without its time"))  # fmt: skip
def expired_root(w: World) -> Shown:
    old = root("O=Corp, CN=Old Root", until=NOW - 1)
    return w.show(old.person(), anchors=(old.der,), crls=[old.crl()])


@case("keys", "an RSA key of 1024 bits", Fault.WEAK_KEY,
      second=(True, "it asks nothing of a key's size"))  # fmt: skip
def weak_rsa(w: World) -> Shown:
    return w.show(w.ca.person(key=rsa_key(1024)))


@case("keys", "an RSA key with the exponent 3", Fault.WEAK_KEY,
      second=(True, "it asks nothing of a key"))  # fmt: skip
def weak_exponent(w: World) -> Shown:
    return w.show(w.ca.person(key=rsa.generate_private_key(3, 2048)))


@case("keys", "an issuing CA with an RSA key of 1024 bits", Fault.WEAK_KEY)
def weak_ca(w: World) -> Shown:
    ca = w.ca.sub("O=Corp, CN=Weak", key=rsa_key(1024))
    return w.show(ca.person(), ca)


@cache
def dsa_key_of_2048_bits() -> Any:
    return dsa.generate_private_key(2048)


@case("keys", "a DSA key", Fault.WEAK_KEY, second=(True, "it asks nothing of a key's kind"))
def dsa_key(w: World) -> Shown:
    return w.show(w.ca.person(key=dsa_key_of_2048_bits()))


@case("keys", "the curve secp256k1", Fault.WEAK_KEY, second=(True, "it asks nothing of a curve"))
def other_curve(w: World) -> Shown:
    return w.show(w.ca.person(key=ec.generate_private_key(ec.SECP256K1())))


@case("good", "one with an Ed25519 key")
def ed25519_key(w: World) -> Shown:
    return w.show(w.ca.person(key=ed25519.Ed25519PrivateKey.generate()))


@case("keys", "signed with SHA-1", Fault.WEAK_HASH)
def weak_hash(w: World) -> Shown:
    body = w.ca.person()
    tbs = body.certificate.tbs_certificate_bytes
    sha256, sha1 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06072a8648ce3d0401")
    tbs = tbs[4:].replace(b"\x30\x0a" + sha256, b"\x30\x09" + sha1)
    tbs = _der(0x30, tbs)
    signature = w.ca.issued.key.sign(tbs, ec.ECDSA(hashes.SHA1()))  # noqa: S303
    algorithm = b"\x30\x09" + sha1
    return w.show(_der(0x30, tbs + algorithm + _der(0x03, b"\0" + signature)))


@case("keys", "signed with SHA-224", Fault.WEAK_HASH,
      second=(True, "it takes SHA-224"))  # fmt: skip
def weak_hash_224(w: World) -> Shown:
    return w.show(w.ca.person(hash_=hashes.SHA224()))


@case("signature", "a CA of the same name, with another key", Fault.SIGNATURE)
def same_name(w: World) -> Shown:
    imposter = root("O=Corp, CN=Corp Issuing")
    return w.show(imposter.person())


@case("signature", "a whole chain of the same names, shown with its own CAs", Fault.SIGNATURE)
def same_names(w: World) -> Shown:
    false = root().sub("O=Corp, CN=Corp Issuing")
    return w.show(false.person(), intermediates=(w.ca.der, false.der))


@case("signature", "issued by somebody else's root", Fault.ISSUER_UNKNOWN)
def other_root(w: World) -> Shown:
    return w.show(w.other.person())


@case("signature", "self-signed", Fault.ISSUER_UNKNOWN)
def self_signed(w: World) -> Shown:
    alone = root("O=Corp, CN=alice", basic(ca=False), usages(CLIENT_AUTH))
    return w.show(alone.der)


@case("signature", "one byte of the name changed after it was signed", Fault.SIGNATURE)
def changed(w: World) -> Shown:
    leaf = w.ca.person("alice")
    return w.show(leaf.der.replace(b"alice@corp.test", b"boris@corp.test"))


@case("signature", "the intermediate is missing", Fault.ISSUER_UNKNOWN)
def missing_intermediate(w: World) -> Shown:
    return w.show(w.ca.person(), intermediates=())


# ---- Paths --------------------------------------------------------------------------------------


@case("path", "issued with a person's own certificate", Fault.NOT_A_CA)
def person_as_ca(w: World) -> Shown:
    mallory = Authority(w.ca.person("mallory"), w.ca)
    return w.show(mallory.person("boss"), mallory)


@case("path", "a CA without basic constraints", Fault.NOT_A_CA)
def no_basic(w: World) -> Shown:
    ca = w.beneath(CA_USAGE)
    return w.show(ca.person(), ca)


@case("path", "a CA whose key may not sign certificates", Fault.KEY_USAGE)
def no_cert_sign(w: World) -> Shown:
    ca = w.beneath(basic(), key_usage("digital_signature"))
    return w.show(ca.person(), ca)


@case("path", "more CAs than the path length permits", Fault.PATH_TOO_LONG)
def too_long(w: World) -> Shown:
    first = w.ca.sub("O=Corp, CN=One", basic(0), CA_USAGE)
    second = first.sub("O=Corp, CN=Two")
    return w.show(second.person(), first, second)


@case("path", "fourteen CAs, one beneath the other", Fault.PATH_TOO_LONG,
      second=(True, "it has no bound of its own"))  # fmt: skip
def endless(w: World) -> Shown:
    chain = [w.ca]
    for number in range(13):
        chain.append(chain[-1].sub(f"O=Corp, CN=Level {number}"))
    return w.show(chain[-1].person(), *chain[1:])


@case("path", "the certificate of a CA, shown by a person", Fault.CA_AS_PERSON,
      second=(True, "it lets a CA act as a person"))  # fmt: skip
def ca_as_person(w: World) -> Shown:
    return w.show(w.ca.person("alice", basic(), key_usage("digital_signature", "key_cert_sign")))


@case("path", "a critical extension that nobody knows", Fault.CRITICAL_EXTENSION)
def critical(w: World) -> Shown:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    return w.show(w.ca.person("alice", (odd, True)))


@case("path", "the same in the issuing CA", Fault.CRITICAL_EXTENSION)
def critical_ca(w: World) -> Shown:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    ca = w.beneath(basic(), CA_USAGE, (odd, True))
    return w.show(ca.person(), ca)


# ---- Usages and policies ------------------------------------------------------------------------


@case("usage", "a web server's certificate", Fault.USAGE)
def server(w: World) -> Shown:
    return w.show(w.ca.person("alice", usages(Usage.SERVER_AUTH)))


@case("usage", "no extended key usage at all", Fault.USAGE)
def no_usage(w: World) -> Shown:
    given = (basic(ca=False), key_usage("digital_signature"), alternatives(upn("a@corp.test")))
    return w.show(w.ca.issue("O=Corp, CN=alice", *given))


@case("usage", "any extended key usage, instead of the one for signing in", Fault.USAGE)
def any_usage(w: World) -> Shown:
    return w.show(w.ca.person("alice", usages(Usage.ANY_EXTENDED_KEY_USAGE)))


@case("usage", "no smart card usage, where it is asked for", Fault.USAGE,
      second=(True, "it is asked for client authentication alone"))  # fmt: skip
def no_smart_card(w: World) -> Shown:
    wanted = frozenset({CLIENT_AUTH.dotted_string, "1.3.6.1.4.1.311.20.2.2"})
    return w.show(w.ca.person(), usages=wanted)


@case("usage", "a CA that may only issue for web servers", Fault.USAGE,
      second=(True, "it does not look at the usages of CAs"))  # fmt: skip
def ca_for_servers(w: World) -> Shown:
    ca = w.beneath(basic(), CA_USAGE, usages(Usage.SERVER_AUTH))
    return w.show(ca.person(), ca)


@case("usage", "a key that may only encipher", Fault.KEY_USAGE)
def encipher_only(w: World) -> Shown:
    return w.show(w.ca.person("alice", key_usage("key_encipherment")))


@case("policy", "another policy than is asked for", Fault.POLICY)
def other_policy(w: World) -> Shown:
    leaf = w.ca.person("alice", policy("1.3.6.1.4.1.99999.2"))
    return w.show(leaf, policies=frozenset({"1.3.6.1.4.1.99999.1"}))


@case("policy", "a policy that only the person's certificate claims, not its CA", Fault.POLICY)
def claimed_policy(w: World) -> Shown:
    ca = w.beneath(basic(), CA_USAGE, policy("1.3.6.1.4.1.99999.2"))
    leaf = ca.person("alice", policy("1.3.6.1.4.1.99999.1"))
    return w.show(leaf, ca, policies=frozenset({"1.3.6.1.4.1.99999.1"}))


@case("policy", "any policy, after a CA that forbids it", Fault.POLICY)
def inhibited(w: World) -> Shown:
    ca = w.root.sub("O=Corp, CN=No Any", basic(), CA_USAGE, policy("2.5.29.32.0"),
                    (x509.InhibitAnyPolicy(0), True))  # fmt: skip
    leaf = ca.person("alice", policy("2.5.29.32.0"))
    return w.show(leaf, ca, policies=frozenset({"1.3.6.1.4.1.99999.1"}))


# ---- Name constraints ---------------------------------------------------------------------------


def narrow(w: World, permitted: Any = None, excluded: Any = None) -> Authority:
    return w.beneath(basic(), CA_USAGE, (x509.NameConstraints(permitted, excluded), True))


@case("constraints", "an e-mail address of another company", Fault.CONSTRAINT)
def mail_outside(w: World) -> Shown:
    ca = narrow(w, [x509.RFC822Name("corp.test")])
    leaf = ca.person("alice", alternatives(upn("alice@corp.test"), x509.RFC822Name("a@evil.test")))
    return w.show(leaf, ca)


@case("constraints", "an e-mail address of another company in the subject", Fault.CONSTRAINT,
      second=(True, "it looks there only where no address stands beside the subject"))  # fmt: skip
def mail_in_subject(w: World) -> Shown:
    ca = narrow(w, [x509.RFC822Name("corp.test")])
    leaf = ca.issue("O=Corp, CN=alice, E=a@evil.test", *PERSON,
                    alternatives(upn("alice@corp.test")))  # fmt: skip
    return w.show(leaf, ca)


@case("constraints", "another organisation in the subject", Fault.CONSTRAINT)
def subject_outside(w: World) -> Shown:
    ca = narrow(w, [x509.DirectoryName(dn("O=Corp"))])
    return w.show(ca.issue("O=Evil, CN=alice", *PERSON,
                           alternatives(upn("alice@corp.test"))), ca)  # fmt: skip


@case("constraints", "an excluded part of the company, written in other case", Fault.CONSTRAINT)
def subject_excluded(w: World) -> Shown:
    ca = narrow(w, None, [x509.DirectoryName(dn("O=Corp, OU=Board"))])
    return w.show(ca.issue("O=Corp, OU=BOARD, CN=alice", *PERSON,
                           alternatives(upn("alice@corp.test"))), ca)  # fmt: skip


@case("constraints", "a user principal name of another domain", Fault.CONSTRAINT)
def upn_outside(w: World) -> Shown:
    ca = narrow(w, [upn("corp.test")])
    return w.show(ca.person("alice", alternatives(upn("alice@evil.test"))), ca)


@case("constraints", "a user principal name of an excluded domain", Fault.CONSTRAINT)
def upn_excluded(w: World) -> Shown:
    ca = narrow(w, None, [upn(".admin.corp.test"), upn("admin.corp.test")])
    return w.show(ca.person("alice", alternatives(upn("root@admin.corp.test"))), ca)


@case("constraints", "a domain that only ends like the permitted one", Fault.CONSTRAINT)
def suffix(w: World) -> Shown:
    ca = narrow(w, [x509.RFC822Name("corp.test")])
    leaf = ca.person("alice", alternatives(upn("a@corp.test"), x509.RFC822Name("a@evilcorp.test")))
    return w.show(leaf, ca)


@case("constraints", "an excluded network's address", Fault.CONSTRAINT)
def address(w: World) -> Shown:
    ca = narrow(w, None, [x509.IPAddress(IPv4Network("10.0.0.0/8"))])
    leaf = ca.person("alice", alternatives(upn("alice@corp.test"),
                                           x509.IPAddress(IPv4Address("10.1.2.3"))))  # fmt: skip
    return w.show(leaf, ca)


# ---- Names --------------------------------------------------------------------------------------


@case("names", "two user principal names", Fault.NAME_AMBIGUOUS, second=NAMES_ARE_OURS)
def two_upns(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("alice@corp.test"), upn("boss@corp.test"))))


@case("names", "the same user principal name twice", Fault.NAME_AMBIGUOUS, second=NAMES_ARE_OURS)
def same_upn_twice(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("a@corp.test"), upn("a@corp.test"))))


@case("names", "a NUL byte in the user principal name", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def nul_upn(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn(b"boss@corp.test\0.evil.test"))))


@case("names", "a NUL byte in the e-mail address", Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)
def nul_mail(w: World) -> Shown:
    leaf = w.ca.person(
        "alice", alternatives(upn("a@corp.test"), x509.RFC822Name("b@corp.testXevil"))
    )
    return w.show(forged(leaf, w.ca, b"testXevil", b"test\0evil"))


@case("names", "a NUL byte in the subject", Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)
def nul_subject(w: World) -> Shown:
    return w.show(w.ca.person("boss\0evil", alternatives(upn("alice@corp.test"))))


@case("names", "a line break in the user principal name", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def line_break(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("boss@corp.test\nalice@corp.test"))))


@case("names", "letters that turn the reading direction around", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def bidi(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("\u202eecila@corp.test"))))


@case("names", "a letter and its accent apart, so that two spellings are one name",
      Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)  # fmt: skip
def not_normal(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("jose\u0301@corp.test"))))


@case("names", "the user principal name as BMPString", Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)
def bmp_upn(w: World) -> Shown:
    text = "boss@corp.test".encode("utf-16-be")
    return w.show(w.ca.person("alice", alternatives(upn(text, 0x1E))))


@case("names", "the user principal name as IA5String", Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)
def ia5_upn(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("boss@corp.test", 0x16))))


@case("names", "bytes behind the user principal name's text", Fault.MALFORMED)
def trailing(w: World) -> Shown:
    odd = x509.OtherName(UPN, utf8("alice@corp.test"))
    leaf = w.ca.person("alice", alternatives(odd))
    return w.show(forged(leaf, w.ca, utf8("alice@corp.test"), utf8("alice@corp.te") + b"\0\0"))


@case("names", "a user principal name that is no UTF-8", Fault.NAME_MALFORMED)
def not_utf8(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn(b"b\xc0\xafss@corp.test"))))


@case("names", "two at-signs in the user principal name", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def two_signs(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("boss@corp.test@evil.test"))))


@case("names", "a second name smuggled into the text of the first", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def injected(w: World) -> Shown:
    text = "alice@corp.test, otherName:1.3.6.1.4.1.311.20.2.3;UTF8:boss@corp.test"
    return w.show(w.ca.person("alice", alternatives(upn(text))))


@case("names", "the extension of alternative names twice", Fault.MALFORMED,
      second=(True, "it reads one of the two"))  # fmt: skip
def twice(w: World) -> Shown:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), b"\x30\x00")
    leaf = w.ca.person("alice", (odd, False))
    return w.show(forged(leaf, w.ca, bytes.fromhex("0603551d63"), bytes.fromhex("0603551d11")))


@case("names", "two e-mail addresses, where the address names the person", Fault.NAME_AMBIGUOUS,
      second=NAMES_ARE_OURS)  # fmt: skip
def two_mails(w: World) -> Shown:
    names = (x509.RFC822Name("alice@corp.test"), x509.RFC822Name("boss@corp.test"))
    return w.show(w.ca.person("alice", alternatives(*names)), names=("email",))


@case("names", "none of the names that are asked for", Fault.NAME_MISSING, second=NAMES_ARE_OURS)
def nameless(w: World) -> Shown:
    leaf = w.ca.person("alice", alternatives(x509.DNSName("pc17.corp.test")))
    return w.show(leaf, names=("upn", "email", "sid"))


@case("names", "a security identifier that is none", Fault.NAME_MALFORMED, second=NAMES_ARE_OURS)
def bad_sid(w: World) -> Shown:
    return w.show(w.ca.person("alice", sid_extension("S-1-5-21-1-2-3-500 ")), names=("sid",))


@case("names", "a subject in an outdated type of text", Fault.NAME_MISSING, second=NAMES_ARE_OURS)
def bmp_subject(w: World) -> Shown:
    name = x509.Name([*dn("O=Corp"), x509.NameAttribute(
        x509.NameOID.COMMON_NAME, "boss", _type=_ASN1Type.BMPString)])  # fmt: skip
    leaf = w.ca.issue(name, *PERSON, alternatives(upn("a@corp.test")))
    return w.show(leaf, names=(parse_pattern("CN={user}, O=Corp"),))


@case("names", "a subject with one part more than the pattern", Fault.NAME_MISSING,
      second=NAMES_ARE_OURS)  # fmt: skip
def longer_subject(w: World) -> Shown:
    leaf = w.ca.issue("O=Corp, OU=Guests, CN=boss", *PERSON,
                      alternatives(upn("a@corp.test")))  # fmt: skip
    return w.show(leaf, names=(parse_pattern("CN={user}, O=Corp"),))


@case("names", "somebody else's user principal name, where people are known by their identifier",
      Fault.NAME_MISSING, second=NAMES_ARE_OURS)  # fmt: skip
def anothers_upn(w: World) -> Shown:
    return w.show(w.ca.person("alice", alternatives(upn("boss@corp.test"))), names=("sid",))


@case("names", "a user id with a colon, taken from the subject", Fault.NAME_MALFORMED,
      second=NAMES_ARE_OURS)  # fmt: skip
def colon(w: World) -> Shown:
    leaf = w.ca.issue("O=Corp, CN=boss:evil", *PERSON,
                      alternatives(upn("a@corp.test")))  # fmt: skip
    return w.show(leaf, names=(parse_pattern("CN={user}, O=Corp"),))


# ---- Revocation lists ---------------------------------------------------------------------------


@case("crl", "revoked", Fault.REVOKED)
def revoked(w: World) -> Shown:
    leaf = w.ca.person()
    return w.show(leaf, crls=[w.root.crl(), w.ca.crl(leaf.certificate.serial_number)])


@case("crl", "revoked in the delta alone", Fault.REVOKED,
      second=(True, "it uses a delta only where the base list names it"))  # fmt: skip
def revoked_by_delta(w: World) -> Shown:
    leaf = w.ca.person()
    gone = w.ca.crl(leaf.certificate.serial_number, number=6, delta=5)
    return w.show(leaf, crls=[w.root.crl(), w.ca.crl(number=5), gone])


@case("crl", "the issuing CA was revoked", Fault.REVOKED)
def revoked_ca(w: World) -> Shown:
    lists = [w.root.crl(w.ca.certificate.serial_number), w.ca.crl()]
    return w.show(w.ca.person(), crls=lists)


@case("crl", "revoked, though revocation is `soft`", Fault.REVOKED,
      second=(True, "its `soft-fail` takes a revoked certificate that names no list"))  # fmt: skip
def revoked_soft(w: World) -> Shown:
    leaf = w.ca.person()
    lists = [w.root.crl(), w.ca.crl(leaf.certificate.serial_number)]
    return w.show(leaf, crls=lists, hard=False)


@case("crl", "revoked on a list that has expired since", Fault.REVOKED)
def revoked_long_ago(w: World) -> Shown:
    leaf = w.ca.person()
    gone = w.ca.crl(leaf.certificate.serial_number, since=NOW - 9 * DAY, until=NOW - DAY)
    return w.show(leaf, crls=[w.root.crl(), gone])


@case("crl", "revoked, and shown with an older list on which it was not", Fault.REVOKED)
def rolled_back(w: World) -> Shown:
    leaf = w.ca.person()
    lists = [w.root.crl(), w.ca.crl(number=4), w.ca.crl(leaf.certificate.serial_number, number=5)]
    return w.show(leaf, crls=lists)


@case("crl", "the list has expired", Fault.CRL_EXPIRED)
def crl_expired(w: World) -> Shown:
    lists = [w.root.crl(), w.ca.crl(since=NOW - 9 * DAY, until=NOW - DAY)]
    return w.show(w.ca.person(), crls=lists)


@case("crl", "the list is from tomorrow", Fault.CRL_NOT_YET_VALID)
def crl_of_tomorrow(w: World) -> Shown:
    lists = [w.root.crl(), w.ca.crl(since=NOW + DAY, until=NOW + 2 * DAY)]
    return w.show(w.ca.person(), crls=lists)


@case("crl", "the list is signed by somebody else in the CA's name", Fault.CRL_FORGED)
def crl_forged(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl(), w.ca.crl(signer=new_key())])


@case("crl", "the list is signed with SHA-1", Fault.CRL_FORGED,
      second=(True, "it takes lists that are signed so, if it isn't told otherwise"))  # fmt: skip
def crl_sha1(w: World) -> Shown:
    ca = w.root.sub("O=Corp, CN=RSA CA", key=rsa_key(2048))
    lists = [w.root.crl(), _sha1_list(ca)]
    return w.show(ca.person(), ca, crls=lists)


def _sha1_list(ca: Authority) -> bytes:
    tbs = x509.load_der_x509_crl(ca.crl()).tbs_certlist_bytes
    sha256, sha1 = "2a864886f70d01010b", "2a864886f70d010105"
    tbs = tbs.replace(bytes.fromhex(sha256), bytes.fromhex(sha1))
    signature = ca.issued.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    algorithm = bytes.fromhex("300d0609" + sha1 + "0500")
    return _der(0x30, tbs + algorithm + _der(0x03, b"\0" + signature))


@case("crl", "no list at all", Fault.STATUS_UNKNOWN)
def crl_missing(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[])


@case("crl", "no list of the CA above", Fault.STATUS_UNKNOWN)
def crl_of_root_missing(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.ca.crl()])


@case("crl", "revoked, and shown with a newer list of the CA above alone beside it", Fault.REVOKED)
def crl_of_another_ca_is_newer(w: World) -> Shown:
    leaf = w.ca.person()
    lists = [w.ca.crl(leaf.certificate.serial_number, number=5), w.root.crl(number=1000)]
    return w.show(leaf, crls=lists)


@case("crl", "a list of the CA's new key alone", Fault.CRL_FORGED,
      second=(True, "it takes a list by any key of the CA's name"))  # fmt: skip
def crl_of_the_new_key(w: World) -> Shown:
    renewed = w.root.sub("O=Corp, CN=Corp Issuing", key=new_key())
    return w.show(w.ca.person(), renewed, crls=[w.root.crl(), renewed.crl(number=9)])


@case("crl", "revoked by the old key's list, not on the new key's", Fault.REVOKED)
def crl_of_both_keys(w: World) -> Shown:
    renewed = w.root.sub("O=Corp, CN=Corp Issuing", key=new_key())
    leaf = w.ca.person()
    gone = w.ca.crl(leaf.certificate.serial_number, number=5)
    return w.show(leaf, renewed, crls=[w.root.crl(), gone, renewed.crl(number=9)])


@case("crl", "a page instead of a list", Fault.CRL_MALFORMED)
def crl_page(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl(), b"<html>not found</html>"])


@case("crl", "a list of CAs alone", Fault.CRL_SCOPE)
def crl_of_cas(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl(), w.ca.crl(extensions=[scope(ca=True)])])


@case("crl", "a list of another distribution point", Fault.CRL_SCOPE)
def crl_elsewhere(w: World) -> Shown:
    leaf = w.ca.person("alice", points("http://ca.corp.test/1.crl"))
    there = scope(at="http://ca.corp.test/2.crl")
    return w.show(leaf, crls=[w.root.crl(), w.ca.crl(extensions=[there])])


@case("crl", "a list of some reasons alone", Fault.CRL_SCOPE)
def crl_some_reasons(w: World) -> Shown:
    some = scope(reasons=frozenset({x509.ReasonFlags.key_compromise}))
    return w.show(w.ca.person(), crls=[w.root.crl(), w.ca.crl(extensions=[some])])


@case("crl", "an indirect list", Fault.CRL_SCOPE, second=(True, "it knows indirect lists"))
def crl_indirect(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl(), w.ca.crl(extensions=[scope(indirect=True)])])


@case("crl", "a delta without its base list", Fault.CRL_DELTA_WITHOUT_BASE)
def delta_alone(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl(), w.ca.crl(number=6, delta=5)])


@case("crl", "a delta to a newer base list than is there, which has expired",
      Fault.CRL_DELTA_WITHOUT_BASE)  # fmt: skip
def delta_to_newer(w: World) -> Shown:
    old = w.ca.crl(number=3, since=NOW - 9 * DAY, until=NOW - DAY)
    return w.show(w.ca.person(), crls=[w.root.crl(), old, w.ca.crl(number=6, delta=5)])


@case("crl", "a critical extension in the list that nobody knows", Fault.CRL_SCOPE)
def crl_critical(w: World) -> Shown:
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
    lists = [w.root.crl(), w.ca.crl(extensions=[(odd, True)])]
    return w.show(w.ca.person(), crls=lists)


@case("crl", "a CA whose key may not sign lists", Fault.CRL_FORGED)
def crl_no_usage(w: World) -> Shown:
    ca = w.beneath(basic(), key_usage("key_cert_sign"))
    return w.show(ca.person(), ca)


def scope(
    *, ca: bool = False, at: str = "", indirect: bool = False,
    reasons: frozenset[x509.ReasonFlags] | None = None,
) -> Extension:  # fmt: skip
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(at)] if at else None, relative_name=None,
        only_contains_user_certs=False, only_contains_ca_certs=ca, only_some_reasons=reasons,
        indirect_crl=indirect, only_contains_attribute_certs=False,
    ), True  # fmt: skip


# ---- OCSP ---------------------------------------------------------------------------------------


def answered(w: World, **how: Any) -> Shown:
    """Alice's certificate, of whose status only the responder knows."""
    leaf = how.pop("leaf", None) or w.ca.person()
    about = how.pop("about", leaf.certificate)
    how.setdefault("nonce", NONCE)
    data = w.ca.answer(about, **how)
    return w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, data)])


@case("ocsp", "the responder says that it was revoked", Fault.REVOKED)
def ocsp_revoked(w: World) -> Shown:
    return answered(w, revoked=True)


@case("ocsp", "the responder says revoked, the list does not yet", Fault.REVOKED)
def ocsp_before_crl(w: World) -> Shown:
    leaf = w.ca.person()
    data = w.ca.answer(leaf.certificate, revoked=True, nonce=NONCE)
    return w.show(leaf, answers=[(leaf.der, w.ca.der, data)])


@case("ocsp", "the responder does not know the certificate", Fault.OCSP_REFUSED)
def ocsp_unknown(w: World) -> Shown:
    return answered(w, status=ocsp.OCSPCertStatus.UNKNOWN)


@case("ocsp", "an answer that was kept until it was over (replayed)", Fault.OCSP_EXPIRED)
def ocsp_old(w: World) -> Shown:
    return answered(w, since=NOW - 2 * DAY, until=NOW - DAY)


@case("ocsp", "an answer to another question (replayed within its time)", Fault.OCSP_NONCE,
      second=(True, "it is given the answer alone, not the question"))  # fmt: skip
def ocsp_nonce(w: World) -> Shown:
    return answered(w, nonce=b"another question")


@case("ocsp", "an answer from tomorrow", Fault.OCSP_NOT_YET_VALID)
def ocsp_tomorrow(w: World) -> Shown:
    return answered(w, since=NOW + DAY, until=NOW + 2 * DAY)


@case("ocsp", "an answer about another certificate", Fault.OCSP_OTHER_CERTIFICATE)
def ocsp_other(w: World) -> Shown:
    return answered(w, about=w.ca.person("bob").certificate)


@case("ocsp", "an answer about the same serial of another CA", Fault.OCSP_OTHER_CERTIFICATE)
def ocsp_other_ca(w: World) -> Shown:
    leaf = w.ca.person()
    other = w.root.sub("O=Corp, CN=Another")
    twin = other.person(serial=leaf.certificate.serial_number)
    data = w.ca.answer(twin.certificate, issuer=other.certificate, nonce=NONCE)
    return w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, data)])


@case("ocsp", "signed with another key than the responder's", Fault.OCSP_FORGED)
def ocsp_forged(w: World) -> Shown:
    leaf = w.ca.person()
    data = w.ca.answer(leaf.certificate, nonce=NONCE)
    changed = data[:-1] + bytes([data[-1] ^ 1])  # the end of the signature
    return w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, changed)])


@case("ocsp", "signed by a person of the same CA", Fault.OCSP_UNAUTHORISED)
def ocsp_by_person(w: World) -> Shown:
    return answered(w, signer=w.ca.person("mallory"))


@case("ocsp", "signed by a responder of another CA", Fault.OCSP_UNAUTHORISED)
def ocsp_by_other(w: World) -> Shown:
    return answered(w, signer=w.other.responder())


@case("ocsp", "signed by a responder of the CA above, not of this one", Fault.OCSP_UNAUTHORISED)
def ocsp_by_above(w: World) -> Shown:
    return answered(w, signer=w.root.responder())


@case("ocsp", "signed by a responder whose certificate has expired", Fault.OCSP_UNAUTHORISED)
def ocsp_by_expired(w: World) -> Shown:
    return answered(w, signer=w.ca.responder(until=NOW - 10))


@case("ocsp", "signed by a responder that may itself be revoked (no ocsp-nocheck)",
      Fault.OCSP_UNAUTHORISED)  # fmt: skip
def ocsp_checkable(w: World) -> Shown:
    return answered(w, signer=w.ca.responder(usages(Usage.OCSP_SIGNING)))


@case("ocsp", "signed by a responder whose certificate is not enclosed", Fault.OCSP_UNAUTHORISED)
def ocsp_not_enclosed(w: World) -> Shown:
    return answered(w, signer=w.ca.responder(), enclosed=False)


@case("ocsp", "the responder refuses to answer", Fault.OCSP_REFUSED)
def ocsp_refuses(w: World) -> Shown:
    leaf = w.ca.person()
    data = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    raw = data.public_bytes(Encoding.DER)
    return w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, raw)])


@case("ocsp", "a page instead of an answer", Fault.OCSP_MALFORMED)
def ocsp_page(w: World) -> Shown:
    leaf = w.ca.person()
    page = [(leaf.der, w.ca.der, b"<html>busy</html>")]
    return w.show(leaf, crls=[w.root.crl()], answers=page)


@case("ocsp", "the responder can't be reached, and there is no list", Fault.STATUS_UNKNOWN)
def ocsp_away(w: World) -> Shown:
    return w.show(w.ca.person(), crls=[w.root.crl()])


@case("ocsp", "the responder of the issuing CA's CA says that this was revoked", Fault.REVOKED)
def ocsp_revoked_ca(w: World) -> Shown:
    data = w.root.answer(w.ca.certificate, revoked=True, nonce=NONCE)
    return w.show(w.ca.person(), answers=[(w.ca.der, w.root.der, data)])
