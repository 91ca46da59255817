"""What several conformance suites share."""

from collections.abc import Iterator

import pytest

from tests.services.postgresql import MISSING, PostgreSql, postgresql, programs


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSql]:
    """One PostgreSQL; each test has a database of its own in it."""
    if programs() is None:
        pytest.skip(MISSING)
    with postgresql() as running:
        yield running
