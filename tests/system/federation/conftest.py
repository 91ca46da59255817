"""Two organisations, a homeserver that does what tests tell it, and people at their clients."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.ports import free_port
from tests.signing import SigningServer
from tests.system.hostile_server import ADDRESS, HostileServer, hostile_server
from tests.system.matrix_client import Person, signed_in
from tests.system.two_organisations import TwoOrganisations, two_organisations

HOSTILE = "hostile.test"
PORT = free_port(ADDRESS)
SIGNING = SigningServer(HOSTILE)
AGREED = """
[rules.hostile]
between = ["staff", "mallory"]
allow   = ["message", "contact"]
"""


def document_with(both: TwoOrganisations, rules: str = AGREED, entry: str = "") -> str:
    """Example AG's document, with the hostile server as a partner."""
    text = both.example.first_document
    named = f'mallory = {{ domains = ["{HOSTILE}"]{entry} }}'
    return text.replace("[partners]\n", f"[partners]\n{named}\n") + rules


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoOrganisations]:
    folder = tmp_path_factory.mktemp("federation")
    routes = {HOSTILE: f"{ADDRESS}:{PORT}"}
    with two_organisations(folder, outside=False, routes=routes) as made:
        yield made


@dataclass
class Cast:
    """Alice and Bob of Example AG, Carol of Acme, and the hostile server."""

    both: TwoOrganisations
    alice: Person
    bob: Person
    carol: Person
    hostile: HostileServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    both: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    folder = tmp_path_factory.mktemp("people")
    both.example.apply(document_with(both))
    async with AsyncExitStack() as stack:
        alice, bob, carol = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in (
                (both.example, "alice"), (both.example, "bob"), (both.acme, "carol"),
            )
        ]  # fmt: skip
        hostile = await stack.enter_async_context(
            hostile_server(SIGNING, PORT, both.authority, both.ca_file)
        )
        yield Cast(both, alice, bob, carol, hostile)
    both.example.apply(both.example.first_document)
