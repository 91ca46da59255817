"""Sessions that stand on certificates of a company's CA, and how long it takes until they are out."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import aiohttp
from cryptography.hazmat.primitives.serialization import Encoding

from tests.services.requirements import CURL, require
from tests.system.pki import Card, Company
from tests.system.sign_in import live
from tests.system.sign_in.house import SURE, V3, Browser, House, Shown
from vedette.core.sessions import FactorUse, ShownCertificate
from vedette.ports.certificates import KeptCertificate
from vedette.protocol.x509.reading import Read, read
from vedette.protocol.x509.values import thumbprint_of

_EACH = 0.003
"""Seconds between two requests of a crowd: it must not measure its own load. One asks every 20 ms."""


def at(house: House) -> str:
    """The address at which certificates are shown."""
    assert house.boot.gateway.certificates is not None
    return house.boot.gateway.certificates.url


@contextmanager
def issuer(
    house: House, company: Company, values: str = "", *, name: str = "company", **how: object
) -> Iterator[None]:
    """The settings name the company's CA for as long as this lasts.

    What was told of revoked certificates is kept for longer, by `name` and serial.
    """
    before = max(each["number"] for each in house.cli("settings", "history"))
    given = company.settings(**how)  # type: ignore[arg-type]
    inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items())
    house.cli("settings", "set", f"issuers.{name}", f"{{ {inline} }}", *SURE)
    if values:
        house.cli("settings", "set", "sign_in.second_factors", values, *SURE)
    try:
        yield
    finally:
        house.cli("settings", "restore", str(before), *SURE)


def curl(
    house: House, link: str, card: Card | None, *more: str,
    environment: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Where `curl` is sent on by the address at which certificates are shown; empty for nowhere."""
    require(CURL)
    ca = house.boot.folder / "test-ca.pem"
    ca.write_bytes(house.ca)
    shown = ("--cert", str(card.certificate), "--key", str(card.key)) if card else ()
    done = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{redirect_url}", "--cacert", str(ca), *shown,
         *more, link],
        capture_output=True, text=True, check=False, timeout=60, env=environment,
    )  # fmt: skip
    return done.stdout


def link_in(shown: Shown, house: House) -> str:
    """The link on the page that leads to where certificates are shown."""
    marker = f'href="{at(house)}'
    begin = shown.text.index(marker) + len('href="')
    return shown.text[begin : shown.text.index('"', begin)].replace("&amp;", "&")


async def show(browser: Browser, house: House, shown: Shown, card: Card | None) -> Shown:
    """Go where certificates are shown, with this one, and come back."""
    departing = await browser.send(shown, "certificate")
    back = await asyncio.to_thread(curl, house, link_in(departing, house), card)
    assert back.startswith(browser.origin), departing.text
    return await browser.open(back.removeprefix(browser.origin))


def tls_of(house: House, card: Card | None) -> ssl.SSLContext:
    """TLS of a client whose connections show this certificate."""
    tls = ssl.create_default_context(cadata=house.ca.decode())
    if card is not None:
        tls.load_cert_chain(card.certificate, card.key)
    return tls


def stand_on(house: House, runs: live.Runs, card: Card, name: str) -> None:
    """Have a session stand on a certificate, as if its person had shown it."""
    der = card.read.public_bytes(Encoding.DER)
    known = read(der)
    assert isinstance(known, Read)
    now = int(time.time())
    kept = KeptCertificate(
        thumbprint=thumbprint_of(der), der=der, issuer="company", serial=known.serial_hex,
        subject=known.subject_text, localpart=name, ends=known.not_after, shown=now, checked=now,
    )  # fmt: skip
    house.store.certificates.keep(kept)
    shown = ShownCertificate(
        thumbprint=kept.thumbprint, issuer=kept.issuer, serial=kept.serial, ends=kept.ends
    )
    use = FactorUse(kind="certificate", at=now, proven_by=f"company:{kept.serial}")
    facts = replace(
        runs.session.facts,
        certificates=(shown,),
        factors=(use, FactorUse(kind="totp", at=now)),
    )
    house.store.set_facts(runs.id, facts)


@dataclass(frozen=True, slots=True)
class Carded:
    """A session with an open /sync, and its certificate."""

    runs: live.Runs
    card: Card


async def carded(
    house: House, http: aiohttp.ClientSession, names: Sequence[str], cards: Sequence[Card]
) -> list[Carded]:
    """A session for each of these people, each with a certificate and an open /sync."""
    made = await asyncio.to_thread(live.issue, house, names)
    found = []
    for runs, name, card in zip(made, names, cards, strict=True):
        stand_on(house, runs, card, name)
        await live.becomes(http, runs.token, 200)
        await _listen(http, runs)
        found.append(Carded(runs, card))
    await asyncio.sleep(1)  # the last long-polls arrive at Synapse
    return found


async def _listen(http: aiohttp.ClientSession, runs: live.Runs) -> None:
    """Keep a /sync open; note when it is cut, or answered with a no because its device is gone."""
    _, first = await live.answer(http, runs.token, f"{V3}/sync?timeout=0")
    assert "next_batch" in first, first
    runs.polling = asyncio.create_task(_poll(http, runs, first["next_batch"]))


async def _poll(http: aiohttp.ClientSession, runs: live.Runs, since: str) -> None:
    status = 200
    while status == 200:
        path = f"{V3}/sync?timeout=120000&since={since}"
        status, body = await live.answer(http, runs.token, path)
        since = body.get("next_batch", since)
    runs.cut = time.monotonic()


@dataclass(frozen=True, slots=True)
class Gone:
    """Seconds from the moment in which it was known until the next request, and the open /sync."""

    refused: list[float]
    cut: list[float]


async def out_of(
    http: aiohttp.ClientSession, crowd: Sequence[Carded], since: Sequence[float] | float
) -> Gone:
    """Wait until everybody is out; `since` is when each was known to be revoked, by `monotonic`."""
    at_ = [since] * len(crowd) if isinstance(since, float) else since
    look = max(0.02, len(crowd) * _EACH)
    refused = await asyncio.gather(*(_refused(http, each.runs, look) for each in crowd))
    polls = [each.runs.polling for each in crowd if each.runs.polling is not None]
    await asyncio.wait(polls, timeout=live.PATIENCE)
    assert all(each.runs.cut > 0 for each in crowd), "an open /sync was not cut"
    return Gone(
        [when - begun for when, begun in zip(refused, at_, strict=True)],
        [each.runs.cut - begun for each, begun in zip(crowd, at_, strict=True)],
    )


async def _refused(http: aiohttp.ClientSession, runs: live.Runs, look: float) -> float:
    await live.becomes(http, runs.token, 401, look=look)
    return time.monotonic()


# ---- The three ways by which it is learnt ------------------------------------------------------------


async def pushed(house: House, http: aiohttp.ClientSession, crowd: Sequence[Carded]) -> Gone:
    """The CA's own procedure says it, one certificate after the other."""
    refused: list[float] = []
    cut: list[float] = []
    for each in crowd:
        begun = time.monotonic()
        body = {"issuer": "company", "serial": each.card.serial, "reason": "card lost"}
        done = asyncio.to_thread(live.control(house).ask, "POST", "/certificates/revoked", body)
        _, found = await asyncio.gather(done, out_of(http, [each], begun))
        refused += found.refused
        cut += found.cut
    return Gone(refused, cut)


async def listed(http: aiohttp.ClientSession, company: Company, crowd: Sequence[Carded]) -> Gone:
    """A new list has them all; it counts from when it was fetched."""
    for each in crowd:
        await asyncio.to_thread(company.people.revoke, each.card)
    company.served.clear()
    await asyncio.to_thread(company.publish)
    published = time.monotonic()
    waiting = asyncio.create_task(out_of(http, crowd, published))
    while not (seen := [when for path, when in company.served
                        if path == "/people.crl" and when >= published]):  # fmt: skip
        await asyncio.sleep(0.01)
    found = await waiting
    late = seen[0] - published
    return Gone([each - late for each in found.refused], [each - late for each in found.cut])


async def answered(http: aiohttp.ClientSession, company: Company, crowd: Sequence[Carded]) -> Gone:
    """The responder says it of each; it counts from when it said so of that one."""
    serials = [each.card.read.serial_number for each in crowd]
    begun = time.monotonic()
    company.revoked_ocsp.update(serials)
    found = await out_of(http, crowd, begun)
    told = [company.answered_revoked[serial] - begun for serial in serials]
    return Gone(
        [each - at_ for each, at_ in zip(found.refused, told, strict=True)],
        [each - at_ for each, at_ in zip(found.cut, told, strict=True)],
    )


async def put_out(
    way: str, house: House, http: aiohttp.ClientSession, company: Company,
    crowd: Sequence[Carded],
) -> Gone:  # fmt: skip
    """Revoke all of these certificates by one of the three ways."""
    if way == "push":
        return await pushed(house, http, crowd)
    return await (listed if way == "crl" else answered)(http, company, crowd)
