"""Having sign-in put a new key in the place of one that it holds, as control asks for it."""

from __future__ import annotations

from enum import StrEnum

PATH = "/inside/keys/renew"
"""`POST`, with `{"key": …}`; `{}` when it is done, 409 with `why` when it can't be now."""


class HeldKey(StrEnum):
    """The keys that sign-in holds and renews."""

    STORE = "sign-in-store-key"
    TOKEN = "token-key"  # noqa: S105  # a name
