"""What can be tried from outside on the sign-in service of a running organisation, and gets nowhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from playwright.async_api import async_playwright

from tests.services.requirements import CHROMIUM, needs
from tests.system.sign_in.house import (
    CALLBACK,
    HERE,
    V3,
    App,
    Browser,
    House,
    Shown,
    Someone,
    bearer,
    hash_of,
)
from vedette.suite.client import until

EVIL = "evil.example"
SSO = f"{V3}/login/sso/redirect?{urlencode({'redirectUrl': CALLBACK})}"
OWN_PAGES = ("", "devices", "factors", "factors/totp", "factors/webauthn", "password", "history",
             "reset")  # fmt: skip


@pytest.fixture(scope="module")
async def inga(house: House) -> Someone:
    made = await house.person("inga", apps=14)
    await house.login(made, "TABLET")
    return made


# ---- What a request says of itself ---------------------------------------------------------------


async def test_no_header_of_a_client_changes_where_anything_leads(house: House) -> None:
    lies = {
        "Forwarded": f"host={EVIL};proto=http",
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "http",
        "X-Original-URL": "/account/reset",
        "X-Rewrite-URL": "/account/reset",
        "X-Vedette-User": f"@inga:{EVIL}",
    }
    async with house.browser() as browser:
        for path in (
            "/.well-known/openid-configuration",
            "/_matrix/client/v1/auth_metadata",
            SSO,
            "/account/devices",
            "/sign-in/device",
        ):
            plain = await browser.get(path)
            lied = await browser.ask("GET", path, lies)
            moved = await browser.ask("GET", path, {"Host": EVIL})
            assert lied.status == plain.status
            for answer in (lied, moved):
                assert EVIL not in answer.text + answer.to + str(answer.headers), path


async def test_nobody_says_from_where_they_come(house: House, inga: Someone) -> None:
    async with house.browser() as browser:
        lie = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}
        browser.session.headers.update(lie)
        app = await App.new(house, browser)
        back = await app.code(browser.session, inga)
        assert (await app.exchange(browser, back["code"])).status == 200
    (session,) = [each for each in house.sessions(inga.user).values() if each.device == app.device]
    assert session.facts.network == HERE
    assert all(each.address == HERE for each in house.store.last_sign_ins(inga.name, 10))


# ---- Where the browser is led --------------------------------------------------------------------

REDIRECTS = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "http://127.0.0.1@evil.example/back",
    "http://127.0.0.1.evil.example/back", "http://127.0.0.1/back/../evil",
    "http://127.0.0.1/back?next=https://evil.example", "http://127.0.0.1/back#x",
    "http://127.0.0.1/BACK", "http://localhost/back", "http://[::1]/back", "https://127.0.0.1/back",
    "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1:80:80/back", "http://127。0。0。1/back",
    "http://127.0.0.1/back%0d%0aX-Evil:1", "http://127.0.0.1/back\r\nX-Evil: 1", "",
)  # fmt: skip


@pytest.mark.parametrize("address", REDIRECTS)
async def test_nobody_is_led_to_an_address_that_is_not_registered(
    house: House, address: str
) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        answer = await browser.get(app.start(redirect_uri=address))
        assert (answer.status, answer.to) == (400, "")
        assert "x-evil" not in answer.headers
        assert EVIL not in answer.text


_APPS: list[App] = []


async def _app(house: House, browser: Browser) -> App:
    """One client that these tests share: how many may register is limited."""
    if not _APPS:
        _APPS.append(await App.new(house, browser))
    return App(house, _APPS[0].id)


async def test_every_answer_says_whose_it_is_and_only_at_the_clients_own_address(
    house: House, inga: Someone
) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        metadata = (await browser.get("/.well-known/openid-configuration")).json()
        for changes in ({"code_challenge_method": "plain"}, {"code_challenge": None},
                        {"code_challenge_method": None}, {"response_type": "token"},
                        {"prompt": "none"}, {"scope": "openid"}):  # fmt: skip
            for mode in ("query", "fragment"):
                answer = await browser.get(app.start(response_mode=mode, **changes))
                assert answer.to.startswith(f"{CALLBACK}{'?' if mode == 'query' else '#'}")
                said = parse_qs(answer.to.partition("?" if mode == "query" else "#")[2])
                assert said["iss"] == [metadata["issuer"]]
                assert "code" not in said
                assert "error" in said
        back = await app.code(browser.session, inga)
    assert (back["iss"], back["state"]) == (metadata["issuer"], app.state)


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_no_page_leads_elsewhere(house: House, inga: Someone, to: str) -> None:
    async with house.browser() as browser:
        for name in ("to", "next", "return", "redirect_uri", "url", "continue", "action"):
            for path in ("/account/", "/account/devices", "/sign-in", "/sign-in/device"):
                answer = await browser.get(f"{path}?{name}={quote(to, safe='')}")
                at = urlsplit(answer.to)
                assert (at.netloc, at.scheme) == ("", ""), answer.to
                assert answer.to == "" or re.match(r"/[a-z]", answer.to)
        page = await browser.sign_in(inga, f"/account/?action={quote(to, safe='')}")
        assert EVIL not in page.to


# ---- Codes ---------------------------------------------------------------------------------------


async def test_a_code_used_twice_ends_what_it_made_at_every_door(
    house: House, inga: Someone
) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        back = await app.code(browser.session, inga)
        made = (await app.exchange(browser, back["code"])).json()
        async with house.browser("127.3.0.1") as thief:
            assert (await app.exchange(thief, back["code"])).status == 400

        async def over() -> bool:
            path = f"{V3}/account/whoami"
            return (await browser.ask("GET", path, bearer(made["access_token"]))).status == 401

        assert await until(over, 60)
        assert (await app.refresh(browser, made["refresh_token"])).status == 400


async def test_of_many_who_present_a_code_at_once_nobody_keeps_a_session(
    house: House, inga: Someone
) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        back = await app.code(browser.session, inga)
        answers = await asyncio.gather(*[app.exchange(browser, back["code"]) for _ in range(6)])
        assert {answer.status for answer in answers} <= {200, 400}
        assert sum(answer.status == 200 for answer in answers) <= 1
    assert house.state(inga.user, app.device) in ("ended", "")


async def test_a_stolen_code_is_worth_nothing_without_what_the_client_kept(
    house: House, inga: Someone
) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        other = App(house, (await App.new(house, browser)).id, app.device)
        # Each is good for one try, since a code that was tried is used up.
        for wrong in (
            {"code_verifier": other.verifier},
            {"code_verifier": hash_of(app.verifier)},
            {"code_verifier": ""},
            {"redirect_uri": "http://127.0.0.1:99/back"},
            {"client_id": other.id},
        ):
            back = await app.code(browser.session, inga)
            assert (await app.exchange(browser, back["code"], **wrong)).status == 400
            assert (await app.exchange(browser, back["code"])).status == 400
    assert house.state(inga.user, app.device) == ""


# ---- Forms and pages -----------------------------------------------------------------------------


async def _pages(house: House, inga: Someone) -> AsyncIterator[tuple[Browser, Shown]]:
    """A browser at every page that there is, one after the other."""
    async with house.browser() as browser:
        who = await browser.open(SSO)
        yield browser, who
        yield browser, await browser.send(who, "password", name="inga", password="wrong")
        walker = inga.walker()
        second = await browser.send(who, "password", name="inga", password=walker.password)
        yield browser, second
        yield browser, await browser.send(second, "totp", code="000000")
        yield browser, await browser.send(second, "totp", code=await walker.code())
        yield browser, await browser.open("/sign-in/device")
        yield browser, await browser.open("/sign-in/device?done=no")
        yield browser, await browser.open("/sign-in/nothing-here")
        yield browser, await browser.open("/account/nothing-here")
        yield browser, await browser.open(f"{V3}/login/sso/redirect?redirectUrl=javascript:x")
        yield browser, await browser.open("/oauth2/authorize?client_id=nobody")
        yield browser, await browser.ask("PUT", "/sign-in")
    async with house.browser() as browser:
        yield browser, await browser.open("/sign-in")
        yield browser, await browser.sign_in(inga, "/account/")
        for name in OWN_PAGES:
            yield browser, await browser.open(f"/account/{name}")
        (mine,) = list(house.sessions(inga.user).values())[:1]
        yield browser, await browser.open(f"/account/devices/end?session={mine.id}")


async def test_no_page_can_be_framed_kept_or_made_to_load_anything(
    house: House, inga: Someone
) -> None:
    seen = 0
    async for _, shown in _pages(house, inga):
        seen += 1
        if not shown.headers["content-type"].startswith("text/html"):
            continue
        policy = shown.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["cache-control"] == "no-store"
        assert "server" not in shown.headers
        assert not re.search(
            r"<[^>]+\son[a-z]+\s*=|<script(?![^>]*src=\"/)|(src|href|action)=\"?\w*:?//", shown.text
        )
    assert seen > 20


async def test_no_form_of_any_page_is_taken_from_anybody_else(house: House, inga: Someone) -> None:
    """Each form is sent with no token, another's token, and from another site; none does a thing."""
    forms = 0
    async with house.browser() as other:
        foreign = (await other.open(SSO)).page.forms[0].sent["csrf"]
    async for browser, shown in _pages(house, inga):
        for form in shown.page.forms:
            forms += 1
            before = (house.sessions(), house.store.factors(inga.name))
            for sent, headers in (
                ({**form.sent, "csrf": ""}, {}),
                ({**form.sent, "csrf": foreign}, {}),
                ({name: text for name, text in form.sent.items() if name != "csrf"}, {}),
                (form.sent, {"Sec_Fetch_Site": "cross-site", "Origin": f"https://{EVIL}"}),
                (form.sent, {"Sec_Fetch_Site": "same-site", "Origin": f"https://x.{EVIL}"}),
            ):
                answer = await browser.post(form.action, sent, **headers)
                assert answer.status in (403, 409, 410), (form, answer.status)
                assert answer.to == ""
            assert (house.sessions(), house.store.factors(inga.name)) == before
    assert forms > 20


async def test_a_cookie_of_somebody_else_is_worth_nothing_once_they_went_on(
    house: House, inga: Someone
) -> None:
    async with house.browser() as victim, house.browser("127.3.0.1") as thief:
        first = await victim.open(SSO)
        thief.take(victim.cookies())  # planted in the victim's browser, or stolen from it
        walker = inga.walker()
        second = await victim.send(first, "password", name="inga", password=walker.password)
        assert (await thief.open("/sign-in")).status == 410  # its name is another one now
        consent = await victim.send(second, "totp", code=await walker.code())
        agreed = await thief.post("/sign-in", {**consent.form("agree").sent})
        assert (agreed.status in (409, 410), agreed.to) == (True, "")
        done = await victim.send(consent, "agree")
        assert "loginToken=" in done.to
        again = await victim.post("/sign-in", {**consent.form("agree").sent})
        assert "loginToken=" not in again.to


async def test_who_left_their_own_pages_left_them_in_every_copy_of_the_cookie(
    house: House, inga: Someone
) -> None:
    async with house.browser() as victim, house.browser("127.3.0.1") as thief:
        own = await victim.sign_in(inga, "/account/")
        thief.take(victim.cookies())
        (leave,) = [form for form in own.page.forms if form.action == "/account/"]
        await victim.post(leave.action, leave.sent)
        assert (await thief.get("/account/devices")).to.startswith("/sign-in")


# ---- What is told to strangers -------------------------------------------------------------------


async def test_nobody_learns_who_has_an_account(house: House, inga: Someone) -> None:
    answers = set()
    async with house.browser("127.4.0.1") as browser:
        for name in (inga.name, "nobody", "udo", "@inga:elsewhere.test", "ïnga", "a" * 200, "-"):
            who = await browser.open(SSO)
            shown = await browser.send(who, "password", name=name, password="wrong password")
            text = re.sub(r'(value|data-[a-z]+)="[^"]*"', "", shown.text)
            kept = {k: v for k, v in shown.headers.items() if k not in ("date", "content-length")}
            kept.pop("set-cookie", None)
            answers.add((shown.status, text, tuple(sorted(kept.items()))))
    assert len(answers) == 1


# ---- Texts that are no texts ---------------------------------------------------------------------

HOSTILE = '<img src=x onerror="window.taken=1"><script>window.taken=1</script>'


@pytest.mark.browser
@needs(CHROMIUM)
async def test_no_script_runs_that_stands_in_a_name(house: House) -> None:
    jana = await house.person("jana", display_name=HOSTILE)
    async with house.browser() as client:
        app = await App.new(house, client, client_name=HOSTILE[:200])
        login = await house.login(jana, "PHONE", initial_device_display_name=HOSTILE)
        await client.ask("PUT", f"{V3}/devices/PHONE", bearer(login["access_token"]),
                         json={"display_name": HOSTILE})  # fmt: skip
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            context = await chromium.new_context(ignore_https_errors=True, user_agent=HOSTILE)
            page = await context.new_page()
            for start in (app.start(), "/account/devices"):
                walker = jana.walker()
                await page.goto(house.url + start)
                await page.fill("input[name=name]", jana.name)
                await page.fill("input[name=password]", walker.password)
                await page.press("input[name=password]", "Enter")
                await page.fill("input[name=code]", await walker.code())
                await page.press("input[name=code]", "Enter")
                await page.wait_for_selector(f"text={HOSTILE[:20]}")
                await page.wait_for_timeout(200)
                assert await page.evaluate("window.taken") is None
                assert await page.query_selector("img[src=x]") is None
            for path in ("history", "factors", "password"):
                await page.goto(f"{house.url}/account/{path}")
                assert await page.evaluate("window.taken") is None
        finally:
            await chromium.close()


@pytest.mark.parametrize("field", ["state", "nonce", "login_hint", "scope", "prompt", "device_id"])
async def test_nothing_that_is_sent_becomes_a_header(house: House, field: str) -> None:
    async with house.browser() as browser:
        app = await _app(house, browser)
        for text in (
            "x\r\nX-Evil: 1",
            "x\nSet-Cookie: evil=1",
            "x\x00",
            "\u2028X-Evil: 1",
            "é" * 900,
        ):
            for changes in ({}, {"response_type": "token"}):
                answer = await browser.get(app.start(**{field: text, **changes}))
                assert "x-evil" not in answer.headers
                assert "evil" not in answer.headers.get("set-cookie", "")
                assert answer.status in (303, 400)


async def test_what_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    huge: dict[str, Any] = {"data": {"csrf": "x" * (1 << 20), "do": "password"}}
    many: dict[str, Any] = {"data": {f"f{number}": "x" for number in range(5000)}}
    deep: dict[str, Any] = {"data": b"[" * 60_000, "headers": {"Content-Type": "application/json"}}
    async with house.browser() as browser:
        for path in ("/sign-in", "/account/", "/sign-in/device", "/oauth2/token", "/oauth2/device",
                     "/oauth2/registration", "/oauth2/revoke", f"{V3}/login", f"{V3}/refresh",
                     f"{V3}/delete_devices"):  # fmt: skip
            for sent in (huge, many, deep):
                answer = await browser.ask("POST", path, **sent)
                assert 300 <= answer.status < 500, (path, answer.status, answer.text[:100])
