"""A person's way past every page that there is, each in the states that it can be in."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page

import vedette.signin
from tests.apps.signin.pages_scene import PASSWORD, RULES, VALUES, TokenServer, hashed_password
from tests.apps.signin.pages_served import NOTHING, Served
from tests.company_ca import root
from vedette.adapters.memory.tickets import MemoryTickets
from vedette.core.language import Language
from vedette.core.names import UserId
from vedette.core.sessions import FactorUse, Session, SessionFacts, SessionState
from vedette.ports.factors import Departure
from vedette.ports.sign_in import Factor
from vedette.signin.candidates import new_session_name
from vedette.signin.words import say

PAGES = Path(vedette.signin.__file__).parent / "pages"
PARTS = {"base", "own-base", "form"}
"""Templates that are parts of pages, and none by themselves."""
TITLES = {
    "away": "away", "answer": "answer", "change": "change", "codes": "codes", "consent": "consent",
    "depart": "away", "device": "device-grant", "devices": "devices", "end": "end",
    "enrol": "enrol", "enrol-passkey": "enrol-passkey", "enrol-totp": "enrol-totp",
    "factors": "factors", "history": "history", "own": "own", "password": "password-title",
    "reset": "reset", "second": "second", "wait": "wait", "who": "who",
}  # fmt: skip
"""The heading by which each page is known to be it; that of a notice is any."""
EVERY_FACTOR = 'second_factors = ["webauthn", "totp", "radius", "recovery"]'
WITH_CARDS = f"[issuers.company]\nanchors = ['''{root().issued.pem}''']"
NOBODY = '[rules.nobody]\nfrom = ["us"]\nforbid = ["sign-in"]\nsay = "Nobody signs in today."'

Look = Callable[[Page, str], Awaitable[None]]


@dataclass(slots=True)
class Elsewhere:
    """A provider to which people are sent, and which does not answer with a page."""

    at: str = ""

    def begin(self, redirect_uri, *, acr_values=(), fresh=False):
        return Departure(self.at, "s", b"memory")


def surroundings() -> dict[str, object]:
    """What the application must stand in so that every page can be reached."""
    return {
        "server": TokenServer(),
        "upstream": {"idp": Elsewhere()},
        "tickets": MemoryTickets(),
    }


def every_template() -> set[str]:
    return {path.stem for path in PAGES.glob("*.html")} - PARTS


@dataclass(slots=True)
class Tour:
    """The way, in one language. `look` is called at each stop with the template's name."""

    here: Served
    page: Page
    language: Language
    look: Look

    async def stop(self, name: str, title: str = "") -> None:
        """Be sure which page it is, and look at it."""
        heading = self.page.locator("h1")
        await heading.wait_for()
        key = title or TITLES.get(name)
        if key is not None:
            fill = {"client": "Element"} if name == "consent" else {}
            assert await heading.inner_text() == say(self.language, key, **fill)
        await self.look(self.page, name)

    async def all(self) -> None:
        self.here.pages.upstream["idp"].at = self.here.client + NOTHING  # type: ignore[attr-defined]
        for way in (
            self.to_another_provider, self.to_show_a_certificate, self.to_show_a_ticket,
            self.somebody_new,
            self.with_every_factor, self.changing, self.waiting, self.turned_away,
            self.another_device, self.own_pages, self.own_factors,
        ):  # fmt: skip
            await way()

    async def go(self, path: str) -> None:
        await self.page.goto(self.here.pages.origin + path)

    async def press(self, key: str, **fill: str) -> None:
        await self.button(key, **fill).first.click()

    def button(self, key: str, **fill: str) -> Locator:
        return self.page.get_by_role("button", name=say(self.language, key, **fill), exact=True)

    async def fill(self, key: str, text: str, within: Locator | None = None) -> None:
        place = within or self.page
        await place.get_by_label(say(self.language, key), exact=True).first.fill(text)

    async def first(self, name: str, password: str = PASSWORD) -> None:
        await self.fill("name", name)
        await self.fill("password", password)
        await self.press("sign-in")

    async def by_app(self, code: str) -> None:
        section = self.page.locator("section", has=self.page.locator("#code-totp"))
        await section.locator("#code-totp").fill(code)
        await section.get_by_role("button").click()

    # ---- Signing in ------------------------------------------------------------------------------

    async def to_another_provider(self) -> None:
        await self.page.goto(self.here.address())
        await self.stop("who")
        await self.press("upstream", name="idp")
        await self.stop("depart")
        await self.go("/sign-in")
        await self.stop("away")
        await self.press("start-over")
        await self.first("bert", "wrong")
        await self.stop("who")

    async def to_show_a_ticket(self) -> None:
        pages = self.here.pages
        pages.obey(RULES, f'{VALUES}\nkerberos = "yes"')
        await self.page.goto(self.here.address())
        await self.press("ticket-do")
        await self.page.get_by_text(say(self.language, "ticket-none")).wait_for()
        await self.stop("who")
        pages.obey(pages.rules, pages.values)

    async def to_show_a_certificate(self) -> None:
        pages = self.here.pages
        pages.certificates.address = self.here.client
        pages.obey(f"{RULES}\n{WITH_CARDS}", 'second_factors = ["certificate", "totp"]')
        await self.page.goto(self.here.address())
        await self.press("certificate-do")
        await self.stop("depart", "certificate-show")
        await self.press("certificate-without")
        await self.stop("who")
        await self.first("anna")
        await self.stop("second")
        await self.press("certificate-do")
        await self.go("/sign-in")
        await self.stop("away", "certificate-show")
        await self.press("start-over")
        pages.obey(RULES, VALUES)

    async def somebody_new(self) -> None:
        await self.page.goto(self.here.address())
        await self.first("bert")
        await self.stop("enrol")
        await self.press("enrol-passkey-do")
        await self.stop("enrol-passkey")
        await self.press("other-way")
        await self.press("enrol-totp-do")
        await self.stop("enrol-totp")
        await self.fill("code", "000000")
        await self.press("continue")
        await self.stop("enrol-totp")
        shown = await self.page.locator("code.key").inner_text()
        secret = base64.b32decode(shown.replace(" ", ""))
        await self.fill("code", self.here.pages.code(secret))
        await self.press("continue")
        await self.stop("codes")
        await self.go("/sign-in")  # they are shown once
        await self.stop("codes")
        await self.press("codes-new")
        await self.press("codes-kept")
        await self.stop("consent")
        await self.press("agree")
        await self.page.wait_for_url(f"{self.here.client}/sso?loginToken=*")

    async def with_every_factor(self) -> None:
        pages = self.here.pages
        pages.obey(RULES, EVERY_FACTOR)
        pages.give_codes("anna")
        pages.store.add_factor(_passkey("anna", pages.now))
        await self.page.goto(self.here.address())
        await self.first("anna")
        await self.stop("second")
        await self.by_app("000000")
        await self.stop("second")
        section = self.page.locator("section", has=self.page.locator("#code-radius"))
        await section.get_by_role("button").click()
        await self.stop("answer")
        await self.fill("answer-field", "blue")
        await self.press("continue")
        await self.stop("consent")
        await self.press("cancel")
        await self.stop("notice")

    async def changing(self) -> None:
        pages = self.here.pages
        pages.obey(RULES, VALUES)
        pages.store.make_account("cleo", "Cleo", hashed_password(), pages.now, must_change=True)
        pages.give_app("cleo")
        await self.page.goto(self.here.address())
        await self.first("cleo")
        await self.by_app(pages.code())
        await self.stop("change")
        await self.fill("new-password", "short")
        await self.fill("again", "short")
        await self.press("continue")
        await self.stop("change")

    async def waiting(self) -> None:
        pages = self.here.pages
        for registration in ("approved", "confirmed"):
            pages.obey(RULES, f'{VALUES}\nregistration = "{registration}"')
            if registration == "confirmed":
                pages.store.add_session(_session(pages.now, "LAPTOP"), None, pages.now)
            await self.page.goto(self.here.address())
            await self.first("anna")
            await self.by_app(pages.code())
            await self.stop("wait")
            await self.press("check")
            await self.stop("wait")

    async def turned_away(self) -> None:
        pages = self.here.pages
        pages.obey(NOBODY, VALUES)
        await self.page.goto(self.here.address())
        await self.first("anna")
        await self.stop("notice")
        pages.obey(RULES, VALUES)
        await self.go("/sign-in?for=nothing")
        await self.stop("notice")
        await self.go("/account/nowhere")
        await self.stop("notice")

    async def another_device(self) -> None:
        await self.go("/sign-in/device")
        await self.stop("device")
        await self.page.locator("#user_code").fill("NONE-SUCH")
        await self.press("continue")
        await self.stop("device")
        await self.go("/sign-in/device?done=yes")
        await self.stop("notice")

    # ---- A person's own pages --------------------------------------------------------------------

    async def own_pages(self) -> None:
        pages = self.here.pages
        phone = _session(pages.now, "PHONE")
        pages.store.add_session(phone, None, pages.now)
        pages.store.touch(phone.id, pages.now, "192.0.2.9")
        await self.go("/account/")
        await self.first("anna")
        await self.by_app(pages.code())
        await self.stop("own")
        await self.go("/account/devices")
        assert await self.page.locator(".things > li").count() >= 3
        await self.stop("devices")
        await self.go(f"/account/devices/end?session={phone.id}")
        await self.stop("end")
        await self.go("/account/history")
        assert await self.page.locator("tbody tr").count() > 1
        await self.stop("history")
        await self.go("/account/reset")
        await self.stop("reset")

    async def own_factors(self) -> None:
        await self.go("/account/password")
        await self.stop("password")
        for key in ("old-password", "new-password", "again"):
            await self.fill(key, "not it")
        await self.press("change-do")
        await self.stop("password")
        await self.go("/account/factors")
        await self.stop("factors")
        for kind in ("totp", "passkey"):
            await self.page.get_by_role("link", name=say(self.language, f"enrol-{kind}-do")).click()
            await self.stop(f"enrol-{kind}")
            await self.go("/account/factors")
        await self.press("codes-new")
        await self.stop("codes")


def _passkey(localpart: str, now: int) -> Factor:
    credential = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode()
    return Factor(
        id=f"webauthn:{localpart}", localpart=localpart, kind="webauthn", label="Key",
        secret=b"key", counter=0, created=now, details={"credential": credential},
    )  # fmt: skip


def _session(now: int, device: str) -> Session:
    uses = tuple(FactorUse(kind=kind, at=now) for kind in ("password", "totp"))
    return Session(
        id=new_session_name(), user=UserId("@anna:example.org"), device=device,
        state=SessionState.LIVE, kind="oauth", client="c", created=now, expires=now + 86400,
        device_name=f"Element on {device}", number=0,
        facts=SessionFacts(factors=uses, network="192.0.2.1"),
    )  # fmt: skip
