"""People of a real Active Directory: its password lets them in, and what it takes away is gone here."""

from __future__ import annotations

import asyncio
import time

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.services.directory import PASSWORD
from tests.system.directory.company import LEAVES, Company, acts, put_out, running
from tests.system.matrix_client import Person, signed_in
from tests.system.sign_in import live
from vedette.suite.sign_in_walk import WalkFault, login_token

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def passes(company: Company, name: str, password: str = PASSWORD) -> str:
    """A login token from the page, with a browser that nobody used before."""
    walker = company.people[name]
    walker.password = password
    async with company.house.at("127.0.0.1") as session:
        return await login_token(session, walker)


def reasons(company: Company, name: str) -> list[str]:
    """Why the directory let this person in no further, by the record."""
    found = company.house.cli("audit", "list", "--who", f"@{name}:example.test")
    return [each["decision"]["reason"] for each in found]


async def test_a_bind_and_a_second_factor_let_somebody_in_whom_nobody_entered_here(
    company, tmp_path
):
    company.hire("anna")
    await company.known("anna")
    assert company.house.store.account("anna") is None
    async with signed_in(company, "anna", tmp_path, token=await passes(company, "anna")) as anna:
        assert anna.user == "@anna:example.test"
        shown = await anna.client.get_displayname()
        assert shown.displayname == "Anna of Office"
        company.directory.call("anna", "Anna Married")
        await called(anna, "Anna Married")
    account = company.house.store.account("anna")
    assert account is not None
    assert (account.password_hash, account.must_change) == (None, False)
    (session,) = company.house.sessions(anna.user).values()
    uses = {use.kind: use.proven_by for use in session.facts.factors}
    assert uses == {"password": "directory", "totp": ""}


async def called(someone: Person, name: str) -> None:
    """Wait until the person's own client is told that they are called so."""
    end = time.monotonic() + 60
    while (await someone.client.get_displayname()).displayname != name:
        assert time.monotonic() < end, "the new name never came"
        await asyncio.sleep(0.1)


async def test_groups_in_groups_decide_whether_a_bind_is_enough(company, tmp_path):
    company.hire("ines", group="Interns")
    company.hire("olaf")
    await company.known("ines", "olaf")
    async with signed_in(company, "ines", tmp_path, token=await passes(company, "ines")) as ines:
        assert company.people["ines"].totp is None, "nothing but the password was asked for"
        # Juniors are no longer Quick: two groups away from her, and what she has shown is too little
        company.directory.take_from("Quick", "Juniors")
        user = ines.user
        await live.until(lambda: not _goes_on(company, user))
        company.directory.add_to("Quick", "Juniors")
        await live.until(lambda: _goes_on(company, user))
    assert await passes(company, "olaf")
    assert company.people["olaf"].totp, "he was asked for a second factor, and set one up"


def _goes_on(company: Company, user: str) -> bool:
    (session,) = company.house.sessions(user).values()
    return session.state.value == "live"


@pytest.mark.parametrize("act", ["disabled", "expired", "deleted", "moved out of a group"])
async def test_what_the_directory_takes_away_puts_the_running_client_out(company, act, figure):
    name = f"out-{act.replace(' ', '-')}"
    company.hire(name, f"{name}-beside")
    await company.known(name, f"{name}-beside")
    async with running(company, (name, f"{name}-beside")) as (one, beside):
        took = await put_out(company, one, acts(company.directory)[act], leaves=act in LEAVES)
        figure(f"{act} in the directory: the client is out after {took.out * 1000:.0f} ms"
               + f", its room is left after {took.left * 1000:.0f} ms" * (act in LEAVES))  # fmt: skip
        await asyncio.sleep(0.3)
        assert beside.out == 0, "a client was put out whom nobody touched"
        assert took.status == ("M_UNKNOWN_TOKEN" if act in LEAVES else "M_FORBIDDEN")
    with pytest.raises(WalkFault):
        await passes(company, name)


async def test_what_the_person_and_the_administrator_hear(company):
    company.hire("dana", "mark", "lars")
    await company.known("dana", "mark", "lars")
    company.directory.disable("dana")
    company.directory.must_change("mark")
    said = {}
    for name in ("dana", "mark"):
        with pytest.raises(WalkFault) as fault:
            await passes(company, name)
        said[name] = str(fault.value)
    assert "don't match" in said["dana"]
    assert "has to be changed" in said["mark"]
    for name, reason in (("dana", "directory-disabled"), ("mark", "directory-must-change")):
        await live.until(lambda name=name, reason=reason: reason in reasons(company, name))
    assert await passes(company, "lars")


async def test_a_directory_that_is_away_keeps_nobody_out_who_is_in(company):
    company.hire("tilo", "uwe")
    await company.known("tilo", "uwe")
    async with running(company, ("tilo",)) as (tilo,):
        company.directory.stop(at_once=True)
        try:
            async with company.house.browser() as browser:
                shown = await browser.open("/account/")
                form = {"name": "uwe", "password": PASSWORD}
                later = await browser.send(shown, "password", **form)
                assert later.status == 503
                assert int(later.headers["retry-after"]) > 0
            await asyncio.sleep(3)
            assert tilo.out == 0
        finally:
            company.directory.start()
        assert await passes(company, "uwe")
        # what was missed meanwhile is not missed for good
        company.directory.disable("tilo")
        end = time.monotonic() + 60
        while tilo.out == 0:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
