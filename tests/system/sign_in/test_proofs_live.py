"""Proofs that were used, guessed at, or are missing, in a running organisation."""

from __future__ import annotations

import asyncio
import secrets
import time

import pytest

from tests.system.sign_in.house import (
    CALLBACK,
    DOMAIN,
    HERE,
    PASSWORD,
    V3,
    App,
    Browser,
    House,
    Shown,
    Someone,
)
from vedette.adapters.passwords import Argon2Passwords
from vedette.ports.sign_in import Factor
from vedette.protocol import recovery
from vedette.protocol.totp import NEVER
from vedette.suite.sign_in_walk import Walker

ELSEWHERE = ("127.5.0.1", "127.6.0.1", "127.7.0.1")
"""Addresses in other networks than that of everybody else."""
SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"
GRACE_IS_OVER = 30 * 86_400


def steps(shown: Shown) -> set[str]:
    """What the forms of a page are for."""
    return {form.does for form in shown.page.forms}


async def past_password(browser: Browser, name: str, password: str = PASSWORD) -> Shown:
    return await browser.send(await browser.open(SSO), "password", name=name, password=password)


# ---- Codes ---------------------------------------------------------------------------------------


async def test_a_code_from_an_app_gets_one_in_of_many_who_send_it_at_once(house: House) -> None:
    karl = await house.person("karl", apps=1)
    code = await karl.walker().code()
    browsers = [house.at(HERE) for _ in range(5)]
    try:
        at = [Browser(session, house.url) for session in browsers]
        seconds = [await past_password(each, "karl") for each in at]
        ends = await asyncio.gather(
            *[each.send(page, "totp", code=code) for each, page in zip(at, seconds, strict=True)]
        )
        assert sorted("agree" in steps(end) for end in ends) == [False] * 4 + [True]
        for spelling in (code, f" {code} ", f"{code[:3]} {code[3:]}"):
            async with house.browser() as late:
                again = await late.send(await past_password(late, "karl"), "totp", code=spelling)
                assert "agree" not in steps(again)
    finally:
        for session in browsers:
            await session.close()


async def test_a_recovery_code_gets_one_in_of_many_who_send_it_at_once(house: House) -> None:
    lena = await house.person("lena")
    codes = _codes_of(house, lena)
    browsers = [house.at(HERE) for _ in range(4)]
    try:
        at = [Browser(session, house.url) for session in browsers]
        seconds = [await past_password(each, "lena") for each in at]
        ends = await asyncio.gather(
            *[
                each.send(page, "recovery", code=codes[0])
                for each, page in zip(at, seconds, strict=True)
            ]
        )
        assert sorted("agree" in steps(end) for end in ends) == [False] * 3 + [True]
        async with house.browser() as late:
            again = await late.send(await past_password(late, "lena"), "recovery", code=codes[0])
            assert "agree" not in steps(again)
            other = await late.send(again, "recovery", code=codes[1].lower())
            assert "agree" in steps(other)
    finally:
        for session in browsers:
            await session.close()


async def test_a_recovery_code_is_no_first_proof_and_nobody_elses(house: House) -> None:
    mona, nils = await house.person("mona"), await house.person("nils")
    codes = _codes_of(house, mona)
    _codes_of(house, nils)
    async with house.browser() as browser:
        assert "password" in steps(await past_password(browser, "mona", codes[0]))
        second = await past_password(browser, "nils")
        assert "agree" not in steps(await browser.send(second, "recovery", code=codes[0]))
    assert house.store.recovery_left("mona") == len(codes)


def _codes_of(house: House, who: Someone) -> tuple[str, ...]:
    codes = recovery.codes(secrets.token_bytes(recovery.RANDOM_BYTES))
    hashes = [recovery.digest(code, who.name) for code in codes]
    house.store.set_recovery(who.name, hashes, int(time.time()))
    return codes


# ---- Guessing ------------------------------------------------------------------------------------


async def test_whoever_guesses_locks_out_nobody_but_themselves(house: House) -> None:
    olga = await house.person("olga")
    async with house.browser() as known:
        consent = await known.sign_in(olga, SSO)
        await known.send(consent, "agree")  # from now on this browser is known
        async with house.browser(ELSEWHERE[0]) as thief:
            for _ in range(9):
                await past_password(thief, "olga", "guessed")
            locked = await past_password(thief, "olga")  # right at last, and too late
            assert "password" in steps(locked)
        async with house.browser(ELSEWHERE[1]) as anywhere:
            assert "agree" in steps(await anywhere.sign_in(olga, SSO))
        # and where the guessing is done at the owner's own address, the known browser gets in
        async with house.browser() as neighbour:
            for _ in range(9):
                await past_password(neighbour, "olga", "guessed")
            assert "password" in steps(await past_password(neighbour, "olga"))
        assert "agree" in steps(await known.sign_in(olga, SSO))


async def test_codes_are_not_guessed_in_flow_after_flow(house: House) -> None:
    paul = await house.person("paul", apps=2)
    async with house.browser(ELSEWHERE[2]) as thief:
        for _ in range(3):
            shown = await past_password(thief, "paul")
            for _ in range(5):
                if "totp" in steps(shown):
                    shown = await thief.send(shown, "totp", code="123456")
        last = await past_password(thief, "paul")
        right = await paul.walker().code()
        if "totp" in steps(last):
            last = await thief.send(last, "totp", code=right)
        assert "agree" not in steps(last)
    async with house.browser() as owner:
        assert "agree" in steps(await owner.sign_in(paul, SSO))


# ---- Proofs that are missing ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def rosa(house: House) -> Walker:
    """Somebody whose account is old, and who never set up a second factor."""
    made = int(time.time()) - GRACE_IS_OVER
    house.store.make_account("rosa", "Rosa", Argon2Passwords().hash(PASSWORD), made)
    return Walker(f"@rosa:{DOMAIN}", PASSWORD)


async def test_after_the_grace_a_password_alone_leads_nowhere_at_all(
    house: House, rosa: Walker
) -> None:
    before = house.sessions()
    async with house.browser() as browser:
        app = await App.new(
            house, browser,
            grant_types=["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        )  # fmt: skip
        grant = await browser.ask(
            "POST", "/oauth2/device",
            data={"client_id": app.id, "scope": app.query()["scope"]},
        )  # fmt: skip
        assert grant.status == 200, grant.text
        native = await App.new(house, browser)
        device = f"/sign-in/device?user_code={grant.json()['user_code']}"
        for start in (device, SSO, native.start(), "/account/factors/totp"):
            first = await browser.open(start)
            if start == device:
                first = await browser.send(first, "enter")
            end = await browser.send(first, "password", name=rosa.name, password=PASSWORD)
            assert steps(end) <= {"back"}, (start.page.title, steps(end))
            for do in ("totp", "webauthn", "recovery", "agree", "seen", "new", "change", "check"):
                (back,) = [form for form in end.page.forms if form.does == "back"]
                tried = await browser.post("/sign-in", {**back.sent, "do": do, "code": "123456",
                                                        "new": "x" * 20, "again": "x" * 20})  # fmt: skip
                assert (tried.status, tried.to) == (409, ""), do
        for page in ("", "devices", "factors/totp", "password", "reset"):
            assert (await browser.get(f"/account/{page}")).to.startswith("/sign-in")
        polled = await browser.ask(
            "POST", "/oauth2/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "client_id": app.id, "device_code": grant.json()["device_code"],
            },
        )  # fmt: skip
        assert (polled.status, polled.json()["error"]) == (400, "authorization_pending")
    assert house.sessions() == before
    assert house.store.factors(rosa.name) == ()


async def test_a_password_that_was_handed_out_is_changed_before_anything_else(
    house: House,
) -> None:
    now = int(time.time())
    house.store.make_account(
        "sven", "Sven", Argon2Passwords().hash(PASSWORD), now, must_change=True
    )
    app = Walker(f"@sven:{DOMAIN}", PASSWORD, "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U")
    house.store.add_factor(_totp("sven", b"abcdefghijklmnopqrst", now))
    async with house.browser() as browser:
        for start in (SSO, "/account/"):
            await browser.open("/sign-in")
            first = await browser.open(start)
            second = await browser.send(first, "password", name="sven", password=PASSWORD)
            change = await browser.send(second, "totp", code=await app.code())
            assert steps(change) == {"change", "back"}
            (form,) = [form for form in change.page.forms if form.does == "back"]
            for do in ("agree", "seen", "check", "totp"):
                tried = await browser.post("/sign-in", {**form.sent, "do": do})
                assert (tried.status, tried.to) == (409, "")
            assert "vedette-own" not in str(browser.cookies())
            for new, again in ((PASSWORD, PASSWORD), ("short", "short"), ("a" * 20, "b" * 20)):
                same = await browser.send(change, "change", new=new, again=again)
                assert steps(same) == {"change", "back"}
        assert house.store.account("sven").must_change  # type: ignore[union-attr]


def _totp(localpart: str, secret: bytes, now: int) -> Factor:
    return Factor(
        id=secrets.token_urlsafe(18), localpart=localpart, kind="totp", label="app",
        secret=secret, counter=NEVER, created=now,
    )  # fmt: skip


async def test_whoever_lost_the_factor_comes_in_once_with_the_start_code_and_sets_up_another(
    house: House,
) -> None:
    made = int(time.time()) - GRACE_IS_OVER
    house.store.make_account("tina", "Tina", Argon2Passwords().hash(PASSWORD), made)
    lost = Walker(f"@tina:{DOMAIN}", PASSWORD, "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U")
    house.store.add_factor(_totp("tina", b"abcdefghijklmnopqrst", made))
    code = house.cli("user", "factors", "reset", "tina", "--reason", "lost")["secret"]
    async with house.browser() as browser:
        second = await past_password(browser, "tina")
        assert "totp" not in steps(second)
        form = {**second.form("recovery").sent, "do": "totp", "code": await lost.code()}
        assert (await browser.post("/sign-in", form)).status == 409
    async with house.browser() as browser:
        enrol = await browser.send(await past_password(browser, "tina"), "recovery", code=code)
        assert "agree" not in steps(enrol)
        shown = await browser.send(enrol, "totp")
        (secret,) = [text.replace(" ", "") for text in shown.page.codes]
        app = Walker(lost.user, PASSWORD, secret)
        seen = await browser.send(shown, "totp", code=await app.code())
        assert "agree" in steps(await browser.send(seen, "seen"))
    async with house.browser() as browser:
        second = await past_password(browser, "tina")
        assert "agree" not in steps(await browser.send(second, "recovery", code=code))
        consent = await browser.send(second, "totp", code=await app.code())
        assert "agree" in steps(consent)
