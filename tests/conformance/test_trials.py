"""What every store of trials promises, asked of the real one and of the one in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette.adapters.memory.trials import MemoryTrials
from vedette.adapters.revisions import open_database
from vedette.adapters.trials import SqlTrials
from vedette.core.trial import Trial
from vedette.ports.trials import Trials

TRIAL = Trial(revision=4, back_to=3, until=1_800_000_000)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trials]:
    if request.param == "memory":
        yield MemoryTrials()
        return
    where: str | Path = tmp_path / "control.db"
    if request.param == "postgresql":
        where = request.getfixturevalue("server").new_database()
    database = open_database(where)
    yield SqlTrials(database.engine)
    database.close()


def test_there_is_one_trial_at_most(store: Trials) -> None:
    assert store.current() is None
    store.begin(TRIAL)
    assert store.current() == TRIAL
    newer = Trial(revision=5, back_to=4, until=1_800_000_600)
    store.begin(newer)
    store.begin(newer)
    assert store.current() == newer


def test_an_ended_trial_is_gone(store: Trials) -> None:
    store.begin(TRIAL)
    store.end()
    store.end()
    assert store.current() is None
