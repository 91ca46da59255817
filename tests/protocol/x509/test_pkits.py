"""NIST's test suite for path validation (PKITS 1.0.1), as the `cryptography-vectors` package brings it.

Source: https://csrc.nist.gov/projects/pki-testing. A name of the suite says what it expects: `Valid…`
or `Invalid…`. Every intermediate and every list of the suite is given at once.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest

from vedette.protocol.x509.crls import Crl, read_crl
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.revocations import Revocations
from vedette.protocol.x509.values import Distrusted, IssuerPolicy, Trusted

FOLDER = Path(cryptography_vectors.__file__).parent / "x509/PKITS_data"
AT = 1_600_000_000
"""In 2020, when all of the suite is valid that is not meant to be outdated."""
P1, P2, P3 = (f"2.16.840.1.101.3.2.1.48.{number}" for number in (1, 2, 3))

BYTES = "names are compared byte by byte, so that one name has one spelling"
ROLLOVER = "a list counts only with the key that signed the certificate"
INDIRECT = "lists of other CAs than the issuer (indirect) are refused"
A_CA = "the certificate shown is that of a CA, which no person has"
STRICTER = {
    "ValidBasicSelfIssuedCRLSigningKeyTest6": ROLLOVER,
    "ValidBasicSelfIssuedNewWithOldTest4": ROLLOVER,
    "ValidBasicSelfIssuedOldWithNewTest1": ROLLOVER,
    "ValidDNnameConstraintsTest19": ROLLOVER,
    "ValidDSAParameterInheritanceTest5": "DSA is not taken",
    "ValidDSASignaturesTest4": "DSA is not taken",
    "ValidGeneralizedTimenotBeforeDateTest4": "the library wants dates before 2050 as UTCTime",
    "ValidIDPwithindirectCRLTest22": INDIRECT,
    "ValidIDPwithindirectCRLTest24": INDIRECT,
    "ValidIDPwithindirectCRLTest25": INDIRECT,
    "ValidNameChainingCapitalizationTest5": BYTES,
    "ValidNameChainingWhitespaceTest3": BYTES,
    "ValidNameChainingWhitespaceTest4": BYTES,
    "ValidRolloverfromPrintableStringtoUTF8StringTest10": BYTES,
    "ValidSelfIssuedinhibitAnyPolicyTest7": ROLLOVER,
    "ValidSelfIssuedinhibitAnyPolicyTest9": ROLLOVER,
    "ValidSelfIssuedinhibitPolicyMappingTest7": ROLLOVER,
    "ValidSelfIssuedpathLenConstraintTest15": "the library counts self-issued CAs as others",
    "ValidSelfIssuedpathLenConstraintTest17": "the library counts self-issued CAs as others",
    "ValidSelfIssuedrequireExplicitPolicyTest6": ROLLOVER,
    "ValidSeparateCertificateandCRLKeysTest19": ROLLOVER,
    "ValidUTF8StringCaseInsensitiveMatchTest11": BYTES,
    "ValidcRLIssuerTest28": INDIRECT,
    "ValidcRLIssuerTest29": INDIRECT,
    "ValidcRLIssuerTest30": INDIRECT,
    "ValidcRLIssuerTest33": INDIRECT,
    "ValidonlyContainsCACertsTest13": A_CA,
    "ValidpathLenConstraintTest14": A_CA,
    "ValidpathLenConstraintTest8": A_CA,
}
"""What the suite calls valid and is refused here. There is nothing the other way round."""
UNSAID = {
    "AllCertificatesNoPoliciesTest2": True,
    "AllCertificatesSamePoliciesTest10": True,
    "AllCertificatesSamePoliciesTest13": True,
    "AllCertificatesanyPolicyTest11": True,
    "AnyPolicyTest14": True,
    "CPSPointerQualifierTest20": True,
    "DifferentPoliciesTest12": False,
    "DifferentPoliciesTest3": True,
    "DifferentPoliciesTest4": False,
    "DifferentPoliciesTest5": False,
    "DifferentPoliciesTest7": False,
    "DifferentPoliciesTest8": False,
    "DifferentPoliciesTest9": False,
    "OverlappingPoliciesTest6": False,  # valid in the suite; the certificate shown is that of a CA
    "UserNoticeQualifierTest15": True,
    "UserNoticeQualifierTest16": True,
    "UserNoticeQualifierTest17": True,
    "UserNoticeQualifierTest18": True,
    "UserNoticeQualifierTest19": True,
    "inhibitAnyPolicyTest3": True,
}
"""What the suite expects, by its document, where the name does not say it."""
POLICIES = [
    ("ValidCertificatePathTest1", P1, True),
    ("ValidCertificatePathTest1", P2, False),
    ("AllCertificatesNoPoliciesTest2", P1, False),
    ("AllCertificatesSamePoliciesTest10", P1, True),
    ("AllCertificatesSamePoliciesTest10", P2, True),
    ("AllCertificatesanyPolicyTest11", P1, True),
    ("AllCertificatesSamePoliciesTest13", P3, True),
    ("AnyPolicyTest14", P1, True),
    ("AnyPolicyTest14", P2, False),
    ("ValidPolicyMappingTest1", P1, True),
    ("ValidPolicyMappingTest1", P2, False),
    ("ValidPolicyMappingTest3", P1, False),
    ("ValidPolicyMappingTest3", P2, True),
    ("ValidPolicyMappingTest5", P1, True),
    ("ValidPolicyMappingTest6", P1, True),
]
"""Subtests of sections 4.8 and 4.10, with the initial policy set that they name."""


@cache
def certificates() -> dict[str, bytes]:
    return {each.stem: each.read_bytes() for each in sorted((FOLDER / "certs").glob("*.crt"))}


def ends() -> list[str]:
    return [name[:-2] for name in certificates() if re.search(r"Test\d+EE$", name)]


@cache
def known() -> Revocations:
    found = [read_crl(each.read_bytes()) for each in sorted((FOLDER / "crls").glob("*.crl"))]
    return Revocations([each for each in found if isinstance(each, Crl)])


def answer(name: str, policies: frozenset[str] = frozenset()) -> Trusted | Distrusted:
    shown = {f"{each}EE" for each in ends()} | {"TrustAnchorRootCertificate"}
    between = tuple(der for each, der in certificates().items() if each not in shown)
    policy = IssuerPolicy(
        name="pkits", anchors=(certificates()["TrustAnchorRootCertificate"],),
        intermediates=between, usages=frozenset(), policies=policies,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one certificate has a negative serial number
        return judge(certificates()[f"{name}EE"], policy, known(), AT)


def test_the_suite_is_there_whole() -> None:
    assert len(ends()) == 223
    assert len(certificates()) == 405


@pytest.mark.parametrize("name", ends())
def test_a_path_of_the_suite_is_answered_as_it_says_or_more_strictly_with_a_reason(
    name: str,
) -> None:
    expected = UNSAID[name] if name in UNSAID else name.startswith("Valid")
    found = answer(name)
    assert isinstance(found, Trusted) is (expected and name not in STRICTER), found


@pytest.mark.parametrize(("name", "policy", "expected"), POLICIES)
def test_policies_hold_for_the_paths_for_which_the_suite_says_so(
    name: str, policy: str, expected: bool
) -> None:
    assert isinstance(answer(name, frozenset({policy})), Trusted) is expected
