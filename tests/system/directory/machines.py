"""Machines of a realm that come to the organisation, with tickets of the people who use them."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
from pathlib import Path

from tests.services.kerberos import Realm
from tests.system.directory.company import SERVICE, Company
from tests.system.sign_in.house import CALLBACK, V3, Browser, Shown
from vedette.signin.ticket_way import VISIT

SSO = f"{V3}/login/sso/redirect?redirectUrl={CALLBACK}"


def realm(company: Company) -> Realm:
    """The realm whose tickets are taken."""
    assert company.realm is not None
    return company.realm


def curl(company: Company, person: str, browser: Browser, *more: str) -> Shown:
    """Answer with this person's ticket at the address that asks for one, with the browser's cookies."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    folder = company.ca_file.parent
    jar, heads, body = (folder / f"{person}.{each}" for each in ("jar", "heads", "body"))
    done = subprocess.run(
        ["curl", "-s", "-D", heads, "-o", body, "--negotiate", "-u", ":", "-c", jar,
         "--cacert", company.ca_file, "-H", f"Cookie: {cookies}", *more,
         f"{company.client_url}{VISIT}"],
        env=realm(company).at(person), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    browser.take(_cookies(jar))
    first, *lines = heads.read_text().strip().split("\n\n")[-1].splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Shown(int(first.split()[1]), headers, body.read_text(), headers.get("location", ""))


def _cookies(jar: Path) -> dict[str, str]:
    lines = jar.read_text().splitlines() if jar.exists() else []
    rows = [line.removeprefix("#HttpOnly_").split("\t") for line in lines]
    return {row[5]: row[6] for row in rows if len(row) == 7}


async def asked(browser: Browser) -> Shown:
    """Somebody who wants in by the ticket of their machine."""
    return await browser.send(await browser.open(SSO), "kerberos")


async def hired(company: Company, name: str, group: str = "Interns") -> None:
    """Somebody who is logged on at a machine.

    They have a ticket for us, and the sign-in service has heard of them: it took one.
    """
    company.hire(name, group=group)
    await company.known(name)
    realm(company).log_on(name)
    end = time.monotonic() + 60
    while True:
        async with company.house.browser() as browser:
            await asked(browser)
            answer = await asyncio.to_thread(curl, company, name, browser)
        if answer.status == 303:
            return
        assert "has not been taken over here yet" in answer.text, answer.text
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def token(company: Company, person: str, bound: bytes = b"") -> bytes:
    """By a program of its own: which realm it is in is said in its surroundings."""
    program = (
        "import base64, sys, gssapi; from gssapi.raw import ChannelBindings as Bound\n"
        "who = gssapi.Name(sys.argv[1], gssapi.NameType.kerberos_principal)\n"
        "bound = bytes.fromhex(sys.argv[2])\n"
        "made = gssapi.SecurityContext(name=who, usage='initiate',\n"
        "    mech=gssapi.OID.from_int_seq('1.3.6.1.5.5.2'),\n"
        "    channel_bindings=Bound(application_data=bound) if bound else None)\n"
        "print(base64.b64encode(made.step()).decode())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, f"{SERVICE}@{realm(company).name}", bound.hex()],
        env=realm(company).at(person),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return base64.b64decode(done.stdout)


async def shows(company: Company, made: bytes) -> Shown:
    """What somebody gets who wants in by the ticket of their machine, and shows this token."""
    async with company.house.browser() as browser:
        await asked(browser)
        value = f"Negotiate {base64.b64encode(made).decode()}"
        return await browser.get(VISIT, Authorization=value)
