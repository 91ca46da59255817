"""Three people at two organisations, with rules on files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.system.matrix_client import Person, RefusedError, signed_in
from tests.system.two_organisations import Organisation, TwoOrganisations

HEAD = """
[organisation]
name = "{domain}"
domain = "{domain}"
[parties]
engineering = {{ groups = ["Engineering"] }}
security-office = {{ groups = ["Security-Officers"] }}
[partners]
{partner} = {{ domains = ["{partner}.test"] }}
[rules.talk]
between = ["us", "us"]
allow = ["message", "contact", "presence"]
[rules.partner]
between = ["us", "{partner}"]
allow = ["message", "contact"]
[rules.two-factors]
from = ["us"]
allow = ["sign-in"]
when = ["sign_in.factors >= 2"]
[rules.administrators]
from = ["security-office"]
allow = ["administer"]
[guardrails.administrators-apart]
from = ["guests", "partners", "outside"]
forbid = ["administer"]
owner = "security-office"
"""
AMONG_STAFF = "Among ourselves we exchange documents, pictures, texts and archives of these."
WITH_ACME = "With Acme we exchange documents only."
EXAMPLE_RULES = f"""
[rules.staff-files]
between = ["us", "us"]
allow = ["file"]
when = ["file.kind in document, text, image, archive, encrypted"]
say = "{AMONG_STAFF}"
[rules.acme-documents]
between = ["us", "acme"]
allow = ["file"]
when = ["file.kind in document, text, image", "file.size <= 10 MiB", "file.type != image/png"]
say = "{WITH_ACME}"
"""
ACME_RULES = """
[rules.files]
between = ["anyone", "anyone"]
allow = ["file"]
"""


def document_of(domain: str, partner: str, rules: str) -> str:
    return HEAD.format(domain=domain, partner=partner) + rules


DOCUMENT = document_of("example.test", "acme", EXAMPLE_RULES)
"""What is in force at Example AG unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class Cast:
    """`alice` and `bob` are colleagues, `carol` is at Acme, which allows every file."""

    example: Organisation
    acme: Organisation
    alice: Person
    bob: Person
    carol: Person

    async def room(self, owner: Person, *others: Person, encrypted: bool = False) -> str:
        """A room in which all of them are."""
        room = await owner.create_room(*others, encrypted=encrypted)
        for person in others:
            await person.join(room)
        for person in (owner, *others):
            await person.knows(room, 1 + len(others))
        return room


async def refused(doing: object) -> RefusedError:
    """What somebody was told who was refused."""
    with pytest.raises(RefusedError) as caught:
        await doing  # type: ignore[misc]
    return caught.value


async def until(holds: Callable[[], Awaitable[object]], seconds: float = 90.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.5)


def notices(person: Person) -> list[str]:
    """What the notice account has told a person."""
    told = [e for _, e in person.heard if getattr(e, "sender", "").startswith("@vedette-notices")]
    return [str(getattr(event, "body", "")) for event in told]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cast(
    organisations: TwoOrganisations, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cast]:
    folder = tmp_path_factory.mktemp("files")
    example, acme = organisations.example, organisations.acme
    example.apply(DOCUMENT)
    acme.apply(document_of("acme.test", "example", ACME_RULES))
    async with AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(signed_in(where, who, folder / who))
            for where, who in ((example, "alice"), (example, "bob"), (acme, "carol"))
        ]
        yield Cast(example, acme, *people)
    for organisation in (example, acme):
        organisation.apply(organisation.first_document)
