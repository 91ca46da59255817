"""Our own authorization server's token endpoint, as the console needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class TokenEndpoint(Protocol):
    """Exchanges codes (RFC 6749, section 4.1.3)."""

    async def exchange(self, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """The status and the JSON object of the answer.

        Raises:
            Unavailable: it does not answer, or answers something else.
        """
