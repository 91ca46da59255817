"""What axe-core finds wrong with a page in a browser."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


CONTRAST = "color-contrast"
"""The one rule whose result depends on the colours."""


async def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return what axe-core finds wrong, and the contrasts that it could not measure.

    `colours_only` suits a page that was looked at in other colours before.
    """
    only = ("rule", [CONTRAST]) if colours_only else ("tag", STANDARDS)
    options: dict[str, Any] = {
        "runOnly": dict(zip(("type", "values"), only, strict=True)),
        "resultTypes": ["violations", "incomplete"],
    }
    found = (await Axe().run(page, options=options)).response
    unsure = [each for each in found["incomplete"] if each["id"] == CONTRAST]
    return [
        f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')}"
        for each in [*found["violations"], *unsure]
        for node in each["nodes"]
    ]
