"""What a test needs of Debian is named where it is missing or too old."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.requirements import Package, find_program, installed_version, lacking
from tests.services.requirements import upstream_version as version

HERE = ("/bin/sh",)


@pytest.mark.parametrize(
    ("debian", "upstream"),
    [
        ("2.5.13+dfsg-5", (2, 5, 13)),
        ("2:4.17.12+dfsg-0+deb12u4", (4, 17, 12)),
        ("22.01+really26.02+dfsg-0+deb12u1", (26, 2)),
        ("0.12.0+~0.10.0+~1.0.0-4+b4", (0, 12, 0)),
        ("", ()),
    ],
)
def test_a_version_is_read_without_what_debian_adds(debian: str, upstream: tuple[int, ...]) -> None:
    assert version(debian) == upstream


def test_a_missing_package_is_named_with_the_release_that_has_it() -> None:
    gone = Package("no-such", ("no-such-program",))
    later = Package("pkcs", ("/usr/lib/no-such-*/x.so",), since="13")
    assert lacking(gone) == "needs the Debian package no-such"
    assert lacking(later) == "needs the Debian package pkcs (Debian 13 or newer)"
    assert lacking(gone, Package("sh", HERE), later).count("needs") == 2


@pytest.fixture
def dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A dpkg that installed 2.5.13 of everything."""
    program = tmp_path / "dpkg-query"
    program.write_text("#!/bin/sh\nprintf 'ii 2.5.13+dfsg-5'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    installed_version.cache_clear()
    yield
    installed_version.cache_clear()


@pytest.mark.usefixtures("dpkg")
def test_a_package_that_is_too_old_is_named_with_both_versions() -> None:
    old = lacking(Package("slapd", HERE, "2.6.10", "13"))
    assert old == "needs slapd 2.6.10 (Debian 13 or newer), found 2.5.13+dfsg-5"
    assert lacking(Package("slapd", HERE, "2.5.13")) == ""
    assert lacking(Package("slapd", HERE, "2.5.2")) == ""


def test_a_program_that_dpkg_did_not_install_is_not_judged_by_version() -> None:
    assert lacking(Package("no-such-package", HERE, "99")) == ""


def test_a_program_of_root_is_found_by_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert find_program("chroot") is not None
