"""An organisation's folder with a running control, for the tests of control and command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.control.organisation import Organisation, make


@pytest.fixture
def organisation(tmp_path: Path) -> Iterator[Organisation]:
    """A new organisation, nothing running; whatever was started is ended."""
    made = make(tmp_path / "org")
    yield made
    made.end_all()


@pytest.fixture
def running(organisation: Organisation) -> Organisation:
    """The same with control running."""
    organisation.start()
    return organisation
