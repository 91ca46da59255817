"""How long a device that is well no more is still in, over a whole running organisation.

Each of fifty sessions stands on a managed device of its own and has an open /sync. Its inventory
reports it as not in order, as retired, as lost: it counts from that report, one device after the other,
until the next request is refused and until the open /sync is cut; and from the report that it is well
until it is answered again. Ten thousand other devices stand in the same inventory. There is no peer:
the ratio is that of the target, two seconds, to the 99th percentile.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.entry import Entry, within
from tests.ports import free_port
from tests.system.sign_in import live, managed
from tests.system.sign_in.house import HERE, house_of
from vedette.core.managed_devices import ManagedDevice

MANY = int(os.environ.get("VEDETTE_BENCH_TIMES", "50"))
OTHERS = int(os.environ.get("VEDETTE_BENCH_DEVICES", "10000"))
CROWD = tuple(f"p{number:03}" for number in range(MANY))
STATES = {"not-compliant": "not in order", "retired": "retired", "lost": "lost"}
TARGET = 2.0


def run() -> list[Entry]:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="vedette-bench-") as folder:
        return asyncio.run(_running(Path(folder)))


async def _running(folder: Path) -> list[Entry]:
    at = f"{HERE}:{free_port()}"
    apart = f'certificates = {{ listen = "{at}", url = "https://{at}" }}\n'
    entries: list[Entry] = []
    fleet = managed.Fleet.new()
    for number in range(OTHERS):
        name = f"other-{number}"
        fleet.devices[name] = ManagedDevice(id=name, names=frozenset({name}), compliant=True)
    with house_of(folder / "org", CROWD, gateway=apart) as house:
        async with house.at(HERE) as http:
            http.connector._limit = 0  # type: ignore[union-attr]  # noqa: SLF001  # one each
            http._retry_connection = False  # noqa: SLF001  # a cut is to be seen, not mended
            with managed.managing(house, fleet, CROWD):
                everybody = await managed.crowd(house, http, fleet, CROWD)
                for name, state in STATES.items():
                    found = await managed.held(house, http, fleet, everybody, state)
                    entries += [
                        within(f"devices.{name}.{what}", seconds, TARGET, "two seconds")
                        for what, seconds in asdict(found).items()
                    ]
                await live.stop([runs for runs, _ in everybody])
    return entries
