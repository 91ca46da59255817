"""What holds for every test."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from tests.services.slapd import Slapd

pytest_plugins = ("tests.durations", "tests.generated_examples")

THOROUGH = frozenset({"test_endpoint_table.py", "test_extras.py", "test_import_contracts.py"})
"""Files that build or start whole programs: not for every few minutes."""


SKIPPED = 20
"""How a run ends in which tests were skipped and none may be: no second try makes that good."""

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a measured figure at the end of the run, where it is read though all tests passed."""
    return request.config.stash.setdefault(FIGURES, []).append


@pytest.fixture(scope="session")
def domains(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what takes seconds to make is kept; one place for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "domains"


@pytest.fixture(scope="session")
def active_directory(tmp_path_factory: pytest.TempPathFactory, domains: Path) -> Iterator[Samba]:
    """A Samba domain controller. Who uses it has people of its own in it."""
    pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")
    from tests.services.samba import MISSING, samba  # noqa: PLC0415  # python-ldap is an extra

    if MISSING:
        pytest.skip(MISSING)
    with samba(tmp_path_factory.mktemp("samba") / "dc", domains) as running:
        yield running


@pytest.fixture(scope="session")
def openldap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """An OpenLDAP. Who uses it has people of its own in it."""
    pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")
    from tests.services.slapd import MISSING, slapd  # noqa: PLC0415  # python-ldap is an extra

    if MISSING:
        pytest.skip(MISSING)
    with slapd(tmp_path_factory.mktemp("slapd") / "ldap") as running:
        yield running


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    said = config.stash.get(FIGURES, [])
    if said:
        terminalreporter.section("figures")
        for line in said:
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    """Where several processes run the tests, what theirs measured is said by the one that began."""
    figures = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(FIGURES, []).extend(figures)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Of `--dist=loadscope`, which `make test` uses."""
    if config.getoption("dist") != "loadscope":
        return None
    from tests.distribution import ByServers  # noqa: PLC0415  # xdist is not there without its plugin

    return ByServers(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts real servers, and what takes its time."""
    for item in items:
        if "/tests/system/" in str(item.path):
            item.add_marker(pytest.mark.system)
        if item.path.name in THOROUGH:
            item.add_marker(pytest.mark.thorough)


def pytest_collection_finish() -> None:
    """Twelve thousand collected tests stay to the end: the garbage collector need not visit them."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be skipped, a skipped test is a failure of the whole run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash.get(FIGURES, [])
    if not os.environ.get("VEDETTE_NOTHING_SKIPPED"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("tests were skipped, and here none may be", red=True)
        session.exitstatus = SKIPPED
