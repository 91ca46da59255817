"""Who may do what with whom: the grid of the policy in force, made once for each policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vedette.admin.rejected import Code, Rejected
from vedette.core.channels import Channel
from vedette.core.grid import CHANNELS, Grid, Way
from vedette.core.language import told
from vedette.core.ruleset import Ruleset
from vedette.core.settings.spelling import did_you_mean
from vedette.ports.policy import Policy, PolicySource


@dataclass(frozen=True, slots=True)
class GridRow:
    """One direction of one pair of parties: the answer for each channel."""

    one: str
    other: str
    ways: tuple[tuple[Channel, Way], ...]

    @property
    def observed(self) -> bool:
        """As in `Way`, for any channel."""
        return any(way.observed for _, way in self.ways)


def called(grid: Grid, text: str) -> list[str]:
    """The parties with one of these letters in their names, with commas; all of them for none.

    Names that are written whole are these parties and no others.
    """
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    whole = [name for name in grid.names if name in words]
    if whole and len(whole) == len(words):
        return whole
    return [name for name in grid.names if not words or any(word in name for word in words)]


def grid_rows(grid: Grid, pairs: Iterable[tuple[str, str]]) -> list[GridRow]:
    """One row for each pair. Raises KeyError for what is no party."""
    return [
        GridRow(one, other, tuple((each, grid.way(one, other, each)) for each in CHANNELS))
        for one, other in pairs
    ]


@dataclass(slots=True)
class GridDesk:
    """Where the grid is read. It is worked out as far as somebody looks, and kept until something
    changes: the settings, the people, or the day.
    """

    policy: PolicySource
    _made: tuple[Policy, Grid] | None = field(default=None, repr=False)

    def current(self) -> Grid:
        """The grid of the policy in force. Raises StalePolicy."""
        policy = self.policy.current()
        if self._made is None or self._made[0] is not policy:
            # with a memory of its own: what doors remember is not crowded out by what is looked at
            rules = Ruleset.of(policy.rules.revision, policy.rules.rules)
            self._made = policy, Grid(rules, policy.directory)
        return self._made[1]

    def party(self, grid: Grid, name: str) -> str:
        """The name of a party of the grid. Raises Rejected when there is none of this name."""
        if name not in grid.names:
            hint = did_you_mean(name, grid.names) or told("choose one from the grid")
            raise Rejected(Code.NOT_FOUND, told("there is no party `{name}`", name=name), hint)
        return name
