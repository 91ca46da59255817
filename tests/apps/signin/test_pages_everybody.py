"""Every page, for everybody: without scripts, on a phone, by keyboard, to a screen reader, in the dark."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

from tests.apps.signin.pages_scene import PASSWORD
from tests.apps.signin.pages_served import chromium_runs, served
from tests.apps.signin.pages_tour import Tour, every_template, surroundings
from tests.axe import violations
from tests.services.requirements import CHROMIUM, needs
from vedette.core.language import Language

pytestmark = [
    pytest.mark.browser,
    needs(CHROMIUM),
]

WIDTH = 340
"""CSS pixels of a small phone."""
FOCUSABLE = "a[href], button, input:not([type=hidden]), [tabindex='0']"
# For each element that takes the keyboard: its place among all, and whether one sees that it has it.
FOCUSED = f"""() => {{
    const at = document.activeElement, all = [...document.querySelectorAll("{FOCUSABLE}")];
    const style = getComputedStyle(at);
    return [all.indexOf(at), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}}"""


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with chromium_runs() as browser:
        yield browser


async def test_every_page_works_without_scripts_on_a_phone_in_the_dark(chromium):
    seen: set[str] = set()

    async def look(page: Page, name: str) -> None:
        seen.add(name)
        await fits(page, name)
        await kept(page, f"phone-{name}-{len(seen)}")

    with served(**surroundings()) as here:
        page = await here.page(
            chromium,
            java_script_enabled=False,
            viewport={"width": WIDTH, "height": 680},
            color_scheme="dark",
            locale="de-DE",
        )
        await Tour(here, page, Language.DE, look).all()
        assert not here.complaints
    assert seen == every_template()


async def fits(page: Page, name: str) -> None:
    """It says its language, and nothing of it is wider than the screen."""
    assert await page.locator("html").get_attribute("lang") in ("de", "en")
    widest = await page.locator("html").bounding_box()
    assert widest is not None
    assert widest["width"] <= WIDTH, f"`{name}` is wider than the screen"
    for place in await page.locator("main *:not(.scroll *)").all():
        box = await place.bounding_box()
        assert box is None or box["x"] + box["width"] <= WIDTH + 1, await place.inner_text()


async def kept(page: Page, name: str) -> None:
    """Keep what it looks like, where somebody wants it."""
    folder = os.environ.get("VEDETTE_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_every_page_is_readable_to_screen_readers_and_in_both_colours(
    chromium: Chromium, figure: Callable[[str], None]
) -> None:
    """axe-core's rules: names, roles, order of headings, contrast, sizes to hit."""
    seen: set[str] = set()
    checked, faults = 0, list[str]()

    async def look(page: Page, name: str) -> None:
        nonlocal checked
        seen.add(name)
        for colours in ("light", "dark"):
            # without motion: half-way from one colour to the other nothing can be measured
            await page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            found = await violations(page, colours_only=colours == "dark")
            faults.extend(f"{name} ({colours}): {fault}" for fault in found)
            checked += 1
            await kept(page, f"{colours}-{name}-{len(seen)}")

    with served(**surroundings()) as here:
        page = await here.page(chromium)
        await Tour(here, page, Language.EN, look).all()
        assert not here.complaints
    assert not faults, "\n".join(sorted(set(faults)))
    assert seen == every_template()
    figure(f"axe-core: {len(seen)} pages in {checked} looks, light and dark, without a fault")


async def test_a_page_that_nobody_could_read_is_found_out(chromium: Chromium) -> None:
    """The check itself can fail."""
    with served() as here:
        page = await here.page(chromium, reduced_motion="reduce")
        await page.goto(here.address())
        assert await violations(page) == []
        await page.evaluate("document.querySelector('.lead').style.color = '#c8ccd2'")
        await page.evaluate("document.querySelector('label[for=name]').remove()")
        found = " ".join(await violations(page))
        assert "color-contrast" in found
        assert "label" in found


async def test_the_keyboard_reaches_everything_on_every_page_and_shows_where_it_is(chromium):
    seen: set[str] = set()

    async def look(page: Page, name: str) -> None:
        seen.add(name)
        count = await page.locator(FOCUSABLE).count()
        reached: dict[int, bool] = {}
        for _ in range(count + 2):  # from wherever the page has put it, once around
            await page.keyboard.press("Tab")
            at, visible = await page.evaluate(FOCUSED)
            reached[at] = visible
        reached.pop(-1, None)
        assert set(reached) == set(range(count)), f"`{name}`: not all of {count} can be reached"
        assert all(reached.values()), f"`{name}`: nobody sees where the keyboard is"

    with served(**surroundings()) as here:
        page = await here.page(chromium)
        await Tour(here, page, Language.EN, look).all()
    assert seen == every_template()


async def test_the_keyboard_alone_is_enough(chromium):
    with served() as here:
        page = await here.page(chromium)
        await page.goto(here.address())
        await page.keyboard.type("anna")
        await page.keyboard.press("Tab")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="One more proof").wait_for()
        await page.keyboard.type(here.pages.code())
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Let Element in?").wait_for()
        await tab_to(page, "Let it in")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{here.client}/sso?loginToken=*")
        assert not here.complaints


async def tab_to(page: Page, text: str) -> None:
    """Press Tab until what reads so has the keyboard."""
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == text:
            return
    raise AssertionError(f"`{text}` can't be reached by Tab")
