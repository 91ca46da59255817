"""What a measurement gives: one line of `build/bench.json`."""

from __future__ import annotations

from typing import TypedDict

from tests.shares import at_share


class Entry(TypedDict):
    """One line. `met` is whether the ratio of ours to the peer's reaches its target."""

    id: str
    value: float
    unit: str
    peer: str
    peer_value: float
    ratio: float
    target: float
    met: bool


def within(id_: str, seconds: list[float], limit: float, word: str, share: float = 0.99) -> Entry:
    """How one of a hundred waits, or another share, beside a limit in seconds that has this word."""
    half, worst = at_share(seconds, 0.5), at_share(seconds, share)
    beside = f" (p50 {half * 1000:.0f})" if share > 0.5 else ""
    ratio = limit / max(worst, 0.001)
    return {
        "id": id_, "value": round(worst * 1000, 1),
        "unit": f"ms, p{share * 100:.0f} of {len(seconds)}{beside}",
        "peer": word, "peer_value": limit * 1000, "ratio": round(ratio, 2), "target": 1.0,
        "met": ratio >= 1.0,
    }  # fmt: skip
