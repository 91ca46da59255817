"""One organisation with a console, for the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.apps.console.house import Browser, House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("console") / "org")
    yield made
    made.close()


@pytest.fixture
def browser(house: House) -> Browser:
    return house.browser()
