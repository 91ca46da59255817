"""How long an upload takes with inspection, against the same Synapse without any.

Both Synapses are those of `bench.synapse`; uploads go to them directly, in turn, so that what the
file door costs is seen alone: the bytes are sent to the inspector whole after Synapse has them, which
a gateway in front mostly saves. `fresh` bytes were never seen before, `known` ones were judged already,
so that their verdict comes from the cache. A content of 1 GB is sent a few times, and how much more
memory is held meanwhile is measured beside it.
`python -m bench.files` prints them.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

from bench.entry import Entry
from bench.files_looking import GIGABYTE, held_by
from bench.synapse import House, Introspection, held, plain
from tests.apps.control.organisation import make
from tests.apps.inspection.conftest import DOCUMENT
from tests.apps.inspection.living import Inspector

ROUNDS = 30
LARGE_ROUNDS = 2
SIZES = {"10KiB": 10 << 10, "1MiB": 1 << 20}
TARGETS = {"fresh": 0.1, "known": 0.25}
"""To look at bytes takes a confined process made for them; to know them already, three questions."""
LARGE_TARGET = 0.25
"""Of 1 GB three copies are made and three digests computed, and it is looked at; without inspection one
of each."""
MOST_MEMORY = 256.0
"""MiB that Synapse, inspector and looking may hold more of 1 GB than Synapse alone does."""


def _text(size: int, tag: str) -> bytes:
    line = f"{tag}: a line of a document that nobody has sent before.\n".encode()
    return (line * (size // len(line) + 1))[:size]


def _upload(house: House, data: bytes | Iterable[bytes], size: int | None = None) -> float:
    """Seconds until an upload is answered."""
    host, _, port = house.server.address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=300)
    headers = {"Authorization": f"Bearer {house.people[0].token}", "Content-Type": "text/plain"}
    if size is not None:
        headers["Content-Length"] = str(size)
    begun = time.monotonic()
    connection.request("POST", "/_matrix/media/v3/upload?filename=a.txt", data, headers)
    answer = connection.getresponse()
    said = answer.read()
    took = time.monotonic() - begun
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"an upload was refused: {said.decode(errors='replace')}")
    return took


def _pairs(ours: House, other: House, size: int, *, fresh: bool) -> list[tuple[float, float]]:
    """Neighbouring uploads of the same bytes; the first pair warms up."""
    pairs = []
    for number in range(ROUNDS + 1):
        data = _text(size, str(number) if fresh else "known")
        order = (ours, other) if number % 2 else (other, ours)
        took = {id(house): _upload(house, data) for house in order}
        if number:
            pairs.append((took[id(ours)], took[id(other)]))
    return pairs


def _entry(name: str, target: float, pairs: list[tuple[float, float]]) -> Entry:
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    ours, theirs = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return {
        "id": f"files.upload.{name}", "value": round(ours, 1), "unit": "ms",
        "peer": "synapse without module", "peer_value": round(theirs, 1),
        "ratio": round(ratio, 3), "target": target, "met": ratio >= target,
    }  # fmt: skip


def _gigabyte(tag: str) -> Iterator[bytes]:
    """A text of 1 GB, never whole in memory."""
    for number in range(GIGABYTE >> 20):
        yield _text(1 << 20, f"{tag} {number}")


def _large(ours: House, other: House, inspector: Inspector) -> Iterator[Entry]:
    """Uploads of 1 GB in turn, and the most memory that each side holds more meanwhile."""
    assert inspector.child is not None
    sides = ((ours, (ours.pid, inspector.child.pid)), (other, (other.pid,)))
    took: dict[int, list[float]] = {id(ours): [], id(other): []}
    more = dict.fromkeys(took, 0.0)
    for number in range(LARGE_ROUNDS):
        for house, pids in sides if number % 2 else sides[::-1]:
            with _most(pids) as most:
                took[id(house)].append(_upload(house, _gigabyte(f"{number}"), GIGABYTE))
            more[id(house)] = max(more[id(house)], most[0])
    pairs = list(zip(took[id(ours)], took[id(other)], strict=True))
    yield {
        "id": "files.upload.1GiB", "value": round(statistics.median(p[0] for p in pairs), 1),
        "unit": "s", "peer": "synapse without module",
        "peer_value": round(statistics.median(p[1] for p in pairs), 1),
        "ratio": round(statistics.median(b / a for a, b in pairs), 3),
        "target": LARGE_TARGET, "met": statistics.median(b / a for a, b in pairs) >= LARGE_TARGET,
    }  # fmt: skip
    held_more = more[id(ours)] - more[id(other)]
    yield {
        "id": "files.memory.1GiB", "value": round(more[id(ours)], 1), "unit": "MiB more for 1 GiB",
        "peer": "synapse without module", "peer_value": round(more[id(other)], 1),
        "ratio": round(MOST_MEMORY / max(held_more, 0.1), 2), "target": 1.0,
        "met": held_more <= MOST_MEMORY,
    }  # fmt: skip


@contextmanager
def _most(pids: tuple[int, ...]) -> Iterator[list[float]]:
    """The most that these and all that they started hold meanwhile, in MiB beyond what they held."""
    idle, most, over = sum(map(held_by, pids)), [0.0], threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], (sum(map(held_by, pids)) - idle) / (1 << 20))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield most
    finally:
        over.set()
        looking.join()


def run() -> list[Entry]:
    """Return the latencies with inspection to those without."""
    core = max(os.sched_getaffinity(0))
    with (
        tempfile.TemporaryDirectory() as name,
        ThreadingHTTPServer(("127.0.0.1", 0), Introspection) as introspection,
    ):
        threading.Thread(target=introspection.serve_forever, daemon=True).start()
        folder = Path(name)
        settings = DOCUMENT + '[media]\nmax_upload = "2 GiB"\n'
        inspector = Inspector(make(folder / "inspector").boot, settings)
        inspector.settle()
        ours = held(folder / "ours", core, inspector.socket)
        other = plain(folder / "plain", core, f"127.0.0.1:{introspection.server_port}")
        try:
            inspector.start()
            for house in (ours, other):
                house.server.extra_config = {**house.server.extra_config, "max_upload_size": "2G"}
                house.start()
            return [
                *(
                    _entry(f"{what}-{size}", target, _pairs(ours, other, n, fresh=what == "fresh"))
                    for size, n in SIZES.items()
                    for what, target in TARGETS.items()
                ),
                *_large(ours, other, inspector),
            ]
        finally:
            ours.stop()
            other.stop()
            if inspector.child is not None:
                inspector.child.kill()
                inspector.child.wait()
            introspection.shutdown()


def main() -> None:
    """Measure and print."""
    for entry in run():
        print(json.dumps(entry))


if __name__ == "__main__":
    main()
