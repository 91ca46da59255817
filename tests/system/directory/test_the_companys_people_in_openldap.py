"""People of a real OpenLDAP (syncrepl): its password lets them in, and what it takes away is gone here."""

from __future__ import annotations

import asyncio
import time

import pytest

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.system.directory.company import LEAVES, acts, put_out, running
from tests.system.directory.test_the_companys_people import called, passes
from tests.system.matrix_client import signed_in
from tests.system.sign_in import live
from vedette.suite.sign_in_walk import WalkFault

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        soon = int(time.time()) + 3
        company.directory.expire(names["ends"], soon)
        await asyncio.sleep(1)
        assert by_name[names["ends"]].out == 0
        await put_out(company, by_name[names["ends"]], lambda _: None, leaves=True)
        assert time.time() >= soon
        assert beside.out == 0, "a client was put out whom nobody touched"
    for name in names.values():
        with pytest.raises(WalkFault):
            await passes(company, name)
