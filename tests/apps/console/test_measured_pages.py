"""The bench measures every page that there is, so none grows slow unseen."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from bench.console import PLACES, addresses
from bench.console_office import FEW, office
from vedette.console.registry import PAGES


def test_every_page_is_there_in_the_office_that_is_measured(tmp_path: Path) -> None:
    made = office(tmp_path / "org", FEW)
    try:
        measured = list(chain.from_iterable(addresses(made).values()))
        for address in measured:
            made.page(address)
    finally:
        made.house.close()
    assert "/managed-devices?text=Laptop+00000" in measured


def test_every_example_of_a_place_is_one_of_a_page() -> None:
    assert PLACES.keys() <= {page.path for page in PAGES}
