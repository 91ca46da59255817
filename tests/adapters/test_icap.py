"""What an ICAP server answers: only some of it is a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.icap import head_in, tag_in, verdict_in
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Scanned

BACK = "Encapsulated: res-hdr=0, res-body=137"


def head(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"ICAP/1.0 {status}", *headers, "", ""]).encode()


FOUND = [
    (head("200 OK", "X-Infection-Found: Type=0; Resolution=2; Threat=Eicar;", BACK), b"", "Eicar"),
    (head("200 OK", "X-Virus-ID: Eicar", BACK), b"HTTP/1.1 200 OK\r\n", "Eicar"),
    (head("204 No", "X-Infection-Found: Type=0; Resolution=0; Threat=A;"), b"", "A"),
    (head("200 OK", BACK), b"HTTP/1.0 403 Forbidden\r\n", "something"),
]
NO_VERDICTS = [
    (head("200 OK", BACK), b"HTTP/1.1 200 OK\r\n"),
    (head("200 OK", BACK), b""),
    (head("200 OK"), b"HTTP/1.0 403 Forbidden\r\n"),
    (head("100 Continue"), b""),
    (head("404 Service not found"), b""),
    (head("500 Server error", "X-Infection-Found: Threat=A;"), b""),
    (head("503 Overloaded"), b""),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    (b"\r\n\r\n", b""),
]


@pytest.mark.parametrize(("told", "body", "name"), FOUND)
def test_a_named_infection_and_a_changed_answer_are_finds(
    told: bytes, body: bytes, name: str
) -> None:
    assert verdict_in(head_in(told), body) == Scanned(name)


def test_unmodified_is_harmless() -> None:
    assert verdict_in(head_in(head("204 Unmodified", 'ISTag: "x"')), b"") == Scanned(None)


@pytest.mark.parametrize(("told", "body"), NO_VERDICTS)
def test_everything_else_is_no_verdict(told: bytes, body: bytes) -> None:
    with pytest.raises(Unavailable):
        verdict_in(head_in(told), body)


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda each: b"ICAP/1.0 200 " + each))
def test_whatever_comes_back_it_is_an_outage_or_a_find_unless_it_says_204(told: bytes) -> None:
    try:
        verdict = verdict_in(head_in(told + b"\r\n\r\n"), told)
    except Unavailable:
        return
    assert verdict.found is not None or b" 204" in told


def test_a_service_has_a_tag() -> None:
    assert tag_in(head_in(head("200 OK", 'ISTag: "CI0001-m5MfTL"'))) == "CI0001-m5MfTL"
    for told in (head("200 OK"), head("404 Not found", 'ISTag: "x"'), head("200 OK", "ISTag: a b")):
        with pytest.raises(Unavailable):
            tag_in(head_in(told))
