"""What is said of a setting."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """What is said of one setting. `recommended` is empty where the value needs no words."""

    title: str
    meaning: str
    risk: str
    recommended: str = ""
