"""Signed webhooks: what holds, and everything that must not."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.protocol.standard_webhooks import (
    TOLERANCE,
    SecretFault,
    Stamp,
    holds,
    secret_of,
)

NOW = 1_800_000_000
SECRET, OTHER = bytes(range(32)), bytes(range(1, 33))
BODY = b'{"devices": []}'


def signed(
    secret: bytes = SECRET, body: bytes = BODY, called: str = "msg_1", at: int = NOW
) -> Stamp:
    mac = hmac.new(secret, f"{called}.{at}.".encode() + body, hashlib.sha256).digest()
    return Stamp(called, str(at), f"v1,{base64.b64encode(mac).decode()}")


def test_the_example_of_the_specification_holds():
    """The secret, message and signature that its description gives."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    stamp = Stamp(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    assert holds(stamp, b'{"test": 2432232314}', (secret,), 1614265330)


def test_a_message_of_ours_holds_within_five_minutes_either_way():
    for late in (0, TOLERANCE, -TOLERANCE):
        assert holds(signed(), BODY, (SECRET,), NOW + late)
    for late in (TOLERANCE + 1, -TOLERANCE - 1, 10**9):
        assert not holds(signed(), BODY, (SECRET,), NOW + late)


@pytest.mark.parametrize(
    ("stamp", "body"),
    [
        (signed(OTHER), BODY),
        (signed(), BODY + b" "),
        (signed(), b""),
        (Stamp("msg_2", str(NOW), signed().signature), BODY),
        (Stamp("msg_1", str(NOW + 1), signed().signature), BODY),
        (Stamp("msg_1", str(NOW), ""), BODY),
        (Stamp("msg_1", str(NOW), signed().signature.replace("v1,", "v1a,")), BODY),
        (Stamp("msg_1", str(NOW), signed().signature.removeprefix("v1,")), BODY),
        (Stamp("msg_1", str(NOW), signed().signature[:-1]), BODY),
        (Stamp("msg_1", f"{NOW}.0", signed().signature), BODY),
        (Stamp("", str(NOW), signed(called="").signature), BODY),
        (Stamp("msg_1", "٣", signed().signature), BODY),
        (Stamp("é", "é", "v1,é"), BODY),
    ],
)
def test_whatever_is_not_as_it_was_signed_does_not_hold(stamp, body):
    assert not holds(stamp, body, (SECRET,), NOW)


def test_an_id_with_a_dot_does_not_hold_since_one_signature_would_fit_two_messages():
    sound = signed(called=f"a.{NOW}", body=b"{}")
    twin = Stamp("a", str(NOW), sound.signature)
    assert not holds(sound, b"{}", (SECRET,), NOW)
    assert holds(twin, f"{NOW}.".encode() + b"{}", (SECRET,), NOW)  # never both


def test_while_a_secret_is_exchanged_either_one_holds_and_afterwards_the_new_one_alone():
    both = Stamp("msg_1", str(NOW), f"{signed(OTHER).signature} {signed().signature}")
    assert holds(both, BODY, (SECRET,), NOW)
    assert holds(both, BODY, (OTHER,), NOW)
    assert holds(signed(), BODY, (OTHER, SECRET), NOW)
    assert not holds(signed(OTHER), BODY, (SECRET,), NOW)
    assert not holds(both, BODY, (), NOW)


def test_a_signature_behind_a_heap_of_others_is_not_looked_at():
    heap = " ".join(["v1,AAAA"] * 5000)
    assert not holds(Stamp("msg_1", str(NOW), f"{heap} {signed().signature}"), BODY, (SECRET,), NOW)


@given(
    id_=st.text(max_size=40),
    at=st.text(max_size=14),
    signature=st.text(max_size=80),
    body=st.binary(),
)
def test_nothing_that_was_made_up_holds_or_raises(id_, at, signature, body):
    assert not holds(Stamp(id_, at, signature), body, (SECRET,), NOW)


@given(body=st.binary(max_size=200), at=st.integers(0, len(b"x") * 199), flip=st.integers(1, 255))
def test_one_other_byte_and_it_does_not_hold(body, at, flip):
    stamp = signed(body=body)
    assert holds(stamp, body, (SECRET,), NOW)
    if body:
        other = bytearray(body)
        other[at % len(body)] ^= flip
        assert not holds(stamp, bytes(other), (SECRET,), NOW)


def test_a_secret_is_base64_of_enough_bytes_and_a_fault_never_holds_it():
    assert secret_of("whsec_" + base64.b64encode(SECRET).decode()) == SECRET
    assert secret_of(base64.b64encode(SECRET).decode()) == SECRET
    for bad in ("", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all!", json.dumps({})):
        with pytest.raises(SecretFault) as fault:
            secret_of(bad)
        assert len(bad) < 10 or bad not in str(fault.value)
