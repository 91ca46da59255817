"""A key hands over to the next: who verified by the old one can follow, and no thief of it goes on."""

import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.record import ChainState, canonical
from vedette.protocol.internal.checkpoints import (
    Checkpoint,
    CheckpointFault,
    sign_checkpoint,
    verify_checkpoint,
)
from vedette.protocol.internal.signing import (
    Before,
    HandoverFault,
    Keys,
    hand_over,
    keys_of_before,
    of_its_time,
)

OURS = "example.org"
FIRST, SECOND, THIRD, THIEF = (
    Ed25519PrivateKey.from_private_bytes(letter * 32) for letter in (b"1", b"2", b"3", b"t")
)
LINES = [hand_over(OURS, FIRST, SECOND, 100), hand_over(OURS, SECOND, THIRD, 200)]
NOW = (THIRD.public_key(),)


def test_the_keys_of_before_are_found_the_newest_first_each_with_its_end() -> None:
    found = keys_of_before(LINES, OURS, NOW)
    assert found == (Before(SECOND.public_key(), 200), Before(FIRST.public_key(), 100))
    assert keys_of_before([], OURS, NOW) == ()


def test_a_key_of_before_verifies_what_was_signed_in_its_time_and_nothing_of_now() -> None:
    keys = Keys(NOW, keys_of_before(LINES, OURS, NOW))
    signature = FIRST.sign(b"said")
    keys.at(100).verify(signature, b"said")
    for late in (keys, keys.at(101)):
        with pytest.raises(InvalidSignature):
            late.verify(signature, b"said")
    keys.verify(THIRD.sign(b"said"), b"said")
    keys.at(1).verify(THIRD.sign(b"said"), b"said")
    assert of_its_time(FIRST.public_key(), 5) == FIRST.public_key()


def test_while_one_takes_over_both_count() -> None:
    both = Keys((SECOND.public_key(), FIRST.public_key()))
    for key in (FIRST, SECOND):
        both.verify(key.sign(b"said"), b"said")
    with pytest.raises(InvalidSignature):
        both.verify(THIEF.sign(b"said"), b"said")


def test_a_checkpoint_of_before_is_believed_by_the_key_of_its_time() -> None:
    keys = Keys(NOW, keys_of_before(LINES, OURS, NOW))
    for at, believed in ((100, True), (101, False)):
        checkpoint = Checkpoint(OURS, at, {"control": ChainState("a" * 64, "control:1", 1)})
        line = sign_checkpoint(checkpoint, FIRST)
        if believed:
            assert verify_checkpoint(line, OURS, keys) == checkpoint
        else:
            with pytest.raises(CheckpointFault, match="signature"):
                verify_checkpoint(line, OURS, keys)


def test_a_thief_of_an_old_key_has_no_key_take_over_and_none_count_longer() -> None:
    stolen = hand_over(OURS, FIRST, THIEF, 10_000)
    with pytest.raises(HandoverFault, match="nothing leads"):
        keys_of_before([*LINES, stolen], OURS, NOW)
    longer = json.loads(LINES[0]) | {"at": 10_000}
    with pytest.raises(HandoverFault, match="theirs"):
        keys_of_before([canonical(longer), LINES[1]], OURS, NOW)
    late = hand_over(OURS, FIRST, SECOND, 10_000)  # by whoever has the second one too
    assert keys_of_before([late, LINES[1]], OURS, NOW)[1].until == 200


def test_a_line_that_stands_twice_changes_nothing() -> None:
    again = hand_over(OURS, FIRST, SECOND, 90)  # written by a start after a crash
    assert keys_of_before([again, *LINES], OURS, NOW) == keys_of_before(LINES, OURS, NOW)


def test_a_line_of_another_organisation_is_refused() -> None:
    with pytest.raises(HandoverFault, match=r"acme\.example"):
        keys_of_before([hand_over("acme.example", SECOND, THIRD, 1)], OURS, NOW)


@given(at=st.integers(0, len(LINES[1]) - 1), bit=st.integers(0, 7))
def test_no_bit_of_a_line_can_be_changed(at: int, bit: int) -> None:
    altered = bytearray(LINES[1])
    altered[at] ^= 1 << bit
    try:
        found = keys_of_before([bytes(altered)], OURS, NOW)
    except HandoverFault:
        return
    assert found == (Before(SECOND.public_key(), 200),)


@given(st.binary() | st.text().map(str.encode) | st.sampled_from([b"[]", b'{"at":1}', b"3"]))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    with pytest.raises(HandoverFault):
        keys_of_before([data], OURS, NOW)
