"""Whose word counts about people whom several sources know."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StrictInt

from vedette.core.settings.sections import Section, Setting


class Source(StrEnum):
    """Where people come from."""

    DIRECTORY = "directory"
    """The company's directory, where the boot file names one."""
    SCIM = "scim"
    """An identity provider that pushes them (SCIM 2.0)."""
    TABLE = "table"
    """The table of people, where there is no directory."""


def _once_each(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    if len(set(sources)) < len(sources):
        raise ValueError("name each source once")
    return sources


class PeopleSources(Section):
    """Whose word counts about people whom several sources know."""

    sources: Annotated[
        tuple[Source, ...],
        AfterValidator(_once_each),
        Setting(
            "Precedence",
            "The first of these that knows somebody says what groups they have and whether they are a "
            "guest. Sources that are not named come last. Whoever is inactive in any source that knows "
            "them is inactive.",
            "Whoever writes into the first source decides over everybody's groups, and so over rules.",
            'the source that the company keeps most strictly first: ["directory", "scim", "table"]',
        ),
    ] = (Source.DIRECTORY, Source.SCIM, Source.TABLE)
    largest_removal: Annotated[
        StrictInt,
        Field(ge=0, le=100),
        Setting(
            "Largest removal",
            "Largest share of the pushed people, in percent, that an identity provider may deactivate, "
            "delete or take all groups from within an hour. Beyond it nothing more of what it pushes "
            "comes into force until somebody confirms with `vedette scim confirm`. Up to five people "
            "may always go.",
            "Too high, and a slip in the identity provider ends everybody's sessions; too low, and "
            "people who left stay until somebody confirms.",
            "20",
        ),
    ] = 20
