"""Real servers that several tests share; started once, at the first test that wants them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.two_organisations import TwoOrganisations, two_organisations


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOrganisations]:
    """`example.test` and `acme.test`, and a plain Synapse outside that nobody named."""
    folder: Path = tmp_path_factory.mktemp("two")
    with two_organisations(folder) as both:
        yield both
