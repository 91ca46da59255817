"""The settings key and the audit's change while control and doors run, and all stays proven."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.apps.control.organisation import Organisation, RunningDoor, until
from tests.lying import unlisted
from vedette.adapters.audit_keys import AuditKeys, private_keys_at, recipient_at
from vedette.adapters.restarts import FOLDER, Restarts
from vedette.adapters.settings_keys import SettingsKey
from vedette.adapters.stream_files import StreamFiles, read_acknowledgement
from vedette.adapters.synapse_signing import shown
from vedette.admin.homeserver import SECRETS, homeserver_file, secret_file
from vedette.control.records_here import checkpoint_file, settings_keys, spool_folder
from vedette.protocol.internal.sealing import read_keys
from vedette.protocol.internal.signing import Keys
from vedette.protocol.internal.streams import FOR_EVERY_DOOR, Stream
from vedette.suite.synapse_files import write_homeserver


def rotate(organisation: Organisation, name: str) -> dict[str, Any]:
    code, told = organisation.ask("POST", f"/keys/{name}/rotate", {"reason": "a drill"})
    assert code == 200, told
    found: dict[str, Any] = told
    return found


def issued(door: RunningDoor, stream: Stream) -> int:
    part = door.files.part(stream)
    return 0 if part is None else part.number


def test_another_settings_key_signs_on_and_what_the_old_one_signed_stays_proven(
    running: Organisation, tmp_path: Path
) -> None:
    boot, door = running.boot, running.door("gateway")
    pinned = settings_keys(boot).keys().now  # as of a door that never hears of another key
    until(lambda: all(issued(door, stream) for stream in FOR_EVERY_DOOR))
    kept = tmp_path / "checkpoint"
    kept.write_bytes(checkpoint_file(boot).read_bytes())
    numbers = {stream: issued(door, stream) for stream in FOR_EVERY_DOOR}

    assert rotate(running, "settings-key")["left"] is None
    until(lambda: all(issued(door, stream) > numbers[stream] for stream in FOR_EVERY_DOOR))
    (now,) = settings_keys(boot).keys().now
    assert now not in pinned
    assert unlisted(boot) == []

    rule = ("--between", "us", "us", "--allow", "message", "--reason", "by the new key")
    assert running.vedette("rule", "add", "try", *rule).returncode == 0
    until(lambda: door.revision() == 2)
    told = read_acknowledgement(boot.door("gateway"))
    assert told is not None
    assert all(each["refused"] is None for each in told.values()), told
    old = StreamFiles(door.files.folder, boot.organisation, Keys(pinned), door.files.clock)
    assert not old.poll(), "whoever believes the old key alone takes nothing of the new one"

    for checkpoint in ([], ["--checkpoint", str(kept)]):
        verified = running.vedette("audit", "verify", *checkpoint)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    running.stop()
    running.start()
    until(lambda: issued(door, Stream.SETTINGS) > numbers[Stream.SETTINGS] + 1)
    assert settings_keys(boot).keys().now == (now,)
    assert running.ask("GET", "/ready", prefix="")[0] == 200, "it goes on from its last checkpoint"


def test_a_change_of_the_settings_key_that_was_broken_off_is_ended_by_the_next_start(
    running: Organisation,
) -> None:
    boot, door = running.boot, running.door("gateway")
    until(lambda: issued(door, Stream.SETTINGS) > 0)
    number = issued(door, Stream.SETTINGS)
    running.stop(signal.SIGKILL)
    (old,) = settings_keys(boot).keys().now
    private = boot.path(boot.control.settings_key)
    broken_off = SettingsKey.at(private, boot.path(boot.public_key), boot.organisation, 1)
    with pytest.raises(KeyboardInterrupt), broken_off.changing(int(time.time())):
        raise KeyboardInterrupt
    assert private.with_name("settings.key.next").exists()
    assert running.vedette("audit", "verify").returncode == 0
    running.start()
    until(lambda: issued(door, Stream.SETTINGS) > number)
    assert settings_keys(boot).keys().now not in ((old,), ())
    assert unlisted(boot) == []
    assert not private.with_name("settings.key.next").exists()
    assert running.vedette("audit", "verify").returncode == 0


def test_another_audit_key_opens_what_comes_and_the_old_one_what_was(running: Organisation) -> None:
    boot = running.boot
    assert about(running, "alice") == 1
    (old,) = private_keys_at(boot.path(boot.control.audit_key))
    rotate(running, "audit-key")
    new, kept = private_keys_at(boot.path(boot.control.audit_key))
    assert kept.public_key() == old.public_key()
    assert recipient_at(boot.path(boot.audit_key)) == new.public_key()
    assert about(running, "bob") == 1, "sealed to the new one, and opened by control as it runs"
    spools = spool_folder(boot)
    before, after = (AuditKeys(spools, key) for key in (old, new))
    assert len(sealed_for(before, "bob")) == 0, "a thief of the old one learns nothing of now"
    assert len(sealed_for(after, "bob")) > 0
    assert len(sealed_for(before, "alice")) > 0
    assert found(running, "alice") == 1, "control itself opens what is older, too"
    anew = AuditKeys.at(spools, boot.path(boot.control.audit_key))
    assert all(sealed_for(anew, name) for name in ("alice", "bob"))
    assert running.vedette("audit", "verify").returncode == 0
    rotate(running, "audit-key")
    assert len(private_keys_at(boot.path(boot.control.audit_key))) == 3
    assert unlisted(boot) == []


def test_what_synapse_reads_at_its_start_is_replaced_and_its_readers_started_again(
    running: Organisation,
) -> None:
    boot, restarts = running.boot, Restarts(running.boot.path(FOLDER))
    shared = boot.path(boot.signin.synapse_secret)
    others = [secret_file(boot, name) for name in SECRETS]
    before = {path: path.read_bytes() for path in (shared, *others)}
    with started_again(restarts) as started:
        assert rotate(running, "synapse-shared-secret")["left"] is None
        assert sorted(started) == ["signin", "synapse"]
        assert shared.read_bytes() != before[shared]
        assert [path.read_bytes() for path in others] == [before[path] for path in others]
        assert rotate(running, "synapse-secrets")["left"] is None
        assert started[2:] == ["synapse"]
        code, told = running.ask("GET", "/keys/synapse-signing-key/next")
        assert code == 200
        assert rotate(running, "synapse-signing-key")["left"] is None
    assert all(path.read_bytes() != old for path, old in before.items())
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in before)
    old = shown(boot.path(boot.synapse.signing_key).read_bytes())
    write_homeserver(boot)  # as `vedette up` does ahead of Synapse's start
    new = shown(boot.path(boot.synapse.signing_key).read_bytes())
    assert told == {"id": new.id, "public": new.public}
    written = json.loads(homeserver_file(boot).read_text().partition("\n")[2])
    assert written["old_signing_keys"][old.id]["key"] == old.public
    assert new.id not in written["old_signing_keys"]
    assert unlisted(boot) == []
    left = rotate(running, "synapse-secrets")["left"]  # nobody is there who starts anything again
    assert "start the organisation again" in left


@contextmanager
def started_again(restarts: Restarts) -> Iterator[list[str]]:
    """As `vedette up` does it, with processes that serve at once."""
    started: list[str] = []
    ended = threading.Event()

    def grant() -> None:
        while not ended.wait(0.05):
            for name in restarts.take():
                started.append(name)
                restarts.done(name)

    thread = threading.Thread(target=grant, daemon=True)
    thread.start()
    try:
        yield started
    finally:
        ended.set()
        thread.join()


def about(organisation: Organisation, name: str) -> int:
    """Have something about a person recorded; how many records of it are found by their name."""
    organisation.vedette("user", "unlock", name, "--reason", "a drill")
    return found(organisation, name)


def found(organisation: Organisation, name: str) -> int:
    person = f"@{name}:example.test"
    said = organisation.vedette("audit", "list", "--person", person, "--json")
    assert said.returncode == 0, said.stderr
    return said.stdout.count(f'"{person}"') and 1


def sealed_for(keys: AuditKeys, name: str) -> list[str]:
    wanted = {
        pseudonym
        for file in keys.folder.glob("*/*.keys")
        for pseudonym in read_keys(file.read_bytes())
    }
    people = keys.named(wanted)
    return [one for one, person in people if person.name == f"@{name}:example.test"]
