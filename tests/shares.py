"""Shares of measured times."""

from __future__ import annotations

from collections.abc import Sequence


def at_share(seconds: Sequence[float], share: float) -> float:
    """The value below which this share of all lies."""
    at = sorted(seconds)
    return at[min(len(at) - 1, int(len(at) * share))]


def percentiles(seconds: Sequence[float]) -> str:
    """p50 and p99 in milliseconds."""
    half, most = (at_share(seconds, share) * 1000 for share in (0.5, 0.99))
    return f"p50 {half:.0f} ms, p99 {most:.0f} ms of {len(seconds)}"
