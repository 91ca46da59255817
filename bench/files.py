"""How long an upload takes with inspection, against the same Synapse without any.

Both Synapses are those of `bench.synapse`; uploads go to them directly, in turn, so that what the
file door costs is seen alone: the bytes are sent to the inspector whole after Synapse has them, which
a gateway in front mostly saves. `fresh` bytes were never seen before, `known` ones were judged already.
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
from http.server import ThreadingHTTPServer
from pathlib import Path

from bench.gateway import Entry
from bench.synapse import House, Introspection, held, plain
from tests.apps.control.organisation import make
from tests.apps.inspection.conftest import DOCUMENT
from tests.apps.inspection.living import Inspector

ROUNDS = 30
SIZES = {"10KiB": 10 << 10, "1MiB": 1 << 20}
TARGETS = {"fresh": 0.1, "known": 0.25}
"""To look at bytes takes a confined process made for them; to know them already, three questions."""


def _text(size: int, tag: str) -> bytes:
    line = f"{tag}: a line of a document that nobody has sent before.\n".encode()
    return (line * (size // len(line) + 1))[:size]


def _upload(house: House, data: bytes) -> float:
    """Seconds until an upload is answered."""
    host, _, port = house.server.address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=90)
    headers = {"Authorization": f"Bearer {house.people[0].token}", "Content-Type": "text/plain"}
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


def run() -> list[Entry]:
    """Return the latencies with inspection to those without."""
    core = max(os.sched_getaffinity(0))
    with (
        tempfile.TemporaryDirectory() as name,
        ThreadingHTTPServer(("127.0.0.1", 0), Introspection) as introspection,
    ):
        threading.Thread(target=introspection.serve_forever, daemon=True).start()
        folder = Path(name)
        inspector = Inspector(make(folder / "inspector").boot, DOCUMENT)
        inspector.settle()
        ours = held(folder / "ours", core, inspector.socket)
        other = plain(folder / "plain", core, f"127.0.0.1:{introspection.server_port}")
        try:
            inspector.start()
            ours.start()
            other.start()
            return [
                _entry(f"{what}-{size}", target, _pairs(ours, other, length, fresh=what == "fresh"))
                for size, length in SIZES.items()
                for what, target in TARGETS.items()
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
