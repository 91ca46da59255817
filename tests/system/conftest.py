"""Real servers that several tests share; started once, at the first test that wants them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.system.synapse_process import Authority
from tests.system.two_organisations import (
    Organisation,
    TwoOrganisations,
    make,
    make_accounts,
    two_organisations,
)
from vedette.adapters.boot_file import NAME as BOOT_FILE
from vedette.suite.demo import EXAMPLE

_HOSTS = ("127.0.0.1", "localhost")


@pytest.fixture(scope="session")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOrganisations]:
    """`example.test` and `acme.test`, and a plain Synapse outside that nobody named."""
    folder: Path = tmp_path_factory.mktemp("two")
    with two_organisations(folder) as both:
        yield both


@pytest.fixture(scope="session")
def with_a_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    """An organisation whose address is a name: passkeys are kept for names, never for numbers."""
    folder = tmp_path_factory.mktemp("named")
    at = [f"127.0.0.1:{free_port()}" for _ in range(5)]
    made = make(folder / EXAMPLE.domain, EXAMPLE, Authority.make(folder / "ca"), {}, at)
    boot = made.folder / BOOT_FILE
    numbered, named = (f'"https://{host}:{at[0].rpartition(":")[2]}"' for host in _HOSTS)
    text = boot.read_text()
    assert numbered in text
    boot.write_text(text.replace(numbered, named))
    try:
        made.start()
        make_accounts(made)
        yield made
    finally:
        made.stop()
