"""Going on and going away, and a person's own pages, in a running organisation."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from nacl.signing import SigningKey
from signedjson.sign import sign_json

from tests.system.sign_in.house import (
    PASSWORD,
    V3,
    App,
    Browser,
    House,
    Json,
    Shown,
    Someone,
    bearer,
)
from vedette.suite.client import until


async def whoami(browser: Browser, token: str) -> int:
    """How the gateway and Synapse answer whoever shows this token."""
    return (await browser.ask("GET", f"{V3}/account/whoami", bearer(token))).status


async def turns(browser: Browser, token: str, status: int) -> bool:
    """Whether a token is answered so before long: doors hear of a change a moment later."""

    async def so() -> bool:
        return await whoami(browser, token) == status

    return await until(so, 60)


# ---- Refreshing ----------------------------------------------------------------------------------


async def test_a_lost_answer_costs_nobody_the_session_and_a_thief_suspends_it(
    house: House,
) -> None:
    bert = await house.person("bert")
    async with house.browser() as browser:
        app = await App.new(house, browser)
        first = await app.signed_in(bert)
        lost = await app.refresh(browser, first["refresh_token"])
        again = await app.refresh(browser, first["refresh_token"])
        assert (lost.status, again.status) == (200, 200)
        assert await whoami(browser, again.json()["access_token"]) == 200
        newest = await app.refresh(browser, again.json()["refresh_token"])
        assert newest.status == 200
        stolen = await app.refresh(browser, first["refresh_token"])
        assert stolen.status == 403
        assert "access_token" not in stolen.text
        # to the client it is no end: its keys must stay
        assert "error" not in stolen.json()
        assert house.state(bert.user, app.device) == "suspended"
        assert await turns(browser, newest.json()["access_token"], 403)
        after = await app.refresh(browser, newest.json()["refresh_token"])
        assert after.status == 403
        # the answer that was lost made a token, too, which was replaced
        assert (await app.refresh(browser, lost.json()["refresh_token"])).status in (400, 403)


async def test_older_clients_refresh_in_the_same_way(house: House) -> None:
    cleo = await house.person("cleo")
    login = await house.login(cleo, "PHONE", refresh_token=True)
    async with house.browser() as browser:

        async def refresh(token: str) -> Shown:
            return await browser.ask("POST", f"{V3}/refresh", json={"refresh_token": token})

        await refresh(login["refresh_token"])  # and its answer is lost
        second = (await refresh(login["refresh_token"])).json()
        assert await whoami(browser, second["access_token"]) == 200
        third = (await refresh(second["refresh_token"])).json()
        assert (await refresh(login["refresh_token"])).status == 403
        assert house.state(cleo.user, "PHONE") == "suspended"
        assert await turns(browser, third["access_token"], 403)
        # another app's endpoint is no way round it
        app = await App.new(house, browser)
        assert (await app.refresh(browser, third["refresh_token"])).status in (400, 403)


# ---- Going ---------------------------------------------------------------------------------------


async def test_logging_out_ends_one_session_and_everywhere_ends_all(house: House) -> None:
    dora, emil = await house.person("dora"), await house.person("emil")
    async with house.browser() as browser:
        one, two, three = [
            (await house.login(dora, device))["access_token"] for device in ("ONE", "TWO", "THREE")
        ]
        app = await App.new(house, browser)
        native = await app.signed_in(dora)
        other = (await house.login(emil, "ONE"))["access_token"]
        assert (await browser.ask("POST", f"{V3}/logout", bearer(one))).status == 200
        assert await turns(browser, one, 401)
        assert await whoami(browser, two) == await whoami(browser, other) == 200
        assert (await browser.ask("POST", f"{V3}/logout/all", bearer(two))).status == 200
        for token in (two, three, native["access_token"]):
            assert await turns(browser, token, 401)
        assert (await app.refresh(browser, native["refresh_token"])).status == 400
        assert await whoami(browser, other) == 200

        async def forgotten() -> bool:
            return {user for user, _ in house.held_by_synapse()}.isdisjoint({dora.user})

        assert await until(forgotten, 60)


async def test_another_device_is_deleted_after_both_proofs_and_not_before(house: House) -> None:
    fred = await house.person("fred")
    old = (await house.login(fred, "OLD"))["access_token"]
    token = (await house.login(fred, "NEW"))["access_token"]
    async with house.browser() as browser:
        refused = await browser.ask("DELETE", f"{V3}/devices/OLD", bearer(token))
        assert refused.status == 401
        for auth in (
            {"type": "m.login.password", "user": "fred", "password": PASSWORD},
            {"type": "m.oauth", "session": refused.json()["session"]},
            {"type": "m.login.sso", "session": refused.json()["session"]},
            {"type": "m.login.dummy", "session": refused.json()["session"]},
            {"session": refused.json()["session"]},
        ):
            for method, path, more in (
                ("DELETE", f"{V3}/devices/OLD", {}),
                ("POST", f"{V3}/delete_devices", {"devices": ["OLD"]}),
            ):
                again = await browser.ask(method, path, bearer(token), json={"auth": auth, **more})
                assert again.status == 401
        assert await whoami(browser, old) == 200
        at = urlsplit(refused.json()["params"]["m.oauth"]["url"])
        sure = await browser.sign_in(fred, f"{at.path}?{at.query}")
        await browser.send(sure, "end")
        assert await turns(browser, old, 401)
        done = await browser.ask(
            "DELETE", f"{V3}/devices/OLD", bearer(token),
            json={"auth": {"session": refused.json()["session"]}},
        )  # fmt: skip
        assert done.status == 200
        assert await whoami(browser, token) == 200


# ---- New cross-signing keys ----------------------------------------------------------------------


def keys_of(user: str) -> Json:
    """A master key and a self-signing and a user-signing key signed by it."""
    master = SigningKey.generate()
    found: Json = {"master_key": _key(user, "master", master)}
    for usage in ("self_signing", "user_signing"):
        key = _key(user, usage, SigningKey.generate())
        master.alg, master.version = "ed25519", _text(master)  # as signedjson wants it
        found[f"{usage}_key"] = sign_json(key, user, master)
    return found


def _key(user: str, usage: str, key: SigningKey) -> Json:
    return {"user_id": user, "usage": [usage], "keys": {f"ed25519:{_text(key)}": _text(key)}}


def _text(key: SigningKey) -> str:
    return base64.b64encode(bytes(key.verify_key)).rstrip(b"=").decode()


async def test_keys_are_replaced_only_after_their_person_let_it_on_the_page(house: House) -> None:
    gina, hugo = await house.person("gina"), await house.person("hugo")
    token = (await house.login(gina, "PHONE"))["access_token"]
    path = f"{V3}/keys/device_signing/upload"
    async with house.browser() as client:

        async def upload(keys: Json, **more: Any) -> Shown:
            return await client.ask("POST", path, bearer(token), json={**keys, **more})

        assert (await upload(keys_of(gina.user))).status == 200  # the first ones
        new = keys_of(gina.user)
        asked = await upload(new)
        assert asked.status == 401
        for stage in [flow["stages"][0] for flow in asked.json()["flows"]]:
            auth = {"type": stage, "session": asked.json()["session"]}
            assert (await upload(new, auth=auth)).status == 401
        password = {"type": "m.login.password", "user": "gina", "password": PASSWORD}
        assert (await upload(new, auth=password)).status == 401
        for start in _pages_for(asked):
            async with house.browser() as stranger:
                await _approve(stranger, hugo, start)
            assert (await upload(new)).status == 401  # his are his
        async with house.browser() as own:
            page = await own.sign_in(gina, _pages_for(asked)[-1])
            assert (await upload(new)).status == 401  # looking is not agreeing
            (form,) = [form for form in page.page.forms if form.action == "/account/reset"]
            await own.post(form.action, form.sent)
        assert (await upload(new)).status == 200


def _pages_for(asked: Shown) -> list[str]:
    """Where Synapse, and the fallback of each stage, lead."""
    body = asked.json()
    places = {urlsplit(body["params"][stage]["url"]) for stage in body["params"]}
    return [
        *[f"{place.path}?{place.query}" for place in places],
        *[
            f"{V3}/auth/{flow['stages'][0]}/fallback/web?session={body['session']}"
            for flow in body["flows"]
        ],
    ]


async def _approve(browser: Browser, who: Someone, start: str) -> None:
    page = await browser.sign_in(who, start)
    (form,) = [form for form in page.page.forms if form.action == "/account/reset"]
    done = await browser.post(form.action, form.sent)
    assert done.status == 200
