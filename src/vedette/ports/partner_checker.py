"""Trying to reach a partner, as control asks for it."""

from __future__ import annotations

from typing import Protocol

from vedette.protocol.internal.partner_checks import ServerChecked


class PartnerChecker(Protocol):
    """Has the process that may dial out try."""

    async def check(self, partner: str) -> tuple[ServerChecked, ...]:
        """What was found about each server of the partner; empty where none can be named.

        Raises:
            Unavailable: the gateway does not answer, or does not know such a partner yet.
        """
