"""Tests with generated examples (Hypothesis) share one printed seed, and each has a budget of time.

`make check` gives each half a second, `make test` five, and `make test-long` ten times the examples and as
long as they take. When the budget of a test is used up, its remaining examples are not run; explicit
examples come first and always run, and once an example has failed the budget no longer counts. Tests that
draw while they run (`st.data()`) have no budget: Hypothesis expects that they draw as much again.
"""

from __future__ import annotations

import functools
import inspect
import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.errors import StopTest, UnsatisfiedAssumption
from hypothesis.strategies import DataObject

QUICK, WHOLE, LONG = "quick", "whole", "long"
SECONDS = {QUICK: 0.5, WHOLE: 5.0, LONG: float("inf")}
LONGER = 10
MODE = QUICK if os.environ.get("VEDETTE_QUICK") else os.environ.get("VEDETTE_EXAMPLES", WHOLE)

# Nothing fails for being slow: machines are shared.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile(QUICK, PATIENT, max_examples=15)
settings.register_profile(WHOLE, PATIENT)
settings.register_profile(LONG, PATIENT)
settings.load_profile(MODE)


class Budget:
    """How long the running test may go on with examples."""

    ends = float("inf")

    def begin(self) -> None:
        self.ends = time.monotonic() + SECONDS[MODE]

    @property
    def is_used_up(self) -> bool:
        return time.monotonic() > self.ends

    def note(self, fault: BaseException) -> None:
        """An example failed: what follows reproduces it and makes it smaller."""
        if not isinstance(fault, (StopTest, UnsatisfiedAssumption)):
            self.ends = float("inf")


_BUDGET = Budget()


def draws_while_running(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Return whether a test takes `st.data()`."""
    return any(isinstance(each, DataObject) for each in (*args, *kwargs.values()))


def within_budget(test: Callable[..., Any]) -> Callable[..., Any]:
    """Return `test` so that it does nothing once the budget is used up."""
    if inspect.iscoroutinefunction(test):

        @functools.wraps(test)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            if _BUDGET.is_used_up and not draws_while_running(args, kwargs):
                return None
            try:
                return await test(*args, **kwargs)
            except BaseException as fault:
                _BUDGET.note(fault)
                raise

        return run_async

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> Any:
        if _BUDGET.is_used_up and not draws_while_running(args, kwargs):
            return None
        try:
            return test(*args, **kwargs)
        except BaseException as fault:
            _BUDGET.note(fault)
            raise

    return run


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed, which processes of a distributed run share."""
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(1 << 32))


def pytest_report_header(config: pytest.Config) -> str:
    return (
        f"generated examples: {MODE}, repeat with --hypothesis-seed={config.option.hypothesis_seed}"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: set[int] = set()
    for item in items:
        test = getattr(item, "obj", None)
        handle = getattr(test, "hypothesis", None)
        if handle is None or id(handle) in seen:
            continue
        seen.add(id(handle))
        handle.inner_test = within_budget(handle.inner_test)
        if MODE == LONG:
            asked = test._hypothesis_internal_use_settings
            test._hypothesis_internal_use_settings = settings(
                asked, max_examples=asked.max_examples * LONGER
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    _BUDGET.begin()
    return (yield)
