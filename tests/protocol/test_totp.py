"""One-time passwords: the RFC's own vectors, the window, and no code twice."""

import hashlib
import hmac
import struct

import pyotp
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.totp import NEVER, PERIOD, SECRET_BYTES, uri, verify, written

SECRET = b"12345678901234567890"  # RFC 6238 appendix B
NOW = 1_111_111_111


def code_at(step: int) -> str:
    """RFC 4226 section 5.3, written a second time."""
    digest = hmac.digest(SECRET, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 0xF
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFF_FFFF
    return f"{number % 10**6:06}"


def test_the_vectors_of_the_rfc_are_right():
    # RFC 6238 appendix B shows eight digits; six are their end.
    for at, eight in {
        59: "94287082",
        1111111109: "07081804",
        1111111111: "14050471",
        1234567890: "89005924",
        2000000000: "69279037",
        20000000000: "65353130",
    }.items():
        assert verify(SECRET, eight[2:], at, NEVER) == at // PERIOD


@given(offset=st.integers(-5, 5))
def test_a_code_is_good_one_step_early_or_late_and_no_more(offset):
    step = NOW // PERIOD + offset
    assert verify(SECRET, code_at(step), NOW, NEVER) == (step if abs(offset) <= 1 else None)


def test_a_code_is_good_once():
    code = code_at(NOW // PERIOD)
    used = verify(SECRET, code, NOW, NEVER)
    assert used is not None
    assert verify(SECRET, code, NOW, used) is None


def test_after_a_late_code_an_earlier_one_is_worth_nothing():
    used = NOW // PERIOD
    assert verify(SECRET, code_at(used - 1), NOW, used) is None
    assert verify(SECRET, code_at(used + 1), NOW, used) == used + 1


def test_the_gap_that_apps_show_may_be_typed():
    code = code_at(NOW // PERIOD)
    assert verify(SECRET, f" {code[:3]} {code[3:]} ", NOW, NEVER) is not None


@given(code=st.text(max_size=40) | st.text("0123456789\N{ARABIC-INDIC DIGIT ONE} -", max_size=12))
def test_whatever_is_typed_is_a_code_or_a_no(code):
    found = verify(SECRET, code, NOW, NEVER)
    assert found is None or code_at(found) == code.replace(" ", "").replace("-", "").strip()


def test_at_the_beginning_of_time_there_is_no_step_before():
    assert verify(SECRET, code_at(0), 0, NEVER) == 0


@given(secret=st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES))
def test_an_app_reads_the_secret_from_the_address(secret):
    read = pyotp.parse_uri(uri(secret, "@alice:example.org", "Example: AG"))
    assert isinstance(read, pyotp.TOTP)
    assert verify(secret, read.at(NOW), NOW, NEVER) == NOW // PERIOD
    assert written(secret).replace(" ", "") == read.secret
