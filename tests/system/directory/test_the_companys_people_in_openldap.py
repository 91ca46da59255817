"""People of a real OpenLDAP (syncrepl): its password lets them in, and what it takes away is gone here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.services.kerberos import MISSING, kdc
from tests.system.directory.company import LEAVES, SERVICE, acts, put_out, running
from tests.system.directory.machines import hired, realm, shows, token
from tests.system.directory.test_the_companys_people import called, passes, reasons
from tests.system.matrix_client import signed_in
from tests.system.sign_in import live
from vedette.adapters.kerberos import installed
from vedette.suite.sign_in_walk import WalkFault

pytestmark = pytest.mark.asyncio(loop_scope="module")
needs_kerberos = pytest.mark.skipif(
    bool(MISSING) or not installed(), reason=MISSING or "needs gssapi: make setup-kerberos"
)


@pytest.fixture(scope="module")
def company(openldap_company):
    return openldap_company


async def test_one_proof_or_two_as_groups_in_groups_decide_and_both_clients_run(company, tmp_path):
    company.hire("anna")
    company.hire("ines", group="Interns")
    await company.known("anna", "ines")
    anna_in = await passes(company, "anna")
    ines_in = await passes(company, "ines")
    assert company.people["anna"].totp, "Office is of Everybody alone: two proofs"
    assert company.people["ines"].totp is None, "Interns are Juniors, and those are Quick: one"
    async with (
        signed_in(company, "anna", tmp_path, token=anna_in) as anna,
        signed_in(company, "ines", tmp_path, token=ines_in) as ines,
    ):
        for name, kinds in (("anna", {"password", "totp"}), ("ines", {"password"})):
            (session,) = company.house.sessions(f"@{name}:example.test").values()
            assert {use.kind for use in session.facts.factors} == kinds
        company.directory.call("anna", "Anna Married")
        company.directory.take_from("Quick", "Juniors")  # two groups away from her
        await live.until(lambda: _state(company, ines.user) == "suspended")
        assert _state(company, anna.user) == "live"
        company.directory.add_to("Quick", "Juniors")
        await live.until(lambda: _state(company, ines.user) == "live")
        await called(anna, "Anna Married")


def _state(company, user):
    (session,) = company.house.sessions(user).values()
    return session.state.value


async def test_what_the_directory_takes_away_puts_each_running_client_out_and_nobody_else(
    company, figure
):
    names = {act: f"out-{act.replace(' ', '-')}" for act in (*acts(company.directory), "ends")}
    company.hire(*names.values(), "beside")
    await company.known(*names.values(), "beside")
    async with running(company, (*names.values(), "beside")) as (*clients, beside):
        by_name = {one.name: one for one in clients}
        for act, do in acts(company.directory).items():
            leaves = act in LEAVES
            took = await put_out(company, by_name[names[act]], do, leaves=leaves)
            figure(
                f"{act} in OpenLDAP: the client is out after {took.out * 1000:.0f} ms"
                + f", its room is left after {took.left * 1000:.0f} ms" * leaves
            )
            assert took.status == ("M_UNKNOWN_TOKEN" if leaves else "M_FORBIDDEN")
        # its time comes, and the directory says nothing when it does
        soon = int(time.time()) + 6
        company.directory.expire(names["ends"], soon)
        await asyncio.sleep(1)
        assert by_name[names["ends"]].out == 0
        await put_out(company, by_name[names["ends"]], lambda _: None, leaves=True)
        assert time.time() >= soon
        assert beside.out == 0, "a client was put out whom nobody touched"
    for name in names.values():
        with pytest.raises(WalkFault):
            await passes(company, name)


# ---- Kerberos, by the name that the directory has ---------------------------------------------------


@needs_kerberos
async def test_whoever_is_called_so_comes_in_by_a_ticket_of_mit_kerberos_until_they_are_disabled(
    company, mit
):
    mit.add("tea", "zed")
    await hired(company, "tea")
    made = await asyncio.to_thread(token, company, "tea")
    assert (await shows(company, made)).status == 303
    assert (await shows(company, made)).status == 403, "a ticket is good once"
    realm(company).log_on("zed")  # who is in the realm and not in the directory
    assert (await shows(company, await asyncio.to_thread(token, company, "zed"))).status == 403
    company.directory.disable("tea")
    refused = await shows(company, await asyncio.to_thread(token, company, "tea"))
    assert refused.status == 403
    assert "is not enough to let you in here" in refused.text
    await live.until(lambda: "directory-disabled" in reasons(company, "tea"))


@needs_kerberos
@pytest.mark.parametrize(
    "made", [b"NTLMSSP\0\1\0\0\0" + bytes(32), b"garbage", bytes(9000), b"\x60\x02\x06\x00"]
)
async def test_what_is_no_ticket_ends_at_the_form(company, made):
    refused = await shows(company, made)
    assert refused.status == 403
    assert "www-authenticate" not in refused.headers
    assert refused.form("password")


@needs_kerberos
async def test_a_ticket_of_another_realm_is_nobodys(company, mit, tmp_path):
    with kdc(tmp_path / "other", "OTHER.TEST") as other:
        other.add("tea")
        other.service(SERVICE)
        other.realm.log_on("tea")
        elsewhere = replace(company, realm=other.realm)
        made = await asyncio.to_thread(token, elsewhere, "tea")
    assert (await shows(company, made)).status == 403
