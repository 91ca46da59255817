"""What axe-core finds wrong with a page in a browser."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, and the contrasts that it could not measure."""
    options: dict[str, Any] = {
        "runOnly": {"type": "tag", "values": STANDARDS},
        "resultTypes": ["violations", "incomplete"],
    }
    found = (await Axe().run(page, options=options)).response
    unsure = [each for each in found["incomplete"] if each["id"] == "color-contrast"]
    return [
        f"{each['id']}: {node['html'][:120]} {node.get('failureSummary', '')}"
        for each in [*found["violations"], *unsure]
        for node in each["nodes"]
    ]
