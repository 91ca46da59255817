"""What is known of revocations, for how long, and where more is to be learnt."""

from __future__ import annotations

from cryptography import x509

from tests.company_ca import DAY, NOW, points, responder_at
from tests.protocol.x509.corpus import NONCE, Shown, world
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import before_revocation, judge, judge_by_any
from vedette.protocol.x509.ocsp import Asked, OcspAnswer, question, read_answer
from vedette.protocol.x509.revocations import CrlAt, OcspAt, what_to_fetch
from vedette.protocol.x509.values import Distrusted, IssuerPolicy, Trusted


def trusted(shown: Shown) -> Trusted:
    found = judge(shown.leaf, shown.policy, shown.revocations(), shown.at)
    assert isinstance(found, Trusted), found
    return found


def test_what_is_known_ends_with_the_first_list_that_ends() -> None:
    w = world()
    lists = [w.root.crl(until=NOW + 9 * DAY), w.ca.crl(until=NOW + DAY)]
    assert trusted(w.show(w.ca.person(), crls=lists)).known_until == NOW + DAY


def test_soft_lets_in_and_says_that_it_was_not_checked_and_why() -> None:
    w = world()
    found = trusted(w.show(w.ca.person(), crls=[w.root.crl()], hard=False))
    assert found.unchecked
    assert found.why_unchecked is Fault.STATUS_UNKNOWN
    assert not trusted(w.show(w.ca.person(), hard=False)).unchecked


def test_lists_of_some_reasons_each_count_together() -> None:
    w = world()
    flags = x509.ReasonFlags
    some = frozenset({flags.key_compromise, flags.ca_compromise})
    rest = frozenset(flags) - some - {flags.unspecified, flags.remove_from_crl}
    lists = [w.ca.crl(extensions=[_reasons(each)]) for each in (some, rest)]
    assert trusted(w.show(w.ca.person(), crls=[w.root.crl(), *lists]))


def _reasons(which: frozenset[x509.ReasonFlags]) -> tuple[x509.ExtensionType, bool]:
    return x509.IssuingDistributionPoint(
        full_name=None, relative_name=None, only_contains_user_certs=False,
        only_contains_ca_certs=False, only_some_reasons=which, indirect_crl=False,
        only_contains_attribute_certs=False,
    ), True  # fmt: skip


def test_a_list_of_another_key_of_the_same_ca_is_passed_over() -> None:
    """After its key was renewed, a CA has one list for each key."""
    w = world()
    old = w.root.sub("O=Corp, CN=Corp Issuing")
    lists = [w.root.crl(), old.crl(number=9), w.ca.crl(number=1)]
    assert trusted(w.show(w.ca.person(), crls=lists))


def test_an_answer_without_an_end_is_taken_for_a_week() -> None:
    w = world()
    leaf = w.ca.person()
    asked = question(leaf.der, w.ca.der)
    assert isinstance(asked, Asked)
    data = w.ca.answer(leaf.certificate, until=None, since=NOW - 6 * DAY)
    found = read_answer(data, asked, NOW)
    assert isinstance(found, OcspAnswer)
    assert found.until == NOW + DAY
    assert read_answer(data, asked, NOW + 2 * DAY) is Fault.OCSP_EXPIRED


def test_a_stapled_answer_is_read_without_a_nonce() -> None:
    w = world()
    leaf = w.ca.person()
    asked = question(leaf.der, w.ca.der)
    assert isinstance(asked, Asked)
    assert isinstance(
        read_answer(w.ca.answer(leaf.certificate, nonce=NONCE), asked, NOW), OcspAnswer
    )


def test_an_answer_that_was_good_is_nothing_once_it_is_over() -> None:
    w = world()
    leaf = w.ca.person()
    data = w.ca.answer(leaf.certificate, nonce=NONCE, until=NOW + 60)
    shown = w.show(leaf, crls=[w.root.crl()], answers=[(leaf.der, w.ca.der, data)])
    assert trusted(shown).known_until == NOW + 60
    later = judge(shown.leaf, shown.policy, shown.revocations(), NOW + 61)
    assert isinstance(later, Distrusted)
    assert later.fault is Fault.OCSP_EXPIRED


def test_where_to_learn_more_stands_in_the_certificates_or_in_the_settings() -> None:
    w = world()
    leaf = w.ca.person("alice", points("http://ca.test/1.crl", "ldap://dc/crl"),
                       responder_at("http://ocsp.test/"))  # fmt: skip
    shown = w.show(leaf)
    whole = before_revocation(shown.leaf, shown.policy, NOW)
    assert isinstance(whole, Trusted)
    assert what_to_fetch(whole.chain, shown.policy) == [
        CrlAt("http://ca.test/1.crl"),
        OcspAt("http://ocsp.test/", leaf.der, w.ca.der),
        OcspAt("http://ocsp.corp.test/", w.ca.der, w.root.der),
    ]
    said = IssuerPolicy(name="corp", anchors=(), crl=("/srv/corp.crl",), ocsp="no")
    assert what_to_fetch(whole.chain, said) == [CrlAt("/srv/corp.crl")]


def test_of_several_issuers_the_one_that_vouches_answers() -> None:
    w = world()
    shown = w.show(w.ca.person())
    other = IssuerPolicy(name="other", anchors=(w.other.der,))
    found = judge_by_any(shown.leaf, [other, shown.policy], shown.revocations(), NOW)
    assert isinstance(found, Trusted)
    assert found.issuer == "corp"
    late = judge_by_any(shown.leaf, [other, shown.policy], shown.revocations(), NOW + 999 * DAY)
    assert isinstance(late, Distrusted)
    assert (late.fault, late.issuer) == (Fault.EXPIRED, "corp")
    assert isinstance(judge_by_any(shown.leaf, [], shown.revocations(), NOW), Distrusted)
