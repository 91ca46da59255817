"""Chromium in front of a real console."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from tests.services import requirements
from tests.system.element.browser import CHROMIUM, FLAGS, PATIENCE_MS, trusted_key
from tests.system.two_organisations import Organisation


@asynccontextmanager
async def officer_browser(organisation: Organisation) -> AsyncIterator[Page]:
    """A browser that trusts the organisation's gateway and its console, and nobody else."""
    requirements.require(requirements.CHROMIUM)
    boot = organisation.boot
    own = boot.control.console
    assert own is not None
    keys = [
        trusted_key(boot.gateway.client_url, organisation.ca_file),
        trusted_key(own.url, boot.path(own.certificate)),
    ]
    pinned = f"--ignore-certificate-errors-spki-list={','.join(keys)}"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, pinned])
        context = await browser.new_context(
            viewport={"width": 1280, "height": 900}, reduced_motion="reduce", locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        yield await context.new_page()
        await browser.close()
