"""What root made in a folder goes to whoever owns it, and nothing else does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.adapters.ownership import hand_back

SOMEBODY = 54321
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody's."""
    made = tmp_path / "audit"
    made.mkdir()
    os.chown(made, SOMEBODY, SOMEBODY)
    return made


def owner(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_uid, found.st_gid


def test_files_and_folders_that_root_made_go_to_the_folders_owner(folder: Path) -> None:
    inner = folder / "recover"
    inner.mkdir(mode=0o700)
    (inner / "recover.log").write_text("x")
    hand_back((folder, inner, folder / "absent"))
    assert owner(inner) == owner(inner / "recover.log") == (SOMEBODY, SOMEBODY)
    assert (inner / "recover.log").read_text() == "x"


def test_what_the_folders_owner_linked_into_it_stays_root_s(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root alone")
    (folder / "hard").hardlink_to(secret)
    (folder / "soft").symlink_to(secret)
    hand_back((folder,))
    assert owner(secret) == (0, 0)


def test_a_folder_of_root_keeps_what_root_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    hand_back((tmp_path,))
    assert owner(tmp_path / "file") == (0, 0)


def test_somebody_elses_file_stays_theirs(folder: Path) -> None:
    (folder / "file").write_text("x")
    os.chown(folder / "file", SOMEBODY + 1, SOMEBODY + 1)
    hand_back((folder,))
    assert owner(folder / "file") == (SOMEBODY + 1, SOMEBODY + 1)
