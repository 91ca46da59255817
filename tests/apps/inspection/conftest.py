"""One running inspector, and fresh ones for tests that break theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import make
from tests.apps.inspection.living import Inspector
from vedette.adapters.boot_file import load

DOCUMENT = '[organisation]\nname = "Example AG"\ndomain = "example.test"\n'
Starter = Callable[..., Inspector]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """Starts inspectors, each of an organisation of its own; `said` is added to the boot file."""
    started: list[Inspector] = []

    def one(document: str = DOCUMENT, said: str = "", *, ready: bool = True) -> Inspector:
        organisation = make(tmp_path_factory.mktemp("inspector") / "org")
        boot = organisation.boot.folder / "boot.toml"
        if said:
            key = said.partition(" ")[0]
            told = re.sub(rf"(?m)^{key} .*$", lambda _: said, boot.read_text())
            boot.write_text(told)
            organisation.boot = load(boot.parent)
        inspector = Inspector(organisation.boot, document)
        started.append(inspector)
        inspector.settle()
        return inspector.start(ready=ready)

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
