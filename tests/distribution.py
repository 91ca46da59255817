"""Distributes test files over processes, so that servers are shared and both cores are busy to the end.

Tests that start servers wait a lot, the others compute. So most processes begin with the files that start
servers and one with the others; each goes on to what is left. Files of one group share servers: a
process stays with its group, and only when it would be idle helps another with the rest of its group.
"""

from __future__ import annotations

from collections import defaultdict

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.durations import read_durations

SYSTEM = "tests/system/"
TWO_ORGANISATIONS = frozenset({"clients", "element", "files"})
"""Folders whose tests use the two organisations of `tests/system/conftest.py`, as those beside it do."""
SECONDS_A_TEST = {True: 4.0, False: 0.1}
"""A guess for files that never ran here: of tests with servers, of others."""


class ByServers(LoadScopeScheduling):
    """The scheduler for `--dist=loadscope`; its scopes are files."""

    def schedule(self) -> None:
        self._expected = read_durations()
        self._group_of: dict[WorkerController, str] = {}
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        file = self._choose(node)
        self._group_of[node] = group_of(file)
        self.workqueue.move_to_end(file, last=False)
        super()._assign_work_unit(node)

    def _choose(self, node: WorkerController) -> str:
        """Return the next file: of its own group, else of a free one, else of the fullest."""
        waiting = list(self.workqueue)
        plain = [file for file in waiting if not file.startswith(SYSTEM)]
        system = [file for file in waiting if file.startswith(SYSTEM)]
        if plain and (not system or self._begins_with_plain(node)):
            return max(plain, key=self._seconds)
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for file in system:
            groups[group_of(file)].append(file)
        own = self._group_of.get(node)
        if own in groups:
            return max(groups[own], key=self._seconds)
        taken = {group for other, group in self._group_of.items() if other is not node}
        free = [group for group in groups if group not in taken]
        fullest = max(free or groups, key=lambda group: sum(map(self._seconds, groups[group])))
        return max(groups[fullest], key=self._seconds)

    def _begins_with_plain(self, node: WorkerController) -> bool:
        return len(self.nodes) > 1 and node is self.nodes[-1]

    def _seconds(self, file: str) -> float:
        guess = SECONDS_A_TEST[file.startswith(SYSTEM)] * len(self.workqueue[file])
        return self._expected.get(file, guess)


def group_of(file: str) -> str:
    """Name the servers that a file shares with others: those of its folder, or the two organisations."""
    folder = file.rsplit("/", 1)[0]
    shared = f"{folder}/" == SYSTEM or folder.removeprefix(SYSTEM) in TWO_ORGANISATIONS
    return SYSTEM if shared else folder
