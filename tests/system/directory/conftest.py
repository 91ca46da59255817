"""The organisation that the tests of this folder share; its people are those of an Active Directory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from tests.system.directory.company import Company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, active_directory: Samba) -> Iterator[Company]:
    """`example.test`. Each test hires people of its own."""
    from tests.system.directory.company import company_of, furnish  # noqa: PLC0415  # python-ldap

    furnish(active_directory)
    with company_of(tmp_path_factory.mktemp("company") / "org", active_directory) as made:
        yield made
