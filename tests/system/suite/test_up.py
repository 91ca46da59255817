"""`vedette up`: both organisations run, talk, come back after a crash, and end cleanly."""

import signal
import subprocess
import time
from pathlib import Path

from tests.system.matrix_client import signed_in
from tests.system.suite.test_supervisor import is_alive
from tests.system.two_organisations import COMMAND, TwoOrganisations


def test_up_names_every_url_and_then_says_ready(organisations: TwoOrganisations):
    lines = organisations.example.read()
    assert any(organisations.example.client_url in line for line in lines)
    assert any(organisations.example.boot.control.listen in line for line in lines)
    console = organisations.example.boot.control.console
    assert console is not None
    assert any(console.url in line for line in lines)
    assert lines.index("ready") == 4


def test_an_organisation_never_runs_twice(organisations: TwoOrganisations):
    done = subprocess.run(
        [*COMMAND, "up", str(organisations.acme.folder)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 4
    assert "is running already" in done.stderr


async def test_colleague_and_partner_talk_in_an_encrypted_room(
    organisations: TwoOrganisations, tmp_path: Path
):
    example, acme = organisations.example, organisations.acme
    async with (
        signed_in(example, "alice", tmp_path / "alice") as alice,
        signed_in(example, "bob", tmp_path / "bob") as bob,
        signed_in(acme, "carol", tmp_path / "carol") as carol,
    ):
        room = await alice.create_room(bob, carol, encrypted=True)
        await bob.join(room)
        await carol.join(room)
        for person in (alice, bob, carol):
            await person.knows(room, 3)
        for person in (alice, bob, carol):
            text = f"{person.user} says hello"
            await person.say(room, text)
            for other in (alice, bob, carol):
                event = await other.sees(room, text)
                assert event.decrypted or other is person


async def test_a_new_person_is_added_while_everything_runs(
    organisations: TwoOrganisations, tmp_path: Path
):
    example = organisations.example
    password = tmp_path / "password"
    password.write_text("correct horse battery staple\n")
    example.cli(
        "user", "add", "fay", "--groups", "Employees,Engineering", "--password-file", str(password)
    )
    assert "fay,Employees;Engineering" in (example.folder / "people.csv").read_text()
    again = example.cli("user", "add", "fay", check=False)
    assert again.returncode == 3
    assert "already" in again.stderr


def test_each_process_comes_back_after_a_crash(organisations: TwoOrganisations):
    example = organisations.example
    for name in ("control", "gateway", "synapse"):
        pid = example.kill(name)
        example.wait_for_another(name, pid)
    assert sum("starting it again" in line for line in example.read()) >= 3
    example.settled()


def test_stopping_ends_every_process_and_starting_goes_on(organisations: TwoOrganisations):
    acme = organisations.acme
    pids = [acme.pid(name) for name in ("control", "gateway", "synapse")]
    acme.stop()
    assert not any(is_alive(pid) for pid in pids)
    acme.lines.clear()
    acme.start()
    assert [line for line in acme.lines if "ready" in line]


def test_ctrl_c_while_starting_leaves_no_process(organisations: TwoOrganisations):
    acme = organisations.acme
    acme.stop()
    starting = subprocess.Popen([*COMMAND, "up", str(acme.folder)], stdout=subprocess.DEVNULL)
    before = (acme.folder / "run/pids.json").stat().st_mtime_ns
    while (acme.folder / "run/pids.json").stat().st_mtime_ns == before:
        assert starting.poll() is None
    control = acme.pid("control")
    starting.send_signal(signal.SIGINT)
    assert starting.wait(60) == 0
    assert not is_alive(control)
    acme.lines.clear()
    acme.start()


def test_nothing_outlives_a_killed_supervisor(organisations: TwoOrganisations):
    acme = organisations.acme
    pids = [acme.pid(name) for name in ("control", "gateway", "synapse")]
    assert acme.process is not None
    acme.process.kill()
    acme.process.wait(60)
    end = time.monotonic() + 60
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < end
        time.sleep(0.1)
    acme.lines.clear()
    acme.start()


def test_the_record_is_whole_after_all_of_this(organisations: TwoOrganisations):
    done = organisations.acme.cli("audit", "verify", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
