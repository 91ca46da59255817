"""Real servers that several tests share; started once, at the first test that wants them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.system.synapse_process import Authority
from tests.system.two_organisations import (
    Organisation,
    TwoOrganisations,
    give_a_name,
    make,
    make_accounts,
    two_organisations,
)
from vedette.suite.demo import EXAMPLE


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOrganisations]:
    """`example.test`, whose clients come to a name, `acme.test`, and a Synapse outside nobody named."""
    folder: Path = tmp_path_factory.mktemp("two")
    with two_organisations(folder, named=True) as both:
        yield both


@pytest.fixture(scope="module")
def with_a_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """An organisation whose address is a name: passkeys are kept for names, never for numbers."""
    folder = tmp_path_factory.mktemp("named")
    at = [f"127.0.0.1:{free_port()}" for _ in range(5)]
    made = make(folder / EXAMPLE.domain, EXAMPLE, Authority.make(folder / "ca"), {}, at)
    give_a_name(made)
    try:
        made.start()
        make_accounts(made)
        yield made
    finally:
        made.stop()
