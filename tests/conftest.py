"""What holds for every test."""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings

# `make check` wants an answer in seconds; `make test` draws as many examples as each test asks for.
# Nothing here fails for being slow: machines are shared.
settings.register_profile("whole", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=15)
settings.load_profile("quick" if os.environ.get("VEDETTE_QUICK") else "whole")


THOROUGH = frozenset({"test_endpoint_table.py", "test_extras.py", "test_import_contracts.py"})
"""Files that build or start whole programs: not for every few minutes."""


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says a measured figure at the end of the run, where it is read though all tests passed."""
    return request.config.stash.setdefault(FIGURES, []).append


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts real servers, and what takes its time."""
    for item in items:
        if "/tests/system/" in str(item.path):
            item.add_marker(pytest.mark.system)
        if item.path.name in THOROUGH:
            item.add_marker(pytest.mark.thorough)


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
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
