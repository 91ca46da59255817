"""What can be wrong with a SCIM request (RFC 7644, section 3.12)."""

from __future__ import annotations

from enum import StrEnum


class Wrong(StrEnum):
    """The keywords of `scimType`; the statuses that go with them are 400, and 409 for UNIQUENESS."""

    FILTER = "invalidFilter"
    MUTABILITY = "mutability"
    NO_TARGET = "noTarget"
    PATH = "invalidPath"
    SYNTAX = "invalidSyntax"
    UNIQUENESS = "uniqueness"
    VALUE = "invalidValue"


class ScimFault(Exception):
    """A request that can't be carried out as it is; the message says why."""

    def __init__(self, wrong: Wrong | None, words: str, status: int = 400) -> None:
        """Of this kind, where SCIM has a keyword for it."""
        super().__init__(words)
        self.wrong = wrong
        self.status = 409 if wrong is Wrong.UNIQUENESS else status
