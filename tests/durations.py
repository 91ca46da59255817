"""Reports at the end of a run: the slowest test files, and tests that are flaky."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

from tests.cache import FOLDER

SLOWEST_FILES = 30
FIRST_TRY = Path(__file__).parents[1] / "build/failed-at-first-try.txt"
"""The tests that failed in the first run of `make test`; its second run reads them."""
FAILURES = Path(__file__).parents[1] / "build/failures.txt"
"""Each failure as soon as it is known, for whoever follows a run."""
DISTRIBUTED = "loadscope"
"""How `make test` distributes tests: other runs leave some out, or give them less time."""
SECOND_TRY = "VEDETTE_SECOND_TRY"
"""Set by `make test` for the run that repeats failed tests."""


MEASURED = FOLDER / "durations.json"
"""Seconds of each file in the last run that distributes by files; it is only used to order them."""


def read_durations() -> dict[str, float]:
    """Return the seconds that each test file took here last; empty before the first run."""
    try:
        found = json.loads(MEASURED.read_text())
    except (OSError, ValueError):
        return {}
    return {str(file): float(seconds) for file, seconds in found.items()}


class FileDurations:
    """Adds up how long the tests of each file took, in seconds, over all processes."""

    def __init__(self) -> None:
        FAILURES.parent.mkdir(exist_ok=True)
        if SECOND_TRY not in os.environ:
            FAILURES.write_text("")
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.failed: set[str] = set()
        self.passed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid.split("::", 1)[0]] += report.duration
        if report.failed:
            self.failed.add(report.nodeid)
            with FAILURES.open("a") as failures:  # readable while the run goes on
                failures.write(f"{report.nodeid} ({report.when})\n{report.longreprtext}\n\n")
        elif report.when == "call" and report.passed:
            self.passed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep the failed tests for the second try, and the durations for the order of the next run."""
        if SECOND_TRY not in os.environ and session.config.getoption("numprocesses", None):
            FIRST_TRY.parent.mkdir(exist_ok=True)
            FIRST_TRY.write_text("".join(f"{each}\n" for each in sorted(self.failed)))
            if session.config.getoption("dist", None) == DISTRIBUTED:
                MEASURED.parent.mkdir(parents=True, exist_ok=True)
                known = read_durations() | self.seconds
                MEASURED.write_text(json.dumps(known, indent=0, sort_keys=True))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if terminalreporter.config.getoption("numprocesses", None):
            self._report_slowest(terminalreporter)
        if SECOND_TRY in os.environ:
            self._report_flaky(terminalreporter)

    def _report_slowest(self, terminalreporter: pytest.TerminalReporter) -> None:
        slowest = sorted(self.seconds.items(), key=lambda each: -each[1])[:SLOWEST_FILES]
        terminalreporter.section(f"slowest {len(slowest)} test files")
        for file, seconds in slowest:
            terminalreporter.write_line(f"{seconds:8.1f}s {file}")

    def _report_flaky(self, terminalreporter: pytest.TerminalReporter) -> None:
        first = set(FIRST_TRY.read_text().splitlines())
        flaky = sorted((first & self.passed) - self.failed)
        terminalreporter.section(f"flaky tests: {len(flaky)}", red=bool(flaky))
        for each in flaky:
            terminalreporter.write_line(f"{each}: failed at the first try, passed at the second")


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that prints the summary adds up."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FileDurations(), "vedette-durations")
