"""Synapse's signing key changes hands while Synapse is down, and what it signed before stays good."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.apps.control.organisation import make
from vedette.adapters import synapse_signing
from vedette.adapters.boot_file import Boot, BootFault
from vedette.adapters.synapse_signing import SynapseSigning, new_line, shown
from vedette.ports.errors import Unavailable
from vedette.ports.keys import ServerKey

NOW = 1_800_000_000.5


@pytest.fixture
def signing(tmp_path: Path) -> SynapseSigning:
    return SynapseSigning(make(tmp_path / "org").boot)


def current(signing: SynapseSigning) -> ServerKey:
    return shown(signing.path.read_bytes())


def before(boot: Boot) -> dict[str, dict[str, str | int]]:
    return boot.synapse_keys_before()


def test_the_public_half_is_what_synapse_publishes() -> None:
    # The seed and key of the Matrix specification's test vectors ("Signing JSON").
    line = b"ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n"
    assert shown(line) == ServerKey("ed25519:1", "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI")


@pytest.mark.parametrize("line", [b"", b"ed25519 a", b"rsa a b", b"ed25519 a ####", b"\xff a b"])
def test_what_is_no_key_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any of its kinds
        shown(line)


def test_nothing_changes_at_a_start_for_which_no_key_was_chosen(signing: SynapseSigning) -> None:
    key = current(signing)
    signing.settle(NOW)
    assert (current(signing), before(signing.boot)) == (key, {})


def test_a_chosen_key_takes_over_at_the_next_start_and_the_old_one_keeps_its_end(
    signing: SynapseSigning,
) -> None:
    old, chosen = current(signing), signing.choose()
    assert current(signing) == old, "it signs until Synapse has ended"
    signing.settle(NOW)
    assert current(signing) == chosen
    end = {"key": old.public, "expired_ts": int(NOW * 1000)}
    assert before(signing.boot) == {old.id: end}
    assert signing.path.stat().st_mode & 0o777 == 0o600
    signing.choose()
    signing.settle(NOW + 60)
    assert set(before(signing.boot)) == {old.id, chosen.id}
    assert sorted(each.name for each in signing.path.parent.glob("synapse-signing*")) == [
        signing.path.name
    ]


def test_partners_are_told_the_very_key_that_is_chosen_then(signing: SynapseSigning) -> None:
    told = signing.tell()
    assert signing.tell() == told
    signing.settle(NOW)
    assert current(signing) != told, "a start alone changes nothing"
    assert signing.choose() == told
    assert signing.choose() == told, "asked again, it is still the one"
    assert signing.tell() == told
    signing.settle(NOW)
    assert current(signing) == told
    assert signing.tell() != told


def test_ended_between_the_two_files_the_next_start_goes_on(
    signing: SynapseSigning, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, chosen = current(signing), signing.choose()
    kept = signing.boot.synapse_before()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _only_for(kept))
        with pytest.raises(Unavailable):
            signing.settle(NOW)
    assert current(signing) == old
    assert old.id in before(signing.boot)
    signing.settle(NOW + 9)
    assert current(signing) == chosen
    assert before(signing.boot)[old.id]["expired_ts"] == int((NOW + 9) * 1000)


def _only_for(allowed: Path) -> object:
    def replace_(self: Path, target: Path) -> Path:
        if Path(target) != allowed:
            raise OSError("no room")
        return real(self, target)

    real = Path.replace
    return replace_


def test_a_key_that_signs_again_is_none_of_before(signing: SynapseSigning) -> None:
    backup, old = signing.path.read_bytes(), current(signing)
    signing.choose()
    signing.settle(NOW)
    signing.path.write_bytes(backup)
    signing.settle(NOW + 1)
    assert old.id not in before(signing.boot)


def test_what_can_t_be_read_is_told(signing: SynapseSigning) -> None:
    signing.boot.synapse_before().write_text("[]")
    with pytest.raises(BootFault):
        before(signing.boot)
    signing.choose()
    with pytest.raises(Unavailable):
        signing.settle(NOW)
    signing.boot.synapse_before().write_text(json.dumps({}))
    signing.path.write_bytes(b"torn")
    with pytest.raises(Unavailable, match="no signing key"):
        signing.settle(NOW)


def test_a_new_key_is_another_one_each_time() -> None:
    keys = {shown(new_line()) for _ in range(20)}
    assert len(keys) == 20
    assert synapse_signing.shown(new_line()) != replace(next(iter(keys)))
