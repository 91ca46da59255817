"""Root folders of `.ci/debian-13`: the newest three stay, and none that is in use is removed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / ".ci/roots.sh"
KEPT = 3
AGES = ("a" * 12, "b" * 12, "c" * 12, "d" * 12, "e" * 12)
"""Used one after the other, the last most recently."""
NEWEST = {f"debian-13-{each}" for each in AGES[-KEPT:]}
OLDEST = f"debian-13-{AGES[0]}"

pytestmark = pytest.mark.skipif(shutil.which("flock") is None, reason="needs flock (util-linux)")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can enter a root folder")


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """A cache with five root folders, and with what others keep beside them."""
    place = tmp_path / "a cache"
    for age, name in enumerate(AGES):
        root = place / f"debian-13-{name}"
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/program").touch()
        used = root.with_name(f"{root.name}.used")
        used.touch()
        os.utime(used, (age, age))
    (place / "element-0123456789abcdef").mkdir()
    (place / "debian-13.lock").touch()
    return place


def remaining(place: Path) -> set[str]:
    return {each.name for each in place.glob("debian-13-*") if each.is_dir()}


def run(command: str, place: Path, *before: str) -> None:
    script = f"set -euo pipefail; . {FUNCTIONS}; {command}"
    words = [*before, "bash", "-c", script, "roots", str(place)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def remove(place: Path) -> set[str]:
    """Remove the unused root folders, and return those that remain."""
    run(f'remove_unused "$1" {KEPT}', place)
    return remaining(place)


@contextmanager
def running(*command: str) -> Iterator[None]:
    """A process that writes a line once it is ready, and ends when its input is closed."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def test_the_three_that_were_used_last_stay(roots: Path) -> None:
    assert remove(roots) == NEWEST
    assert {each.name for each in roots.iterdir() if not each.name.startswith("debian-13-")} == {
        "element-0123456789abcdef",
        "debian-13.lock",
    }
    assert not (roots / f"{OLDEST}.used").exists()


def test_a_root_that_a_run_holds_stays_until_the_run_ends(roots: Path) -> None:
    script = f'. {FUNCTIONS}; hold "$1"; touch -d @0 "$1.used"; echo ready; read -r _ || true'
    with running("bash", "-c", script, "hold", str(roots / OLDEST)):
        assert remove(roots) == NEWEST | {OLDEST}
    assert remove(roots) == NEWEST


def test_holding_a_root_makes_it_the_one_used_last(roots: Path) -> None:
    run(f'hold "$1/{OLDEST}"', roots)
    assert remove(roots) == {f"debian-13-{each}" for each in (AGES[0], *AGES[-2:])}


def test_a_root_of_which_no_use_is_noted_counts_by_its_age(roots: Path) -> None:
    (roots / f"debian-13-{AGES[-1]}.used").unlink()
    os.utime(roots / f"debian-13-{AGES[-1]}", (0, 0))
    assert remove(roots) == {f"debian-13-{each}" for each in AGES[1:4]}


@as_root
def test_a_root_in_which_a_process_runs_stays_even_if_it_holds_no_lock(roots: Path) -> None:
    enter = "import os, sys; os.chroot(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
    with running(sys.executable, "-c", enter, str(roots / OLDEST)):
        assert remove(roots) == NEWEST | {OLDEST}
    assert remove(roots) == NEWEST


@as_root
def test_what_is_mounted_in_a_root_is_never_removed(roots: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "kept").touch()
    # of the same file system, which `rm --one-file-system` would enter
    mount = f'mkdir "$1/{OLDEST}/home" && mount --bind {home} "$1/{OLDEST}/home"'
    run(f'{mount}; remove_unused "$1" {KEPT}', roots, "unshare", "--mount")
    assert (home / "kept").exists()
    assert remaining(roots) == NEWEST | {OLDEST}


@as_root
def test_a_command_in_a_root_sees_what_is_bound_there_and_ends_with_its_processes(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    for folder in ("usr", "run", "tmp", "etc"):
        (root / folder).mkdir(parents=True)
    for link in ("bin", "lib", "lib64"):
        (root / link).symlink_to(f"usr/{link}")
    (tmp_path / "shown").mkdir()
    seen = "echo hello >/shown/said; echo /proc/[0-9]* >/shown/processes; sleep 1000 &"
    bind = f'--bind /usr /usr --bind "{tmp_path}/shown" /shown'
    run(f'enter "$1" / {bind} -- bash -c "{seen}"', root)
    assert (tmp_path / "shown/said").read_text() == "hello\n"
    assert "/proc/1" in (tmp_path / "shown/processes").read_text().split()
    assert not (root / "shown/said").exists()
