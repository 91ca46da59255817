"""What several conformance suites share."""

from collections.abc import Iterator

import pytest

from tests.services.postgresql import MISSING, PostgreSql, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSql]:
    """One PostgreSQL; each test has a database of its own in it."""
    if MISSING:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running
