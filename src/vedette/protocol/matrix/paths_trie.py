"""A tree of path segments: finds a row without a regular expression, in one walk.

At each segment a word of the table goes before a parameter, and nothing is tried twice, so a
look-up costs as many steps as the path has segments. Therefore a table where a word hides
another row's parameter is a fault of the table: the row could not be reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from vedette.protocol.matrix.paths_types import spellings

Row = TypeVar("Row")

ANY_METHOD = ""


class TableError(ValueError):
    """The table contradicts itself; raised while it is built, never for a request."""


@dataclass(slots=True)
class _Node(Generic[Row]):
    words: dict[str, _Node[Row]] = field(default_factory=dict)
    parameter: _Node[Row] | None = None
    may_be_empty: bool = False
    rows: dict[str, tuple[Row, tuple[str, ...]]] = field(default_factory=dict)
    rest: dict[str, tuple[Row, tuple[str, ...]]] = field(default_factory=dict)


class SegmentTrie(Generic[Row]):
    """Rows under their patterns. Built once, then only read."""

    __slots__ = ("_root",)

    def __init__(self, rows: Iterable[tuple[str, tuple[str, ...], Row]]) -> None:
        """Take (pattern, methods, row); no methods means every method.

        Raises:
            TableError: two rows for one path and method, or a malformed pattern.
        """
        self._root: _Node[Row] = _Node()
        for pattern, methods, row in rows:
            for spelling in spellings(pattern):
                self._add(spelling, methods or (ANY_METHOD,), row)

    def find(self, method: str, segments: tuple[str, ...]) -> tuple[Row, dict[str, str]] | None:
        """Return the row for exactly this method and path, with its parameters, or None."""
        node, values, swallowed = self._walk(segments)
        entry = None if node is None else node.rows.get(method) or node.rows.get(ANY_METHOD)
        entry = entry or swallowed.get(method) or swallowed.get(ANY_METHOD)
        if entry is None:
            return None
        row, names = entry
        return row, dict(zip(names, values, strict=False))

    def methods(self, segments: tuple[str, ...]) -> frozenset[str]:
        """Return the methods that some row has for exactly this path."""
        node, _, _ = self._walk(segments)
        return frozenset() if node is None else frozenset(node.rows)

    def _walk(
        self, segments: tuple[str, ...]
    ) -> tuple[_Node[Row] | None, list[str], dict[str, tuple[Row, tuple[str, ...]]]]:
        """Return the node of the path or None, the parameters, and the last `*rest` passed."""
        node, values = self._root, list[str]()
        swallowed = node.rest
        for segment in segments:
            after = node.words.get(segment)
            if after is None:
                after = node.parameter
                if after is None or (not segment and not node.may_be_empty):
                    return None, values, swallowed
                values.append(segment)
            node = after
            swallowed = node.rest or swallowed
        return node, values, swallowed

    def _add(self, spelling: str, methods: tuple[str, ...], row: Row) -> None:
        if not spelling.startswith("/"):
            raise TableError(f"a pattern starts with a slash: `{spelling}`")
        node, names = self._root, list[str]()
        segments = spelling[1:].split("/")
        swallows = segments[-1].startswith("*")
        for segment in segments[:-1] if swallows else segments:
            if segment.startswith(":"):
                names.append(segment[1:].rstrip("?"))
                node = self._parameter_of(node, segment.endswith("?"), spelling)
            else:
                node = node.words.setdefault(segment, _Node())
        entries = node.rest if swallows else node.rows
        for method in methods:
            if method in entries:
                raise TableError(f"two rows for {method or 'any method'} `{spelling}`")
            entries[method] = (row, tuple(names))

    @staticmethod
    def _parameter_of(node: _Node[Row], may_be_empty: bool, spelling: str) -> _Node[Row]:
        if node.parameter is None:
            node.parameter, node.may_be_empty = _Node(), may_be_empty
        elif node.may_be_empty != may_be_empty:
            raise TableError(f"one parameter is both empty and never empty: `{spelling}`")
        return node.parameter
