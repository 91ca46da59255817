"""How long somebody whose certificate was revoked is still in, over a whole running organisation.

Fifty sessions for each way, each with an open /sync, stand on certificates of a CA that `openssl` runs.
By push it counts from the call of the CA's procedure, one after the other; by list from the moment at
which the list was fetched that has all of them; by responder from its answer about each. There is no
peer: the ratio is that of the target, a second, to the 99th percentile.
"""

from __future__ import annotations

import os
from pathlib import Path

from bench.entry import Entry, within
from tests.ports import free_port
from tests.system.pki import company
from tests.system.sign_in import carded
from tests.system.sign_in.house import HERE, house_of

MANY = int(os.environ.get("VEDETTE_BENCH_TIMES", "50"))
CROWD = tuple(f"p{number:03}" for number in range(MANY))
TARGET = 1.0


async def running(folder: Path) -> list[Entry]:
    """Measure everything, in an organisation of its own in `folder`."""
    at = f"{HERE}:{free_port()}"
    apart = f'certificates = {{ listen = "{at}", url = "https://{at}" }}\n'
    entries: list[Entry] = []
    with (
        company(folder / "company") as firm,
        house_of(folder / "org", CROWD, gateway=apart) as house,
    ):
        async with house.at(HERE) as http:
            http.connector._limit = 0  # type: ignore[union-attr]  # noqa: SLF001  # one each
            http._retry_connection = False  # noqa: SLF001  # a cut is to be seen, not mended
            with carded.issuer(house, firm, ocsp="certificate"):
                for way in ("push", "crl", "ocsp"):
                    cards = [firm.card(name, ocsp=way == "ocsp") for name in CROWD]
                    crowd = await carded.carded(house, http, CROWD, cards)
                    gone = await carded.put_out(way, house, http, firm, crowd)
                    entries += [
                        within(f"identity.certificate.{way}-{what}", seconds, TARGET, "a second")
                        for what, seconds in (("refused", gone.refused), ("cut", gone.cut))
                    ]
    return entries
