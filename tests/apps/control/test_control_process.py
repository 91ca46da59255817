"""Control as a real process: streams, people, restarts, refusals to start."""

import contextlib
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.apps.control.organisation import Organisation, until, within_a_second
from vedette.adapters.audit_spool import read_spool
from vedette.adapters.boot_file import DOORS
from vedette.adapters.stream_files import StreamFiles
from vedette.control.records_here import checkpoint_file, last_checkpoint, verify_here
from vedette.core.names import UserId
from vedette.core.record import verify_chain
from vedette.protocol.internal.streams import FOR_EVERY_DOOR, Stream

RULE = {"between": ["us", "outside"], "allow": ["message"]}


def add(running: Organisation, name: str = "try") -> tuple[int, dict[str, object]]:
    return running.ask("POST", "/rules", {"id": name, "rule": RULE, "reason": "a test"})


def test_a_door_that_starts_finds_the_first_revision(running: Organisation) -> None:
    assert running.door("gateway").revision() == 1


def test_a_new_rule_is_in_force_at_every_door_within_a_second(running: Organisation) -> None:
    doors = [running.door(name) for name in DOORS]
    names = (f"try-{number}" for number in count())
    status, answer = within_a_second(lambda: add(running, next(names)))
    assert status == 200, answer
    assert [door.revision() for door in doors] == [answer["revision"]] * len(DOORS)
    assert [each["state"] for each in answer["doors"]] == ["in force"] * len(DOORS)
    assert all(each["milliseconds"] < 1000 for each in answer["doors"])


def test_a_silent_door_is_named_and_takes_the_revision_when_it_runs(running: Organisation) -> None:
    gateway = running.door("gateway")
    names = (f"try-{number}" for number in count())

    def states() -> dict[str, str]:
        _, answer = add(running, next(names))
        return {each["door"]: each["state"] for each in answer["doors"]}

    one_runs = {
        "gateway": "in force",
        "inspector": "silent",
        "signin": "silent",
        "synapse": "silent",
    }
    until(lambda: states() == one_runs)  # of a busy machine it may itself be too late now and then
    others = {running.door(name).revision() for name in ("inspector", "signin", "synapse")}
    assert others == {gateway.revision()}
    assert others != {1}

    def all_run() -> bool:
        return {each["state"] for each in running.ask("GET", "/doors")[1]} == {"in force"}

    until(all_run)


def test_a_change_of_people_reaches_the_doors(running: Organisation) -> None:
    door = running.door("gateway")
    path = running.boot.path(running.boot.control.people)
    path.write_text("user,groups\nalice,Security-Officers\n")
    alice = UserId("@alice:example.test")
    until(lambda: "security-office" in door.files.current().directory.someone(alice).parties)
    path.write_text("user,groups\nal ice,Security-Officers\n")
    until(lambda: running.ask("GET", "/people")[1]["faults"] != [])
    assert "line 2" in running.ask("GET", "/people")[1]["faults"][0]
    assert "security-office" in door.files.current().directory.someone(alice).parties


def test_it_ends_cleanly_and_anchors_its_last_record(running: Organisation) -> None:
    add(running)
    assert running.stop() == 0
    spool = running.boot.spool("control") / "control.jsonl"
    state = verify_chain(read_spool(spool), "control")
    anchored = last_checkpoint(running.boot)
    assert anchored is not None
    assert anchored.heads["control"] == state
    assert anchored.heads["settings"].last == "settings:2"


def test_it_goes_on_where_it_stopped(running: Organisation) -> None:
    door = running.door("gateway")
    add(running)
    running.stop()
    numbers = {stream: door.files.part(stream).number for stream in FOR_EVERY_DOOR}  # type: ignore[union-attr]
    running.start()
    assert running.ask("GET", "/settings")[1]["revision"] == 2
    until(lambda: all(
        door.files.part(stream).number > numbers[stream] for stream in FOR_EVERY_DOOR  # type: ignore[union-attr]
    ))  # fmt: skip
    assert door.revision() == 2


def test_killed_in_the_middle_it_loses_nothing_that_it_answered(running: Organisation) -> None:
    running.door("gateway")
    _, answer = add(running)
    running.stop(signal.SIGKILL)
    running.start()
    assert running.ask("GET", "/settings")[1]["revision"] == 2
    assert running.ask("GET", f"/why/{answer['record']}")[1]["same"] is True
    assert add(running, "another")[0] == 200
    reports, _ = verify_here(running.boot, None)
    assert all(report.holds for report in reports)


def test_doors_go_on_without_control(running: Organisation) -> None:
    door = running.door("gateway")
    add(running)
    running.stop(signal.SIGKILL)
    again = StreamFiles(door.files.folder, "example.test", door.files.key, door.files.clock)
    again.start()
    assert again.current().rules.revision == 2


def test_a_control_from_an_old_backup_gives_no_number_twice(running: Organisation) -> None:
    door = running.door("gateway")
    running.stop()
    database = running.boot.path(running.boot.control.folder) / "control.db"
    old = database.read_bytes()
    running.start()
    add(running)
    running.stop()
    for path in database.parent.glob("control.db*"):
        path.unlink()
    database.write_bytes(old)
    high = door.files.part(Stream.SETTINGS).number  # type: ignore[union-attr]
    running.start()
    until(lambda: door.files.part(Stream.SETTINGS).number > high)  # type: ignore[union-attr]
    assert door.revision() == 1


@pytest.mark.parametrize("secret", ["token", "settings_key"])
def test_it_does_not_start_with_a_secret_that_others_can_read(
    organisation: Organisation, secret: str
) -> None:
    path = organisation.boot.path(getattr(organisation.boot.control, secret))
    path.chmod(0o644)
    ended = organisation.vedette("control")
    assert ended.returncode == 4
    assert f"chmod 600 {path}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_does_not_start_with_a_first_document_that_has_faults(
    organisation: Organisation,
) -> None:
    path = organisation.boot.path(organisation.boot.settings)
    path.write_text(
        path.read_text() + '[rules.bad]\nbetween = ["us", "nobody"]\nallow = ["mail"]\n'
    )
    ended = organisation.vedette("control")
    assert ended.returncode == 4
    assert "nobody" in ended.stderr
    assert "mail" in ended.stderr


def test_a_second_one_says_that_the_address_is_taken(running: Organisation) -> None:
    ended = running.vedette("control")
    assert ended.returncode == 4
    assert running.boot.control.listen in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_altered_record_is_told_and_control_is_not_ready(running: Organisation) -> None:
    add(running)
    running.stop()
    spool = running.boot.spool("control") / "control.jsonl"
    spool.write_bytes(spool.read_bytes().replace(b"local administrator", b"local aDministrator", 1))
    reports, _ = verify_here(running.boot, None)
    broken = [report for report in reports if not report.holds]
    assert [report.process for report in broken] == ["control"]
    running.start()
    until(lambda: running.ask("GET", "/ready", prefix="")[0] == 503)
    assert "`control` does not hold" in running.ask("GET", "/ready", prefix="")[1]["detail"][0]


def test_a_chain_that_was_cut_back_is_missed_by_the_checkpoint(running: Organisation) -> None:
    add(running)
    running.stop()
    spool = running.boot.spool("control") / "control.jsonl"
    lines = spool.read_bytes().splitlines(keepends=True)
    spool.write_bytes(b"".join(lines[:-1]))
    reports, _ = verify_here(running.boot, None)
    report = next(each for each in reports if each.process == "control")
    assert not report.holds
    assert "missing or altered" in report.words


def test_starting_control_again_does_not_hide_that_a_chain_was_cut_back(
    running: Organisation,
) -> None:
    add(running)
    running.stop()
    spool = running.boot.spool("control") / "control.jsonl"
    spool.write_bytes(b"".join(spool.read_bytes().splitlines(keepends=True)[:-1]))
    running.start()
    until(lambda: running.ask("GET", "/ready", prefix="")[0] == 503)
    add(running, "another")
    running.stop()
    reports, _ = verify_here(running.boot, None)
    assert [report.process for report in reports if not report.holds] == ["control"]


def test_a_revision_that_was_dropped_is_missed(running: Organisation) -> None:
    add(running)
    running.stop()
    with sqlite3.connect(running.boot.control_database()) as connection:
        connection.execute("DELETE FROM revisions WHERE number = 2")
    connection.close()
    running.start()
    until(lambda: running.ask("GET", "/ready", prefix="")[0] == 503)
    running.stop()
    reports, _ = verify_here(running.boot, None)
    assert [report.process for report in reports if not report.holds] == ["settings"]


def test_a_chain_that_is_gone_is_missed_by_the_checkpoint(running: Organisation) -> None:
    running.stop()
    (running.boot.spool("control") / "control.jsonl").unlink()
    reports, _ = verify_here(running.boot, None)
    assert [report.process for report in reports if not report.holds] == ["control"]


def test_no_secret_is_logged_or_shown_among_processes(running: Organisation) -> None:
    add(running)
    running.ask("GET", "/settings", headers={"Authorization": "Bearer wrong-wrong-wrong"})
    running.stop()
    assert running.token() not in running.log()
    assert "wrong-wrong-wrong" not in running.log()
    assert running.token() not in checkpoint_file(running.boot).read_text()


def test_it_listens_on_its_inside_address_and_for_the_console_alone(running: Organisation) -> None:
    pid = running._children[-1].pid
    shown = subprocess.run(
        ["/usr/bin/env", "cat", f"/proc/{pid}/net/tcp"], capture_output=True, text=True, check=True
    ).stdout
    inodes = {
        link.removeprefix("socket:[").removesuffix("]") for link in _links(Path(f"/proc/{pid}/fd"))
    }
    listening = [
        line.split()[1] for line in shown.splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[9] in inodes
    ]  # fmt: skip
    own = running.boot.control
    assert own.console is not None
    ports = [int(at.rpartition(":")[2]) for at in (own.listen, own.console.listen)]
    assert sorted(listening) == sorted(f"0100007F:{port:04X}" for port in ports)


def _links(folder: Path) -> Iterator[str]:
    """What the open files of a process are; one that is closed just now is left out."""
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            yield str(each.readlink())


def test_the_first_document_counts_only_once(running: Organisation) -> None:
    running.stop()
    path = running.boot.path(running.boot.settings)
    path.write_text("this is not even TOML")
    running.start()
    assert running.ask("GET", "/settings")[1]["revision"] == 1
    running.stop()
    path.unlink()
    running.start()
    assert running.ask("GET", "/settings")[1]["revision"] == 1
