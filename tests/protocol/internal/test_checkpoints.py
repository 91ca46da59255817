import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from vedette.core.record import GENESIS, ChainState, canonical
from vedette.protocol.internal.checkpoints import (
    Checkpoint,
    CheckpointFault,
    sign_checkpoint,
    verify_checkpoint,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key()
CHECKPOINT = Checkpoint(
    "example.org",
    1_800_000_000,
    {"gateway": ChainState("a" * 64, "gateway:7", 7), "synapse": ChainState(GENESIS, None, 0)},
)
LINE = sign_checkpoint(CHECKPOINT, KEY)


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    assert verify_checkpoint(LINE, "example.org", PUBLIC) == CHECKPOINT


def test_another_organisation_s_checkpoint_is_refused() -> None:
    with pytest.raises(CheckpointFault, match="belongs to"):
        verify_checkpoint(LINE, "acme.example", PUBLIC)


def test_another_key_s_checkpoint_is_refused() -> None:
    other = sign_checkpoint(CHECKPOINT, Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    with pytest.raises(CheckpointFault, match="signature"):
        verify_checkpoint(other, "example.org", PUBLIC)


@pytest.mark.parametrize("field", ["at", "organisation", "heads"])
def test_no_field_can_be_changed(field: str) -> None:
    fields = json.loads(LINE)
    fields[field] = {"at": 1, "organisation": "x.y", "heads": {}}[field]
    with pytest.raises(CheckpointFault):
        verify_checkpoint(canonical(fields), "example.org", PUBLIC)


@given(at=st.integers(0, len(LINE) - 1), bit=st.integers(0, 7))
def test_no_bit_can_be_changed(at: int, bit: int) -> None:
    altered = bytearray(LINE)
    altered[at] ^= 1 << bit
    try:
        assert verify_checkpoint(bytes(altered), "example.org", PUBLIC) == CHECKPOINT
    except CheckpointFault:
        return


@given(st.binary() | st.text().map(str.encode) | st.just(b"[]") | st.just(b'{"signature":3}'))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    with pytest.raises(CheckpointFault):
        verify_checkpoint(data, "example.org", PUBLIC)
