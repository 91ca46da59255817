"""Every page, for everybody: without scripts, on a phone, by keyboard, to a screen reader, in the dark."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page
from starlette.routing import compile_path

from tests.apps.console.crowd import (
    add_token,
    file_row,
    report_rooms,
    session,
    waiting_act,
    with_directory,
    with_files,
)
from tests.apps.console.house import GROUPS, House
from tests.apps.console.served import Served, served
from tests.apps.signin.pages_served import chromium_runs
from tests.axe import violations
from tests.services.requirements import CHROMIUM, needs
from vedette.console.registry import PAGES

pytestmark = [
    pytest.mark.browser,
    needs(CHROMIUM),
]

WIDTH = 340
"""CSS pixels of a small phone."""
_TAKE_THE_KEYBOARD = (
    "a[href]", "button:not([hidden])", "select", "textarea", "summary", "[tabindex='0']",
    "input:not([type=hidden], [type=radio]:not(:checked))",
)  # fmt: skip
FOCUSABLE = ", ".join(_TAKE_THE_KEYBOARD)
FOCUSED = f"""() => {{
    const at = document.activeElement;
    const all = [...document.querySelectorAll("{FOCUSABLE}")].filter((one) => one.checkVisibility());
    const style = getComputedStyle(at);
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [all.indexOf(at), all.length, seen];
}}"""


async def _reviewed(page: Page) -> None:
    await _send(page, "/orders/set-value", path="sign_in.session", value="20 days")


async def _applied(page: Page) -> None:
    await _reviewed(page)
    await page.get_by_label("Reason").fill("as agreed")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("heading", name="Done").wait_for()


async def _refused(page: Page) -> None:
    await _send(page, "/orders/add-rule", id="x", one="us", other="nobody-known", allow="mail")


async def _why(page: Page) -> None:
    asked = {"from": "@anna:example.org", "to": "@otto:example.org", "channel": "file"}
    await _send(page, "/why", **asked, file="a.zip")


async def _affected(page: Page) -> None:
    await page.goto(_origin(page) + "/changes/draft")
    draft = await page.get_by_label("The document").input_value()
    await page.get_by_label("The document").fill(f"{draft}{NARROWER}")
    await page.get_by_role("button", name="Who is affected").click()
    await page.get_by_role("heading", name="Who is affected").wait_for()


async def _waiting(page: Page) -> None:
    await page.goto(_origin(page) + "/changes/draft")
    draft = await page.get_by_label("The document").input_value()
    await page.get_by_label("The document").fill(f"{draft}{NARROWER}")
    soon = datetime.now(UTC) + timedelta(days=1)
    await page.get_by_label("Not before").fill(soon.strftime("%Y-%m-%d %H:%M"))
    await page.get_by_role("button", name="Go on to apply it").click()
    await page.get_by_label("Reason").fill("as agreed")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("link", name="Look at the change that waits").click()
    await page.get_by_role("heading", name="Take back").wait_for()


async def _act(page: Page) -> None:
    await page.goto(_origin(page) + "/changes")
    await page.get_by_role("link", name="Look at this act").first.click()
    await page.get_by_role("heading", name="Approve").wait_for()


async def _beside(page: Page) -> None:
    await _send(page, "/changes/draft", text=SMALLEST, base="1", do="check")
    await page.get_by_role("heading", name="What your draft changes").wait_for()


async def _send(page: Page, to: str, /, **fields: str) -> None:
    """Send a form from a page of ours, as one of its own would."""
    await page.goto(_origin(page) + "/")
    await page.evaluate(
        """([path, fields]) => {
            const form = document.createElement("form");
            form.method = "post"; form.action = path;
            fields.csrf = document.querySelector("input[name=csrf]").value;
            for (const [name, value] of Object.entries(fields)) {
                const field = document.createElement("input");
                field.type = "hidden"; field.name = name; field.value = value;
                form.append(field);
            }
            document.body.append(form); form.submit();
        }""",
        [to, fields],
    )
    await page.wait_for_url(f"**{to}")


async def _session(page: Page) -> None:
    await page.goto(_origin(page) + "/sessions")
    await page.locator("td a[href^='/sessions/']").first.click()
    await page.wait_for_url("**/sessions/*")


async def _reset(page: Page) -> None:
    """A secret that is shown once."""
    await page.goto(_origin(page) + "/people/anna")
    await page.get_by_role("button", name="Reset factors").click()
    await page.get_by_label("Reason").fill("phone lost")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("heading", name="Shown only now").wait_for()


async def _released(page: Page) -> None:
    await page.goto(_origin(page) + "/files/example.org/report")
    await page.get_by_role("button", name="Release …").click()
    await page.get_by_label("Reason").wait_for()


async def _token(page: Page) -> None:
    await page.goto(_origin(page) + "/administrators/tokens")
    await page.locator("td a[href^='/administrators/tokens/']").first.click()
    await page.get_by_role("button", name="Remove").wait_for()


async def _on_trial(page: Page) -> None:
    """A page with the banner of a revision that returns by itself."""
    await _send(page, "/orders/set-value", path="sign_in.session", value="21 days")
    await page.get_by_label("Reason").fill("as agreed")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("heading", name="Done").wait_for()
    await page.goto(_origin(page) + "/settings")
    await page.get_by_text("might shut somebody out").wait_for()


async def _checked(page: Page) -> None:
    """The answer to a question that nobody can answer here."""
    await _send(page, "/partners/acme/check")


async def _report(page: Page) -> None:
    await _send(page, "/audit/person", person="olga", reason="incident 12")


def _origin(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


NARROWER = '\n[rules.narrower]\nbetween = ["us", "outside"]\nforbid = ["call"]\n'
SMALLEST = '[organisation]\nname = "Example AG"\ndomain = "example.org"\n'
Go = Callable[[Page], Awaitable[None]]
STOPS: dict[str, str | Go] = {
    "overview": "/",
    "settings": "/settings",
    "rules": "/settings/rules",
    "changes": "/changes",
    "draft": "/changes/draft",
    "comparison": "/changes/compare",
    "revision": "/changes/revisions/1",
    "revision's text": "/changes/revisions/1/text",
    "affected": _affected,
    "a change that waits": _waiting,
    "an act that waits": _act,
    "people": "/people",
    "person": "/people/anna",
    "files": "/files",
    "no file": "/files?text=nothing-is-called-so",
    "refused files": "/files/refused",
    "file": "/files/example.org/report",
    "no file's address": "/files/one",
    "a file to be released": _released,
    "sessions": "/sessions",
    "certificates": "/certificates",
    "managed devices": "/managed-devices",
    "certificates of our servers": "/certificates/server",
    "keys": "/keys",
    "parties": "/settings/parties",
    "networks": "/settings/networks",
    "kinds of room": "/settings/room-kinds",
    "session": _session,
    "reset": _reset,
    "partners": "/partners",
    "partner": "/partners/acme",
    "partner checked": _checked,
    "directory": "/directory",
    "pushed people": "/scim",
    "directory looked through": "/directory?people=(name%3Dp*)&party=us",
    "directory tried": "/directory?test=yes",
    "rooms": "/rooms",
    "room": "/rooms/!room1:example.org",
    "audit": "/audit",
    "verified": "/audit/verify",
    "report": _report,
    "administrators": "/administrators",
    "administrator": "/administrators/of/olga",
    "tokens": "/administrators/tokens",
    "token": _token,
    "nothing": "/no/such/page",
    "grid": "/grid",
    "grid of files": "/grid?channel=file&party=us",
    "grid as a list": "/grid/list",
    "pair": "/grid/us/us",
    "pair with a new rule": "/grid/us/outside?add=both",
    "why": "/why",
    "why, answered": _why,
    "why of a record": "/why/control:2",
    "review": _reviewed,
    "done": _applied,
    "on trial": _on_trial,
    "problem": _refused,
    "what others changed": _beside,
}
"""Every page that there is, and how one comes to it."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("pages")) as made:
        fill(made.house)
        yield made


def fill(house: House) -> None:
    """Something on every page."""
    for number, name in enumerate(GROUPS, start=1):
        house.store.add_session(session(number, name), None, 1)
    report_rooms(house)
    add_token(house)
    waiting_act(house)
    with_files(house, file_row("report"))
    with_directory(house)
    officer = house.browser()
    officer.signs_in("olga")
    form = {"name": "acme", "domains": "acme.example", "allow": "message", "direction": "both"}
    page = officer.send("/orders/add-partner", {**form, "reason": "x", "step": "apply"})
    assert page.status == 200, page.words


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Chromium]:
    async with chromium_runs() as browser:
        yield browser


async def to(here: Served, page: Page, stop: str) -> None:
    going = STOPS[stop]
    if isinstance(going, str):
        await page.goto(here.house.url + going)
    else:
        await page.goto(here.house.url + "/")
        await going(page)
    await page.locator("h1").wait_for()


PATTERNS = [
    (page.path, compile_path(page.path)[0])
    for page in PAGES
    if "GET" in page.methods and not page.path.endswith(".csv")
]
ELSEWHERE = {"/changes/revisions/{number}/text"}
"""A file to be kept, and no page."""


def pattern_of(url: str) -> str:
    """Which page answers at this address; the first that fits, as routes are tried."""
    return next((path for path, like in PATTERNS if like.match(urlsplit(url).path)), "")


async def test_every_page_is_readable_to_screen_readers_in_both_colours_and_by_keyboard(
    chromium: Chromium, here: Served
) -> None:
    faults: list[str] = []
    came: set[str] = set()
    page = await here.page(
        chromium, reduced_motion="reduce", viewport={"width": 1280, "height": 900}
    )
    for stop in STOPS:
        await to(here, page, stop)
        came.add(pattern_of(page.url))
        await page.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        await kept(page, stop)
        for colours in ("light", "dark"):
            await page.emulate_media(color_scheme=colours)
            found = await violations(page, colours_only=colours == "dark")
            faults += [f"{stop} ({colours}): {fault}" for fault in found]
        faults += [f"{stop}: {fault}" for fault in await unreachable(page)]
    assert not faults, "\n".join(sorted(set(faults)))
    assert not here.complaints
    assert {path for path, _ in PATTERNS} - ELSEWHERE <= came  # whoever adds a page adds a stop


async def kept(page: Page, name: str) -> None:
    """Keep what it looks like, where somebody wants it."""
    folder = os.environ.get("VEDETTE_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / f"console-{name}.png", full_page=True)


async def unreachable(page: Page) -> list[str]:
    """What the keyboard does not reach, or reaches unseen."""
    _, count, _ = await page.evaluate(FOCUSED)
    reached: dict[int, bool] = {}
    for _ in range(count + 2):
        await page.keyboard.press("Tab")
        at, _, visible = await page.evaluate(FOCUSED)
        reached[at] = visible
    reached.pop(-1, None)
    faults = [] if set(reached) == set(range(count)) else [f"{len(reached)} of {count} are reached"]
    return faults + [
        f"nobody sees the keyboard at {at}" for at, seen in reached.items() if not seen
    ]


async def test_every_page_works_without_scripts_on_a_phone_in_german(
    chromium: Chromium, here: Served
) -> None:
    more = {"viewport": {"width": WIDTH, "height": 680}, "color_scheme": "dark", "locale": "de-DE"}
    page = await here.page(chromium, java_script_enabled=False, **more)
    for stop in (name for name, going in STOPS.items() if isinstance(going, str)):
        await to(here, page, stop)
        assert await page.locator("html").get_attribute("lang") == "de"
        box = await page.locator("html").bounding_box()
        assert box is not None
        assert box["width"] <= WIDTH, f"`{stop}` is wider than the screen"


async def test_what_a_form_would_do_is_kept_in_step_while_somebody_types(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium)
    await to(here, page, "review")
    line = page.locator("pre.command")
    await page.get_by_label("Reason").press_sequentially("contract 4711")
    await line.filter(has_text="contract 4711").wait_for()
    assert await line.inner_text() == (
        "vedette settings set sign_in.session '20 days' --reason 'contract 4711'"
    )
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy").click()
    await page.get_by_role("button", name="Copied").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == await line.inner_text()
    assert not here.complaints


async def test_a_page_with_a_secret_prints_whose_it_is_and_the_secret_alone(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium)
    await to(here, page, "reset")
    await page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    await page.get_by_role("button", name="Print").click()
    assert await page.locator("body").get_attribute("data-printed") == "yes"
    secret = await page.locator(".secret").inner_text()
    await page.emulate_media(media="print")
    printed = await page.locator("body").inner_text()
    assert secret in printed
    assert "@anna:example.org" in printed
    assert "vedette user factors reset" not in printed
    for hidden in ("header", "nav", "main button", "main a.button"):
        for each in await page.locator(hidden).all():
            assert not await each.is_visible(), hidden
    assert not here.complaints


async def test_without_scripts_no_button_to_print_is_offered(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium, java_script_enabled=False)
    await page.goto(here.house.url + "/people/anna")
    await page.get_by_role("button", name="Reset factors").click()
    await page.get_by_label("Reason").fill("phone lost")
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("heading", name="Shown only now").wait_for()
    assert await page.locator("[data-print]").count() == 1
    assert not await page.locator("[data-print]").is_visible()


async def test_while_something_is_done_the_page_says_so_and_it_can_not_be_sent_twice(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium)
    await to(here, page, "review")
    await page.get_by_label("Reason").fill("contract 4711")
    # What is asked for takes as long as one likes: the form is not sent at all.
    await page.evaluate(
        "document.querySelector('[data-working]').closest('form')"
        ".addEventListener('submit', (sent) => sent.preventDefault())"
    )
    button, said = page.get_by_role("button", name="Apply"), page.locator("[data-working]")
    assert await said.inner_text() == ""
    await button.click()
    assert (await said.inner_text()).startswith("It is being done.")
    assert await said.get_attribute("role") == "status"
    assert await button.is_disabled()
    assert not await violations(page)
    await page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")  # coming back
    assert (await said.inner_text(), await button.is_disabled()) == ("", False)
    assert not here.complaints


async def test_one_goes_through_the_grid_by_the_arrow_keys_and_past_it_with_one_link(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium)
    await to(here, page, "grid")
    await page.locator('a[href="/grid/us/us"]').focus()
    for key, place in (
        ("ArrowDown", "/grid/auditors/us"),
        ("ArrowRight", "/grid/auditors/auditors"),
        ("ArrowUp", "/grid/us/auditors"),
        ("ArrowUp", "/grid/us/auditors"),
        ("ArrowLeft", "/grid/us/us"),
    ):
        await page.keyboard.press(key)
        assert await page.evaluate("document.activeElement.getAttribute('href')") == place
    await page.locator(".skip-grid").focus()
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "below"
    assert not here.complaints


async def test_another_language_is_chosen_with_one_click_and_stays(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium, locale="en-GB")
    await to(here, page, "overview")
    await page.get_by_role("link", name="Sprache: Deutsch").click()
    await page.get_by_role("heading", name="Überblick").wait_for()
    await page.reload()
    assert await page.locator("html").get_attribute("lang") == "de"


CLOSED = {
    "anna": ("/", "/settings", "/people/anna", "/grid", "/no/such/page"),
    "": ("/signed-in", "/no/such/page"),
}
"""Pages for whoever may do nothing here, and for whoever is not in: refusals and notices."""


async def test_whoever_is_refused_can_read_why_in_both_languages_and_colours(
    chromium: Chromium, here: Served
) -> None:
    for language, colours in (("en-GB", "dark"), ("de-DE", "light")):
        for name, paths in CLOSED.items():
            page = await here.page(chromium, name, locale=language, color_scheme=colours)
            for path in paths:
                await page.goto(here.house.url + path)
                assert await page.locator("html").get_attribute("lang") == language[:2]
                assert await page.locator("main p").first.inner_text()
                assert not await violations(page), path
                assert not await unreachable(page), path
    assert not here.complaints


# ---- by the keyboard alone -----------------------------------------------------------------------------


async def tabs_to(page: Page, selector: str, most: int = 400) -> None:
    """Press Tab until the keyboard is there; types where something is wanted on the way."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        there, lacks = await page.evaluate(
            """(selector) => {
                const at = document.activeElement;
                return [at.matches(selector), at.required === true && !at.value];
            }""",
            selector,
        )
        if there:
            return
        if lacks:
            await page.keyboard.type("of-the-keyboard")
    raise AssertionError(f"the keyboard does not come to `{selector}` on {page.url}")


async def test_what_each_page_is_for_is_done_by_the_keyboard_alone(
    chromium: Chromium, here: Served
) -> None:
    """In German: its main button, of whatever form, is come to by Tab and pressed by Enter or Space."""
    page = await here.page(chromium, locale="de-DE", reduced_motion="reduce")
    pressed: dict[str, int] = {}
    for number, (stop, going) in enumerate(STOPS.items()):
        if not isinstance(going, str):
            continue
        await to(here, page, stop)
        assert not await violations(page), stop
        if not await page.locator("button.main:visible").count():
            continue
        await tabs_to(page, "button.main")
        async with page.expect_response(lambda one: one.request.is_navigation_request()) as sent:
            await page.keyboard.press(("Enter", "Space")[number % 2])
        pressed[stop] = (await sent.value).status
        await page.locator("h1").wait_for()
    assert set(pressed.values()) <= {200, 400, 503}, pressed  # 503: no gateway runs here
    assert len(pressed) > 10, pressed


async def test_a_rule_is_written_looked_at_and_applied_by_the_keyboard_alone(
    chromium: Chromium, here: Served
) -> None:
    page = await here.page(chromium, reduced_motion="reduce")
    await page.goto(here.house.url + "/")
    await tabs_to(page, "nav a[href='/grid']")
    await page.keyboard.press("Enter")
    await page.locator("table[data-grid]").wait_for()
    await tabs_to(page, "table[data-grid] a[href='/grid/us/us']")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/grid/us/us")
    await tabs_to(page, "a[href='/grid/us/us?add=both#add']")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/grid/us/us?add=both#add")
    await page.locator("form[action='/orders/add-rule']").wait_for()
    form = "form[action='/orders/add-rule'] "
    await tabs_to(page, f"{form}[name=id]")
    await page.keyboard.type("by-keys")
    await tabs_to(page, f"{form}[name=answer]")
    await page.keyboard.press("ArrowDown")  # from allow to forbid
    await tabs_to(page, f"{form}[name=channel-file]")
    await page.keyboard.press("Space")
    await page.locator("pre.command", has_text="--forbid file").wait_for()
    await tabs_to(page, f"{form}button.main")
    await page.keyboard.press("Enter")
    await page.get_by_label("Reason").wait_for()
    await tabs_to(page, "[name=reason]")
    await page.keyboard.type("contract 4711")
    await page.locator("pre.command", has_text="contract 4711").wait_for()
    await tabs_to(page, "button.main")
    await page.keyboard.press("Space")
    await page.get_by_role("heading", name="Done").wait_for()
    shown = await page.locator("pre.command").first.inner_text()
    assert shown == (
        "vedette rule add by-keys --between us us --forbid file --reason 'contract 4711'"
    )
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await tabs_to(page, "button[data-copy]")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Copied").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == shown
    assert not here.complaints
