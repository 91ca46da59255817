"""Signs somebody in over the sign-in page, as a person with a browser and a phone does it.

Every client comes to the same page, whatever it is. This reads the page's forms, fills in what the
person knows, and follows to where the page leads in the end.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pyotp
from yarl import URL

from vedette.adapters.system_clock import SystemClock
from vedette.suite.client import Json, Refused, body_of

CALLBACK = "http://localhost:9/signed-in"
"""Where the page leads in the end; nobody listens there, and nobody has to."""
_V3 = "/_matrix/client/v3"
_MOST_STEPS = 20
_MOST_TRIES = 6
"""With the usual `Retry-After` of five seconds these fit in the minute for which a token is valid."""
_ORDER = ("password", "change", "totp", "seen", "agree")
"""What a form asks for, in the order in which it is preferred where a page has several."""
_PERIOD = 30
_REDIRECTS = frozenset({302, 303, 307})


class WalkFault(RuntimeError):
    """The sign-in did not come to its end; the message says where it stopped and what was said."""


@dataclass(slots=True)
class Walker:
    """What somebody signs in with.

    `totp` is the Base32 secret of their app. It is learnt on the way by whoever has to set one up,
    as is the password by whoever has to change it to `next_password`.
    """

    user: str
    password: str = field(repr=False)
    totp: str | None = field(default=None, repr=False)
    next_password: str | None = field(default=None, repr=False)
    last_step: int = 0
    """The step of thirty seconds whose code was used last."""

    @property
    def name(self) -> str:
        """What is typed as the name."""
        return self.user.removeprefix("@").partition(":")[0]

    async def code(self) -> str:
        """A code that was not used before: no step of thirty seconds is good for two.

        The step that comes next is good already, so that two sign-ins in a row need no waiting.
        """
        if self.totp is None:
            raise WalkFault(f"`{self.user}` is asked for a code, and has no app that makes one")
        now = int(SystemClock().now()) // _PERIOD
        step = max(now, self.last_step + 1)
        if step > now + 1:
            await asyncio.sleep((step - 1) * _PERIOD - SystemClock().now() + 0.5)
        self.last_step = step
        return str(pyotp.TOTP(self.totp).at(step * _PERIOD))


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes, what it sends by itself, and what it asks for."""

    action: str
    sent: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def does(self) -> str:
        """What the form is for."""
        return self.sent.get("do", "")


class Page(HTMLParser):
    """The forms of a page, its title, what it says when it stops, and its texts in `code`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.codes: list[str] = []
        self.title = self.error = ""
        self._within: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form or a field of one."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", "")))
        elif tag == "input" and self.forms:
            name, form = said.get("name", ""), self.forms[-1]
            form.sent[name] = said.get("value", "")
            if said.get("type") != "hidden":
                form.asked.append(name)
        elif tag == "code":
            self.codes.append("")
        if tag in {"h1", "code"} or said.get("id") == "error" or said.get("role") == "status":
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave what was entered."""
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        """Keep the text of what is of interest."""
        match self._within:
            case [*_, "h1"]:
                self.title += data.strip()
            case [*_, "code"]:
                self.codes[-1] += data.strip()
            case [*_, "div" | "p"]:
                self.error += data.strip() + " "

    def form(self) -> Form | None:
        """The form that leads on."""
        known = {form.does: form for form in reversed(self.forms)}
        return next((known[does] for does in _ORDER if does in known), None)


async def sign_in(session: aiohttp.ClientSession, walker: Walker, device: Json) -> Json:
    """Sign in as older clients do (Matrix CS API, "SSO client login"); returns the login's answer.

    `session` knows the gateway's address and takes cookies from it. `device` is added to the login:
    `device_id`, `initial_device_display_name`, `refresh_token`. A login that is answered with 503 is
    repeated after `Retry-After`: the token is still valid.

    Raises:
        Refused: the server said no to the login itself.
        WalkFault: the page did not let the person through.
    """
    body = {**device, "type": "m.login.token", "token": await login_token(session, walker)}
    tries = 0
    while True:
        tries += 1
        async with session.post(f"{_V3}/login", json=body) as answer:
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or tries == _MOST_TRIES:
                return await body_of(answer)
            seconds = float(answer.headers.get("Retry-After", 1))
        await asyncio.sleep(seconds)


async def login_token(session: aiohttp.ClientSession, walker: Walker) -> str:
    """Pass the page and come back with a token that is good for one login. Raises as `sign_in`."""
    at = await walk(session, walker, f"{_V3}/login/sso/redirect?redirectUrl={CALLBACK}")
    token = parse_qs(urlsplit(str(at)).query).get("loginToken", [""])[0]
    if not token:
        raise WalkFault(f"`{walker.user}` came back without a login token")
    return token


async def walk(session: aiohttp.ClientSession, walker: Walker, start: str) -> URL:
    """Go from `start` through every page; returns the address outside to which the last one leads.

    Raises:
        Refused: `start` was refused.
        WalkFault: a page asked for what the person has not, or said no.
    """
    place, answer = await _followed(session, "GET", URL(start), None)
    error = ""
    for _ in range(_MOST_STEPS):
        if answer is None:
            return place
        page = Page(answer)
        form = page.form()
        if form is None or (page.error and page.error == error):
            raise WalkFault(
                f"`{walker.user}` stopped at “{page.title}”: {page.error or answer[:0]}"
            )
        error = page.error
        filled = await _filled(form, page, walker)
        place, answer = await _followed(session, "POST", URL(form.action), filled)
    raise WalkFault(f"`{walker.user}` was led through more than {_MOST_STEPS} pages")


async def _filled(form: Form, page: Page, walker: Walker) -> dict[str, str]:
    """The form as the person sends it."""
    sent = dict(form.sent)
    if form.does == "password":
        sent |= {"name": walker.name, "password": walker.password}
    elif form.does == "change":
        if walker.next_password is None:
            raise WalkFault(f"`{walker.user}` has to choose another password")
        walker.password = walker.next_password
        sent |= {"new": walker.password, "again": walker.password}
    elif form.does == "totp" and "code" in form.asked:
        if walker.totp is None and page.codes:
            walker.totp = _secret(page.codes)
        sent["code"] = await walker.code()
    return sent


def _secret(codes: list[str]) -> str:
    """The one text of a page that is a secret for an app. Raises WalkFault."""
    for text in codes:
        bare = text.replace(" ", "")
        try:
            if len(base64.b32decode(bare + "=" * (-len(bare) % 8))) >= 16:
                return bare
        except ValueError:
            continue
    raise WalkFault("the page shows no secret to set up an app with")


async def _followed(
    session: aiohttp.ClientSession, method: str, place: URL, form: dict[str, str] | None
) -> tuple[URL, str | None]:
    """Follow to the next page, or to an address outside, for which there is no page."""
    home = session._base_url  # noqa: SLF001  # there is no public word for it
    assert home is not None  # `session_to` makes sessions with one
    headers = {"Origin": str(home.origin()), "Accept": "text/html"}
    for _ in range(_MOST_STEPS):
        absolute = home.join(place)
        if absolute.origin() != home.origin():
            return absolute, None
        async with session.request(
            method, absolute.relative(), data=form, headers=headers, allow_redirects=False
        ) as answer:
            if answer.status not in _REDIRECTS:
                return absolute, await _shown(answer)
            place, method, form = URL(answer.headers["Location"]), "GET", None
    raise WalkFault("the pages lead round in a circle")


async def _shown(answer: aiohttp.ClientResponse) -> str:
    """The page. Raises Refused where the answer is none."""
    if answer.content_type != "text/html":
        raise Refused(answer.status, await body_of(answer, refuse=False))
    return await answer.text()
