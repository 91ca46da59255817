"""What a company's directory takes away: how soon the running client is out, and the rooms are left.

A real Active Directory (Samba), an organisation as `vedette up` runs it, and fifty people for each act,
each with a client (matrix-nio) that syncs, in a room of its own. One after the other is disabled, made
to expire, deleted, or taken out of the group that lets them in. It counts from when the directory told
its administrator that it is done until the client is refused, and until Synapse has them in no room.
There is no peer: the ratio is that of the target, two seconds, to the 99th percentile.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bench.entry import Entry, within
from tests.services.samba import MISSING, samba
from tests.system.directory.company import (
    LEAVES,
    Company,
    Took,
    acts,
    company_of,
    furnish,
    put_out,
    running,
)

TIMES = int(os.environ.get("VEDETTE_BENCH_TIMES", "50"))
TARGET = 2.0


async def measured(folder: Path) -> list[Entry]:
    """Measure everything, in `folder`. Raises RuntimeError where a program is missing."""
    if MISSING:
        raise RuntimeError(MISSING)
    with samba(folder / "dc", folder / "domains") as directory:
        furnish(directory)
        with company_of(folder / "organisation", directory) as company:
            return await _all(company)


async def _all(company: Company) -> list[Entry]:
    entries: list[Entry] = []
    for number, (what, act) in enumerate(acts(company.directory).items()):
        took = await _each(company, number, act, leaves=what in LEAVES)
        word = what.replace(" ", "-")
        waits = {"out": [each.out for each in took]}
        if what in LEAVES:
            waits["rooms-left"] = [each.left for each in took]
        entries += [
            within(
                f"identity.{word}-{until}-p{share * 100:.0f}", seconds, TARGET, "two seconds", share
            )
            for until, seconds in waits.items()
            for share in (0.5, 0.99)
        ]
    return entries


async def _each(
    company: Company, number: int, act: Callable[[str], object], *, leaves: bool
) -> list[Took]:
    """One after the other, while the clients of all that are left run."""
    names = [f"b{number}-{at:03}" for at in range(TIMES)]
    company.hire(*names)
    await company.known(*names)
    async with running(company, names) as everybody:
        return [await put_out(company, one, act, leaves=leaves) for one in everybody]
