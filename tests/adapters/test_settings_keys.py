"""The settings key changes hands in steps: whoever is ended after any of them goes on, and so do doors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from vedette.adapters import settings_keys
from vedette.adapters.settings_keys import SettingsKey, SettingsKeyFile, public_keys_at
from vedette.ports.errors import Unavailable

NOW = 1_800_000_000
OURS = "example.org"


class Files:
    """The files of one organisation's settings key."""

    def __init__(self, folder: Path) -> None:
        self.private, self.public = folder / "settings.key", folder / "keys/settings.pub"
        self.public.parent.mkdir()
        made = Ed25519PrivateKey.generate()
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.private.write_bytes(made.private_bytes(*form))
        shown = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.public.write_bytes(shown)

    def control(self, now: int = NOW) -> SettingsKey:
        """As control has it at its start, once it has sent everything."""
        made = SettingsKey.at(self.private, self.public, OURS, now)
        made.settle()
        return made

    def door(self) -> SettingsKeyFile:
        return SettingsKeyFile(self.public, OURS)

    def leftovers(self) -> list[str]:
        return sorted(each.name for each in self.private.parent.glob("settings.key?*"))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def believes(door: SettingsKeyFile, signature: bytes) -> bool:
    try:
        door.verify(signature, b"said")
    except InvalidSignature:
        return False
    return True


def test_a_door_believes_both_while_one_takes_over_and_then_the_new_one_alone(files: Files) -> None:
    key, door = files.control(), files.door()
    old = key.sign(b"said")
    with key.changing(NOW):
        new = key.sign(b"said")
        assert (believes(door, old), believes(door, new)) == (True, True)
    assert (believes(door, old), believes(door, new)) == (False, True)
    assert files.leftovers() == []
    assert files.private.stat().st_mode & 0o777 == 0o600
    assert believes(door, files.control().sign(b"said")), "control's next start has the new one"


def test_what_was_signed_before_stays_proven_over_three_changes(files: Files) -> None:
    key, door = files.control(), files.door()
    signed = []
    for turn in range(3):
        signed.append((NOW + turn * 10, key.sign(b"said")))
        with key.changing(NOW + turn * 10 + 5):
            pass
    for at, signature in signed:
        door.at(at).verify(signature, b"said")
        with pytest.raises(InvalidSignature):
            door.at(at + 6).verify(signature, b"said")


ENDED_IN: dict[str, Callable[[SettingsKey, pytest.MonkeyPatch], None]] = {
    "after (1)": lambda key, patch: patch.setattr(key, "_take", _ends),
    "in (2)": lambda key, patch: patch.setattr(key, "_publish", _ends),
    "in (3)": lambda _key, patch: patch.setattr(settings_keys, "hand_over", _ends),
}


def _ends(*_: object) -> bytes:
    raise KeyboardInterrupt


@pytest.mark.parametrize("where", sorted(ENDED_IN))
def test_ended_while_it_begins_the_next_start_goes_on_and_nothing_is_lost(
    tmp_path: Path, where: str
) -> None:
    class Open(SettingsKey):
        """Without slots, so that a test can have a step end."""

    files = Files(tmp_path)
    key = Open.at(files.private, files.public, OURS, NOW)
    door, old = files.door(), files.control().sign(b"said")
    with pytest.MonkeyPatch.context() as patch:
        ENDED_IN[where](key, patch)
        with pytest.raises(KeyboardInterrupt), key.changing(NOW):
            pass
    assert believes(door, old), "until somebody goes on, nothing has changed for a door"
    again = files.control(NOW + 60)
    assert believes(door, again.sign(b"said"))
    assert not believes(door, old)
    door.at(NOW).verify(old, b"said")
    assert files.leftovers() == []
    assert len(public_keys_at(files.public)) == 1


def test_ended_while_all_is_signed_anew_both_are_believed_until_the_next_start_has_done_so(
    files: Files,
) -> None:
    key, door = files.control(), files.door()
    old = key.sign(b"said")
    with pytest.raises(KeyboardInterrupt), key.changing(NOW):
        raise KeyboardInterrupt
    assert (believes(door, old), believes(door, key.sign(b"said"))) == (True, True)
    again = SettingsKey.at(files.private, files.public, OURS, NOW + 1)
    assert again.public_key() == key.public_key()
    assert believes(door, old), "not everything was signed anew yet"
    again.settle()
    assert (believes(door, old), believes(door, again.sign(b"said"))) == (False, True)
    assert files.leftovers() == []


def test_ended_between_the_last_two_steps_the_next_start_finishes(files: Files) -> None:
    key, door = files.control(), files.door()
    with pytest.raises(KeyboardInterrupt), key.changing(NOW):
        raise _replaced(key, files)
    assert key.two()
    again = files.control()
    assert not again.two()
    assert believes(door, key.sign(b"said"))


def _replaced(key: SettingsKey, files: Files) -> KeyboardInterrupt:
    key.next.replace(files.private)  # (5), and ended before (6)
    return KeyboardInterrupt()


def test_two_changes_at_once_are_not_begun(files: Files) -> None:
    key = files.control()
    with key.changing(NOW), pytest.raises(Unavailable, match="already"), key.changing(NOW):
        pass
    with key.changing(NOW):
        pass


def test_what_could_not_be_signed_anew_goes_on_with_the_same_key_when_it_is_said_again(
    files: Files,
) -> None:
    key, door = files.control(), files.door()
    with pytest.raises(Unavailable), key.changing(NOW):
        raise Unavailable("no number can be kept")
    new = key.public_key()
    with key.changing(NOW + 5):
        pass
    assert key.public_key() == new
    assert believes(door, key.sign(b"said"))
    assert len(settings_keys.handovers_at(settings_keys.before_path(files.public))) == 1


def test_a_try_that_failed_before_it_signed_is_gone_on_with(files: Files) -> None:
    key, door = files.control(), files.door()
    old = key.sign(b"said")
    before = settings_keys.before_path(files.public)
    before.mkdir()  # where a line should be kept nothing can be
    with pytest.raises(Unavailable), key.changing(NOW):
        pass
    assert (believes(door, old), believes(door, key.sign(b"said"))) == (True, True)
    before.rmdir()
    with key.changing(NOW):
        pass
    assert (believes(door, old), believes(door, key.sign(b"said"))) == (False, True)


def test_what_is_no_key_is_told_and_verifies_nothing(files: Files) -> None:
    door, old = files.door(), files.control().sign(b"said")
    settings_keys.before_path(files.public).write_bytes(b"nonsense\n")
    with pytest.raises(Unavailable, match="hands over"):
        door.keys()
    settings_keys.before_path(files.public).unlink()
    files.public.write_bytes(b"nonsense")
    assert not believes(door, old)
    with pytest.raises(Unavailable, match="can be read"):
        door.keys()
    files.public.unlink()
    assert not believes(door, old)
