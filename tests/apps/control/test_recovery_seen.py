"""Acts under recovery are compared with the record of its beginning."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.adapters.clock import SetClock
from vedette.adapters.audit_spool import AuditSpool
from vedette.adapters.spool_reader import SpoolReader
from vedette.admin.policy import LOCAL_ADMINISTRATOR, RECOVERY
from vedette.control.recovery_seen import RecoverySeen
from vedette.core.asks import Act, Ask
from vedette.core.break_glass import HOUR
from vedette.core.decision import Decision, Verdict
from vedette.core.facts import Facts
from vedette.core.reasons import Reason

BEGIN, END = Act.ADMINISTRATION_RECOVERY_BEGIN, Act.ADMINISTRATION_RECOVERY_END
APPLY = Act.ADMINISTRATION_SETTINGS_APPLY
YES = Decision(verdict=Verdict.YES, reason=Reason.ALLOWED, rule="recovery", revision=1)
NO = Decision(verdict=Verdict.NO, reason=Reason.NO_RULE, rule=None, revision=1)


async def _nobody_waits(_: Future[None]) -> None:
    raise AssertionError


class Scene:
    """Control and the commands that do its work, all recording."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, SetClock()
        self.seen = RecoverySeen(SpoolReader(folder))

    def done(self, process: str, act: Act, who: str = RECOVERY, decision: Decision = YES) -> None:
        spool = AuditSpool(self.folder / process, process, self.clock, _nobody_waits, whole=True)
        spool.start()
        spool.note(Ask(act=act, who=who), Facts(), decision)
        spool.close()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.mark.parametrize("process", ["control", "restore"])
def test_what_is_done_while_it_is_open_is_fine(scene: Scene, process: str) -> None:
    scene.done("recover", BEGIN)
    scene.clock.at += HOUR - 1
    scene.done(process, APPLY)
    assert scene.seen.look() == ()


@pytest.mark.parametrize("process", ["control", "restore"])
def test_what_is_done_though_it_never_began_is_told(scene: Scene, process: str) -> None:
    scene.done(process, APPLY)
    (words,) = scene.seen.look()
    assert words.startswith(f"record `{process}:")
    assert "nothing on record says that recovery was open" in words


def test_what_is_done_after_its_hour_or_its_end_is_told(scene: Scene) -> None:
    scene.done("recover", BEGIN)
    scene.clock.at += 60
    scene.done("recover", END, LOCAL_ADMINISTRATOR)
    scene.clock.at += 300
    scene.done("control", APPLY)
    assert len(scene.seen.look()) == 1
    scene.clock.at += 1
    scene.done("recover", BEGIN)
    scene.done("control", APPLY)
    assert len(scene.seen.look()) == 1
    scene.clock.at += 2 * HOUR
    scene.done("control", APPLY)
    assert len(scene.seen.look()) == 2


def test_a_beginning_that_was_refused_or_stands_in_another_chain_covers_nothing(
    scene: Scene,
) -> None:
    scene.done("recover", BEGIN, decision=NO)
    scene.done("gateway", BEGIN)
    scene.done("control", APPLY)
    assert len(scene.seen.look()) == 1


def test_others_acts_and_what_was_refused_are_nothing_of_it(scene: Scene) -> None:
    scene.done("control", APPLY, LOCAL_ADMINISTRATOR)
    scene.done("control", APPLY, decision=NO)
    assert scene.seen.look() == ()
