"""What every place promises in which it is kept how recovery stands."""

from pathlib import Path

import pytest

from vedette.adapters.memory.recovery import MemoryRecovery
from vedette.adapters.recovery_file import RecoveryFile
from vedette.core.break_glass import Recovery
from vedette.ports.errors import Unavailable
from vedette.ports.recovery import RecoveryState

ONE = Recovery(digest="d" * 64, made=5, wrong=(6, 7), until=8, record="recover:1")


@pytest.fixture(params=["memory", "file"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> RecoveryState:
    if request.param == "memory":
        return MemoryRecovery()
    return RecoveryFile(tmp_path / "control" / "recovery.json")


def test_before_anything_was_kept_there_is_nothing(state: RecoveryState) -> None:
    assert state.load() is None


def test_what_was_kept_last_is_there(state: RecoveryState) -> None:
    with state.alone():
        state.keep(Recovery(digest="x", made=1))
        state.keep(ONE)
    assert state.load() == ONE


def test_nobody_else_reads_the_file_and_a_broken_one_is_an_outage(tmp_path: Path) -> None:
    file = RecoveryFile(tmp_path / "recovery.json")
    file.keep(ONE)
    assert file.path.stat().st_mode & 0o777 == 0o600
    for broken in ("", "[]", "{}", '{"digest": 1, "made": "x"}'):
        file.path.write_text(broken)
        with pytest.raises(Unavailable, match="recovery"):
            file.load()
