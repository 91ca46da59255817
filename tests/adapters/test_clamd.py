"""clamd's answers: only two of them are a verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.clamd import verdict_in, version_in
from vedette.ports.errors import Unavailable
from vedette.ports.looking import Scanned

NO_VERDICTS = [
    b"",
    b"\0",
    b"stream: OK",
    b"stream: OK\n",
    b"stream: OK\0stream: OK\0",
    b"stream: OK\0x",
    b"1: stream: OK\0",
    b"stream: ok\0",
    b"stream:  FOUND\0",
    b"stream: Eicar\n FOUND\0",
    b"stream: OK\nstream: Eicar FOUND\0",
    b"INSTREAM size limit exceeded. ERROR\0",
    b"stream: Can't allocate memory ERROR\0",
    b"stream: Time limit reached ERROR\0",
    b"COMMAND READ TIMED OUT\0",
    b"UNKNOWN COMMAND\0",
]


@pytest.mark.parametrize("answer", NO_VERDICTS)
def test_what_does_not_say_whether_something_was_found_is_no_verdict(answer: bytes) -> None:
    with pytest.raises(Unavailable):
        verdict_in(answer)


def test_the_two_verdicts() -> None:
    assert verdict_in(b"stream: OK\0") == Scanned(None)
    assert verdict_in(b"stream: Win.Test.EICAR_HDB-1 FOUND\0") == Scanned("Win.Test.EICAR_HDB-1")
    assert verdict_in(b"stream: OK FOUND\0") == Scanned("OK")


@given(st.binary(max_size=400) | st.sampled_from(NO_VERDICTS).map(lambda each: b"stream: " + each))
def test_whatever_else_is_answered_is_never_harmless(answer: bytes) -> None:
    try:
        told = verdict_in(answer)
    except Unavailable:
        return
    assert told.found is not None or answer == b"stream: OK\0"


@given(
    st.binary(max_size=400) | st.binary(max_size=300).map(lambda each: b"ClamAV " + each + b"\0")
)
def test_a_version_is_one_line_that_can_be_shown(answer: bytes) -> None:
    try:
        told = version_in(answer)
    except Unavailable:
        return
    assert told.isprintable()
    assert answer == told.encode() + b"\0"


def test_a_version_holds_the_number_of_the_database() -> None:
    told = b"ClamAV 1.4.6/27500/Wed Nov 25 12:27:06 2026\0"
    assert version_in(told) == "ClamAV 1.4.6/27500/Wed Nov 25 12:27:06 2026"
