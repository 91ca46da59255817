"""A draft of the settings: a text that somebody keeps to go on with, in force for nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One draft.

    `text` is meant to stand on the revision `base`. `version` counts its changes from 1, `author`
    made the last one, `at` in seconds since 1970 UTC.
    """

    name: str
    text: str
    base: int
    version: int
    author: str
    at: int
