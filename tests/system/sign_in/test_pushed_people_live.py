"""People whom an identity provider pushes: what it takes away puts their running client out."""

from __future__ import annotations

import asyncio
import datetime
import json
import ssl
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

pytest.importorskip("ldap", reason="needs python-ldap: make setup-directory")

from tests.apps.control.scim import group, patch, user
from tests.system.directory.company import Company, Running, running
from tests.system.sign_in import live
from tests.system.sign_in.house import DOMAIN, House

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Provider:
    """An identity provider, with its token."""

    def __init__(self, house: House, session: aiohttp.ClientSession) -> None:
        self.house, self.session = house, session

    async def asks(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.request(method, f"/scim/v2{path}", json=body) as answer:
            told = await answer.read()
            return answer.status, json.loads(told) if told else None

    async def push(self, name: str) -> str:
        """Make somebody, in the group `Employees`, and wait until the sign-in service knows them."""
        status, made = await self.asks("POST", "/Users", user(name, displayName=name.title()))
        assert status == 201, made
        found = await self.asks("GET", "/Groups?filter=displayName+eq+%22Employees%22")
        add = patch({"op": "Add", "path": "members", "value": [{"value": made["id"]}]})
        (there,) = found[1]["Resources"]
        assert (await self.asks("PATCH", f"/Groups/{there['id']}", add))[0] == 200
        await live.until(lambda: self.house.has_heard_of(f"@{name}:{DOMAIN}"))
        return str(made["id"])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def provider(house: House) -> AsyncIterator[Provider]:
    last = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)).date().isoformat()
    made = await asyncio.to_thread(
        house.cli, "scim", "token", "add", "--expires", last, "--reason", "test"
    )
    own = house.boot.control.inbound
    assert own is not None
    tls = ssl.create_default_context(cadata=house.ca.decode())
    async with aiohttp.ClientSession(
        own.url,
        connector=aiohttp.TCPConnector(ssl=tls),
        headers={"Authorization": f"Bearer {made['value']}"},
    ) as session:
        found = Provider(house, session)
        assert (await found.asks("POST", "/Groups", group("Employees")))[0] == 201
        yield found


DEACTIVATED = patch({"op": "Replace", "path": "active", "value": "False"})


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
async def test_what_the_provider_takes_away_puts_the_running_client_out(
    house: House, provider: Provider, how: str, figure: Any, tmp_path: Any
) -> None:
    ca = tmp_path / "trusted.pem"
    ca.write_bytes(house.ca)
    company = Company(house, None, ca)  # type: ignore[arg-type]  # no directory is asked
    out, beside = f"pushed-{how}", f"pushed-{how}-beside"
    id_ = await provider.push(out)
    await provider.push(beside)
    async with running(company, (out, beside)) as (one, other):
        begun = time.monotonic()
        if how == "deleted":
            assert (await provider.asks("DELETE", f"/Users/{id_}"))[0] == 204
        else:
            assert (await provider.asks("PATCH", f"/Users/{id_}", DEACTIVATED))[0] == 200
        asked = time.monotonic() - begun
        left = asyncio.create_task(_until_left(company, one))
        await asyncio.wait({one._syncing}, timeout=60)  # type: ignore[arg-type]
        assert one.out, "the client goes on"
        seconds = await left - begun
        figure(
            f"{how} by the identity provider: answered after {asked * 1000:.0f} ms, the client is out"
            f" after {(one.out - begun) * 1000:.0f} ms, its room left after {seconds * 1000:.0f} ms"
        )
        assert one.status == "M_UNKNOWN_TOKEN"
        assert other.out == 0, "a client was put out whom nobody touched"
    state = await asyncio.to_thread(house.cli, "scim", "state")
    assert state["open"] is True
    assert state["last"]["name"] == out
    names = [
        each["name"] for each in (await asyncio.to_thread(house.cli, "scim", "users"))["users"]
    ]
    assert beside in names


async def _until_left(company: Company, one: Running) -> float:
    end = time.monotonic() + 60
    while not await asyncio.to_thread(company.left, one.room, one.user):
        assert time.monotonic() < end, "it is in the room still"
        await asyncio.sleep(0.02)
    return time.monotonic()
