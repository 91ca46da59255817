"""Any bytes have an answer: a certificate, a list, an answer of a responder never raise."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.company_ca import NOW, alternatives, points, sid_extension, upn
from tests.protocol.x509.corpus import CASES, NONCE, policy, world
from vedette.protocol.x509 import crls, der, ocsp, reading
from vedette.protocol.x509.crls import Crl, read_crl
from vedette.protocol.x509.faults import Fault
from vedette.protocol.x509.judging import judge
from vedette.protocol.x509.naming import text_of
from vedette.protocol.x509.ocsp import Asked, OcspAnswer, question, read_answer
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.revocations import Revocations, what_to_fetch
from vedette.protocol.x509.values import Distrusted, IssuerPolicy, Trusted


@cache
def seeds() -> tuple[bytes, ...]:
    """Good certificates, lists and answers, to be damaged."""
    w = world()
    rich = w.ca.person("alice", sid_extension("S-1-5-21-1-2-3-500"), points("http://a.test/1.crl"),
                       policy("1.3.6.1.4.1.99999.1"), alternatives(upn("alice@corp.test")))  # fmt: skip
    return (rich.der, w.ca.der, w.ca.crl(7), w.ca.answer(rich.certificate, nonce=NONCE))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = bytearray(seeds()[draw(st.integers(0, 3))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        change = draw(st.sampled_from(("set", "cut", "add")))
        if change == "set":
            data[at] = draw(st.integers(0, 255))
        elif change == "cut" and len(data) > 1:
            del data[at]
        else:
            data.insert(at, draw(st.integers(0, 255)))
    return bytes(data)


def judged(data: bytes) -> Trusted | Distrusted:
    w = world()
    asked = IssuerPolicy(name="corp", anchors=(w.root.der, data), intermediates=(w.ca.der, data))
    lists = [each for each in map(read_crl, (w.root.crl(), data)) if isinstance(each, Crl)]
    return judge(data, asked, Revocations(lists), NOW)


@given(st.binary(max_size=600) | damaged())
def test_whatever_is_shown_is_answered(data: bytes) -> None:
    assert isinstance(read(data), Read | Fault)
    assert isinstance(read_crl(data), Crl | Fault)
    assert isinstance(judged(data), Trusted | Distrusted)
    asked = question(seeds()[0], seeds()[1], NONCE)
    assert isinstance(asked, Asked)
    assert isinstance(read_answer(data, asked, NOW), OcspAnswer | Fault)
    assert isinstance(what_to_fetch([data, data], IssuerPolicy(name="c", anchors=())), list)


@given(damaged())
def test_what_was_damaged_is_never_believed(data: bytes) -> None:
    if data not in seeds():
        assert isinstance(judged(data), Distrusted)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_as_der_or_not_at_all(data: bytes) -> None:
    found = der.values(data)
    assert found is None or sum(len(content) + 2 for _, content in found) <= len(data)
    assert text_of(data) is None or data[0] == der.UTF8
    der.identifier(data)


@given(st.text(min_size=1, max_size=40))
def test_a_text_that_is_read_is_the_text_that_was_written(text: str) -> None:
    content = text.encode("utf-8", "ignore")
    if len(content) < 128:
        assert text_of(bytes([der.UTF8, len(content)]) + content) in (None, content.decode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [("2b06010401823714020 3", "1.3.6.1.4.1.311.20.2.3"), ("551d20", "2.5.29.32"), ("", None),
     ("80", None), ("2b8001", None), ("2b81", None)],
)  # fmt: skip
def test_object_identifiers_are_read_in_their_one_spelling(data: str, expected: str | None) -> None:
    assert der.identifier(bytes.fromhex(data.replace(" ", ""))) == expected


def test_what_is_too_large_is_not_even_parsed() -> None:
    assert read(b"\x30" * (reading.MOST_BYTES + 1)) is Fault.TOO_LARGE
    assert read_crl(b"\x30" * (crls.MOST_BYTES + 1)) is Fault.TOO_LARGE
    asked = question(seeds()[0], seeds()[1])
    assert isinstance(asked, Asked)
    assert read_answer(b"\x30" * (ocsp.MOST_BYTES + 1), asked, NOW) is Fault.TOO_LARGE


def test_a_certificate_with_bytes_behind_it_is_none() -> None:
    assert read(world().ca.person().der + b"\0") is Fault.MALFORMED


def test_the_corpus_is_large_enough_to_be_one() -> None:
    assert len({case.id for case in CASES}) == len(CASES) > 100
