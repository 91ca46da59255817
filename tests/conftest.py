"""What holds for every test."""

import os

import pytest
from hypothesis import settings

# `make check` wants an answer in seconds; `make test` draws as many examples as each test asks for.
settings.register_profile("quick", max_examples=15)
if os.environ.get("VEDETTE_QUICK"):
    settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything under `tests/system` starts real servers, and is marked so."""
    for item in items:
        if "/tests/system/" in str(item.path):
            item.add_marker(pytest.mark.system)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be skipped, a skipped test is a failure of the whole run."""
    if not os.environ.get("VEDETTE_NOTHING_SKIPPED"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line("tests were skipped, and here none may be", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
