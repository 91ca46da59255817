"""What a table of sentences is."""

from __future__ import annotations

Pairs = tuple[tuple[str, str], ...]
"""Sentences in English and in German; `{name}` marks a place that is filled."""
