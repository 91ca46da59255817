"""Checkpoints leave: to a file elsewhere, and under an authority's time stamp."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.services.timestamp_authority import TimestampService
from vedette.adapters.checkpoint_file import CheckpointFile
from vedette.adapters.timestamp_authority import HttpTimestampAuthority, prove
from vedette.control.vouching import Vouching, unstamped
from vedette.core.record import ChainState
from vedette.ports.errors import Unavailable
from vedette.protocol.internal.checkpoints import Checkpoint, sign_checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
LINE = sign_checkpoint(
    Checkpoint("example.org", 1_700_000_000, {"gateway": ChainState("a" * 64, "gateway:1", 1)}), KEY
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimestampService]:
    made = TimestampService(tmp_path_factory.mktemp("tsa") / "service")
    yield made
    made.close()


def test_a_time_stamp_is_kept_with_its_checkpoint_and_proves_it(
    service: TimestampService, tmp_path: Path
) -> None:
    stamps = CheckpointFile(tmp_path / "timestamps.jsonl")
    Vouching(authority=HttpTimestampAuthority(service.url, service.ca), stamps=stamps).vouch(LINE)
    kept = stamps.last()
    assert kept is not None
    checkpoint, answer = unstamped(kept)
    assert checkpoint == LINE
    seen = prove(answer, checkpoint, service.ca)
    assert abs((datetime.now(UTC) - seen).total_seconds()) < 60


def test_a_checkpoint_that_was_changed_is_not_the_one_that_was_stamped(
    service: TimestampService,
) -> None:
    answer = HttpTimestampAuthority(service.url, service.ca).stamp(LINE)
    with pytest.raises(Unavailable, match="does not hold"):
        prove(answer, LINE.replace(b"gateway:1", b"gateway:2"), service.ca)


def test_another_authoritys_stamp_an_old_one_and_nonsense_are_not_taken(
    service: TimestampService, tmp_path: Path
) -> None:
    other = TimestampService(tmp_path / "other")
    authority = HttpTimestampAuthority(service.url, service.ca)
    old = authority.stamp(LINE)
    try:
        with pytest.raises(Unavailable):
            HttpTimestampAuthority(other.url, service.ca).stamp(LINE)
        for answer in (old, b"", b"nonsense", b"\x30" * 70_000):  # the old one has an old nonce
            other.answers = answer
            with pytest.raises(Unavailable):
                HttpTimestampAuthority(other.url, service.ca).stamp(LINE)
    finally:
        other.close()
    with pytest.raises(Unavailable, match="gave no stamp"):
        HttpTimestampAuthority(other.url, service.ca).stamp(LINE)


def test_one_way_that_fails_keeps_no_other_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    stamps = CheckpointFile(tmp_path / "stamps.jsonl")

    class Always:
        def stamp(self, data: bytes) -> bytes:
            return b"x"

    vouching = Vouching(CheckpointFile(tmp_path / "file" / "no-folder"), Always(), stamps)
    with pytest.raises(Unavailable, match="could not be kept"):
        vouching.vouch(LINE)
    assert list(vouching.troubles()) == ["copy"]
    assert stamps.last() is not None
    vouching = Vouching(CheckpointFile(tmp_path / "elsewhere" / "kept.jsonl"))
    vouching.vouch(LINE)
    assert (tmp_path / "elsewhere" / "kept.jsonl").read_bytes() == LINE + b"\n"


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b'{"checkpoint":1,"token":"x"}', b"1"])
def test_what_is_no_stamped_checkpoint_says_so(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        unstamped(line)


def test_a_stamped_line_is_plain_json_for_whoever_reads_it(
    service: TimestampService, tmp_path: Path
) -> None:
    stamps = CheckpointFile(tmp_path / "t.jsonl")
    Vouching(authority=HttpTimestampAuthority(service.url, service.ca), stamps=stamps).vouch(LINE)
    fields = json.loads(stamps.last() or b"")
    assert (sorted(fields), fields["at"]) == (["at", "checkpoint", "token"], 1_700_000_000)
