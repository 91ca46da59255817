"""One file of the corpus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sample:
    """A file and the truth about it. `type` and `told` are compared where they are said."""

    name: str
    data: bytes = field(repr=False)
    kind: str
    type: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
