"""One running inspector, and fresh ones for tests that break theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import make
from tests.apps.inspection.living import Inspector

DOCUMENT = '[organisation]\nname = "Example AG"\ndomain = "example.test"\n'
Starter = Callable[..., Inspector]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts inspectors, each of an organisation of its own; `said` is added to the boot file."""
    started: list[Inspector] = []

    def one(document: str = DOCUMENT, said: str = "") -> Inspector:
        organisation = make(tmp_path_factory.mktemp("inspector") / "org")
        boot = organisation.boot.folder / "boot.toml"
        if said:
            boot.write_text(boot.read_text().replace("[inspector]\n", f"[inspector]\n{said}\n"))
        inspector = Inspector(organisation.boot, document)
        started.append(inspector)
        inspector.settle()
        return inspector.start()

    yield one
    for each in started:
        if each.child is not None and each.child.poll() is None:
            each.child.kill()
            each.child.wait()


@pytest.fixture(scope="module")
def inspector(start: Starter, tmp_path_factory: pytest.TempPathFactory) -> Inspector:
    """One that runs."""
    return start()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Room for files that tests make."""
    return tmp_path_factory.mktemp("files")
