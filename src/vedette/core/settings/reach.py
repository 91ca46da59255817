"""What in a valid document is pointless: warnings, never refusals."""

from __future__ import annotations

from datetime import date

from vedette.core.settings.document import Document
from vedette.core.settings.faults import Finding


def reach_findings(document: Document, today: date | None) -> list[Finding]:
    """Rules that can never match, and sets that hold nobody."""
    del document, today
    return []
