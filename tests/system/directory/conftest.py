"""The organisations that the tests of this folder share: people of an Active Directory, of an OpenLDAP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.services.kerberos import MISSING, Kdc, kdc
from vedette.adapters.kerberos import installed

if TYPE_CHECKING:
    from tests.services.samba import Samba
    from tests.services.slapd import Slapd
    from tests.system.directory.company import Company


@pytest.fixture(scope="package")
def company(tmp_path_factory: pytest.TempPathFactory, active_directory: Samba) -> Iterator[Company]:
    """`example.test`. Each test hires people of its own."""
    from tests.system.directory.company import (  # noqa: PLC0415  # python-ldap
        SERVICE,
        Keys,
        company_of,
        furnish,
    )

    furnish(active_directory)
    keys = None
    if installed():
        keys = Keys(active_directory.realm, active_directory.service("http-chat", SERVICE))
    folder = tmp_path_factory.mktemp("company") / "org"
    with company_of(folder, active_directory, keys=keys) as made:
        yield made


@pytest.fixture(scope="module")
def mit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc | None]:
    """A realm of MIT Kerberos, and none where it is not installed."""
    if MISSING or not installed():
        yield None
        return
    with kdc(tmp_path_factory.mktemp("mit") / "kdc") as running:
        yield running


@pytest.fixture(scope="module")
def openldap_company(
    tmp_path_factory: pytest.TempPathFactory, openldap: Slapd, mit: Kdc | None
) -> Iterator[Company]:
    """The same by an OpenLDAP, whose people are in a realm of MIT Kerberos, for the tests of one file."""
    from tests.system.directory.company import (  # noqa: PLC0415  # python-ldap
        SERVICE,
        Keys,
        company_of,
        furnish,
    )

    furnish(openldap)
    keys = None if mit is None else Keys(mit.realm, mit.service(SERVICE))
    with company_of(tmp_path_factory.mktemp("openldap") / "org", openldap, keys=keys) as made:
        yield made
