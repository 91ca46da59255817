"""The organisations that the tests of this folder share: people of an Active Directory, of an OpenLDAP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from tests.services.slapd import Slapd
    from tests.system.directory.company import Company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, active_directory: Samba) -> Iterator[Company]:
    """`example.test`. Each test hires people of its own."""
    from tests.system.directory.company import company_of, furnish  # noqa: PLC0415  # python-ldap

    furnish(active_directory)
    with company_of(tmp_path_factory.mktemp("company") / "org", active_directory) as made:
        yield made


@pytest.fixture(scope="module")
def openldap_company(
    tmp_path_factory: pytest.TempPathFactory, openldap: Slapd
) -> Iterator[Company]:
    """The same by an OpenLDAP, for the tests of one file."""
    from tests.system.directory.company import company_of, furnish  # noqa: PLC0415  # python-ldap

    furnish(openldap)
    with company_of(tmp_path_factory.mktemp("openldap") / "org", openldap) as made:
        yield made
