"""Drafts kept in memory, for tests and for trying things."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.core.draft import Draft


@dataclass(slots=True)
class MemoryDrafts:
    """The Drafts that end with the process."""

    _kept: dict[str, Draft] = field(default_factory=dict)

    def every(self) -> tuple[Draft, ...]:
        """All of them, by name."""
        return tuple(self._kept[name] for name in sorted(self._kept))

    def get(self, name: str) -> Draft | None:
        """The draft of this name."""
        return self._kept.get(name)

    def save(self, draft: Draft) -> bool:
        """Keep a draft."""
        if self._version(draft.name) != draft.version - 1:
            return False
        self._kept[draft.name] = draft
        return True

    def remove(self, name: str, version: int) -> bool:
        """Forget a draft."""
        if version < 1 or self._version(name) != version:
            return False
        del self._kept[name]
        return True

    def _version(self, name: str) -> int:
        kept = self._kept.get(name)
        return 0 if kept is None else kept.version
