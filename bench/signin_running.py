"""What is measured over a whole running organisation, with a Synapse and people in it.

A hundred sessions are in use, each with an open /sync. Each is suspended, and later ended, by the
administration API while the others stay; what counts is when its next request is refused, and when
its /sync is cut. There is no peer: the ratio is that of the target, a second, to the 99th percentile.
Before that, the responder inside Synapse is asked whose a token is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.entry import Entry, within
from tests.system.sign_in import live
from tests.system.sign_in.house import house_of

CROWD = tuple(f"p{number:03}" for number in range(100))
TARGET = 1.0
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A responder, and a token about which it is asked. `folder` is for the load's scripts."""

    folder: Path
    port: int
    secret: str
    token: str
    pid: int


async def running(folder: Path, introspections: Callable[[Asked], list[Entry]]) -> list[Entry]:
    """Measure everything, in an organisation of its own in `folder`."""
    entries: list[Entry] = []
    with house_of(folder, CROWD) as house:
        async with house.at("127.0.0.1") as http:
            http.connector._limit = 0  # type: ignore[union-attr]  # noqa: SLF001  # one each
            http._retry_connection = False  # noqa: SLF001  # a cut is to be seen, not mended
            crowd = await asyncio.to_thread(live.issue, house, CROWD)
            for each in crowd:
                await live.becomes(http, each.token, 200)
                await live.listen(http, each)
            port = int(house.boot.signin.introspection.rpartition(":")[2])
            asked = Asked(folder, port, house.boot.synapse_secret(), crowd[0].token,
                          live.pid(house, "synapse"))  # fmt: skip
            entries += await asyncio.to_thread(introspections, asked)
            for act in live.ACTS:
                await live.all_go_on(house, http, crowd)
                out = await live.put_out(house, http, crowd, act, _PATIENCE)
                entries += [
                    within(f"signin.{act}-{what}", seconds, TARGET, "a second")
                    for what, seconds in (("refused", out.refused), ("cut", out.cut))
                ]
            await live.stop(crowd)
    return entries
