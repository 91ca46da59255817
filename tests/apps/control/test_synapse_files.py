"""What Synapse was started with, beside what control has signed since."""

from __future__ import annotations

import asyncio

import pytest

from tests.apps.control.organisation import Organisation, until
from vedette.admin.homeserver import differing, edited, homeserver_file
from vedette.suite import synapse_files
from vedette.suite.synapse_files import Configuration, keep_current


def sets(running: Organisation, path: str, value: str) -> None:
    """Change one setting, and wait until it was signed for Synapse's door."""
    part = running.boot.door("synapse") / "settings.part"
    before = part.read_bytes()
    body = {"path": path, "value": value, "reason": "a test"}
    status, answer = running.ask("PATCH", "/settings", body)
    assert status == 200, answer
    until(lambda: part.read_bytes() != before)


@pytest.fixture
def started(running: Organisation) -> Configuration:
    """What Synapse was started with a moment ago."""
    until((running.boot.door("synapse") / "settings.part").exists)
    configuration = Configuration(running.boot)
    configuration.write()
    return configuration


def test_only_what_synapse_reads_at_its_start_waits_for_one(
    running: Organisation, started: Configuration
) -> None:
    assert started.waits() == ()
    sets(running, "federation.requests", "7")
    assert started.waits() == ()
    sets(running, "synapse.own_names", "false")
    sets(running, "media.max_upload", '"3 MiB"')
    assert started.waits() == ("enable_set_displayname", "max_upload_size")
    written = homeserver_file(running.boot).read_text()
    started.write()
    assert started.waits() == ()
    assert started.started is not None
    assert differing(written, started.started) == ["enable_set_displayname", "max_upload_size"]


def test_an_edit_by_hand_is_no_reason_to_start_synapse_again(started: Configuration) -> None:
    path = homeserver_file(started.boot)
    assert not edited(path.read_text())
    path.write_text(path.read_text().replace('"report_stats": false', '"report_stats": true'))
    assert edited(path.read_text())
    assert started.waits() == ()


def test_settings_that_can_not_be_used_start_nothing_again(started: Configuration) -> None:
    part = started.boot.door("synapse") / "settings.part"
    part.write_bytes(part.read_bytes()[:-9] + b"forgotten")
    assert started.waits() == ()
    part.unlink()
    assert started.waits() == ()


async def test_synapse_is_started_again_once_for_a_change_and_whether_it_came_back_is_said(
    running: Organisation, started: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synapse_files, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(synapse_files, "_SETTLE_SECONDS", 0.02)
    said: list[str] = []
    starts: list[tuple[str, ...]] = []

    async def restart() -> bool:
        starts.append(started.waits())
        started.write()
        return len(starts) == 1

    task = asyncio.create_task(keep_current(started, restart, said.append))
    await asyncio.to_thread(sets, running, "synapse.own_names", "false")
    while not said[1:]:
        await asyncio.sleep(0.02)
    await asyncio.to_thread(sets, running, "synapse.presence", "false")
    while not said[3:]:
        await asyncio.sleep(0.02)
    task.cancel()
    assert starts == [("enable_set_displayname",), ("presence",)]
    assert said[:3] == [
        "starting Synapse again for enable_set_displayname",
        "Synapse runs with the new settings",
        "starting Synapse again for presence",
    ]
    assert "did not come back" in said[3]
