"""What control wants started again, and `vedette up` takes: told once, waited for, and never for ever."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from vedette.adapters import restarts
from vedette.adapters.restarts import Restarts
from vedette.ports.errors import Unavailable


@pytest.fixture
def wishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Restarts:
    monkeypatch.setattr(restarts, "_LOOK_SECONDS", 0.01)
    return Restarts(tmp_path / "run/restart")


async def test_whoever_asks_waits_until_all_of_it_serves_again(wishes: Restarts) -> None:
    asked = asyncio.create_task(wishes.again("signin", "synapse"))
    while not (taken := wishes.take()):
        await asyncio.sleep(0.01)
    assert taken == ("signin", "synapse")
    assert wishes.take() == (), "each is told once"
    wishes.done("signin")
    await asyncio.sleep(0.05)
    assert not asked.done()
    wishes.done("synapse")
    assert await asked


async def test_where_nobody_starts_anything_again_that_is_said_and_nothing_stays_wanted(
    wishes: Restarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "_TAKING_SECONDS", 0.05)
    assert await wishes.again("synapse") is False
    assert wishes.take() == ()


async def test_what_does_not_serve_in_time_is_told(
    wishes: Restarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "_SERVING_SECONDS", 0.05)
    asked = asyncio.create_task(wishes.again("synapse"))
    while not wishes.take():
        await asyncio.sleep(0.01)
    with pytest.raises(Unavailable, match="synapse did not serve again"):
        await asked


async def test_a_folder_that_can_t_be_written_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(Unavailable, match="can't be written"):
        await Restarts(tmp_path / "run/restart").again("synapse")
    assert Restarts(tmp_path / "nowhere").take() == ()


async def test_before_everything_starts_old_wishes_are_forgotten(wishes: Restarts) -> None:
    asked = asyncio.create_task(wishes.again("synapse"))
    while not wishes.take():
        await asyncio.sleep(0.01)
    wishes.clear()
    assert await asked
    assert list(wishes.folder.iterdir()) == []
