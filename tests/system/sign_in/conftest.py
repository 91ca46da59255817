"""The organisation that the tests of this folder share; started at the first that wants it."""

from collections.abc import Iterator

import pytest

from tests.ports import free_port
from tests.system.sign_in.house import HERE, House, house_of

PEOPLE = ("anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo", "inga", "jana", "karl",
          "lena", "mona", "nils", "olga", "paul", "rosa", "sven", "tina", "udo", "vera",
          "walt", "xena", "yuri", "zora", "quin", "ravi", "cora", "ella", "fira",
          "gero", "hana", "ivan", "jule", "kurt", "lars", "mira")  # fmt: skip


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`example.test`, everybody of which is told apart by the rules and has no account yet."""
    at = f"{HERE}:{free_port()}"
    apart = f'certificates = {{ listen = "{at}", url = "https://{at}" }}\n'
    with house_of(tmp_path_factory.mktemp("house") / "org", PEOPLE, gateway=apart) as made:
        yield made
